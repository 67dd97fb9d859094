import DNSWire
import TidemarkModel
import TidemarkStore
import Testing

/// The rules of the CIRCL interface that clients rely on, seen on the wire.
@Suite(.timeLimit(.minutes(10)))
struct CirclRouteTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1") + cof("www.example.com", "AAAA", "2001:db8::1")
    + cof("example.com", "MX", "10 mail.example.com") + cof("example.com", "NS", "ns1.example.net")
    + cof("a.example.com", "CNAME", "www.example.com")
    + cof("big.example.com", "TXT", "v=spf1 -all", count: .max)
    + cof("odd.example.com", "TYPE65280", "\\\\# 2 abcd")
    + cof("utf.example.com", "TXT", "gr\\u00fcn") + cof("a\\\\032b.example.com", "A", "203.0.113.7")
    + cof("alias.b\\\\032c.example.com", "CNAME", "a\\\\032b.example.com")

  private func ask(
    _ target: String, method: String = "GET", headers: [String] = [],
    _ check: @escaping @Sendable (Reply) throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore.holding(CirclRouteTests.sample)) { server in
      try check(try await server.get(target, method: method, headers: headers))
    }
  }

  @Test("R1, R2: one compact object per line, LF at every end, ndjson")
  func writesLines() async throws {
    try await ask("/pdns/query/www.example.com") { reply in
      #expect(reply.status == 200)
      #expect(reply.headers["content-type"] == "application/x-ndjson")
      #expect(
        reply.body == """
          {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1700000000,\
          "time_last":1700000100,"count":3,"origin":"https://pdns.example.com/"}
          {"rrname":"www.example.com","rrtype":"AAAA","rdata":"2001:db8::1",\
          "time_first":1700000000,"time_last":1700000100,"count":3,\
          "origin":"https://pdns.example.com/"}
          {"rrname":"a.example.com","rrtype":"CNAME","rdata":"www.example.com",\
          "time_first":1700000000,"time_last":1700000100,"count":3,\
          "origin":"https://pdns.example.com/"}

          """)
      #expect(reply.headers["content-length"] == String(reply.octets.count))
    }
  }

  @Test("R3: numbers are integers below 2^63")
  func clampsCounts() async throws {
    try await ask("/pdns/query/big.example.com") { reply in
      #expect(reply.body.contains("\"count\":9223372036854775807,"))
    }
  }

  @Test("R4, R5: rdata is one string, the owner is rrname")
  func keepsOrientation() async throws {
    try await ask("/pdns/query/192.0.2.1") { reply in
      #expect(reply.lines.count == 1)
      #expect(
        reply.body.hasPrefix(
          "{\"rrname\":\"www.example.com\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\""))
    }
  }

  @Test("R4: vantages of one record come as one row")
  func mergesVantages() async throws {
    let store = try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store) { server in
      let body = cof("www.example.com", "A", "192.0.2.1", last: 1_700_000_900, count: 4)
      let reply1 = try await server.post(body, id: "b1", query: "?vantage=client")
      #expect(reply1.status == 200)
      let reply = try await server.get("/pdns/query/www.example.com")
      #expect(reply.lines.count == 1)
      #expect(reply.body.contains("\"time_last\":1700000900,\"count\":7,"))
    }
  }

  @Test("R6, R7: every field is there, origin is never empty")
  func replacesAnEmptyOrigin() async throws {
    let store = try MemoryStore.holding(CirclRouteTests.sample)
    try await TestServer.serving(store, origin: "") { server in
      let reply = try await server.get("/pdns/query/www.example.com")
      for line in reply.lines {
        for name in ["rrname", "rrtype", "rdata", "count", "time_first", "time_last", "origin"] {
          #expect(Reply.member(name, of: line)?.isEmpty == false)
        }
      }
    }
  }

  @Test("R7: names have no final dot")
  func leavesFinalDotsOut() async throws {
    try await ask("/pdns/query/example.com.") { reply in
      #expect(reply.body.contains("\"rrname\":\"example.com\""))
      #expect(reply.body.contains("\"rdata\":\"10 mail.example.com\""))
      #expect(!reply.body.contains(".com.\""))
    }
  }

  @Test("R8: the text is ASCII")
  func writesASCII() async throws {
    try await ask("/pdns/query/utf.example.com") { reply in
      #expect(reply.lines.count == 1)
      #expect(reply.octets.allSatisfy { $0 < 0x80 })
    }
  }

  @Test("R9: types are names; a number where PyPDNS knows none")
  func writesTypes() async throws {
    try await ask("/pdns/query/odd.example.com") { reply in
      #expect(reply.body.contains("\"rrtype\":\"TYPE65280\""))
    }
    try await ask("/pdns/query/odd.example.com", headers: ["User-Agent: PyPDNS / 2.3.2"]) { reply in
      #expect(reply.body.contains("\"rrtype\":65280,"))
    }
    try await ask("/pdns/query/www.example.com", headers: ["User-Agent: PyPDNS / 2.3.2"]) { reply in
      #expect(reply.body.contains("\"rrtype\":\"A\""))
    }
  }

  @Test(
    "R10: nothing found is 200 and nothing",
    arguments: ["none.example.org", "203.0.113.9", "*.org"])
  func answersNothing(_ value: String) async throws {
    try await ask("/pdns/query/\(value)") { reply in
      #expect(reply.status == 200)
      #expect(reply.octets.isEmpty)
      #expect(reply.headers["content-length"] == "0")
      #expect(reply.headers["content-type"] == "application/x-ndjson")
    }
  }

  @Test(
    "R11: errors are one line of plain text",
    arguments: [
      "/pdns/query/", "/pdns/query", "/pdns/query//", "/pdns/query/%", "/pdns/query/%4",
      "/pdns/query/%zz",
      "/pdns/query/%ff%fe", "/pdns/query/a%00b", "/pdns/query/a%0ab", "/pdns/query/a..b",
      "/pdns/query/" + String(repeating: "a", count: 64) + ".example.com",
      "/pdns/query/" + String(repeating: "abcdefg.", count: 40) + "com",
    ])
  func refusesGarbage(_ target: String) async throws {
    try await ask(target) { reply in
      #expect(reply.status == 400)
      #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
      #expect(reply.body.hasSuffix("\n") && reply.lines.count == 1)
      #expect(!reply.body.hasPrefix("{"))
      #expect(reply.octets.count < 260)
    }
  }

  @Test(
    "R14: the forms in which clients send a value",
    arguments: [
      ("192.0.2.0/24", 1), ("192.0.2.0,24", 1), ("192.0.2.0%2F24", 1), ("/192.0.2.1", 1),
      ("192.0.2.1.", 1), ("2001:db8::1", 1), ("2001%3Adb8%3A%3A1", 1), ("2001%3adb8%3a%3a1", 1),
      ("2001:DB8:0:0::1", 1), ("2001:db8::/32", 1), ("2001:db8::%2f32", 1), ("%2A.example.com", 10),
      ("*.example.com", 10), ("%252A.example.com", 10), ("192.0.2.0%252F24", 1),
      ("//WWW.Example.COM.", 3), ("www.example.com/", 3), ("10%20mail.example.com", 1),
      ("mail.example.com", 1), ("ns1.example.net", 1), ("a%20b.example.com", 2),
      ("A%20B.example.com.", 2), ("a%2520b.example.com", 2), ("a%5C032b.example.com", 2),
      ("*.b%20c.example.com", 1), ("to%20do", 0), ("www.example.com?x=y", 3),
    ])
  func takesEveryForm(_ value: String, _ rows: Int) async throws {
    try await ask("/pdns/query/\(value)", headers: ["Accept: application/json"]) { reply in
      #expect(reply.status == 200)
      #expect(reply.lines.count == rows, "\(value)")
    }
  }

  @Test("R16: few rows are not compressed, whoever asks")
  func doesNotCompressLittle() async throws {
    try await ask("/pdns/query/www.example.com", headers: ["Accept-Encoding: gzip"]) { reply in
      #expect(reply.headers["content-encoding"] == nil)
      #expect(reply.lines.count == 3)
    }
  }

  @Test(
    "R17: every answer says what it depends on",
    arguments: ["www.example.com", "none.example.org", "%"])
  func alwaysVaries(_ value: String) async throws {
    try await ask("/pdns/query/\(value)") { reply in
      #expect(
        reply.headers["vary"]
          == "Authorization, X-API-Key, Accept-Encoding, dribble-disable-active-query, "
          + "dribble-filter-rrtype, dribble-paginate-count, dribble-paginate-cursor")
    }
  }

  @Test func headHasTheHeadersOfGetAndNothingElse() async throws {
    try await TestServer.serving(MemoryStore.holding(CirclRouteTests.sample)) { server in
      for value in ["www.example.com", "none.example.org", "%"] {
        var get = try await server.get("/pdns/query/\(value)")
        var head = try await server.get("/pdns/query/\(value)", method: "HEAD")
        #expect(head.octets.isEmpty)
        #expect(head.status == get.status)
        get.dropDate()
        head.dropDate()
        #expect(head.headers == get.headers)
      }
    }
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
  func refusesOtherMethods(_ method: String) async throws {
    try await ask("/pdns/query/www.example.com", method: method) { reply in
      #expect(reply.status == 405)
      #expect(reply.headers["allow"] == "GET, HEAD")
      #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
      #expect(reply.headers["vary"]?.isEmpty == false)
    }
  }

  @Test func zoneRowsHaveTimes() async throws {
    let row = """
      {"rrname":"example.com","rrtype":"NS","rdata":"ns1.example.net",\
      "zone_time_first":1700000000,"zone_time_last":1700000500}

      """
    try await TestServer.serving(MemoryStore.holding(row)) { server in
      let reply = try await server.get("/pdns/query/example.com")
      #expect(
        reply.body.contains("\"time_first\":1700000000,\"time_last\":1700000500,\"count\":1,"))
    }
  }

  @Test func aStoreThatFailsAtOnceIs500() async throws {
    let store = FailingStore(try MemoryStore.holding(CirclRouteTests.sample), scans: 0)
    try await TestServer.serving(store) { server in
      let reply = try await server.get("/pdns/query/www.example.com")
      #expect(reply.status == 500)
      #expect(reply.lines.count == 1 && !reply.body.hasPrefix("{"))
    }
  }
}
