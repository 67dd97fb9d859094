import DNSWire
import Testing
import TidemarkModel
import TidemarkPatterns
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Searches for names, compared with a filter over a list.
@Suite struct NameCursorTests {
  struct Row: Hashable {
    var name: [UInt8]
    var type: UInt16?
    var first: UnixSeconds?
    var last: UnixSeconds?
    var count: UInt64?

    init(_ name: [UInt8], _ type: RRType?, _ seen: SeenSpan?) {
      self.name = name
      self.type = type?.rawValue
      (first, last, count) = (seen?.timeFirst, seen?.timeLast, seen?.count)
    }
  }

  @Test(arguments: UInt64(1)...8)
  func matchesAFilterOverAList(_ seed: UInt64) throws {
    var world = try SearchWorld(seed: seed, records: 250)
    var seen = 0
    for round in 0..<120 {
      if round % 40 == 39 { try world.add(30) }
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
    #expect(seen > 500, "hardly any query had an answer")
  }

  private func checkPages(
    _ query: NameQuery, whole: [Row], _ world: inout SearchWorld, _ place: Comment
  ) throws {
    let size = world.number(1...9)
    var rest = query
    var paged: [Row] = []
    while true {
      let cursor = NameCursor(rest, store: world.store)
      var page = 0
      let end = try SearchRun.drain {
        try cursor.next { row in
          paged.append(Row(row.rrname, row.rrtype, row.seen))
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
    limited.offset = world.number(0...3)
    let (found, end) = try all(limited, world.store)
    let cut = whole.dropFirst(limited.offset)
    try #require(found == Array(cut.prefix(limited.limit ?? 0)), place)
    try #require(end == (found.count < cut.count ? .limited : .complete), place)
  }

  private func all(
    _ query: NameQuery, _ store: any RecordStore
  ) throws -> ([Row], RecordCursor.End) {
    let cursor = NameCursor(query, store: store)
    var rows: [Row] = []
    let end = try SearchRun.drain {
      try cursor.next { row in
        rows.append(Row(row.rrname, row.rrtype, row.seen))
        return true
      }
    }
    #expect(cursor.rows == rows.count)
    #expect(cursor.damaged == 0)
    return (rows, end)
  }

  private static let patterns = [
    "example", "^www", "\\.com\\.$", "a", "[^a-z.0-9]", "\\\\", "^\\.$", "x$", ".", "^[a-m]",
    "(a|b)\\.",
  ]

  private func query(_ world: inout SearchWorld) throws -> NameQuery {
    let owner = StoreSample.name(world.pick(SearchWorld.owners))
    let match: NameQuery.Match =
      switch world.number(0...5) {
      case 0: .all
      case 1: .startingWith(world.pick([owner, StoreSample.name("www.example"), .root]))
      case 2: .below(world.number(0...1) == 0 ? owner : owner.parent ?? .root)
      default:
        .pattern(
          try Pattern(regex: world.pick(Self.patterns)),
          excluding: world.number(0...1) == 0
            ? nil : try Pattern(regex: world.pick(Self.patterns)))
      }
    var query = NameQuery(match)
    for _ in 0..<world.pick([0, 0, 1, 3]) {
      query.rrtypes.insert(world.pick(SearchWorld.shapes).0)
    }
    query.times = world.fences()
    query.datasets = world.pick([[1], [1, 2, 3], [3, 1], [2, 9]])
    query.perType = world.number(0...1) == 0
    query.wantsValues = world.number(0...1) == 0
    return query
  }

  private func rows(of query: NameQuery, _ world: SearchWorld) throws -> [Row] {
    struct Key: Hashable {
      var name: [UInt8]
      var type: RRType?
    }
    var spans: [Key: SeenSpan] = [:]
    for record in world.records {
      guard query.datasets.contains(record.dataset),
        query.rrtypes.isEmpty || query.rrtypes.contains(record.type),
        try isFound(record.owner, query.match)
      else { continue }
      let key = Key(name: record.owner.wire, type: query.perType ? record.type : nil)
      if spans[key] == nil { spans[key] = record.seen } else { spans[key]?.merge(record.seen) }
    }
    return spans.compactMap { key, seen in
      guard query.times.admit(first: seen.timeFirst, last: seen.timeLast) else { return nil }
      return Row(key.name, key.type, query.wantsValues ? seen : nil)
    }
  }

  private func isFound(_ name: DomainName, _ match: NameQuery.Match) throws -> Bool {
    switch match {
    case .all: return true
    case .below(let ancestor): return name.isAtOrBelow(ancestor)
    case .startingWith(let start): return name.wire.starts(with: start.wire.dropLast())
    case .pattern(let pattern, let excluding):
      let text = Array(name.text(finalDot: true).utf8)
      guard try pattern.matches(text.span) else { return false }
      return try excluding.map { try !$0.matches(text.span) } ?? true
    }
  }

  @Test func pausesAfterNamesSearchedInVain() throws {
    let store = MemoryStore()
    try store.apply(
      StoreSample.batch(
        (0..<20_000).map {
          StoreSample("h\(10_000 + $0).example.com", .a, [192, 0, 2, 1])
        }))
    var query = NameQuery(.pattern(try Pattern(regex: "h29999\\."), excluding: nil))
    let cursor = NameCursor(query, store: store)
    var shown: [[UInt8]] = []
    var ends: [RecordCursor.End] = []
    repeat {
      ends.append(
        try cursor.next {
          shown.append($0.rrname); return true
        })
    } while ends.last == .paused
    #expect(ends.count >= 2)
    #expect(shown == [StoreSample.wire("h29999.example.com")])
    // A search that found nothing yet can be gone on with.
    query.match = .pattern(try Pattern(regex: "nothing"), excluding: nil)
    let vain = NameCursor(query, store: store)
    #expect(try vain.next { _ in true } == .paused)
    query.resumeAfter = vain.position
    let rest = NameCursor(query, store: store)
    while try rest.next({ _ in true }) == .paused {}
    #expect(rest.rows == 0 && vain.position != nil)
  }

  @Test func readsANameOfManyRecordsInPieces() throws {
    let store = MemoryStore()
    var samples = (0..<20_000).map { index in
      StoreSample(
        "large.example.com", .a, [10, 0, UInt8(index >> 8), UInt8(index & 255)],
        time: 1_700_000_000 + UInt32(index))
    }
    samples.append(StoreSample("large.example.com", .txt, [1, 0x61]))
    try store.apply(StoreSample.batch(samples))
    var query = NameQuery(.pattern(try Pattern(regex: "^large"), excluding: nil))
    query.perType = true
    func rows() throws -> ([Row], pauses: Int) {
      let cursor = NameCursor(query, store: store)
      var rows: [Row] = []
      var pauses = 0
      while try cursor.next({
        rows.append(Row($0.rrname, $0.rrtype, $0.seen)); return true
      })
        == .paused
      { pauses += 1 }
      return (rows, pauses)
    }
    let types = try rows()
    #expect(types.0.map(\.type) == [1, 16])
    #expect(types.pauses == 0, "the rest of a run was read for nothing")
    query.wantsValues = true
    let values = try rows()
    #expect(values.0.map(\.count) == [20_000, 1])
    #expect(values.0.first?.last == 1_700_019_999)
    #expect(values.pauses >= 1)
  }
}
