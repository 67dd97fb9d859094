import DNSWire
import Testing
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Random records as RRsets, compared with two groupings over a list.
@Suite struct RRsetCursorModelTests {
  @Test(arguments: UInt64(1)...10)
  func matchesGroupingsOverAList(_ seed: UInt64) throws {
    var model = RRsetModel(seed: seed)
    let store = MemoryStore()
    try store.apply(StoreSample.batch(model.addRecords(400)))
    for round in 0..<60 {
      let (query, grouping) = model.query()
      let place = Comment("seed \(seed), round \(round), \(grouping): \(query)")
      let expected = model.rows(of: query, grouping)
      let whole = try RRsetRun.all(query, grouping, store: store)
      try #require(whole.end == .complete, place)
      var found: [RRsetModel.Key: [[UInt8]]] = [:]
      for row in whole.rows {
        let key = RRsetModel.Key(row, grouping)
        try #require(found[key] == nil, "a row came twice: \(place)")
        found[key] = row.rdata
      }
      try #require(found == expected.mapValues { $0.sorted(by: RRsetModel.inKeyOrder) }, place)
      try checkCuts(query, grouping, whole.rows, store, &model, place)
    }
    #expect(model.rowsSeen > 500 && model.largeRows > 100, "too little was compared")
  }

  /// Pauses change nothing; offset and limit cut the same rows.
  private func checkCuts(
    _ query: RecordQuery, _ grouping: RRsetCursor.Grouping, _ whole: [RRsetRow],
    _ store: MemoryStore, _ model: inout RRsetModel, _ place: Comment
  ) throws {
    let pause = model.number(1...7)
    try #require(
      try RRsetRun.all(query, grouping, pause: pause, store: store).rows == whole, place)
    var limited = query
    let offset = model.number(0...(whole.count + 1))
    let limit = model.number(0...(whole.count + 1))
    limited.limit = limit
    let part = try RRsetRun.all(limited, grouping, offset: offset, pause: pause, store: store)
    try #require(part.rows == Array(whole.dropFirst(offset).prefix(limit)), place)
    try #require(part.end == (offset + limit < whole.count ? .limited : .complete), place)
  }
}

/// A list of records, and the RRsets they should be.
private struct RRsetModel {
  struct Record {
    var owner: String
    var type: RRType
    var rdata: [UInt8]
    var dataset: DatasetNumber
    var vantage: Vantage
    var bailiwick: Bailiwick
    var time: UInt32
    var last: UInt32
    var count: UInt64
  }

  /// What rows are merged by, then grouped by.
  struct Key: Hashable {
    var owner: [UInt8]
    var type: UInt16
    var bailiwick: UInt8
    var isLossy: Bool
    var isZone: Bool
    /// Set when rows are grouped by rdata, or before they are grouped.
    var rdata: [UInt8] = []
    var times: [UInt32] = []
    var count: UInt64 = 0

    init(_ record: Record, _ grouping: RRsetCursor.Grouping) {
      owner = StoreSample.name(record.owner).wire
      type = record.type.rawValue
      bailiwick = grouping == .rrsets ? record.bailiwick.rawValue : 255
      isLossy = record.vantage == .text
      isZone = record.vantage == .zone
      rdata = record.rdata
    }

    init(_ row: RRsetRow, _ grouping: RRsetCursor.Grouping) {
      (owner, type, bailiwick) = (row.rrname, row.rrtype.rawValue, row.bailiwick.rawValue)
      (isLossy, isZone, count) = (row.isLossy, row.isZone, row.count)
      times = [row.timeFirst, row.timeLast]
      if grouping == .rdata { rdata = row.rdata[0] }
    }
  }

  private(set) var rowsSeen = 0
  /// Rows of several rdata.
  private(set) var largeRows = 0
  private var records: [Record] = []
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func pick<T>(_ values: [T]) -> T { values[number(0...(values.count - 1))] }

  mutating func addRecords(_ count: Int) -> [StoreSample] {
    (0..<count).map { _ in
      let time = UInt32(1_750_000_000 + number(0...2) * 100)
      var record = Record(
        owner: pick(["example.com", "a.example.com", "a.example.net"]), type: .a,
        rdata: [192, 0, 2, UInt8(number(1...12))], dataset: DatasetNumber(number(1...3)),
        vantage: pick([.authority, .authority, .client, .zone, .active, .text]),
        bailiwick: pick([.unknown, Bailiwick(labels: 1), Bailiwick(labels: 2)]), time: time,
        last: time + UInt32(number(0...1) * 50), count: UInt64(number(1...2)))
      if number(0...1) == 0 {
        record.type = pick([.ns, .cname])
        record.rdata = StoreSample.wire("ns\(number(1...8)).example.net")
      }
      records.append(record)
      return StoreSample(
        record.owner, record.type, record.rdata, dataset: record.dataset, vantage: record.vantage,
        bailiwick: record.bailiwick, time: record.time, last: record.last, count: record.count)
    }
  }

  mutating func query() -> (RecordQuery, RRsetCursor.Grouping) {
    let subjects: [RecordQuery.Subject] = [
      .all, .owner(StoreSample.name("a.example.com")),
      .ownerAtOrBelow(StoreSample.name("example.com")), .ownerStartingWith(StoreSample.name("a")),
    ]
    var query = RecordQuery(pick(subjects))
    query.datasets = pick([[1], [1, 2, 3], [2, 3]])
    if number(0...2) == 0 { query.rrtypes = [pick([.a, .ns])] }
    if number(0...3) == 0 { query.vantages = [.zone, .authority] }
    if number(0...3) == 0 { query.bailiwick = StoreSample.name(pick(["com", "example.com"])) }
    if number(0...2) == 0 { query.times.firstAfter = 1_750_000_050 }
    if number(0...2) == 0 { query.times.lastBefore = 1_750_000_150 }
    return (query, pick([.rrsets, .rrsets, .rdata]))
  }

  mutating func rows(
    of query: RecordQuery, _ grouping: RRsetCursor.Grouping
  ) -> [Key: [[UInt8]]] {
    var merged: [Key: RecordValue] = [:]
    for record in records where admits(record, query) {
      let value = RecordValue(timeFirst: record.time, timeLast: record.last, count: record.count)
      let key = Key(record, grouping)
      if merged[key] == nil { merged[key] = value } else { merged[key]?.merge(value) }
    }
    var rows: [Key: [[UInt8]]] = [:]
    for (key, value) in merged
    where query.times.admit(first: value.timeFirst, last: value.timeLast) {
      var row = key
      (row.times, row.count) = ([value.timeFirst, value.timeLast], value.count)
      if grouping == .rrsets { row.rdata = [] }
      rows[row, default: []].append(key.rdata)
    }
    rowsSeen += rows.count
    largeRows += rows.values.filter { $0.count > 1 }.count
    return rows
  }

  private func admits(_ record: Record, _ query: RecordQuery) -> Bool {
    let labels = record.owner.split(separator: ".")
    if let wanted = query.bailiwick {
      let known = Int(record.bailiwick.rawValue)
      guard known <= labels.count,
        labels.suffix(known).joined(separator: ".") == wanted.text(finalDot: false)
      else { return false }
    }
    let isFound =
      switch query.subject {
      case .owner: record.owner == "a.example.com"
      case .ownerAtOrBelow: record.owner.hasSuffix("example.com")
      case .ownerStartingWith: labels[0] == "a"
      default: true
      }
    return isFound && query.datasets.contains(record.dataset)
      && (query.rrtypes.isEmpty || query.rrtypes.contains(record.type))
      && (query.vantages.isEmpty || query.vantages.contains(record.vantage))
  }

  /// Shorter rdata first: keys have its length before it.
  static func inKeyOrder(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }
}
