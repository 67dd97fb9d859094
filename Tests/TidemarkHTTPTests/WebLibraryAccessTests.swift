import TidemarkAccess
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkStore
import Testing

/// Who may change what on the pages of the library, and where secrets stay.
@Suite(.timeLimit(.minutes(10)))
struct WebLibraryAccessTests {
  private static let circl = "/ui/operations/circl"

  private static func send(
    _ server: TestServer, from page: String = circl, to target: String? = nil, _ body: String,
    headers: [String] = []
  ) async throws -> Reply {
    let shown = try await server.get(page, headers: headers)
    let token = try WebAccessTests.formToken(shown)
    return try await server.form(
      target ?? page, "form_token=\(token)&\(body)", headers: headers)
  }

  @Test func operationsAreSetUpAndSecretsStayUnseen() async throws {
    let world = try EnrichmentWorld { request throws(ActionFailure) in
      let secret = request.configuration.secret("token")?.revealed ?? ""
      var answer = EnrichmentWorld.fill(request)
      answer.notes = [ResultNote("You", secret)]
      return answer
    }
    let book = TokenBook()
    let chief = ["X-API-Key: \(book.add(TokenGrant(name: "chief", scopes: [.admin])))"]
    try await world.serving(access: book.control()) { server in
      let bad = try await Self.send(
        server, "do=configure&set.token=zyx&set.port=70000&set.max_rows=9", headers: chief)
      #expect(bad.status == 422 && bad.body.contains("It has at least 4 octets."))
      #expect(bad.body.contains("It is a whole number from 1 to 65535."))
      #expect(!bad.body.contains("zyx") && bad.body.contains("value=\"70000\""))
      #expect(world.changes.isEmpty)
      let saved = try await Self.send(
        server, "do=configure&set.token=user%3As3cret&set.port=8443&set.max_rows=500",
        headers: chief)
      #expect(saved.status == 303 && saved.headers["location"] == "\(Self.circl)?done=saved")
      let same = try await Self.send(
        server, "do=configure&set.token=&set.port=8443", headers: chief)
      #expect(same.headers["location"] == "\(Self.circl)?done=same")
      let enabled = try await Self.send(server, "do=enable", headers: chief)
      #expect(enabled.headers["location"] == "\(Self.circl)?done=enabled")
      // Not even an administrator, who may not know it.
      let moved = try await Self.send(
        server, "do=configure&set.host=thief.example", headers: chief)
      #expect(moved.status == 422 && moved.body.contains("together with the secret only"))
      let run = try await Self.send(
        server, from: "/ui/indicators/fqdn/www.example.com", to: "/ui/run",
        "operation=circl&action=passive-dns&type=fqdn&value=www.example.com", headers: chief)
      let result = try #require(run.headers["location"])
      for target in [
        Self.circl, "/ui/operations", result, "\(result)/raw", "\(result)?csv=records",
        "/ui/indicators/fqdn/www.example.com", "/ui/indicators",
      ] {
        let page = try await server.get(target, headers: chief)
        #expect(page.status == 200 && !page.body.contains("s3cret"), "\(target)")
      }
      #expect(
        world.changes.map(\.description) == [
          "audit token=1 action=configure operation=circl settings=port,token",
          "audit token=1 action=enable operation=circl",
        ])
      let back = try await Self.send(server, "do=configure&unset.token=1", headers: chief)
      #expect(back.status == 303)
      #expect(
        try world.registry.shownParameters("circl").contains { $0.spec.key == "token" && !$0.isSet }
      )
    }
  }

  @Test func withoutTokensNobodySendsTheSecretElsewhere() async throws {
    let world = try EnrichmentWorld()
    try world.enable("circl")
    try await world.serving { server in
      for change in ["set.host=thief.example", "set.max_rows=9"] {
        let reply = try await Self.send(server, "do=configure&\(change)")
        #expect(reply.status == 403 && reply.body.contains("give token as well"), "\(change)")
      }
      #expect(world.changes.isEmpty)
      let own = try await Self.send(
        server, "do=configure&set.host=pdns.example&set.token=another")
      #expect(own.status == 303)
    }
  }

  @Test func scopesAreThoseOfTheInterface() async throws {
    let world = try EnrichmentWorld()
    let book = TokenBook()
    let desk = ["X-API-Key: \(book.add(TokenGrant(name: "desk", scopes: [.enrich])))"]
    let reader = ["X-API-Key: \(book.add(TokenGrant(name: "reader", scopes: [.query])))"]
    var part = TokenGrant(name: "part", scopes: [.enrich])
    part.datasets = ["main"]
    let few = ["X-API-Key: \(book.add(part))"]
    try await world.serving(access: book.control()) { server in
      let pages = [
        "/ui/indicators", "/ui/indicators/fqdn/a.example", "/ui/operations", Self.circl,
        "/ui/indicators/export?format=csv",
      ]
      for page in pages {
        #expect(try await server.get(page, headers: desk).status == 200, "\(page)")
        #expect(try await server.get(page, headers: reader).status == 403, "\(page)")
        #expect(try await server.get(page).status == 401, "\(page)")
        let refused = try await server.get(page, headers: few)
        #expect(refused.status == 403, "\(page)")
        #expect(refused.body.contains("a token for some datasets only cannot use the library"))
      }
      let shown = try await server.get(Self.circl, headers: desk)
      #expect(!shown.body.contains("value=\"configure\"") && shown.body.contains("scope admin"))
      for body in ["do=enable", "do=configure&set.max_rows=9"] {
        let reply = try await Self.send(
          server, from: "/ui/indicators", to: Self.circl, body, headers: desk)
        #expect(reply.status == 403 && reply.body.contains("scope admin"), "\(body)")
      }
      let run = "operation=tidemark&action=risk&type=fqdn&value=a.example"
      let ran = try await Self.send(
        server, from: "/ui/indicators", to: "/ui/run", run, headers: desk)
      #expect(ran.status == 303)
      for headers in [reader, few] {
        let reply = try await Self.send(
          server, from: "/ui/sign-in", to: "/ui/run", run, headers: headers)
        #expect(reply.status == 403)
      }
      #expect(world.changes.isEmpty)
    }
  }

  @Test func formsWithoutTheirTokenChangeNothing() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      for (target, body) in [
        ("/ui/indicators", "lines=a.example"), ("/ui/indicators/fqdn/a.example", "do=add"),
        ("/ui/run", "operation=tidemark&action=risk&type=fqdn&value=a.example"),
        ("/ui/results/none", "table=a&button=b&all=1"), (Self.circl, "do=enable"),
      ] {
        for token in ["", "form_token=&", "form_token=0000&"] {
          let reply = try await server.form(target, token + body)
          #expect(reply.status == 403, "\(target) \(token)")
        }
      }
      #expect(try world.library.indicators(limit: 1).isEmpty && world.changes.isEmpty)
      #expect(try world.registry.isEnabled("circl") == false)
    }
  }

  @Test func withoutALibraryPagesSayHowToGetOne() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for page in ["/ui/indicators", "/ui/operations", Self.circl, "/ui/results/a"] {
        let reply = try await server.get(page)
        #expect(reply.status == 503 && reply.body.contains("--library FILE"), "\(page)")
      }
    }
  }
}
