import DNSWire
import Testing
import TidemarkDomains
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

private let suffixes: PublicSuffixList? = {
  let list = try? PublicSuffixList.standard()
  if list == nil { print("skipped: no public suffix list on this system (Debian: publicsuffix)") }
  return list
}()

/// Searches for new names, compared with a filter over a list.
@Suite struct NewNamesCursorTests {
  struct Row: Hashable {
    var name: [UInt8]
    var first: UnixSeconds
    var last: UnixSeconds
    var count: UInt64

    init(_ name: [UInt8], _ seen: SeenSpan) {
      self.name = name
      (first, last, count) = (seen.timeFirst, seen.timeLast, seen.count)
    }
  }

  @Test(arguments: UInt64(1)...8)
  func findsNewHosts(_ seed: UInt64) throws {
    try check(.hosts, seed)
  }

  @Test(.enabled(if: suffixes != nil), arguments: UInt64(1)...8)
  func findsNewDomains(_ seed: UInt64) throws {
    try check(.domains(try #require(suffixes)), seed)
  }

  private func check(_ kind: NewNamesQuery.Kind, _ seed: UInt64) throws {
    var found = 0
    for round in 0..<60 {
      var world = try SearchWorld(
        seed: seed * 1_000 + UInt64(round), records: [5, 20, 60][round % 3])
      let owner = StoreSample.name(world.pick(SearchWorld.owners))
      var query = NewNamesQuery(kind, since: world.fence())
      if world.number(0...2) == 0 { query.below = world.pick([owner, owner.parent ?? .root]) }
      query.datasets = world.pick([[1], [1, 2, 3], [3, 1], [2, 9]])
      let place = Comment("seed \(seed), round \(round): \(query)")
      let expected = rows(of: query, world)
      let whole = try all(query, world.store)
      try #require(whole.count == Set(whole).count, place)
      try #require(Set(whole) == Set(expected), place)
      found += whole.count
      try checkPages(query, whole: whole, &world, place)
    }
    #expect(found > 20, "hardly any query had an answer")
  }

  private func checkPages(
    _ query: NewNamesQuery, whole: [Row], _ world: inout SearchWorld, _ place: Comment
  ) throws {
    var rest = query
    rest.limit = world.number(1...3)
    var paged: [Row] = []
    while true {
      let cursor = NewNamesCursor(rest, store: world.store)
      let end = try SearchRun.drain {
        try cursor.next { row in
          paged.append(Row(row.name, row.seen))
          return true
        }
      }
      if end == .complete { break }
      let position: [UInt8] = try #require(cursor.position, place)
      rest.resumeAfter = position
    }
    try #require(paged == whole, place)
  }

  private func all(_ query: NewNamesQuery, _ store: any RecordStore) throws -> [Row] {
    let cursor = NewNamesCursor(query, store: store)
    var rows: [Row] = []
    let end = try SearchRun.drain {
      try cursor.next { row in
        rows.append(Row(row.name, row.seen))
        return true
      }
    }
    #expect(end == .complete)
    #expect(cursor.rows == rows.count)
    return rows
  }

  private func rows(of query: NewNamesQuery, _ world: SearchWorld) -> [Row] {
    let records = world.records.filter { query.datasets.contains($0.dataset) }
    var names: Set<[UInt8]> = []
    for record in records {
      switch query.kind {
      case .hosts: names.insert(record.owner.wire)
      case .domains(let list):
        guard let labels = list.registeredDomain(of: record.owner.wire.span) else { continue }
        var name = record.owner
        while name.labelCount > labels, let parent = name.parent { name = parent }
        names.insert(name.wire)
      }
    }
    return names.compactMap { wire in
      let name = DomainName(canonicalWire: wire)
      guard name.isAtOrBelow(query.below) else { return nil }
      var sum: SeenSpan?
      for record in records {
        let counts =
          if case .hosts = query.kind { record.owner == name } else {
            record.owner.isAtOrBelow(name)
          }
        guard counts else { continue }
        if sum == nil { sum = record.seen } else { sum?.merge(record.seen) }
      }
      guard let sum, sum.timeFirst >= query.since else { return nil }
      return Row(wire, sum)
    }
  }

  @Test func leavesOldRecordsOfAHostUnread() throws {
    let store = MemoryStore()
    var samples = (0..<20_000).map { index in
      StoreSample(
        "old.example.com", .a, [10, 0, UInt8(index >> 8), UInt8(index & 255)], time: 1_600_000_000)
    }
    samples.append(StoreSample("young.example.com", .a, [192, 0, 2, 1], time: 1_700_000_000))
    try store.apply(StoreSample.batch(samples))
    let cursor = NewNamesCursor(NewNamesQuery(.hosts, since: 1_650_000_000), store: store)
    var names: [[UInt8]] = []
    let end = try cursor.next { row in
      names.append(row.name)
      return true
    }
    #expect(end == .complete)
    #expect(names == [StoreSample.wire("young.example.com")])
  }

  @Test func startsAnewAtAPositionThatIsNone() throws {
    let store = MemoryStore()
    try store.apply(StoreSample.batch([StoreSample("a.example.com", .a, [192, 0, 2, 1])]))
    for position in [[], [200], [1, 2, 3], [UInt8](repeating: 255, count: 40)] as [[UInt8]] {
      var query = NewNamesQuery(.hosts, since: 0)
      query.resumeAfter = position
      #expect(try all(query, store).count == 1)
    }
  }
}
