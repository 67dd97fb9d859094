import DNSWire
import Testing
import TidemarkModel
import TidemarkPatterns
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Searches for rdata, compared with a filter over a list.
@Suite struct RDataPatternCursorTests {
  struct Row: Hashable {
    var rdata: [UInt8]
    var type: UInt16
    var isLossy: Bool
    var first: UnixSeconds
    var last: UnixSeconds
    var count: UInt64

    init(_ rdata: [UInt8], _ type: RRType, _ isLossy: Bool, _ seen: SeenSpan) {
      self.rdata = rdata
      self.type = type.rawValue
      self.isLossy = isLossy
      (first, last, count) = (seen.timeFirst, seen.timeLast, seen.count)
    }
  }

  @Test(arguments: UInt64(1)...8)
  func matchesAFilterOverAList(_ seed: UInt64) throws {
    var world = try SearchWorld(seed: seed, records: 250)
    var seen = 0
    for round in 0..<60 {
      let query = try query(&world)
      let place = Comment("seed \(seed), round \(round): \(query)")
      let expected = try rows(of: query, world)
      seen += expected.count
      let (found, end) = try all(query, world.store)
      try #require(end == .complete, place)
      try #require(found.count == Set(found).count, place)
      try #require(Set(found) == Set(expected), place)
      try checkPages(query, whole: found, &world, place)
    }
    #expect(seen > 100, "hardly any query had an answer")
  }

  private func checkPages(
    _ query: RDataPatternQuery, whole: [Row], _ world: inout SearchWorld, _ place: Comment
  ) throws {
    let size = world.number(1...5)
    var rest = query
    var paged: [Row] = []
    while true {
      let cursor = RDataPatternCursor(rest, store: world.store)
      var page = 0
      let end = try SearchRun.drain {
        try cursor.next { row in
          paged.append(Row(row.rdata, row.rrtype, row.isLossy, row.seen))
          page += 1
          return page < size
        }
      } isFull: {
        page >= size
      }
      if end == .complete { break }
      let position: [UInt8] = try #require(cursor.position, place)
      rest.resumeAfter = position
    }
    try #require(paged == whole, place)
    var limited = query
    limited.limit = world.number(0...(whole.count + 1))
    limited.offset = world.number(0...2)
    let (found, end) = try all(limited, world.store)
    let cut = whole.dropFirst(limited.offset)
    try #require(found == Array(cut.prefix(limited.limit ?? 0)), place)
    try #require(end == (found.count < cut.count ? .limited : .complete), place)
  }

  private func all(
    _ query: RDataPatternQuery, _ store: any RecordStore
  ) throws -> ([Row], RecordCursor.End) {
    let cursor = RDataPatternCursor(query, store: store)
    var rows: [Row] = []
    let end = try SearchRun.drain {
      try cursor.next { row in
        rows.append(Row(row.rdata, row.rrtype, row.isLossy, row.seen))
        return true
      }
    }
    #expect(cursor.rows == rows.count)
    #expect(cursor.damaged == 0)
    return (rows, end)
  }

  private static let patterns = [
    "example", "^10 ", "\\.com\\.$", "spf1", "\"$", "^\"", ".", "k{20}l", "\\\\195", "admin",
    " 7$|9$", "all",
  ]

  private func query(_ world: inout SearchWorld) throws -> RDataPatternQuery {
    var query = RDataPatternQuery(
      try Pattern(regex: world.pick(Self.patterns)),
      excluding: world.number(0...2) == 0 ? try Pattern(regex: world.pick(Self.patterns)) : nil)
    for _ in 0..<world.pick([0, 0, 1, 3]) {
      query.rrtypes.insert(world.pick(SearchWorld.shapes).0)
    }
    query.times = world.fences()
    query.datasets = world.pick([[1], [1, 2, 3], [3, 1], [2, 9]])
    return query
  }

  private func rows(of query: RDataPatternQuery, _ world: SearchWorld) throws -> [Row] {
    struct Key: Hashable {
      var rdata: [UInt8]
      var type: RRType
      var isLossy: Bool
    }
    var spans: [Key: SeenSpan] = [:]
    for record in world.records {
      guard query.datasets.contains(record.dataset),
        RDataPatternQuery.searchedTypes.contains(record.type),
        query.rrtypes.isEmpty || query.rrtypes.contains(record.type)
      else { continue }
      let text = Array(text(of: record).utf8)
      guard try query.pattern.matches(text.span),
        try query.excluding.map({ try !$0.matches(text.span) }) ?? true
      else { continue }
      let key = Key(rdata: record.rdata, type: record.type, isLossy: record.isLossy)
      if spans[key] == nil { spans[key] = record.seen } else { spans[key]?.merge(record.seen) }
    }
    return spans.compactMap { key, seen in
      guard query.times.admit(first: seen.timeFirst, last: seen.timeLast) else { return nil }
      return Row(key.rdata, key.type, key.isLossy, seen)
    }
  }

  private func text(of record: SearchWorld.Record) -> String {
    guard record.isLossy else {
      return RDataText.string(record.rdata, type: record.type, style: .dnsdb)
    }
    let text = String(decoding: record.rdata, as: UTF8.self)
    if record.type == .txt { return text.hasPrefix("\"") ? text : "\"\(text)\"" }
    return text.hasSuffix(".") ? text : text + "."
  }

  @Test func bringsTheOwnersOfOneRDataTogether() throws {
    let store = MemoryStore()
    let target = StoreSample.wire("target.example.net")
    try store.apply(
      StoreSample.batch(
        (0..<20_000).map {
          StoreSample("h\($0).example.com", .cname, target, time: 1_700_000_000 + UInt32($0))
        }))
    let cursor = RDataPatternCursor(
      RDataPatternQuery(try Pattern(glob: "target.*", over: .rdata)), store: store)
    var rows: [Row] = []
    var pauses = 0
    while try cursor.next({
      rows.append(Row($0.rdata, $0.rrtype, $0.isLossy, $0.seen))
      return true
    }) == .paused { pauses += 1 }
    #expect(pauses >= 1)
    let seen = SeenSpan(timeFirst: 1_700_000_000, timeLast: 1_700_019_999, count: 20_000)
    #expect(rows == [Row(target, .cname, false, seen)])
  }

  @Test func cutsGroupsThatDoNotFitIntoMemory() throws {
    let store = MemoryStore()
    let octets = 65_000
    let count = 250
    #expect(count * octets > RDataPatternCursor.groupOctetsMax)
    try store.apply(
      StoreSample.batch(
        (0..<count).map { index in
          var rdata = [UInt8](repeating: 0x61, count: octets)
          for at in stride(from: 0, to: octets, by: 250) { rdata[at] = 249 }
          rdata[octets - 1] = UInt8(index)
          return StoreSample("h.example.com", .txt, rdata)
        }))
    var query = RDataPatternQuery(try Pattern(regex: "a"))
    var found: Set<UInt8> = []
    var pages = 0
    while true {
      let cursor = RDataPatternCursor(query, store: store)
      var rows = 0
      let end = try SearchRun.drain {
        try cursor.next { row in
          found.insert(row.rdata[octets - 1])
          rows += 1
          return rows < 50
        }
      } isFull: {
        rows >= 50
      }
      pages += 1
      if end == .complete { break }
      let position: [UInt8] = try #require(cursor.position)
      query.resumeAfter = position
      #expect((query.resumeAfter ?? []).count < 1_000)
    }
    #expect(found.count == count)
    #expect(pages == count / 50 + 1)
  }
}
