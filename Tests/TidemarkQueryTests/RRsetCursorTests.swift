import DNSWire
import Testing
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// RRsets put together from single records.
@Suite struct RRsetCursorTests {
  private func store(_ samples: [StoreSample]) throws -> MemoryStore {
    let store = MemoryStore()
    try store.apply(StoreSample.batch(samples))
    return store
  }

  private func address(_ last: Int) -> [UInt8] { [192, 0, 2, UInt8(last)] }

  private func sample(
    _ last: Int, vantage: Vantage = .authority, bailiwick: Int = 2, dataset: DatasetNumber = 1,
    time: UInt32 = 0, count: UInt64 = 1
  ) -> StoreSample {
    StoreSample(
      "www.example.com", .a, address(last), dataset: dataset, vantage: vantage,
      bailiwick: Bailiwick(labels: bailiwick), time: 1_750_000_000 + time, count: count)
  }

  private var owner: RecordQuery {
    RecordQuery(.owner(StoreSample.name("www.example.com")))
  }

  @Test func putsTogetherWhatWasSeenTogether() throws {
    let store = try store([
      sample(1), sample(2), sample(3, time: 1), sample(4, count: 2), sample(5, bailiwick: 1),
      sample(6, vantage: .zone), sample(7, vantage: .zone),
    ])
    let rows = try RRsetRun.all(owner, store: store).rows
    #expect(
      rows.map(\.rdata) == [
        [address(1), address(2)], [address(3)], [address(4)], [address(5)],
        [address(6), address(7)],
      ])
    #expect(rows.map(\.isZone) == [false, false, false, false, true])
    #expect(rows.map(\.bailiwick.rawValue) == [2, 2, 2, 1, 2])
    #expect(rows.map(\.count) == [1, 1, 2, 1, 1])
  }

  @Test func mergesVantagesAndDatasetsBeforeItComparesTimes() throws {
    let store = try store([
      sample(1), sample(1, vantage: .client, time: 60), sample(1, dataset: 2, time: 30),
      sample(2, vantage: .active, time: 60, count: 2), sample(2, dataset: 2),
      sample(2, vantage: .zone, time: 90),
    ])
    var query = owner
    query.datasets = [1, 2]
    let rows = try RRsetRun.all(query, store: store).rows
    #expect(rows.map(\.rdata) == [[address(1), address(2)], [address(2)]])
    #expect(rows.map(\.count) == [3, 1])
    #expect(rows.map(\.timeFirst) == [1_750_000_000, 1_750_000_090])
    #expect(rows.map(\.timeLast) == [1_750_000_060, 1_750_000_090])
  }

  @Test func groupsByRDataOverBailiwicks() throws {
    let store = try store([
      sample(1), sample(1, bailiwick: 1, time: 60), sample(1, vantage: .zone, count: 4), sample(2),
    ])
    let network = try #require(AddressPrefix(text: "192.0.2.0/24"))
    let rows = try RRsetRun.all(RecordQuery(.network(network)), .rdata, store: store).rows
    #expect(rows.map(\.rdata) == [[address(1)], [address(1)], [address(2)]])
    #expect(rows.map(\.isZone) == [false, true, false])
    #expect(rows.map(\.count) == [2, 4, 1])
    #expect(rows.allSatisfy { $0.bailiwick == .unknown })
  }

  @Test func keepsTextOfFeedsApart() throws {
    let text = StoreSample("www.example.com", .txt, Array("v=spf1".utf8), vantage: .text)
    let wire = StoreSample("www.example.com", .txt, Array("v=spf1".utf8))
    let rows = try RRsetRun.all(owner, store: store([text, wire])).rows
    #expect(rows.map(\.isLossy) == [false, true])
  }

  @Test func appliesTheBailiwickAndTheTimesToRows() throws {
    let store = try store([
      sample(1), sample(1, vantage: .client, time: 60), sample(2, bailiwick: 1),
    ])
    var query = owner
    query.bailiwick = StoreSample.name("com")
    #expect(try RRsetRun.all(query, store: store).rows.map(\.rdata) == [[address(2)]])
    query.bailiwick = StoreSample.name("example.com")
    query.times.lastAfter = 1_750_000_059
    #expect(try RRsetRun.all(query, store: store).rows.map(\.count) == [2])
    query.times.firstAfter = 1_750_000_000
    #expect(try RRsetRun.all(query, store: store).rows.isEmpty)
    query.bailiwick = StoreSample.name("net")
    query.times = TimeFences()
    #expect(try RRsetRun.all(query, store: store).rows.isEmpty)
  }

  @Test func saysLimitedOnlyWhenThereIsAnotherRow() throws {
    let store = try store((1...9).map { sample($0, time: UInt32($0)) })
    var query = owner
    for (offset, limit, rows, end) in [
      (0, 9, 1...9, RecordCursor.End.complete), (0, 8, 1...8, .limited), (4, 5, 5...9, .complete),
      (4, 4, 5...8, .limited), (8, 1, 9...9, .complete),
    ] {
      query.limit = limit
      let answer = try RRsetRun.all(query, offset: offset, store: store)
      #expect(answer.rows.map(\.rdata) == rows.map { [address($0)] }, "\(offset) \(limit)")
      #expect(answer.end == end, "\(offset) \(limit)")
    }
    query.limit = 0
    #expect(try RRsetRun.all(query, offset: 8, store: store).end == .limited)
    #expect(try RRsetRun.all(query, offset: 9, store: store).end == .complete)
    query.limit = nil
    #expect(try RRsetRun.all(query, offset: 100, store: store).rows.isEmpty)
  }

  /// A JSON line of a row must stay below 65,536 octets, whatever the type.
  @Test(arguments: [RRType.a, .aaaa, .txt, .ns])
  func splitsAnRRsetThatWouldBeALongLine(_ type: RRType) throws {
    let samples = (0..<9_000).map { number in
      let octets = [UInt8(number >> 8), UInt8(number & 255)]
      let rdata: [UInt8] =
        switch type {
        case .a: [198, 51] + octets
        case .aaaa: [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0xFF, count: 10) + octets
        case .txt: [12] + octets + [UInt8](repeating: 0xFF, count: 10)
        default: [5, 0xFF, 0xFF, 0xFF] + octets + [0]
        }
      return StoreSample("www.example.com", type, rdata)
    }
    let rows = try RRsetRun.all(owner, store: store(samples)).rows
    #expect(rows.count > 2)
    let values = rows.flatMap(\.rdata)
    #expect(values.count == 9_000)
    #expect(Set(values).count == 9_000)
    for row in rows {
      var line: [UInt8] = []
      for rdata in row.rdata {
        var text: [UInt8] = []
        RDataText.append(rdata.span, type: type, style: .dnsdb, to: &text)
        // Quotation marks and the comma, and a backslash or quotation mark as two octets.
        line += text + [0, 0, 0] + text.filter { $0 == 0x22 || $0 == 0x5C }
      }
      #expect(line.count < 65_536 - 2_048)
    }
    #expect(rows.dropLast().allSatisfy { $0.rdata.count > 400 })
  }

  /// More different rows of one owner and type than are held: all come, none twice.
  @Test func holdsABoundedNumberOfValues() throws {
    let samples = (0..<40_000).map { number in
      StoreSample(
        "www.example.com", .a, [198, 51, UInt8(number >> 8), UInt8(number & 255)],
        time: 1_750_000_000 + UInt32(number % 20_000))
    }
    let rows = try RRsetRun.all(owner, store: store(samples)).rows
    let values = rows.flatMap(\.rdata)
    #expect(values.count == 40_000)
    #expect(Set(values).count == 40_000)
  }
}
