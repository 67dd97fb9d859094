import TidemarkModel
import TidemarkStore
import Testing

/// `summarize` of the DNSDB interface.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBSummaryTests {
  private static let sample =
    DNSDBSamples.row(
      "a.example.com", "A", "192.0.2.1", first: 1_600_001_000, last: 1_600_002_000, count: 5)
    + DNSDBSamples.row(
      "a.example.com", "A", "192.0.2.2", first: 1_600_001_000, last: 1_600_002_000, count: 5)
    + DNSDBSamples.row(
      "b.example.com", "A", "192.0.2.1", first: 1_600_000_500, last: 1_600_000_900, count: 7)
    + DNSDBSamples.row(
      "c.example.com", "A", "192.0.2.1", first: 1_600_003_000, last: 1_600_004_000, count: 11)
    + DNSDBSamples.zone("z.example.com", "A", "192.0.2.1")

  private func ask(_ rest: String) async throws -> Reply {
    try await TestServer.askDNSDB(
      "/dnsdb/v2/summarize/" + rest, of: MemoryStore.holding(Self.sample))
  }

  @Test("one row: RRsets, or rdata, with what was seen of them")
  func countsRows() async throws {
    let reply = try await ask("rrset/name/*.example.com")
    #expect(
      reply.body == """
        {"cond":"begin"}
        {"obj":{"count":24,"num_results":4,"time_first":1600000500,"time_last":1600004000,\
        "zone_time_first":1600000000,"zone_time_last":1650000000}}
        {"cond":"succeeded"}

        """)
    let rdata = try await ask("rdata/ip/192.0.2.0,24")
    #expect(
      rdata.objects == [
        """
        {"count":29,"num_results":5,"time_first":1600000500,"time_last":1600004000,\
        "zone_time_first":1600000000,"zone_time_last":1650000000}
        """
      ])
    let zone = try await ask("rrset/name/z.example.com/A?humantime=True")
    #expect(zone.objects.count == 1)
    #expect(zone.body.contains("\"num_results\":1,\"zone_time_first\":\"2020-09-13T12:26:40Z\","))
  }

  @Test(
    "every shape of a look-up",
    arguments: [
      ("rrset/raw/01610765786d61706c65", 400, 0),
      ("rrset/raw/0161076578616d706c6503636f6d00", 200, 1),
      ("rdata/raw/c0000201/A", 200, 4), ("rdata/name/none.example.org", 200, 0),
      ("rrset/name/a.example.com/A/example.com", 200, 1),
      ("rrset/name/*.example.com?time_first_after=1600001000", 200, 2),
      ("rrset/name/*.example.com?limit=2", 200, 2), ("rrset/name/*.example.com?offset=3", 200, 1),
    ])
  func summarizesShapes(_ rest: String, _ status: Int, _ results: Int) async throws {
    let reply = try await ask(rest)
    #expect(reply.status == status)
    guard status == 200 else { return }
    let number = reply.objects.first.flatMap { Reply.member("num_results", of: $0) }
    #expect(number == (results == 0 ? nil : String(results)), "\(reply.body)")
  }

  @Test(
    "max_count ends with the row that reaches it",
    arguments: [
      (1, 5, 1, "limited"), (5, 5, 1, "limited"), (6, 12, 2, "limited"), (12, 12, 2, "limited"),
      (13, 23, 3, "limited"), (24, 24, 4, "succeeded"), (9_999, 24, 4, "succeeded"),
    ])
  func stopsAtTheCount(_ most: Int, _ count: Int, _ results: Int, _ cond: String) async throws {
    let reply = try await ask("rrset/name/*.example.com?max_count=\(most)")
    #expect(reply.cond == cond)
    #expect(
      reply.objects.first?.hasPrefix("{\"count\":\(count),\"num_results\":\(results),") == true)
  }
}
