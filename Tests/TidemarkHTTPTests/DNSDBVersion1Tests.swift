import TidemarkModel
import TidemarkStore
import Testing

/// Version 1 of the DNSDB interface: at the root, without a frame.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBVersion1Tests {
  @Test("objects without a frame, rdata an array in look-ups of RRsets")
  func writesRRsets() async throws {
    for prefix in ["", "/dnsdb/v1", "/"] {
      let reply = try await TestServer.askDNSDB(prefix + "/lookup/rrset/name/www.example.com")
      #expect(reply.status == 200)
      #expect(
        reply.body == """
          {"count":3,"time_first":1700000000,"time_last":1700000100,\
          "rrname":"www.example.com.","rrtype":"A","bailiwick":"example.com.",\
          "rdata":["192.0.2.1","192.0.2.9"]}
          {"count":3,"time_first":1700000000,"time_last":1700000100,\
          "rrname":"www.example.com.","rrtype":"AAAA","bailiwick":"example.com.",\
          "rdata":["2001:db8::1"]}

          """)
    }
  }

  @Test("rdata is a string in look-ups of rdata")
  func writesRData() async throws {
    let reply = try await TestServer.askDNSDB("/lookup/rdata/ip/192.0.2.0,24")
    #expect(reply.lines.count == 3)
    #expect(
      reply.lines.first == """
        {"count":3,"time_first":1700000000,"time_last":1700000100,\
        "rrname":"www.example.com.","rrtype":"A","rdata":"192.0.2.1"}
        """)
  }

  @Test(
    "Q3: nothing found is 404 and a text",
    arguments: [
      "/lookup/rrset/name/none.example.org", "/lookup/rrset/name/2001:db8::1",
      "/lookup/rdata/ip/203.0.113.99", "/summarize/rrset/name/none.example.org",
      "/lookup/rrset/name/*.example.com?time_last_before=5", "/dnsdb/v1/lookup/rdata/raw/00ff",
    ])
  func answersNothing(_ path: String) async throws {
    let reply = try await TestServer.askDNSDB(path)
    #expect(reply.status == 404)
    #expect(reply.body == "Error: no results found for query.\n")
    #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
    #expect(reply.headers["x-ratelimit-limit"] == "unlimited")
    #expect(reply.headers["access-control-allow-origin"] == "*")
  }

  @Test("404 also when much was searched in vain")
  func answersNothingAfterALongSearch() async throws {
    let text = (0..<40_000).map { DNSDBSamples.row("n\($0).example.com", "A", "192.0.2.1") }
    let store = try MemoryStore.holding(text.joined())
    let reply = try await TestServer.askDNSDB(
      "/lookup/rrset/name/*.example.com?time_last_before=5", of: store)
    #expect(reply.status == 404)
    #expect(reply.body == "Error: no results found for query.\n")
    let last = try await TestServer.askDNSDB(
      "/lookup/rrset/name/*.example.com?offset=39999", of: store)
    #expect(last.status == 200 && last.lines.count == 1)
  }

  @Test("a limit leaves no mark")
  func limits() async throws {
    let reply = try await TestServer.askDNSDB("/lookup/rrset/name/*.example.com?limit=2")
    #expect(reply.lines.count == 2)
    #expect(reply.lines.allSatisfy { $0.hasPrefix("{\"count\":") })
  }

  @Test("requests as clients of version 1 send them")
  func takesClientsRequests() async throws {
    for (target, lines) in [
      ("/lookup/rrset/name/www.example.com/?humantime=True&aggr=False", 2),
      ("/lookup/rrset/name/www.example.com/ANY/", 2), ("/lookup/rdata/ip/192.0.2.1?limit=50000", 1),
      ("//lookup/rdata/name/www.example.com/ANY", 2), ("/lookup/rdata/raw/c0000201/ANY", 1),
      ("/lookup/rrset/name/WWW.EXAMPLE.COM./aaaa?swclient=dnsdbq&version=2.6.4", 1),
    ] {
      let reply = try await TestServer.askDNSDB(
        target, headers: ["Accept: */*, application/json", "X-API-Key: testkey"])
      #expect(reply.status == 200 && reply.lines.count == lines, "\(target)")
    }
    let text = try await TestServer.askDNSDB(
      "/lookup/rrset/name/www.example.com/?humantime=True&aggr=False")
    #expect(text.body.contains("\"time_first\":\"2023-11-14T22:13:20Z\""))
  }

  @Test func summarizes() async throws {
    let reply = try await TestServer.askDNSDB("/summarize/rrset/name/www.example.com")
    #expect(
      reply.body
        == "{\"count\":6,\"num_results\":2,\"time_first\":1700000000,\"time_last\":1700000100}\n")
  }

  @Test("a search that fails breaks the connection: nothing else can tell")
  func failuresMidStreamBreakTheConnection() async throws {
    let text = (0..<50_000).map { DNSDBSamples.row("n\($0).example.com", "A", "192.0.2.1") }
    let store = FailingStore(try MemoryStore.holding(text.joined()), scans: 4)
    await #expect(throws: Reply.Malformed.self) {
      _ = try await TestServer.askDNSDB("/lookup/rrset/name/*.example.com?limit=0", of: store)
    }
  }

  @Test func errorsAreText() async throws {
    let reply = try await TestServer.askDNSDB("/lookup/rrset/name/*.*")
    #expect(reply.status == 400)
    #expect(reply.body.hasPrefix("Error: ") && reply.lines.count == 1)
  }
}
