import DNSWire
import Testing
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Rows, pages and limits of queries on a store in memory.
@Suite struct RecordCursorTests {
  private func store(_ samples: [StoreSample]) throws -> MemoryStore {
    let store = MemoryStore()
    try store.apply(StoreSample.batch(samples))
    return store
  }

  private func address(_ last: Int) -> [UInt8] { [192, 0, 2, UInt8(last)] }

  /// Owners h000.example.com, h001… in ascending order.
  private func hosts(_ numbers: some Sequence<Int>, dataset: DatasetNumber = .main) -> [StoreSample]
  {
    numbers.map { number in
      let digits = String(1_000 + number).dropFirst()
      return StoreSample(
        "h\(digits).example.com", .a, address(number % 256), dataset: dataset,
        time: 1_750_000_000 + UInt32(number))
    }
  }

  private var subtree: RecordQuery { RecordQuery(.ownerAtOrBelow(StoreSample.name("example.com"))) }

  // MARK: - Datasets

  @Test func mergesDatasetsIntoOneAnswerInOrder() throws {
    let even = hosts(stride(from: 0, to: 100, by: 2), dataset: 7)
    let store = try store(
      hosts(stride(from: 0, to: 100, by: 3)) + even + hosts(50..<60, dataset: 9))
    var query = subtree
    query.datasets = [9, 1, 7, 1]
    let rows = try QueryRun.all(query, store).rows
    let expected = (0..<100).filter { $0 % 2 == 0 || $0 % 3 == 0 || (50..<60).contains($0) }
    #expect(rows.map(\.owner) == hosts(expected).map(QueryRun.owner))
    for (row, number) in zip(rows, expected) {
      let inEach: [DatasetNumber] =
        (number % 3 == 0 ? [1] : []) + (number % 2 == 0 ? [7] : [])
        + ((50..<60).contains(number) ? [9] : [])
      #expect(row.datasets.sorted() == inEach, "\(number)")
      #expect(row.value.count == UInt64(inEach.count), "\(number)")
    }
    query.mergesTriples = false
    #expect(try QueryRun.all(query, store).rows.count == 34 + 50 + 10)
    query.datasets = [9]
    #expect(try QueryRun.all(query, store).rows.count == 10)
  }

  @Test func mergesVantagesOfATripleAndNothingElse() throws {
    let store = try store([
      StoreSample("a.example.com", .a, address(1), time: 1_750_000_100, count: 3),
      StoreSample("a.example.com", .a, address(1), vantage: .client, time: 1_750_000_000, count: 4),
      StoreSample(
        "a.example.com", .a, address(1), dataset: 2, bailiwick: Bailiwick(labels: 1),
        time: 1_750_000_200, count: 5),
      StoreSample("a.example.com", .a, address(2), vantage: .client),
      StoreSample("a.example.com", .txt, [1, 0x61]),
      StoreSample("a.example.com", .txt, [1, 0x61], vantage: .text),
    ])
    var query = RecordQuery(.owner(StoreSample.name("a.example.com")))
    query.datasets = [1, 2]
    let rows = try QueryRun.all(query, store).rows
    #expect(rows.count == 4)
    #expect(rows[0].value.count == 12)
    #expect(rows[0].value.timeFirst == 1_750_000_000)
    #expect(rows[0].value.timeLast == 1_750_000_200)
    #expect(rows[0].vantages == [.authority, .client])
    #expect(rows[0].bailiwick == .unknown)
    #expect(rows[1].vantages == [.client])
    #expect(rows[1].bailiwick == Bailiwick(labels: 2))
    #expect(rows[2...].map(\.isLossy) == [false, true])
    // Bounds on times are about the row, not about the records in it.
    query.times.firstAfter = 1_750_000_050
    #expect(try QueryRun.all(query, store).rows.isEmpty)
    query.times = TimeFences()
    query.times.lastAfter = 1_750_000_199
    #expect(try QueryRun.all(query, store).rows.map(\.value.count) == [12])
  }

  // MARK: - Pages

  @Test(arguments: [1, 7, 31, 32, 33, 50])
  func resumesBehindARowWhateverHappensBetween(_ page: Int) throws {
    let store = try store(hosts(stride(from: 0, to: 200, by: 2)))
    var query = subtree
    var seen: [[UInt8]] = []
    var round = 0
    while true {
      let part = try QueryRun.page(query, store, rows: page)
      seen += part.rows.map(\.owner)
      guard part.end == .paused, let position = part.position else { break }
      query.resumeAfter = position
      // New rows before and behind, and another observation of rows shown and not shown.
      let numbers = stride(from: 1 + round % 2 * 2, to: 200, by: 4)
      try store.apply(StoreSample.batch(hosts(numbers) + hosts([0, 100, 198])))
      round += 1
    }
    #expect(Set(seen).count == seen.count, "repeated")
    #expect(seen == seen.sorted { QueryRun.hostNumber($0) < QueryRun.hostNumber($1) })
    let numbers = Set(seen.map(QueryRun.hostNumber))
    #expect(numbers.isSuperset(of: stride(from: 0, to: 200, by: 2)), "skipped")
    // What was new behind the first page was seen as well.
    let new = stride(from: 1, to: 200, by: 4).filter { $0 > page * 2 }
    #expect(numbers.isSuperset(of: new))
  }

  @Test func aPausedCursorSeesTheSameAsAResumedOne() throws {
    let store = try store(hosts(0..<150))
    let cursor = RecordCursor(subtree, store: store)
    var seen: [[UInt8]] = []
    var pauses = 0
    while try cursor.next({ row in
      seen.append(row.rrname)
      return seen.count % 4 != 0
    }) == .paused {
      pauses += 1
      #expect(seen.count == cursor.rows)
    }
    #expect(seen == hosts(0..<150).map(QueryRun.owner))
    #expect(pauses == 37)
  }

  @Test(arguments: [1, 31, 32, 33, 100, 160])
  func isCompleteAtALimitThatIsTheNumberOfRows(_ count: Int) throws {
    let store = try store(hosts(0..<count))
    var query = subtree
    query.limit = count
    let exact = try QueryRun.all(query, store)
    #expect(exact.rows.count == count)
    #expect(exact.end == .complete)
    query.limit = count - 1
    let less = try QueryRun.all(query, store)
    #expect(less.rows.count == count - 1)
    #expect(less.end == .limited)
    query.limit = count + 1
    #expect(try QueryRun.all(query, store).end == .complete)
    query.limit = 0
    let none = try QueryRun.all(query, store)
    #expect(none.rows.isEmpty)
    #expect(none.end == .limited)
    #expect(none.position == nil)
  }

  @Test func isCompleteAtALimitWhenTheRestIsNotAskedFor() throws {
    let store = try store(hosts(0..<40))
    var query = subtree
    query.limit = 10
    query.times.firstBefore = 1_750_000_010
    #expect(try QueryRun.all(query, store).end == .complete)
    query.times.firstBefore = 1_750_000_011
    #expect(try QueryRun.all(query, store).end == .limited)
  }

  // MARK: - Rdata

  @Test func findsLongRDataByNameAndByItsOctets() throws {
    let name = StoreSample.wire("target.example.net")
    let fill = [UInt8](repeating: 0xAB, count: 200)
    let service = [0, 1] + name + [0xFF, 0, 0, 200] + fill
    let other = [0, 1] + name + [0xFF, 0, 0, 200] + fill.dropLast() + [1]
    let text = [200] + fill
    let otherText = [200] + fill.dropLast() + [1]
    let store = try store([
      StoreSample("a.example.com", .svcb, service),
      StoreSample("a.example.com", .svcb, service, vantage: .client),
      StoreSample("a.example.com", .svcb, other), StoreSample("b.example.com", .https, service),
      StoreSample("a.example.com", .txt, text), StoreSample("b.example.com", .txt, text),
      StoreSample("b.example.com", .txt, otherText),
    ])
    func find(_ subject: RecordQuery.Subject) throws -> [[UInt8]] {
      try QueryRun.all(RecordQuery(subject), store).rows.map { $0.owner + $0.rdata }
    }
    let (a, b) = (StoreSample.wire("a.example.com"), StoreSample.wire("b.example.com"))
    let byName = try find(.rdataName(StoreSample.name("target.example.net")))
    #expect(Set(byName) == [a + service, a + other, b + service])
    #expect(byName.count == 3)
    let below = try find(.rdataNameAtOrBelow(StoreSample.name("example.net")))
    #expect(Set(below) == Set(byName))
    #expect(below.count == 3)
    #expect(Set(try find(.rdata(service))) == [a + service, b + service])
    #expect(try find(.rdata(other)) == [a + other])
    #expect(Set(try find(.rdata(text))) == [a + text, b + text])
    #expect(try find(.rdata(otherText)) == [b + otherText])
    #expect(try find(.rdata(text + [0])).isEmpty)
  }

  /// The same octets as an address, as a name and as rdata without a schema lie far apart in the
  /// index; all of them are one answer, whatever the pages.
  @Test func pagesThroughTheSameRDataOfSeveralTypes() throws {
    let octets: [UInt8] = [2, 0x61, 0x62, 0]
    let unknown = RRType(rawValue: 65_280)
    let types = [RRType.a, .ns, .cname, .ptr, unknown, RRType(rawValue: 65_281)]
    let store = try store(
      types.flatMap { type in
        ["a.example.com", "b.example.com"].flatMap { owner in
          [StoreSample(owner, type, octets), StoreSample(owner, type, octets, dataset: 2)]
        }
      })
    var query = RecordQuery(.rdata(octets))
    query.datasets = [1, 2]
    let whole = try QueryRun.all(query, store).rows
    #expect(whole.count == 12)
    #expect(whole.allSatisfy { $0.value.count == 2 })
    for page in 1...5 {
      let paged = try QueryRun.paged(query, store, rows: page)
      #expect(paged == whole, "pages of \(page) rows")
    }
  }

  /// A record with two names in a range has two index keys there, here on different pages.
  @Test func givesARecordWithTwoNamesOnceOnEveryPage() throws {
    let rdata = StoreSample.wire("a.example.net") + StoreSample.wire("b.example.net")
    let samples = (0..<80).map { StoreSample("h\($0).example.com", .rp, rdata) }
    let store = try store(samples)
    let query = RecordQuery(.rdataNameAtOrBelow(StoreSample.name("example.net")))
    let whole = try QueryRun.all(query, store).rows
    #expect(whole.count == 80)
    for page in [1, 33, 79, 80] {
      #expect(try QueryRun.paged(query, store, rows: page) == whole, "pages of \(page) rows")
    }
  }

  // MARK: - Damage

  @Test func countsAndLeavesOutDamagedRows() throws {
    let samples = hosts(0..<100)
    let broken = Set([0, 1, 31, 32, 99].map { samples[$0].key })
    let damaged = DamagedStore(store: try store(samples), broken: broken)
    let expected = samples.filter { !broken.contains($0.key) }.map(QueryRun.owner)
    for subject in [
      RecordQuery.Subject.ownerAtOrBelow(.root), .all,
      .network(try #require(AddressPrefix(text: "192.0.2.0/24"))),
    ] {
      let answer = try QueryRun.all(RecordQuery(subject), damaged)
      #expect(answer.rows.map(\.owner) == expected)
      #expect(answer.damaged == broken.count)
      #expect(answer.end == .complete)
    }
    var query = subtree
    query.limit = 95
    #expect(try QueryRun.all(query, damaged).end == .complete)
    query.limit = 94
    #expect(try QueryRun.all(query, damaged).end == .limited)
    query.limit = nil
    #expect(try QueryRun.paged(query, damaged, rows: 3).map(\.owner) == expected)
  }

  @Test func keepsTheSoundRecordsOfARow() throws {
    let samples = [Vantage.authority, .client, .zone].map {
      StoreSample("a.example.com", .a, address(1), vantage: $0, count: 5)
    }
    for index in samples.indices {
      let damaged = DamagedStore(store: try store(samples), broken: [samples[index].key])
      let answer = try QueryRun.all(subtree, damaged)
      #expect(answer.rows.map(\.value.count) == [10], "damaged record \(index)")
      #expect(answer.damaged == 1)
    }
  }
}

/// A store in which some records cannot be read.
private struct DamagedStore: RecordStore {
  let store: MemoryStore
  let broken: Set<[UInt8]>
  private let value: [UInt8] = [0xFF]

  init(store: MemoryStore, broken: Set<[UInt8]>) {
    self.store = store
    self.broken = broken
  }

  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary { try store.apply(batch) }

  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    try store.scan(family, range, limit: limit) { key, value in
      row(key, family == .records && isBroken(key) ? self.value.span : value)
    }
  }

  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) {
    try store.values(ofRecords: keys) { index, value in
      found(index, broken.contains(keys[index]) ? self.value.span : value)
    }
  }

  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try store.state(key) }

  func statistics() throws(StoreError) -> StoreStatistics { try store.statistics() }

  private func isBroken(_ key: Span<UInt8>) -> Bool {
    var copy: [UInt8] = []
    for index in key.indices { copy.append(key[index]) }
    return broken.contains(copy)
  }
}
