import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// Parameters of the DNSDB interface.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBParameterTests {
  private static let path = "/dnsdb/v2/lookup/rrset/name/*.example.com/A?"

  /// Owners n00 to n11, each seen a thousand seconds after the one before.
  private static func dozen() throws -> MemoryStore {
    let text = (0..<12).map { index in
      DNSDBSamples.row(
        "n\(index < 10 ? "0" : "")\(index).example.com", "A", "192.0.2.1",
        first: 1_600_000_100 + 1_000 * index, last: 1_600_000_200 + 1_000 * index)
    }
    return try MemoryStore.holding(text.joined())
  }

  private func ask(_ query: String) async throws -> Reply {
    try await TestServer.askDNSDB(Self.path + query, of: Self.dozen())
  }

  @Test(
    "limit and offset count rows",
    arguments: [
      ("", 0..<12, "succeeded"), ("limit=5", 0..<5, "limited"), ("limit=11", 0..<11, "limited"),
      ("limit=12", 0..<12, "succeeded"), ("limit=0", 0..<12, "succeeded"),
      ("limit=99999999999999999999999", 0..<12, "succeeded"),
      ("limit=5&offset=3", 3..<8, "limited"), ("offset=7&limit=5", 7..<12, "succeeded"),
      ("offset=11", 11..<12, "succeeded"), ("offset=12", 0..<0, "succeeded"),
      ("offset=3000000", 0..<0, "succeeded"), ("offset=0&limit=1", 0..<1, "limited"),
    ])
  func limits(_ query: String, _ rows: Range<Int>, _ cond: String) async throws {
    let reply = try await ask(query)
    #expect(reply.cond == cond, "\(reply.body)")
    #expect(reply.names == rows.map { "n\($0 < 10 ? "0" : "")\($0).example.com." })
    #expect(reply.body.contains("\"msg\":\"Result limit reached\"") == (cond == "limited"))
  }

  @Test func withoutALimitThereIsOne() async throws {
    let text = (0..<(DNSDBLimits.rowsStandard + 1)).map { index in
      DNSDBSamples.row("n\(index).example.com", "A", "192.0.2.1")
    }
    let store = try MemoryStore.holding(text.joined())
    let reply = try await TestServer.askDNSDB(Self.path, of: store)
    #expect(reply.objects.count == DNSDBLimits.rowsStandard)
    #expect(reply.cond == "limited")
    let all = try await TestServer.askDNSDB(Self.path + "limit=0", of: store)
    #expect(all.objects.count == DNSDBLimits.rowsStandard + 1)
    #expect(all.cond == "succeeded")
  }

  @Test(
    "fences are inclusive",
    arguments: [
      ("time_first_after=1600005100", 5..<12), ("time_first_after=1600005101", 6..<12),
      ("time_first_before=1600005100", 0..<6), ("time_first_before=1600005099", 0..<5),
      ("time_last_after=1600005200", 5..<12), ("time_last_after=1600005201", 6..<12),
      ("time_last_before=1600005200", 0..<6), ("time_last_before=1600005199", 0..<5),
      ("time_first_after=0", 0..<12), ("time_first_before=0", 0..<0),
      ("time_first_before=4294967295", 0..<12), ("time_last_before=99999999999", 0..<12),
      ("time_first_after=99999999999", 0..<0),
      ("time_last_after=1600003000&time_first_before=1600006100", 3..<7),
      ("time_first_after=1600002100&time_last_before=1600004200", 2..<5),
      ("time_first_after=1600003000&limit=2&offset=1", 4..<6),
    ])
  func fences(_ query: String, _ rows: Range<Int>) async throws {
    let reply = try await ask(query)
    #expect(reply.names == rows.map { "n\($0 < 10 ? "0" : "")\($0).example.com." }, "\(reply.body)")
  }

  @Test("negative times count from now, the clock of the server")
  func fencesFromNow() async throws {
    let now = Int(TestServer.now)
    let text =
      DNSDBSamples.row("a.example.com", "A", "192.0.2.1", first: now - 101, last: now - 100)
      + DNSDBSamples.row("b.example.com", "A", "192.0.2.1", first: now - 51, last: now - 50)
    let store = try MemoryStore.holding(text)
    for (query, names) in [
      ("time_last_after=-50", ["b.example.com."]), ("time_last_after=-49", []),
      ("time_last_after=-100", ["a.example.com.", "b.example.com."]),
      ("time_first_before=-101", ["a.example.com."]), ("time_first_before=-102", []),
      ("time_last_after=-99999999999", ["a.example.com.", "b.example.com."]),
      ("time_last_before=-99999999999", []),
    ] {
      let reply = try await TestServer.askDNSDB(Self.path + query, of: store)
      #expect(reply.names == names, "\(query)")
    }
  }

  @Test(
    "flags in every spelling",
    arguments: ["t", "true", "True", "TRUE", "1"], ["f", "false", "False", "0", "F"])
  func readsFlags(_ on: String, _ off: String) async throws {
    let text = try await ask("limit=1&aggr=\(off)&humantime=\(on)")
    #expect(
      text.body.contains(
        "\"time_first\":\"2020-09-13T12:28:20Z\",\"time_last\":\"2020-09-13T12:30:00Z\","))
    let numbers = try await ask("limit=1&aggr=\(on)&humantime=\(off)")
    #expect(numbers.body.contains("\"time_first\":1600000100,\"time_last\":1600000200,"))
  }

  @Test func writesZoneTimesAsText() async throws {
    let store = try MemoryStore.holding(DNSDBSamples.zone("example.com", "NS", "ns1.example.net"))
    let reply = try await TestServer.askDNSDB(
      "/dnsdb/v2/lookup/rrset/name/example.com?humantime=t", of: store)
    #expect(reply.body.contains("\"zone_time_first\":\"2020-09-13T12:26:40Z\""))
  }

  @Test("what clients say of themselves, and names that nobody knows, change nothing")
  func ignoresTheRest() async throws {
    let plain = try await ask("limit=2")
    let more = try await ask(
      "swclient=dnsdbq&version=2.6.4&id=app%3A1&rrtype=MX&limit=2&&=&x=%zz&y=1&y=2"
        + "&version=(unknown)")
    #expect(more.body == plain.body)
  }

  @Test(
    "values that cannot be read are refused",
    arguments: [
      "limit=x", "limit=", "limit=-1", "limit=1.5", "limit=1e3", "offset=-1", "offset=x",
      "time_first_after=2020-01-01", "time_last_before=", "time_last_before=-", "aggr=maybe",
      "time_first_before=1.5", "humantime=yes", "verbose=2", "max_count=0", "max_count=-1",
      "max_count=x", "limit=1&limit=2", "limit", "time_first_after=%2B5",
    ])
  func refuses(_ query: String) async throws {
    let reply = try await ask(query)
    #expect(reply.status == 400)
    #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
    #expect(reply.lines.count == 1 && reply.body.hasPrefix("Error: ") && reply.body.hasSuffix("\n"))
  }

  @Test(arguments: ["offset=3000001", "offset=99999999999999999999", "limit=5&offset=4000000"])
  func anOffsetTooFarIs416(_ query: String) async throws {
    let reply = try await ask(query)
    #expect(reply.status == 416)
    #expect(reply.body.hasPrefix("Error: ") && reply.lines.count == 1)
  }
}
