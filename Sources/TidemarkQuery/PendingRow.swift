import DNSWire
import TidemarkModel

/// The row that a cursor is building from the records it meets: one record, or all records of a
/// (rrname, rrtype, rdata), which stand side by side in every family.
struct PendingRow {
  /// What a record means for the row.
  enum Judgement {
    case sameRow
    case newRow
    case unwanted
    case damaged
  }

  private(set) var row = RecordRow()
  /// Order key, without dataset, of the last record in the row.
  private(set) var position: [UInt8] = []
  /// True while ``row`` waits to be shown and is within the query's bounds.
  var isReady: Bool {
    get {
      hasRow && times.admit(first: row.value.timeFirst, last: row.value.timeLast) && !isExcluded
    }
    set { hasRow = newValue }
  }

  private var isExcluded = false
  private var hasRow = false
  /// The row's record key from the name to the end of the rdata.
  private var triple: [UInt8] = []
  private var nameOctets = 0
  private let rrtypes: Set<RRType>
  private let vantages: Set<Vantage>
  private let rdata: [UInt8]?
  private let times: TimeFences
  private let excluded: [RecordQuery.Subject]
  private let mergesTriples: Bool

  init(_ query: RecordQuery) {
    rrtypes = query.rrtypes
    vantages = query.vantages
    rdata =
      switch query.subject {
      case .rdata(let octets), .lossyText(let octets): octets
      default: nil
      }
    times = query.times
    excluded = query.excluded
    mergesTriples = query.mergesTriples
  }

  /// Says whether a record starts a row, belongs to the pending one, or is not asked for.
  func judge(key: Span<UInt8>) -> Judgement {
    guard let view = RecordKeyView(key) else { return .damaged }
    if !rrtypes.isEmpty, !rrtypes.contains(view.rrtype) { return .unwanted }
    if !vantages.isEmpty, !vantages.contains(view.vantage) { return .unwanted }
    if let rdata, !PendingRow.equal(key.extracting(view.rdata), rdata) { return .unwanted }
    guard mergesTriples, hasRow, (view.vantage == .text) == row.isLossy else { return .newRow }
    let body = key.extracting(view.reversedName.lowerBound..<view.rdata.upperBound)
    return PendingRow.equal(body, triple) ? .sameRow : .newRow
  }

  /// Starts the row with a record, or merges the record into it.
  ///
  /// - Returns: false when the stored value is damaged; the row is then as before.
  mutating func add(key: Span<UInt8>, value octets: Span<UInt8>) -> Bool {
    guard let view = RecordKeyView(key), let value = try? RecordValue(decoding: octets) else {
      return false
    }
    if judge(key: key) == .sameRow {
      row.value.merge(value)
      if !row.vantages.contains(view.vantage) { row.vantages.append(view.vantage) }
      if !row.datasets.contains(view.dataset) { row.datasets.append(view.dataset) }
      if row.bailiwick != view.bailiwick { row.bailiwick = .unknown }
      return true
    }
    start(key, view, value)
    return true
  }

  mutating func setPosition(_ orderKey: Span<UInt8>) {
    position.removeAll(keepingCapacity: true)
    PendingRow.append(orderKey, to: &position)
  }

  private mutating func start(_ key: Span<UInt8>, _ view: RecordKeyView, _ value: RecordValue) {
    let name = key.extracting(view.reversedName)
    if !PendingRow.equal(name, triple[..<nameOctets]) {
      var wire: [UInt8] = []
      if RecordKeyView.appendWireName(reversed: name, to: &wire) { row.rrname = wire }
      row.ownerSerial += 1
      isExcluded = excluded.contains { $0.matches(owner: row.rrname) }
      nameOctets = name.count
    }
    triple.removeAll(keepingCapacity: true)
    PendingRow.append(
      key.extracting(view.reversedName.lowerBound..<view.rdata.upperBound), to: &triple)
    row.rrtype = view.rrtype
    row.rdata.removeAll(keepingCapacity: true)
    PendingRow.append(key.extracting(view.rdata), to: &row.rdata)
    row.isLossy = view.vantage == .text
    row.value = value
    row.bailiwick = view.bailiwick
    if row.vantages.count != 1 || row.vantages[0] != view.vantage { row.vantages = [view.vantage] }
    if row.datasets.count != 1 || row.datasets[0] != view.dataset { row.datasets = [view.dataset] }
    hasRow = true
  }

  @inline(__always)
  private static func append(_ span: Span<UInt8>, to out: inout [UInt8]) {
    unsafe span.withUnsafeBufferPointer { unsafe out.append(contentsOf: $0) }
  }

  @inline(__always)
  private static func equal(_ span: Span<UInt8>, _ octets: some Collection<UInt8>) -> Bool {
    guard span.count == octets.count else { return false }
    return unsafe span.withUnsafeBufferPointer { unsafe $0.elementsEqual(octets) }
  }
}

extension RecordQuery.Subject {
  /// True when the subject finds records by owner name, and finds those of this name.
  func matches(owner: [UInt8]) -> Bool {
    switch self {
    case .owner(let name): name.wire == owner
    case .ownerAtOrBelow(let name): DomainName(canonicalWire: owner).isAtOrBelow(name)
    default: false
    }
  }
}
