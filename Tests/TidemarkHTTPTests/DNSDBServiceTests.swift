import TidemarkAccess
import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// `ping`, `rate_limit`, headers, HEAD.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBServiceTests {
  @Test(arguments: ["/dnsdb/v2/ping", "/dnsdb/v2/ping/", "//dnsdb/v2/ping?swclient=x"])
  func pingAnswers(_ path: String) async throws {
    for headers in [[], ["X-API-Key: wrong"]] {
      let reply = try await TestServer.askDNSDB(path, headers: headers)
      #expect(reply.status == 200)
      #expect(reply.body == "{\"ping\":\"ok\"}\n")
      #expect(reply.headers["content-type"] == "application/json")
    }
  }

  @Test(
    "rate_limit without a quota",
    arguments: [
      ("/dnsdb/v2/rate_limit", "GET"), ("/dnsdb/v2/rate_limit/?swclient=dnsdbq", "GET"),
      ("/lookup/rate_limit", "GET"), ("/lookup/rate_limit", "POST"),
      ("/dnsdb/v1/lookup/rate_limit", "POST"), ("//lookup/rate_limit/", "GET"),
    ])
  func rateLimit(_ path: String, _ method: String) async throws {
    let reply = try await TestServer.askDNSDB(path, method: method)
    #expect(reply.status == 200)
    #expect(reply.headers["content-type"] == "application/json")
    #expect(
      reply.body == """
        {"rate":{"reset":"n/a","limit":"unlimited","remaining":"n/a",\
        "results_max":1000000,"offset_max":3000000}}

        """)
  }

  @Test("every reply with data says what is left of the quota")
  func writesHeaders() async throws {
    for path in [
      "/dnsdb/v2/lookup/rrset/name/www.example.com", "/lookup/rrset/name/www.example.com",
      "/dnsdb/v2/summarize/rdata/ip/192.0.2.1", "/dnsdb/v2/regex/rrnames/www",
      "/dnsdb/v2/rate_limit",
    ] {
      let reply = try await TestServer.askDNSDB(path)
      #expect(reply.headers["x-ratelimit-limit"] == "unlimited", "\(path)")
      #expect(reply.headers["x-ratelimit-remaining"] == "n/a")
      #expect(reply.headers["x-ratelimit-reset"] == "n/a")
      #expect(reply.headers["access-control-allow-origin"] == "*")
    }
  }

  @Test(
    "HEAD has the headers and nothing else",
    arguments: [
      "/dnsdb/v2/lookup/rrset/name/www.example.com", "/dnsdb/v2/lookup/rrset/name/none.example.org",
      "/lookup/rrset/name/www.example.com", "/lookup/rrset/name/none.example.org",
      "/dnsdb/v2/rate_limit", "/dnsdb/v2/ping", "/dnsdb/v2/lookup/rrset/name/*.*",
    ])
  func answersHead(_ path: String) async throws {
    let get = try await TestServer.askDNSDB(path)
    let head = try await TestServer.askDNSDB(path, method: "HEAD")
    #expect(head.status == get.status)
    #expect(head.octets.isEmpty)
    #expect(head.headers["content-length"] == String(get.octets.count))
    #expect(head.headers["content-type"] == get.headers["content-type"])
  }

  @Test("a quota is in numbers, in headers and in rate_limit, which costs none")
  func tellsTheQuota() async throws {
    let book = TokenBook()
    let key = "X-API-Key: " + book.add(TokenGrant(name: "a", perDay: 2))
    try await TestServer.serving(DNSDBSamples.store(), access: book.control()) { server in
      let path = "/dnsdb/v2/lookup/rrset/name/www.example.com"
      let first = try await server.get(path, headers: [key])
      #expect(first.headers["x-ratelimit-limit"] == "2")
      #expect(first.headers["x-ratelimit-remaining"] == "1")
      let reset = try #require(first.headers["x-ratelimit-reset"])
      #expect((Int(reset) ?? 0) > Int(TestServer.now))
      for _ in 0..<2 {
        let rate = try await server.get("/lookup/rate_limit", method: "POST", headers: [key])
        #expect(rate.body.hasPrefix("{\"rate\":{\"reset\":\(reset),\"limit\":2,\"remaining\":1,"))
        #expect(!rate.body.contains("burst"))
      }
      _ = try await server.get(path, headers: [key])
      let spent = try await server.get(path, headers: [key])
      #expect(spent.status == 429 && spent.body == "Error: Rate limit exceeded\n")
      let unknown = try await server.get(path, headers: ["X-API-Key: wrong"])
      #expect(unknown.status == 403 && unknown.body == "Error: Bad API key\n")
      let ping = try await server.get("/dnsdb/v2/ping", headers: ["X-API-Key: wrong"])
      #expect(ping.body == "{\"ping\":\"ok\"}\n")
    }
  }

  @Test("what a caller may spend ends an answer with a line that says so")
  func endsWithTheBudget() async throws {
    let text = (0..<2_000).map { DNSDBSamples.row("n\($0).example.com", "A", "192.0.2.1") }
    let store = try MemoryStore.holding(text.joined())
    let book = TokenBook()
    let keys = [
      LimitOverrides(rows: 5), LimitOverrides(octets: 70_000), LimitOverrides(seconds: 0),
    ].enumerated().map { book.add(TokenGrant(name: "t\($0)", limits: $1)) }
    try await TestServer.serving(store, access: book.control()) { server in
      let path = "/dnsdb/v2/lookup/rrset/name/*.example.com?limit=0"
      let rows = try await server.get(path, headers: ["X-API-Key: \(keys[0])"])
      #expect(rows.objects.count == 5 && rows.cond == "limited")
      #expect(rows.last("msg") == "Result limit reached")
      let rate = try await server.get("/dnsdb/v2/rate_limit", headers: ["X-API-Key: \(keys[0])"])
      #expect(rate.body.contains("\"results_max\":5,"))
      let octets = try await server.get(path, headers: ["X-API-Key: \(keys[1])"])
      #expect(octets.cond == "limited" && !octets.objects.isEmpty)
      let time = try await server.get(path, headers: ["X-API-Key: \(keys[2])"])
      #expect(time.cond == "failed")
      #expect(time.last("msg") == "Processing timeout; results may be incomplete")
    }
  }
}
