import TidemarkAccess
import TidemarkStore
import Testing

/// Hints, pages of pivots, and graphs.
@Suite(.timeLimit(.minutes(10)))
struct WebPivotsTests {
  private static let hostile = #"<script>alert(1)</script>.example.com"#

  private static let sample =
    cof("www.example.com", "A", "192.0.2.1", last: 1_700_500_000)
    + cof("example.com", "NS", "ns1.example.net")
    + cof("example.com", "MX", "10 mail.example.net")
    + cof("example.org", "A", "192.0.2.1", last: 1_700_900_000)
    + cof("a.example.org", "A", "192.0.2.7") + cof("b.example.org", "A", "192.0.2.7")
    + cof("example.org", "NS", "ns1.example.net")
    + cof("alias.example.org", "CNAME", "www.example.com")
    + cof("text.example.org", "TXT", "\\\"hello world\\\"")
    + cof(hostile, "A", "192.0.2.9")

  private func ask(
    _ target: String, _ check: @escaping @Sendable (Reply) throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore.holding(Self.sample)) { server in
      try check(try await server.get(target))
    }
  }

  @Test func hintsCountWhatElseHangsOnAValue() async throws {
    try await ask("/ui/hints?v=192.0.2.1~ns1.example.net~example.org&q=www.example.com") { reply in
      #expect(reply.status == 200 && reply.headers["content-type"] == "application/json")
      #expect(
        reply.body == """
          {"hints":[{"value":"192.0.2.1","text":"1 name","names":1,"names_more":false,\
          "values":0,"values_more":false,"noise":false,"badges":[]},\
          {"value":"ns1.example.net","text":"2 names","names":2,"names_more":false,\
          "values":0,"values_more":false,"noise":false,"badges":[]},\
          {"value":"example.org","text":"2 values","names":0,"names_more":false,\
          "values":2,"values_more":false,"noise":false,"badges":[]}]}

          """)
    }
  }

  @Test func hintsHaveBadges() async throws {
    let rows = (0..<250).map { cof("www.n\($0).example", "A", "10.0.0.1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let reply = try await server.get("/ui/hints?v=10.0.0.1")
      #expect(reply.body.contains("\"text\":\"200+ names\""))
      for label in ["private", "shared", "huge"] {
        #expect(reply.body.contains("\"label\":\"\(label)\""))
      }
    }
  }

  @Test func whatHasNoHintIsAnsweredToo() async throws {
    try await ask("/ui/hints?v=%2522hello%2520world%2522~192.0.2.0%252F24") { reply in
      #expect(
        reply.body
          == """
          {"hints":[{"value":"\\"hello world\\"","text":"","badges":[]},\
          {"value":"192.0.2.0/24","text":"","badges":[]}]}

          """)
    }
  }

  @Test(
    "refuses hints of",
    arguments: [
      "", "?v=", "?v=~", "?w=a", "?v=a&v=b", "?v=" + String(repeating: "a~", count: 51),
    ])
  func refusesHints(_ query: String) async throws {
    try await ask("/ui/hints\(query)") { reply in #expect(reply.status == 400, "\(query)") }
  }

  @Test func thePageOfAnAddressShowsItsNamesNewestFirst() async throws {
    try await ask("/ui/pivots?q=192.0.2.1&trail=www.example.com") { reply in
      #expect(reply.status == 200)
      let newest = try #require(reply.body.firstRange(of: ">example.org</a>"))
      let older = try #require(
        reply.body[newest.upperBound...].firstRange(of: ">www.example.com</a>"))
      #expect(newest.lowerBound < older.lowerBound)
      #expect(
        reply.body.contains(
          "href=\"/ui/search?q=example.org&amp;trail=www.example.com~192.0.2.1\""))
      #expect(reply.body.contains("Addresses with names in <span class=\"mono\">192.0.2.0/24"))
      #expect(reply.body.contains(">192.0.2.7</a></th><td class=\"num\">2</td>"))
      #expect(reply.body.contains("<span class=\"hint\">2 names</span>"))
      // The way back.
      #expect(reply.body.contains("href=\"/ui/pivots?q=www.example.com\">www.example.com</a>"))
    }
  }

  @Test func thePageOfANameShowsValuesAndRoles() async throws {
    try await ask("/ui/pivots?q=hxxp%3A%2F%2FNS1%5B.%5Dexample%5B.%5Dnet%2Fx") { reply in
      #expect(reply.body.contains("Names with it as name server"))
      #expect(!reply.body.contains("Names with it as mail host"))
    }
    try await ask("/ui/pivots?q=mail.example.net") { reply in
      #expect(reply.body.contains("Names with it as mail host"))
    }
    try await ask("/ui/pivots?q=www.example.com") { reply in
      #expect(reply.body.contains("Values of the name") && reply.body.contains("Aliases of it"))
    }
  }

  @Test func wildcardsNetworksAndNothing() async throws {
    try await ask("/ui/pivots?q=*.example.org") { reply in
      #expect(reply.status == 200 && reply.body.contains("Values of names like this"))
    }
    try await ask("/ui/pivots?q=192.0.2.0%2F24") { reply in
      #expect(reply.body.contains(">192.0.2.7</a></th><td class=\"num\">2</td>"))
    }
    try await ask("/ui/pivots?q=none.example.net") { reply in
      #expect(reply.status == 200 && reply.body.contains("Nothing hangs on"))
    }
    try await ask("/ui/pivots") { reply in
      #expect(reply.status == 200 && reply.body.contains("Show pivots"))
    }
    try await ask("/ui/pivots?q=a..b") { reply in
      #expect(reply.status == 400 && reply.body.contains("role=\"alert\""))
    }
  }

  @Test func theGraphPageHasItsTablesWithoutAScript() async throws {
    try await ask("/ui/graph?q=example.com&expand=ns1.example.net") { reply in
      #expect(reply.status == 200)
      #expect(reply.body.contains("data-graph-node=\"example.org\""))
      #expect(reply.body.contains("name server of</td><td class=\"mono\">example.org</td>"))
      // What is expanded can be collapsed, what is not can be expanded.
      #expect(reply.body.contains("href=\"/ui/graph?q=example.com\">Collapse"))
      #expect(
        reply.body.contains(
          "href=\"/ui/graph?q=example.com&amp;expand=ns1.example.net~example.org\">Expand"))
    }
    try await ask("/ui/graph?q=example.com&hide=ns1.example.net") { reply in
      #expect(!reply.body.contains("data-graph-node=\"ns1.example.net\""))
      #expect(reply.body.contains("Show all again"))
    }
  }

  @Test func theGraphSaysWhatItLeavesOut() async throws {
    let rows = (0..<80).map { cof("n\($0).example", "A", "192.0.2.1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let page = try await server.get("/ui/graph?q=192.0.2.1")
      #expect(page.body.contains("30 older links are not shown"))
      let more = try await server.get("/ui/graph?q=192.0.2.1&most=100")
      #expect(!more.body.contains("older links are not shown"))
      let data = try await server.get("/ui/graph/data?node=192.0.2.1&most=10")
      #expect(data.body.contains("\"left_out\":70,\"more\":false"))
    }
  }

  @Test func dataIsOneExpansion() async throws {
    try await ask("/ui/graph/data?node=mail.example.net") { reply in
      #expect(reply.status == 200 && reply.headers["content-type"] == "application/json")
      #expect(reply.body.hasPrefix("{\"root\":\"mail.example.net\",\"nodes\":["))
      #expect(reply.body.contains("{\"id\":\"mail.example.net\",\"kind\":\"mail\""))
      #expect(
        reply.body.contains(
          "\"from\":\"example.com\",\"to\":\"mail.example.net\",\"rrtype\":\"MX\""))
      #expect(
        reply.body.contains(
          "\"expansions\":[{\"node\":\"mail.example.net\",\"edges\":[0],\"left_out\":0,"))
    }
  }

  @Test("exports", arguments: [("json", "{\"root\""), ("dot", "digraph"), ("graphml", "<?xml")])
  func exports(_ format: String, _ start: String) async throws {
    try await ask("/ui/graph/export?format=\(format)&q=192.0.2.9&expand=192.0.2.1") { reply in
      #expect(reply.status == 200 && reply.body.hasPrefix(start))
      let name = "attachment; filename=\"tidemark-graph.\(format)\""
      #expect(reply.headers["content-disposition"] == name)
      #expect(reply.headers["x-content-type-options"] == "nosniff")
      #expect(reply.body.contains("example.org"))
      if format == "graphml" { #expect(!reply.body.contains("<script")) }
    }
  }

  @Test(
    "hostile names are text",
    arguments: ["/ui/pivots?q=192.0.2.9", "/ui/graph?q=192.0.2.9", "/ui/pivots?q=192.0.2.1"])
  func hostileNamesAreText(_ target: String) async throws {
    let trail = "&trail=%253Cscript%253Ealert(1)%253C%252Fscript%253E"
    try await ask(target + trail) { reply in
      #expect(!reply.body.contains("<script>alert"))
      #expect(reply.body.contains("&lt;script&gt;alert(1)"))
    }
  }

  @Test(
    "refuses",
    arguments: [
      "/ui/graph?q=192.0.2.0%2F24", "/ui/graph?q=a..b", "/ui/graph?q=a.example&most=0",
      "/ui/graph?q=a.example&x=1", "/ui/graph/data", "/ui/graph/data?node=a..b",
      "/ui/graph/data?node=a.example&most=201", "/ui/graph/export?q=a.example&format=svg",
      "/ui/graph/export?format=dot", "/ui/pivots?q=a.example&x=1",
    ])
  func refuses(_ target: String) async throws {
    try await ask(target) { reply in #expect(reply.status == 400, "\(target)") }
  }

  @Test func datasetsThatAreNotGrantedAreNotCounted() async throws {
    let book = TokenBook()
    let other = book.add(TokenGrant(name: "other", datasets: ["elsewhere"]))
    let access = try book.control()
    try await TestServer.serving(MemoryStore.holding(Self.sample), access: access) { server in
      let headers = ["Authorization: Bearer \(other)"]
      let hints = try await server.get("/ui/hints?v=192.0.2.1", headers: headers)
      #expect(hints.body.contains("\"text\":\"no other name\""))
      let graph = try await server.get("/ui/graph/data?node=192.0.2.1", headers: headers)
      #expect(!graph.body.contains("example.org"))
      let page = try await server.get("/ui/pivots?q=192.0.2.1", headers: headers)
      #expect(!page.body.contains("example.org"))
    }
  }
}
