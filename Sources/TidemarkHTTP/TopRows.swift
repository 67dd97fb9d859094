import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkWeb

/// Keeps the first rows of an order, whatever the order in which they come.
///
/// As long as all rows fit they are only noted; then their places become a heap whose top is the
/// last of them. Rows themselves are not moved, so that most cost little more than a comparison.
struct TopRows {
  /// What a row compares as: a number, then octets, then when it came.
  private struct Key {
    var number: UInt64 = 0
    var octets: [UInt8] = []
    var arrival: Int
  }

  private let column: SearchFilters.Sort
  private let isDescending: Bool
  private let most: Int
  private var keys: [Key] = []
  private var rows: [LookupRow] = []
  /// Octets that the rows kept take, about.
  private(set) var octets = 0
  /// Places in ``keys`` and ``rows``; empty until there are more rows than are kept.
  private var heap: [Int] = []
  private var arrivals = 0

  /// - Parameter most: rows to keep.
  init(_ column: SearchFilters.Sort, isDescending: Bool, most: Int) {
    self.column = column
    self.isDescending = isDescending
    self.most = most
  }

  /// Takes a row, if it is one of the first.
  mutating func add(_ row: LookupRow) {
    guard most > 0 else { return }
    var key = Key(arrival: arrivals)
    arrivals += 1
    fill(&key, row)
    guard rows.count == most else {
      keys.append(key)
      octets += row.octets
      rows.append(row)
      return
    }
    if heap.isEmpty { makeHeap() }
    let last = heap[0]
    guard precedes(key, keys[last]) else { return }
    keys[last] = key
    octets += row.octets - rows[last].octets
    rows[last] = row
    sink(from: 0)
  }

  /// The rows at some places of the order; fewer where it ends before. None is kept afterwards.
  mutating func take(_ places: Range<Int>) -> [LookupRow] {
    let sorted = keys.indices.sorted { precedes(keys[$0], keys[$1]) }
    let taken = sorted.dropFirst(places.lowerBound).prefix(places.count).map { rows[$0] }
    (keys, rows, heap, octets) = ([], [], [], 0)
    return taken
  }

  private func precedes(_ left: borrowing Key, _ right: borrowing Key) -> Bool {
    if left.number != right.number {
      return isDescending ? left.number > right.number : left.number < right.number
    }
    if left.octets != right.octets {
      let isLower = left.octets.lexicographicallyPrecedes(right.octets)
      return isDescending != isLower
    }
    return left.arrival < right.arrival
  }

  private mutating func makeHeap() {
    heap = Array(keys.indices)
    for at in (0..<(heap.count / 2)).reversed() { sink(from: at) }
  }

  private mutating func sink(from start: Int) {
    var at = start
    while true {
      var last = at
      for child in (2 * at + 1)...(2 * at + 2) where child < heap.count {
        if precedes(keys[heap[last]], keys[heap[child]]) { last = child }
      }
      guard last != at else { return }
      heap.swapAt(last, at)
      at = last
    }
  }
}

extension LookupRow {
  /// What a row takes in memory, about; rdata has up to 64 KiB.
  fileprivate var octets: Int {
    switch self {
    case .record(let row): row.rrname.count + row.rdata.count
    case .name(let row): row.rrname.count
    case .rdata(let row): row.rdata.count
    }
  }
}

/// What rows compare as: as `lookup --sort` has it.
extension TopRows {
  private func fill(_ key: inout Key, _ row: LookupRow) {
    switch row {
    case .record(let row):
      let seen = SeenSpan(row.value)
      fill(&key, seen, rrname: row.rrname, rrtype: row.rrtype)
      if column == .rdata { fill(&key, row.rdata, row.textRow) }
    case .name(let row):
      let seen = row.seen ?? SeenSpan(timeFirst: 0, timeLast: 0, count: 0)
      fill(&key, seen, rrname: row.rrname, rrtype: RRType(rawValue: 0))
    case .rdata(let row):
      fill(&key, row.seen, rrname: [0], rrtype: row.rrtype)
      let text = TextRow(
        rrtype: row.rrtype, timeFirst: 0, timeLast: 0, count: 0,
        vantage: row.isLossy ? .text : nil)
      if column == .rdata { fill(&key, row.rdata, text) }
    }
  }

  private func fill(_ key: inout Key, _ seen: SeenSpan, rrname: [UInt8], rrtype: RRType) {
    switch column {
    case .first: key.number = UInt64(seen.timeFirst)
    case .last: key.number = UInt64(seen.timeLast)
    case .count: key.number = seen.count
    case .rrtype: key.number = UInt64(rrtype.rawValue)
    // From the right: names of one zone stand together.
    case .rrname: RecordKey.appendReversedName(rrname.span, to: &key.octets)
    case .rdata: break
    }
  }

  /// Names from the right, addresses as numbers, else the octets.
  private func fill(_ key: inout Key, _ rdata: [UInt8], _ row: TextRow) {
    if case .name(let place)? = RDataTarget(row, rdata: rdata.span) {
      RecordKey.appendReversedName(Array(rdata[place]).span, to: &key.octets)
    } else {
      key.octets = rdata
    }
  }
}
