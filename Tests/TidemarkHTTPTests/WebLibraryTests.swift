import TidemarkAccess
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkStore
import Testing

/// The pages of the library: the same rules as its JSON routes.
@Suite(.timeLimit(.minutes(10)))
struct WebLibraryTests {
  private static let hostile = "<script>x</script>\"'><img src=x onerror=y>"

  /// Loads a page, and sends a form to it or to another address.
  private static func send(
    _ server: TestServer, from page: String, to target: String? = nil, _ body: String,
    headers: [String] = []
  ) async throws -> Reply {
    let shown = try await server.get(page, headers: headers)
    let token = try WebAccessTests.formToken(shown)
    return try await server.form(
      target ?? page, "form_token=\(token)&\(body)", headers: headers)
  }

  private static func run(
    _ server: TestServer, _ operation: String, _ action: String, headers: [String] = []
  ) async throws -> String {
    let reply = try await send(
      server, from: "/ui/indicators/fqdn/www.example.com", to: "/ui/run",
      "operation=\(operation)&action=\(action)&type=fqdn&value=www.example.com",
      headers: headers)
    #expect(reply.status == 303)
    let place = try #require(reply.headers["location"])
    #expect(place.hasPrefix("/ui/results/"))
    return place
  }

  @Test func fromAListToAnAnswerToTheLibrary() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let lines =
        "www.example[.]com%0D%0A%0Ahxxp%3A%2F%2Fkit.example%5B.%5Dnet%2Fx%0Aa+b%0A192.0.2.1"
      let added = try await Self.send(
        server, from: "/ui/indicators", "lines=\(lines)&tags=phish%2C+kit&type=&status=review")
      #expect(added.status == 200)
      #expect(added.body.contains("4 lines: 3 added, 0 were there already, 1 refused."))
      let found = try world.library.indicators(limit: 9)
      #expect(
        found.map(\.key.value) == ["www.example.com", "kit.example.net", "192.0.2.1"])
      #expect(found.allSatisfy { $0.status == .review && $0.tags == ["kit", "phish"] })
      #expect(found.first?.sources == ["Tidemark HTTP"])
      let again = try await Self.send(server, from: "/ui/indicators", "lines=192.0.2.1")
      #expect(again.body.contains("1 lines: 0 added, 1 were there already, 0 refused."))

      let place = try await Self.run(server, "tidemark", "passive-dns")
      let result = try await server.get(place)
      #expect(result.status == 200 && result.body.contains("Passive DNS Records"))
      #expect(result.body.contains("value=\"Add Selected Indicators\""))
      #expect(try world.library.indicators(limit: 9).count == 3)
      let outcome = try await Self.send(
        server, from: place, "table=records&row=0&button=Add+Selected+Indicators")
      #expect(outcome.status == 200 && outcome.body.contains("1 added, 0 were there already"))
      #expect(outcome.body.contains("Added from this result"))
      let all = try await Self.send(
        server, from: place, "table=records&all=1&button=Add+Selected+Attributes")
      #expect(all.body.contains("Add Selected Attributes: 1 added"))
      let page = try await server.get("/ui/indicators/fqdn/www.example.com")
      #expect(page.body.contains("192.0.2.78") && page.body.contains("Resource Type"))
      #expect(page.body.contains("href=\"\(place)\""))
      let id = place.dropFirst("/ui/results/".count)
      #expect(
        world.changes.map(\.description) == [
          "audit token=none action=import rows=3",
          "audit token=none action=add result=\(id) rows=1",
          "audit token=none action=add result=\(id) rows=1",
        ])
    }
  }

  @Test func nothingTickedAddsNothing() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let place = try await Self.run(server, "tidemark", "passive-dns")
      let button = "button=Add+Selected+Indicators"
      let none = try await Self.send(server, from: place, "table=records&\(button)")
      #expect(none.status == 422 && none.body.contains("tick rows first"))
      for (body, status) in [
        ("table=records&row=x&\(button)", 400), (button, 400), ("table=records&row=0", 400),
        ("table=none&row=0&\(button)", 200), ("table=records&row=77&\(button)", 200),
        ("table=records&row=-1&\(button)", 200), ("table=records&row=0&button=Nonsense", 200),
      ] {
        let reply = try await Self.send(server, from: place, body)
        #expect(reply.status == status, "\(body)")
        if status == 200 { #expect(reply.body.contains("0 added, 0 were there already")) }
      }
      #expect(try world.library.indicators(limit: 9).isEmpty)
      let gone = try await Self.send(
        server, from: "/ui/indicators", to: "/ui/results/none", "table=a&row=0&button=b")
      #expect(gone.status == 404)
    }
  }

  @Test func filesAndRawAnswersAreNoPages() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let place = try await Self.run(server, "tidemark", "passive-dns")
      let raw = try await server.get("\(place)/raw")
      #expect(raw.status == 200 && raw.body == "<b>raw")
      #expect(raw.headers["content-type"] == "application/octet-stream")
      #expect(raw.headers["content-security-policy"] == "sandbox; default-src 'none'")
      #expect(raw.headers["x-content-type-options"] == "nosniff")
      let csv = try await server.get("\(place)?csv=records")
      #expect(csv.headers["content-type"] == "text/csv; charset=utf-8")
      #expect(csv.headers["content-disposition"]?.hasSuffix("-records.csv\"") == true)
      #expect(csv.body.hasPrefix("\"Record Name\","))
      #expect(try await server.get("\(place)?csv=none").status == 404)
      #expect(try await server.get("\(place)?nonsense=1").status == 400)
      _ = try await Self.send(server, from: "/ui/indicators", "lines=www.example.com")
      for (format, type) in [
        ("csv", "text/csv; charset=utf-8"), ("ndjson", "application/x-ndjson"),
        ("stix", "application/stix+json;version=2.1"), ("misp", "application/json"),
      ] {
        let file = try await server.get("/ui/indicators/export?format=\(format)")
        #expect(file.status == 200 && file.headers["content-type"] == type, "\(format)")
        #expect(file.body.contains("www.example.com"), "\(format)")
      }
      #expect(try await server.get("/ui/indicators/export?format=none").status == 400)
    }
  }

  @Test func failuresAreResultsWithAPage() async throws {
    for kind in FailureKind.allCases {
      let world = try EnrichmentWorld { _ throws(ActionFailure) in
        throw ActionFailure(kind, code: 418, message: "no \u{1B}[31m\(WebLibraryTests.hostile)")
      }
      try await world.serving { server in
        let place = try await Self.run(server, "tidemark", "risk")
        let page = try await server.get(place)
        #expect(page.status == 200 && page.body.contains("(code 418)"))
        #expect(page.body.contains("no \\027[31m&lt;script&gt;x") && !page.octets.contains(0x1B))
        #expect(!page.body.contains("<script>x"))
        #expect(try await server.get("\(place)/raw").status == 404)
        let indicator = try await server.get("/ui/indicators/fqdn/www.example.com")
        #expect(indicator.body.contains("href=\"\(place)\""))
      }
    }
  }

  @Test func whatDoesNotRunSaysSo() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let page = "/ui/indicators/fqdn/www.example.com"
      for (body, status) in [
        ("operation=tidemark&action=none&type=fqdn&value=a.example", 404),
        ("operation=none&action=risk&type=fqdn&value=a.example", 404),
        ("operation=tidemark&action=ip-whois&type=fqdn&value=a.example", 422),
        ("operation=tidemark&action=risk&type=none&value=a.example", 400),
        ("operation=tidemark&action=risk&type=fqdn&value=a+b", 422), ("type=fqdn", 404),
      ] {
        let reply = try await Self.send(server, from: page, to: "/ui/run", body)
        #expect(reply.status == status, "\(body)")
      }
      let place = try await Self.run(server, "circl", "passive-dns")
      let disabled = try await server.get(place)
      #expect(disabled.body.contains("Not configured"))
      #expect(disabled.body.contains("the operation is disabled"))
      #expect(try await server.get("/ui/run").status == 405)
      let wrong = try await server.form("/ui/run", "form_token=0&operation=tidemark")
      #expect(wrong.status == 403)
      #expect(try await server.get("/ui/indicators/none/a").status == 400)
      #expect(try await server.get("/ui/indicators/fqdn/a%20b").status == 422)
      #expect(try await server.get("/ui/results/none").status == 404)
      #expect(try await server.get("/ui/operations/none").status == 404)
    }
  }

  @Test func statusAndTagsAreSet() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let page = "/ui/indicators/fqdn/www.example.com"
      let early = try await Self.send(server, from: page, "do=status&status=allowed")
      #expect(early.status == 404)
      let added = try await Self.send(server, from: page, "do=add")
      #expect(added.status == 303 && added.headers["location"] == "\(page)?done=added")
      let tagged = try await Self.send(server, from: page, "do=add&tags=one%2Ctwo")
      #expect(tagged.status == 303)
      let status = try await Self.send(server, from: page, "do=status&status=allowed")
      #expect(status.headers["location"] == "\(page)?done=status")
      let found = try world.library.indicators(limit: 2)
      #expect(found.first?.status == .allowed && found.first?.tags == ["one", "two"])
      let shown = try await server.get("\(page)?done=status")
      #expect(shown.body.contains("The status is set."))
      for (body, code) in [
        ("do=status&status=none", 400), ("do=status", 400), ("do=none", 400),
        ("do=add&tags=\(String(repeating: "a", count: 300))", 422),
      ] {
        let reply = try await Self.send(server, from: page, body)
        #expect(reply.status == code, "\(body.prefix(30))")
      }
    }
  }

  @Test func listsAreFilteredAndSorted() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      _ = try await Self.send(
        server, from: "/ui/indicators",
        "lines=b.example.com%0Aa.example.com%0A192.0.2.1&tags=phish")
      func values(_ query: String) async throws -> [String] {
        let page = try await server.get("/ui/indicators?\(query)")
        #expect(page.status == 200, "\(query)")
        return page.body.split(separator: "<tr><td class=\"mono wrap\"><a href=\"/ui/indicators/")
          .dropFirst().map { row in
            let value = row.split(separator: ">", maxSplits: 1).last ?? ""
            return String(value.prefix { $0 != "<" })
          }
      }
      #expect(try await values("") == ["192.0.2.1", "a.example.com", "b.example.com"])
      #expect(
        try await values("sort=value&q=EXAMPLE") == ["a.example.com", "b.example.com"])
      #expect(
        try await values("sort=value&dir=desc&type=fqdn&status=&tag=phish")
          == ["b.example.com", "a.example.com"])
      #expect(try await values("source=nobody").isEmpty)
      #expect(try await values("page=2").isEmpty)
      for query in ["type=none", "status=none", "sort=none", "dir=up", "page=0", "nonsense=1"] {
        #expect(try await server.get("/ui/indicators?\(query)").status == 400, "\(query)")
      }
      let many = String(repeating: "a.example%0A", count: 1_001)
      let tooMany = try await Self.send(server, from: "/ui/indicators", "lines=\(many)")
      #expect(tooMany.status == 422 && tooMany.body.contains("there are 1001 lines"))
      let none = try await Self.send(server, from: "/ui/indicators", "lines=%0A+")
      #expect(none.status == 422)
    }
  }
}
