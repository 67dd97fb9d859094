import TidemarkModel
import TidemarkStore
import Testing

/// Flexible searches of the DNSDB interface.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBSearchTests {
  private static let root = "/dnsdb/v2/"

  @Test("names with their types, count and times")
  func writesNames() async throws {
    let reply = try await TestServer.askDNSDB(Self.root + "regex/rrnames/%5Ewww%5C.example%5C.com")
    #expect(reply.status == 200)
    #expect(reply.headers["content-type"] == "application/x-ndjson")
    #expect(
      reply.body == """
        {"cond":"begin"}
        {"obj":{"rrname":"www.example.com.","rrtype":"A","count":6,"time_first":1700000000,\
        "time_last":1700000100}}
        {"obj":{"rrname":"www.example.com.","rrtype":"AAAA","count":3,"time_first":1700000000,\
        "time_last":1700000100}}
        {"cond":"succeeded"}

        """)
  }

  @Test("terse rows have names and types only")
  func writesTerseRows() async throws {
    for flag in ["f", "False", "0"] {
      let names = try await TestServer.askDNSDB(
        Self.root + "glob/rrnames/*.example.net.?verbose=\(flag)")
      #expect(names.objects == ["{\"rrname\":\"www.example.net.\",\"rrtype\":\"A\"}"])
      let rdata = try await TestServer.askDNSDB(
        Self.root + "glob/rdata/ns1.example.net.?verbose=\(flag)")
      #expect(
        rdata.objects == [
          """
          {"rdata":"ns1.example.net.","rrtype":"NS",\
          "raw_rdata":"036e7331076578616d706c65036e657400"}
          """
        ])
    }
  }

  @Test("rdata is a string, its octets are in hexadecimal, for any look-up that follows")
  func writesRData() async throws {
    let reply = try await TestServer.askDNSDB(Self.root + "regex/rdata/mail/MX?humantime=t")
    #expect(
      reply.body == """
        {"cond":"begin"}
        {"obj":{"rdata":"10 mail.example.com.","rrtype":"MX",\
        "raw_rdata":"000a046d61696c076578616d706c6503636f6d00","count":3,\
        "time_first":"2017-07-14T02:40:00Z","time_last":"2020-09-13T12:26:40Z"}}
        {"cond":"succeeded"}

        """)
  }

  @Test(
    "what patterns find in names",
    arguments: [
      ("regex/rrnames/example%5C.net", 1), ("regex/rrnames/EXAMPLE%255C.net", 1),
      ("regex/rrnames/example.net$", 0), ("regex/rrnames/%5Ewww%5C./A", 2),
      ("regex/rrnames/%5Ewww%5C./a,aaaa", 3), ("regex/rrnames/%5Ewww%5C./A%2CMX", 2),
      ("regex/rrnames/%5Ewww%5C./ANY", 3), ("regex/rrnames/%5Ewww%5C./any/", 3),
      ("regex/rrnames/%5Eexample%5C.com", 3), ("regex/rrnames/0/24", 0),
      ("regex/rrnames/0%2F24", 1), ("glob/rrnames/www.*", 3), ("glob/rrnames/%2A.example.net.", 1),
      ("glob/rrnames/%252A.example.net.", 1), ("glob/rrnames/www.example.[cn]*", 3),
      ("regex/rrnames/%5Ewww?exclude=net", 2), ("regex/rrnames/%5Ewww?exclude=n+et", 2),
      ("regex/rrnames/%5Ewww?exclude=%5C.net%5C.", 2), ("glob/rrnames/www.*?exclude=*.com.", 1),
      ("regex/rrnames/%5Ewww?exclude=\u{FC}", -400), ("glob/rrnames/www.*?exclude=*x*", 0),
      ("regex/rrnames/%5Ewww?exclude=", 3),
      ("regex/rrnames/.?time_last_before=1600000000", 1),
      ("regex/rrnames/.?time_first_before=1500000000&swclient=dnsdbflex&version=1.0.7", 1),
    ])
  func searchesNames(_ path: String, _ rows: Int) async throws {
    let reply = try await TestServer.askDNSDB(Self.root + path)
    guard rows >= 0 else {
      #expect(reply.status == -rows)
      return
    }
    #expect(reply.cond == "succeeded", "\(reply.body)")
    #expect(reply.objects.count == rows, "\(reply.body)")
  }

  @Test(
    "what patterns find in rdata",
    arguments: [
      ("regex/rdata/example", 3), ("regex/rdata/%5Ewww/CNAME", 1), ("regex/rdata/spf1", 1),
      ("glob/rdata/*.example.com.", 2), ("glob/rdata/*all%22", 1), ("glob/rdata/*%22/TXT", 1),
      ("regex/rdata/192", 0), ("regex/rdata/example/NS,MX", 2), ("regex/rdata/example/ns%2Cmx", 2),
      ("regex/rdata/example?exclude=mail", 2),
    ])
  func searchesRData(_ path: String, _ rows: Int) async throws {
    let reply = try await TestServer.askDNSDB(Self.root + path)
    #expect(reply.cond == "succeeded", "\(reply.body)")
    #expect(reply.objects.count == rows, "\(reply.body)")
  }

  @Test("limit and offset")
  func pages() async throws {
    var seen: [String] = []
    for offset in 0..<3 {
      let reply = try await TestServer.askDNSDB(
        Self.root + "glob/rrnames/www.*?limit=1&offset=\(offset)")
      #expect(reply.cond == (offset < 2 ? "limited" : "succeeded"))
      seen += reply.objects
    }
    #expect(Set(seen).count == 3)
    let far = try await TestServer.askDNSDB(Self.root + "glob/rrnames/www.*?offset=3000001")
    #expect(far.status == 416)
  }

  @Test(
    "patterns that cannot be searched for",
    arguments: [
      "regex/rrnames/(", "regex/rrnames/a(?=b)", "regex/rrnames/(a)%5C1", "regex/rrnames/%5B",
      "regex/rrnames/a?exclude=(", "glob/rrnames/*.example.com", "glob/rrnames/a*?exclude=%5B",
      "regex/rdata/(", "regex/rrnames/%FF",
    ])
  func refusesPatterns(_ path: String) async throws {
    let reply = try await TestServer.askDNSDB(Self.root + path)
    #expect(reply.status == 400, "\(reply.body)")
    #expect(reply.body.hasPrefix("Error: ") && reply.lines.count == 1)
  }
}
