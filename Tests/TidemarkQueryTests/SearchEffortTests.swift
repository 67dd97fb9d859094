import DNSWire
import Testing
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// How much of a store queries read, and where they stop.
@Suite struct SearchEffortTests {
  private static let hosts = 40_000

  /// Address records of many hosts, and one text at the very end.
  private static let store: MemoryStore = {
    let store = MemoryStore()
    let samples = (0..<hosts).map { number in
      StoreSample(
        "h\(100_000 + number).example.com", .a, [192, 0, 2, UInt8(number % 256)], dataset: 1)
    }
    let names = (0..<hosts).map { number in
      StoreSample(
        "a.example.net", .ns, StoreSample.wire("h\(100_000 + number).example.com"), dataset: 2)
    }
    let last = [
      StoreSample("z.example.com", .txt, [1, 0x61]),
      StoreSample("z.example.net", .ns, StoreSample.wire("z.example.com"), dataset: 2),
    ]
    do {
      try store.apply(StoreSample.batch(samples + last))
      try store.apply(StoreSample.batch(names))
    } catch {
      Issue.record(error)
    }
    return store
  }()

  private static var queries: [RecordQuery] {
    var walk = RecordQuery(.ownerAtOrBelow(StoreSample.name("example.com")))
    walk.rrtypes = [.txt]
    var merged = walk
    merged.datasets = [1, 3]
    var names = RecordQuery(.ownerStartingWith(.root))
    names.rrtypes = [.txt]
    var inverse = RecordQuery(.rdataNameAtOrBelow(StoreSample.name("example.com")))
    inverse.datasets = [2]
    inverse.vantages = [.zone]
    var filtered = RecordQuery(.rdataNameStartingWith(StoreSample.name("z")))
    filtered.datasets = [2]
    var unmerged = walk
    unmerged.mergesTriples = false
    return [walk, merged, names, inverse, filtered, unmerged]
  }

  @Test(arguments: queries.indices)
  func pausesWhenMuchWasSearchedAndNothingFound(_ index: Int) throws {
    let store = CountingStore(SearchEffortTests.store)
    let query = SearchEffortTests.queries[index]
    let cursor = RecordCursor(query, store: store)
    var pauses = 0
    while try cursor.next({ _ in true }) == .paused {
      pauses += 1
      let searched = store.takeCount()
      #expect(searched <= RecordCursor.searchMax, "query \(index)")
      #expect(searched > RecordCursor.searchMax / 2, "query \(index)")
      try #require(pauses < 20)
    }
    #expect(pauses >= 2)
    #expect(cursor.rows == (query.vantages.isEmpty ? 1 : 0))
  }

  /// A client that comes back with the position gets further each time, even without a row.
  @Test(arguments: queries.indices)
  func givesAPositionBehindWhatWasSearched(_ index: Int) throws {
    var query = SearchEffortTests.queries[index]
    var rows = 0
    var end = RecordCursor.End.paused
    var rounds = 0
    while end == .paused {
      let cursor = RecordCursor(query, store: SearchEffortTests.store)
      end = try cursor.next { _ in true }
      rows += cursor.rows
      query.resumeAfter = cursor.position
      rounds += 1
      try #require(rounds < 20, "query \(index) makes no progress")
    }
    #expect(rows == (query.vantages.isEmpty ? 1 : 0))
  }

  /// Shown at once, although the records behind are searched for more of its type.
  @Test func doesNotKeepARowBackForARecordFarAway() throws {
    let store = MemoryStore()
    var samples = (0..<20_000).map {
      StoreSample("h\(100_000 + $0).example.com", .a, [192, 0, 2, 1])
    }
    samples.append(StoreSample("a.example.com", .txt, [1, 0x61]))
    try store.apply(StoreSample.batch(samples))
    var query = RecordQuery(.ownerAtOrBelow(StoreSample.name("example.com")))
    query.rrtypes = [.txt]
    let cursor = RecordCursor(query, store: store)
    #expect(try cursor.next { _ in true } == .paused)
    #expect(cursor.rows == 1)
    #expect(try cursor.next { _ in true } == .complete)
    #expect(cursor.rows == 1)
  }

  /// Ten names right below, each with a thousand far below.
  private static let deep: MemoryStore = {
    let store = MemoryStore()
    var samples: [StoreSample] = []
    for zone in 0..<10 {
      samples.append(StoreSample("z\(zone).example.com", .a, [192, 0, 2, UInt8(zone)]))
      let target = StoreSample.wire("z\(zone).example.net")
      samples.append(StoreSample("a.example.org", .ns, target))
      for host in 0..<1_000 {
        let name = "h\(host).b.z\(zone).example"
        samples.append(StoreSample("\(name).com", .a, [192, 0, 2, UInt8(zone)]))
        samples.append(StoreSample("b.example.org", .ns, StoreSample.wire("\(name).net")))
      }
    }
    do {
      try store.apply(StoreSample.batch(samples))
    } catch {
      Issue.record(error)
    }
    return store
  }()

  @Test(arguments: [
    RecordQuery.Subject.ownerOneBelow(StoreSample.name("example.com")),
    .rdataNameOneBelow(StoreSample.name("example.net")),
  ])
  func jumpsOverDeepNames(_ subject: RecordQuery.Subject) throws {
    let store = CountingStore(SearchEffortTests.deep)
    var query = RecordQuery(subject)
    for datasets in [[1], [1, 2]] as [[DatasetNumber]] {
      query.datasets = datasets
      #expect(try QueryRun.all(query, store).rows.count == 10)
      #expect(store.takeCount() < 200, "read \(datasets)")
    }
  }

  @Test func readsOnlyNamesThatStartSo() throws {
    let store = CountingStore(SearchEffortTests.deep)
    let query = RecordQuery(.ownerStartingWith(StoreSample.name("h7.b")))
    #expect(try QueryRun.all(query, store).rows.count == 10)
    #expect(store.takeCount() == 20)
  }
}
