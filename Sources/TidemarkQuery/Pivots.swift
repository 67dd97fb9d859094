public import DNSWire
public import TidemarkModel
public import TidemarkStore

/// What a reader of an answer is likely to look up next: the other side of a row. For a look-up by
/// owner these are the values, for one by rdata the owners.
public struct Pivot: Sendable, Equatable {
  /// The subject that finds everything that hangs on it.
  public let subject: RecordQuery.Subject
  /// The newest row of the answer with it: its type,
  public let rrtype: RRType
  /// its rdata (text when ``isLossy``); the owner's wire form when the pivot is one,
  public let octets: [UInt8]
  /// true for an owner,
  public let isOwner: Bool
  /// true for a row of a lossy feed,
  public let isLossy: Bool
  /// and its last seen.
  public let timeLast: UnixSeconds
}

/// Keeps the newest pivots of an answer, whatever the order in which its rows come.
public struct NewestPivots: Sendable {
  /// Newest first; equal times in the order of subjects' octets.
  public private(set) var pivots: [Pivot] = []

  private let max: Int

  /// - Parameter max: pivots to keep, 1 or more.
  public init(max: Int) {
    self.max = max
    pivots.reserveCapacity(max + 1)
  }

  /// Takes a row of the answer to a subject.
  public mutating func add(_ row: borrowing RecordRow, of subject: RecordQuery.Subject) {
    let timeLast = row.value.timeLast
    if pivots.count == max, let oldest = pivots.last, timeLast < oldest.timeLast { return }
    let pivot = Pivot(row, of: subject)
    if let known = pivots.firstIndex(where: { $0.subject == pivot.subject }) {
      guard pivots[known].timeLast < timeLast else { return }
      pivots.remove(at: known)
    }
    let place = pivots.firstIndex { Pivot.isNewer(pivot, than: $0) } ?? pivots.endIndex
    guard place < max else { return }
    pivots.insert(pivot, at: place)
    if pivots.count > max { pivots.removeLast() }
  }
}

extension Pivot {
  /// The pivot of a row in the answer to a subject.
  init(_ row: borrowing RecordRow, of subject: RecordQuery.Subject) {
    rrtype = row.rrtype
    isLossy = row.isLossy
    timeLast = row.value.timeLast
    isOwner = !subject.isAboutOwners
    if isOwner {
      octets = row.rrname
      self.subject = .owner(DomainName(canonicalWire: row.rrname))
    } else {
      octets = row.rdata
      self.subject = Pivot.subject(of: row)
    }
  }

  /// A total order, so that which pivots are kept does not rest on the order of rows.
  static func isNewer(_ left: Pivot, than right: Pivot) -> Bool {
    guard left.timeLast == right.timeLast else { return left.timeLast > right.timeLast }
    guard left.octets == right.octets else {
      return left.octets.lexicographicallyPrecedes(right.octets)
    }
    return left.rrtype < right.rrtype
  }

  /// What finds everything with the rdata of a row: by address, by the first name in it, or whole.
  private static func subject(of row: borrowing RecordRow) -> RecordQuery.Subject {
    if row.isLossy { return .lossyText(row.rdata) }
    if row.rrtype == .a || row.rrtype == .aaaa, let address = AddressPrefix(octets: row.rdata) {
      return .network(address)
    }
    let rdata = row.rdata.span
    var at = 0
    for field in RDataSchema.fields(of: row.rrtype) {
      guard let end = RDataSchema.end(of: field, in: rdata, from: at) else { break }
      if field == .name || field == .keptName,
        let name = try? DomainName(wire: Array(row.rdata[at..<end]))
      {
        return .rdataName(name)
      }
      at = end
    }
    return .rdata(row.rdata)
  }
}

extension RecordQuery.Subject {
  /// True when rows are found by their owner.
  var isAboutOwners: Bool {
    switch self {
    case .all, .owner, .ownerAtOrBelow, .ownerOneBelow, .ownerStartingWith: true
    case .network, .addresses, .rdataName, .rdataNameAtOrBelow, .rdataNameOneBelow,
      .rdataNameStartingWith, .rdata, .lossyText:
      false
    }
  }
}

/// Counts what else hangs on a pivot: records (merged per rrname, rrtype and rdata) that the answer
/// it came from does not have.
public struct PivotCount: Sendable, Equatable {
  /// Other records, at most ``max``.
  public var others: Int
  /// True when there may be more than were counted.
  public var hasMore: Bool

  /// Records counted.
  public static let max = 1_000
  /// Records looked at for that: those of the answer itself are passed over.
  static let searchedMax = 4_096

  /// Counts.
  ///
  /// - Parameters:
  ///   - subjects: those of the answer; what they find is not counted.
  ///   - datasets: to look in.
  /// - Throws: ``StoreError``.
  public init(
    _ pivot: Pivot, besides subjects: [RecordQuery.Subject], datasets: [DatasetNumber],
    store: any RecordStore
  ) throws(StoreError) {
    var query = RecordQuery(pivot.subject)
    query.datasets = datasets
    let known = subjects.map { SubjectRanges($0) }
    var searched = 0
    var found = 0
    let cursor = RecordCursor(query, store: store)
    let end = try cursor.next { row in
      searched += 1
      var isKnown = false
      for ranges in known where ranges.find(row) { isKnown = true }
      if !isKnown { found += 1 }
      return found <= PivotCount.max && searched < PivotCount.searchedMax
    }
    others = Swift.min(found, PivotCount.max)
    hasMore = end != .complete
  }
}

/// Tells whether a subject finds a row.
struct SubjectRanges {
  private let plan: QueryPlan

  init(_ subject: RecordQuery.Subject) {
    plan = QueryPlan(RecordQuery(subject), dataset: .main)
  }

  func find(_ row: borrowing RecordRow) -> Bool {
    var key: [UInt8] = []
    RecordKey.append(
      dataset: .main, rrname: row.rrname.span, rrtype: row.rrtype, rdata: row.rdata.span,
      vantage: row.isLossy ? .text : .authority, bailiwick: .unknown, to: &key)
    var keys = OctetStrings()
    switch plan.family {
    case .inverse: _ = InverseKey.appendKeys(ofRecord: key.span, to: &keys)
    case .names: _ = NamesKey.key(ofRecord: key.span).map { keys.append($0) }
    default: keys.append(key)
    }
    for index in 0..<keys.count {
      let candidate = keys[index]
      guard plan.ranges.contains(where: { $0.contains(candidate) }) else { continue }
      if plan.filter.admits(candidate.span) { return true }
    }
    return false
  }
}
