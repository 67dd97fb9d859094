import DNSWire
import TidemarkModel
public import TidemarkStore

/// Walks the rows of a search for rdata, in pieces as large as the caller likes.
///
/// Rows come in the order of the inverse family, by the name in the rdata or its first octets. All
/// records that share these and the type are one group: they are brought together in memory before
/// the first row of the group is shown.
///
/// - Concurrency: one caller at a time; it may be handed from one to the next. It holds nothing of
///   the store between calls.
public final class RDataPatternCursor: @unchecked Sendable {
  /// Rows of the inverse family that one call of ``next(_:)`` searches, give or take a page.
  public static let searchedMax = 512
  /// Octets of rdata that are held of a group. Of a larger group the same rdata may come more than
  /// once, each time with a part of its records.
  public static let groupOctetsMax = 8 << 20

  /// Where the search stands, as octets that an equal query goes on with; nil before it began.
  public private(set) var position: [UInt8]?
  /// Rows shown.
  public private(set) var rows = 0
  /// Damaged rows of the store, left out.
  public var damaged: Int { readers.reduce(0) { $0 + $1.damaged } }

  private let query: RDataPatternQuery
  private let readers: [RDataReader]
  private var group: RDataGroup
  /// Rows of a complete group, yet to be shown: the last comes first.
  private var ready: [RDataGroup.Row] = []
  private var readyStart: [UInt8] = []
  /// Rows to leave out.
  private var left: Int
  /// Rows of the first group that were shown before.
  private var resumed: RDataPosition?

  /// Makes a cursor at the start of the query, or behind ``RDataPatternQuery/resumeAfter``.
  public init(_ query: RDataPatternQuery, store: any RecordStore) {
    self.query = query
    position = query.resumeAfter
    let resume = query.resumeAfter.flatMap(RDataPosition.init(octets:))
    resumed = resume
    group = RDataGroup(resumedAt: resume?.start)
    left = resume == nil ? max(query.offset, 0) : 0
    let searched = RDataPatternQuery.searchedTypes
    let types = query.rrtypes.isEmpty ? searched : query.rrtypes.intersection(searched)
    let search = RDataSearch(query.pattern, excluding: query.excluding)
    readers =
      types.isEmpty
      ? []
      : Set(query.datasets).sorted().map {
        RDataReader($0, from: resume?.start, types: types, search: search, store: store)
      }
  }

  /// Shows rows until the callback returns false or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Returns: `paused` also when ``searchedMax`` rows were searched, whether one was
  ///   shown or not: call again.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing RDataRow) -> Bool) throws(StoreError) -> RecordCursor.End {
    var budget = RDataPatternCursor.searchedMax
    while true {
      while let row = ready.last {
        if let end = take(row, show) { return end }
      }
      guard try fill(&budget) else { return .paused }
      guard let (reader, match) = lowest() else {
        if group.isEmpty { return .complete }
        finishGroup()
        continue
      }
      guard group.isEmpty || group.admits(match) else {
        finishGroup()
        continue
      }
      group.add(match)
      reader.drop()
    }
  }

  /// Makes sure that every reader has a record at hand or is at its end; false when the budget is
  /// spent before that.
  private func fill(_ budget: inout Int) throws(StoreError) -> Bool {
    for reader in readers {
      while reader.match == nil, !reader.isAtEnd {
        guard budget > 0 else {
          noteProgress()
          return false
        }
        budget -= max(try reader.readPage(), 1)
      }
    }
    return true
  }

  /// The reader whose record comes first.
  private func lowest() -> (RDataReader, RDataReader.Match)? {
    var best: (RDataReader, RDataReader.Match)?
    for reader in readers {
      guard let match = reader.match else { continue }
      if let best, !KeyRange.precedes(match.orderKey, best.1.orderKey) { continue }
      best = (reader, match)
    }
    return best
  }

  /// When everything before some key was searched and shown, the search can go on there.
  private func noteProgress() {
    guard group.isEmpty, readers.allSatisfy({ $0.match == nil }) else { return }
    let starts = readers.filter { !$0.isAtEnd }.map(\.start)
    guard let start = starts.min(by: KeyRange.precedes) else { return }
    position = RDataPosition(start: start, row: []).octets
  }

  private func finishGroup() {
    readyStart = group.start
    ready = group.takeRows()
    // Sorted upwards; taken from the end.
    ready.reverse()
    guard let resumed else { return }
    self.resumed = nil
    guard resumed.start == readyStart else { return }
    while let row = ready.last, !KeyRange.precedes(resumed.row, row.key) { ready.removeLast() }
  }

  /// Shows a row if it is asked for.
  private func take(
    _ row: RDataGroup.Row, _ show: (borrowing RDataRow) -> Bool
  ) -> RecordCursor.End? {
    let isWanted = query.times.admit(first: row.row.seen.timeFirst, last: row.row.seen.timeLast)
    if isWanted, left == 0, let limit = query.limit, rows >= limit { return .limited }
    ready.removeLast()
    position = RDataPosition(start: readyStart, row: row.key).octets
    guard isWanted else { return nil }
    guard left == 0 else {
      left -= 1
      return nil
    }
    rows += 1
    return show(row.row) ? nil : .paused
  }
}

/// The distinct rdata of records that share index value and type.
struct RDataGroup {
  /// A row and its place among the rows of its group.
  struct Row {
    var key: [UInt8]
    var row: RDataRow
  }

  /// Where the group, or what is left of it, begins in the order.
  private(set) var start: [UInt8] = []
  private var prefix: [UInt8] = []
  private var rrtype = RRType(rawValue: 0)
  private var spans: [[UInt8]: SeenSpan] = [:]
  private var octets = 0

  /// - Parameter start: where an earlier search stood; when that was inside a group, what is left
  ///   of the group is a part of its own again.
  init(resumedAt start: [UInt8]?) {
    let key = [0, 0] + (start ?? [])
    guard let end = InverseKey.groupEnd(of: key.span) else { return }
    prefix = Array(key[RecordKey.datasetOctets..<end])
  }

  var isEmpty: Bool { spans.isEmpty }

  /// True when the record belongs to the group and there is room for it.
  func admits(_ match: RDataReader.Match) -> Bool {
    octets < RDataPatternCursor.groupOctetsMax && match.orderKey.starts(with: prefix)
  }

  mutating func add(_ match: RDataReader.Match) {
    if spans.isEmpty { open(match) }
    let key = [match.isLossy ? 1 : 0] + match.rdata
    if spans[key] == nil {
      spans[key] = match.seen
      octets += key.count + 64
    } else {
      spans[key]?.merge(match.seen)
    }
  }

  private mutating func open(_ match: RDataReader.Match) {
    let key = [0, 0] + match.orderKey
    let end = InverseKey.groupEnd(of: key.span) ?? key.count
    let group = Array(key[RecordKey.datasetOctets..<end])
    start = group == prefix ? match.orderKey : group
    prefix = group
    rrtype = match.rrtype
  }

  /// The rows in order; the group is empty then.
  mutating func takeRows() -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(spans.count)
    for (key, span) in spans {
      var row = RDataRow()
      row.rdata = Array(key.dropFirst())
      row.isLossy = key[0] == 1
      row.rrtype = rrtype
      row.seen = span
      rows.append(Row(key: RDataGroup.orderKey(key), row: row))
    }
    rows.sort { KeyRange.precedes($0.key, $1.key) }
    spans.removeAll()
    octets = 0
    return rows
  }

  /// Longest rdata that stands in a position as it is, octets.
  private static let orderedOctetsMax = 256

  /// Long rdata is ordered by its first octets and a hash: positions stay short.
  private static func orderKey(_ key: [UInt8]) -> [UInt8] {
    guard key.count > orderedOctetsMax else { return key }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for octet in key { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
    return key.prefix(orderedOctetsMax)
      + (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(56 - 8 * $0)) }
  }
}

/// A place in the search: a group or a part of one, and the last of its rows that was shown.
struct RDataPosition: Equatable {
  let start: [UInt8]
  let row: [UInt8]

  init(start: [UInt8], row: [UInt8]) {
    self.start = start
    self.row = row
  }

  /// Two octets of length, the start, the row.
  var octets: [UInt8] {
    [UInt8(truncatingIfNeeded: start.count >> 8), UInt8(truncatingIfNeeded: start.count)]
      + start + row
  }

  /// Reads what ``octets`` gave; nil for anything else.
  init?(octets: [UInt8]) {
    guard octets.count >= 2 else { return nil }
    let end = 2 + (Int(octets[0]) << 8 | Int(octets[1]))
    guard end <= octets.count else { return nil }
    start = Array(octets[2..<end])
    row = Array(octets[end...])
  }
}
