import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct NamesRouteTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1") + cof("www.example.com", "AAAA", "2001:db8::1")
    + cof("www.example.net", "A", "192.0.2.1", first: 1_600_000_000, last: 1_600_000_000)
    + cof("example.com", "NS", "ns1.example.net", first: 1_600_000_000, last: 1_710_000_000)
    + cof("mail2.example.com", "A", "192.0.2.2")

  private func ask(
    _ target: String, _ check: @escaping @Sendable (Reply) throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore.holding(NamesRouteTests.sample)) { server in
      try check(try await server.get("/api/v1/" + target))
    }
  }

  @Test(
    "finds",
    arguments: [
      ("starting_with=www.example.*", ["www.example.com", "www.example.net"]),
      ("starting_with=www", ["www.example.com", "www.example.net"]), ("starting_with=ww", []),
      ("below=example.com", ["example.com", "mail2.example.com", "www.example.com"]),
      ("regex=%5Ewww", ["www.example.com", "www.example.net"]),
      ("regex=[0-9]", ["mail2.example.com"]), ("regex=WWW.*net%5C.$", ["www.example.net"]),
      ("regex=example&exclude=www", ["example.com", "mail2.example.com"]),
      ("glob=*.example.net", ["www.example.net"]),
      ("glob=*.com&exclude=www.*", ["example.com", "mail2.example.com"]),
      ("regex=.&rrtype=NS", ["example.com"]),
      ("regex=.&last_before=2021-01-01", ["www.example.net"]),
      ("regex=nothing", []),
    ])
  func finds(_ query: String, _ names: [String]) async throws {
    try await ask("names?" + query) { reply in
      #expect(reply.status == 200, "\(query)")
      #expect(
        reply.rows.compactMap { Reply.member("rrname", of: $0) }.sorted() == names, "\(query)")
      #expect(reply.last("end") == "complete" && reply.last("rows") == String(names.count))
    }
  }

  @Test func typesAndValuesAreAdded() async throws {
    try await ask("names?starting_with=www.example.com&types=true&values=true") { reply in
      #expect(
        reply.body == """
          {"rrname":"www.example.com","rrtype":"A","time_first":1700000000,\
          "time_last":1700000100,"count":3}
          {"rrname":"www.example.com","rrtype":"AAAA","time_first":1700000000,\
          "time_last":1700000100,"count":3}
          {"end":"complete","rows":2}

          """)
    }
    try await ask("names?starting_with=www.example.com&values=true") { reply in
      #expect(reply.rows.compactMap { Reply.member("count", of: $0) } == ["6"])
    }
  }

  @Test(arguments: ["names?regex=n.*com", "names?below=example.com", "new?kind=hosts&since=0"])
  func pagesNeitherSkipNorRepeat(_ target: String) async throws {
    let rows = (0..<40).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      var seen: [String] = []
      var more = ""
      repeat {
        let reply = try await server.get("/api/v1/\(target)&limit=7\(more)")
        seen += reply.rows.map { $0.filter { $0 != " " } }
        more = reply.last("cursor").map { "&cursor=" + $0 } ?? ""
        #expect(reply.last("end") == (more.isEmpty ? "complete" : "limited"))
      } while !more.isEmpty && seen.count < 100
      #expect(seen.count == 40 && Set(seen).count == 40)
      let other = try await server.get("/api/v1/names?regex=n&limit=1")
      let cursor = try #require(other.last("cursor"))
      let refused = try await server.get("/api/v1/\(target)&cursor=\(cursor)")
      #expect(refused.status == 400)
    }
  }

  @Test func newDomainsAreThoseWithNothingOlderBelowThem() async throws {
    let rows =
      cof("www.example.co.uk", "A", "192.0.2.1")
      + cof("old.example.org", "A", "192.0.2.1", first: 1_500_000_000)
      + cof("new.example.org", "A", "192.0.2.1")
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let domains = try await server.get("/api/v1/new?since=2023-11-14T22:13:20Z")
      #expect(
        domains.body == """
          {"name":"example.co.uk","time_first":1700000000,"time_last":1700000100,"count":3}
          {"end":"complete","rows":1}

          """)
      let hosts = try await server.get("/api/v1/new?kind=hosts&since=2020-01-01&below=example.org")
      #expect(hosts.rows.compactMap { Reply.member("name", of: $0) } == ["new.example.org"])
      let later = try await server.get("/api/v1/new?since=1700000001")
      #expect(later.body == "{\"end\":\"complete\",\"rows\":0}\n")
    }
  }

  @Test(
    "refuses",
    arguments: [
      "names", "names?limit=1", "names?regex=a&glob=b", "names?regex=(", "names?glob=[",
      "names?glob=a%5C",
      "names?regex=a&exclude=(", "names?below=com&exclude=a", "names?exclude=a", "names?below=a..b",
      "names?regex=a&vantage=zone", "names?regex=a&types=x", "names?regex=a&cursor=AAAA",
      "names?regex=a&dataset=none", "new", "new?since=yesterday", "new?since=1&kind=zones",
      "new?since=1&limit=x", "new?since=1&below=a..b", "new?since=1&rrtype=A",
    ])
  func refuses(_ target: String) async throws {
    try await ask(target) { reply in
      #expect(reply.status == 400, "\(target)")
      #expect(reply.body.hasPrefix("{\"error\":\"") && reply.lines.count == 1)
    }
  }
}
