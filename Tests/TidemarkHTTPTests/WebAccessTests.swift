import Synchronization
import Testing
import TidemarkAccess
import TidemarkHTTP
import TidemarkModel
import TidemarkStore

/// Who may see pages, and who may send forms.
@Suite(.timeLimit(.minutes(10)))
struct WebAccessTests {
  private static func serving(
    _ grant: TokenGrant, _ test: @Sendable (TestServer, String, TokenBook) async throws -> Void
  ) async throws {
    let book = TokenBook()
    let secret = book.add(grant)
    let store = try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store, access: book.control()) { server in
      try await test(server, secret, book)
    }
  }

  /// What stands in the form of a page.
  static func formToken(_ page: Reply) throws -> String {
    let mark = try #require(page.body.firstRange(of: "name=\"form_token\" value=\""))
    return String(page.body[mark.upperBound...].prefix { $0 != "\"" })
  }

  private static func cookie(_ reply: Reply) throws -> String {
    let field = try #require(reply.headers["set-cookie"])
    return String(field.prefix { $0 != ";" })
  }

  private static func signIn(_ server: TestServer, _ secret: String, next: String = "/")
    async throws -> Reply
  {
    let page = try await server.get("/ui/sign-in")
    let token = try formToken(page)
    return try await server.form(
      "/ui/sign-in", "form_token=\(token)&token=\(secret)&next=\(next)")
  }

  @Test func leadsStrangersToTheSignInAndBack() async throws {
    try await Self.serving(TokenGrant(name: "desk", scopes: [.query])) { server, secret, _ in
      let html = "Accept: text/html"
      let away = try await server.get("/ui/search?q=a.example.com", headers: [html])
      #expect(away.status == 303)
      #expect(
        away.headers["location"] == "/ui/sign-in?next=%2Fui%2Fsearch%3Fq%3Da.example.com")
      let signedIn = try await Self.signIn(
        server, secret, next: "%2Fui%2Fsearch%3Fq%3Dwww.example.com")
      #expect(signedIn.status == 303)
      #expect(signedIn.headers["location"] == "/ui/search?q=www.example.com")
      let field = try #require(signedIn.headers["set-cookie"])
      #expect(field.contains("; HttpOnly") && field.contains("; SameSite=Lax"))
      let cookie = try Self.cookie(signedIn)
      #expect(!cookie.contains(secret))
      let page = try await server.get(
        "/ui/search?q=www.example.com", headers: ["Cookie: \(cookie)", html])
      #expect(page.status == 200 && page.body.contains("192.0.2.1"))
      #expect(page.body.contains("desk"))
    }
  }

  @Test func takesNoWrongToken() async throws {
    try await Self.serving(TokenGrant(name: "desk", scopes: [.query])) { server, _, _ in
      for secret in ["", "nonsense", TokenSecret().text] {
        let reply = try await Self.signIn(server, secret)
        #expect(reply.status == 403 && reply.headers["set-cookie"] == nil)
      }
    }
  }

  @Test(arguments: [
    "https%3A%2F%2Fevil.example%2F", "%2F%2Fevil.example", "%2F%5Cevil.example", "javascript:1",
    "%2Fui%2F%0d%0aSet-Cookie:a", "%2Fapi%2Fv1%2Fwhoami",
  ])
  func leadsNobodyAway(next: String) async throws {
    try await Self.serving(TokenGrant(name: "desk", scopes: [.query])) { server, secret, _ in
      let reply = try await Self.signIn(server, secret, next: next)
      #expect(reply.status == 303 && reply.headers["location"] == "/")
    }
  }

  @Test func signsOut() async throws {
    try await Self.serving(TokenGrant(name: "desk", scopes: [.query])) { server, secret, _ in
      let cookie = "Cookie: " + (try Self.cookie(try await Self.signIn(server, secret)))
      let page = try await server.get("/ui/help", headers: [cookie])
      let token = try Self.formToken(page)
      let wrong = try await server.form("/ui/sign-out", "form_token=a", headers: [cookie])
      #expect(wrong.status == 403)
      let kept = try await server.get("/ui/help", headers: [cookie])
      #expect(kept.status == 200)
      let out = try await server.form("/ui/sign-out", "form_token=\(token)", headers: [cookie])
      #expect(out.status == 303)
      let gone = try await server.get("/ui/help", headers: [cookie])
      #expect(gone.status == 401)
    }
  }

  @Test func endsWithTheToken() async throws {
    let book = TokenBook()
    let secret = book.add(TokenGrant(name: "desk", scopes: [.query], expires: nil))
    let access = try book.control()
    let store = MemoryStore()
    try await TestServer.serving(store, access: access) { server in
      let cookie = "Cookie: " + (try Self.cookie(try await Self.signIn(server, secret)))
      let before = try await server.get("/ui/help", headers: [cookie])
      #expect(before.status == 200)
      book.revoke(0)
      try access.synchronize()
      let after = try await server.get("/ui/help", headers: [cookie])
      #expect(after.status == 401)
    }
  }

  /// Twelve hours without use, and seven days whatever the use.
  @Test func endsWithTime() async throws {
    let book = TokenBook()
    let secret = book.add(TokenGrant(name: "desk", scopes: [.query]))
    let hours = Atomic<Int64>(0)
    let clock: @Sendable () -> UnixSeconds = {
      TestServer.now + UnixSeconds(hours.load(ordering: .relaxed) * 3_600)
    }
    try await TestServer.serving(MemoryStore(), access: book.control(), clock: clock) { server in
      var cookie = "Cookie: " + (try Self.cookie(try await Self.signIn(server, secret)))
      hours.store(13, ordering: .relaxed)
      #expect(try await server.get("/ui/help", headers: [cookie]).status == 401)
      cookie = "Cookie: " + (try Self.cookie(try await Self.signIn(server, secret)))
      var lasted: Int64 = 0
      while try await server.get("/ui/help", headers: [cookie]).status == 200, lasted < 1_000 {
        lasted = hours.add(11, ordering: .relaxed).newValue - 13
      }
      #expect(lasted == 176)
    }
  }

  @Test func manySessionsOfATokenCostItsOwn() async throws {
    let book = TokenBook()
    let (busy, calm) = (
      book.add(TokenGrant(name: "busy", scopes: [.query])),
      book.add(TokenGrant(name: "calm", scopes: [.query]))
    )
    let ticks = Atomic<UInt32>(0)
    let clock: @Sendable () -> UnixSeconds = {
      TestServer.now + ticks.add(1, ordering: .relaxed).newValue
    }
    try await TestServer.serving(MemoryStore(), access: book.control(), clock: clock) { server in
      let other = "Cookie: " + (try Self.cookie(try await Self.signIn(server, calm)))
      let first = "Cookie: " + (try Self.cookie(try await Self.signIn(server, busy)))
      var last = first
      for _ in 0..<100 {
        last = "Cookie: " + (try Self.cookie(try await Self.signIn(server, busy)))
      }
      let codes = [
        try await server.get("/ui/help", headers: [other]).status,
        try await server.get("/ui/help", headers: [first]).status,
        try await server.get("/ui/help", headers: [last]).status,
      ]
      #expect(codes == [200, 401, 200])
    }
  }

  @Test func refusesFormsOfOtherSites() async throws {
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      let page = try await server.get("/ui/bulk")
      let form = "form_token=\(try Self.formToken(page))&lines=www.example.com"
      let own = ["Origin: http://localhost", "Sec-Fetch-Site: same-origin"]
      let good = try await server.form("/ui/bulk", form, headers: own)
      #expect(good.status == 200)
      for headers in [
        ["Origin: https://evil.example"], ["Origin: null"], ["Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-site"],
      ] {
        let reply = try await server.form("/ui/bulk", form, headers: headers)
        #expect(reply.status == 403, "\(headers)")
      }
      for body in ["lines=a", "form_token=&lines=a", "form_token=0000&lines=a"] {
        let reply = try await server.form("/ui/bulk", body, headers: own)
        #expect(reply.status == 403, "\(body)")
      }
    }
  }

  @Test func believesNoNameThatOthersCanPointHere() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for (host, status) in [
        ("localhost:8053", 200), ("127.0.0.1", 200), ("[::1]:8053", 200), ("a.localhost", 200),
        ("evil.example", 403), ("127.0.0.1.evil.example:80", 403),
      ] {
        let text = "GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
        let reply = try Reply(try await server.exchange(Array(text.utf8)))
        #expect(reply.status == status, "\(host)")
      }
    }
  }

  @Test func everyPageForbidsScriptsOfOthers() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for sample in WebSamples.all where sample.method == "GET" {
        let reply = try await server.get(sample.target)
        let policy = reply.headers["content-security-policy"] ?? ""
        #expect(policy.contains("script-src 'self';") && !policy.contains("unsafe"))
        #expect(reply.headers["x-content-type-options"] == "nosniff", "\(sample.target)")
        #expect(!reply.body.contains(" style=") && !reply.body.contains("<style"))
      }
    }
  }

  /// Theme, rows and keys are the browser's own choice, and nothing else comes out of its cookies.
  @Test(arguments: [
    ("tidemark_theme=dark", "<html lang=\"en\" data-theme=\"dark\">"),
    (
      "tidemark_keys=off; a=b; tidemark_density=compact; tidemark_theme=light",
      "<html lang=\"en\" data-theme=\"light\" data-density=\"compact\" data-keys=\"off\">"
    ),
    ("tidemark_theme=\"><script>", "<html lang=\"en\">"),
    ("tidemark_theme=dark; tidemark_theme=light", "<html lang=\"en\">"),
    ("tidemark_theme=compact", "<html lang=\"en\">"),
  ])
  func choicesComeFromCookies(_ cookie: String, _ element: String) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let page = try await server.get("/ui/help", headers: ["Cookie: \(cookie)"])
      #expect(page.status == 200 && page.body.contains(element + "\n"), "\(cookie)")
    }
  }

  @Test func assetsAreKeptUntilTheyChange() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let page = try await server.get("/")
      let mark = try #require(page.body.firstRange(of: "/ui/assets/"))
      let version = page.body[mark.upperBound...].prefix { $0 != "/" }
      let asset = try await server.get("/ui/assets/\(version)/all.css")
      #expect(asset.status == 200 && asset.headers["content-type"] == "text/css; charset=utf-8")
      #expect(asset.headers["cache-control"]?.contains("immutable") == true)
      let other = try await server.get("/ui/assets/0000000000000000/all.css")
      #expect(other.octets == asset.octets)
      #expect(other.headers["cache-control"] == "no-cache")
      let tag = try #require(asset.headers["etag"])
      let again = try await server.get(
        "/ui/assets/all.css", headers: ["If-None-Match: \(tag)"])
      #expect(again.status == 304 && again.octets.isEmpty)
      let module = try await server.get("/ui/assets/\(version)/graph.js")
      // Relative to itself, so that the modules it loads have its version too.
      #expect(module.body.contains("from \"./graph-draw.js\""))
      for name in ["../../etc/passwd", "\(version)/", "\(version)/../all.css", "0/0/all.css"] {
        #expect(try await server.get("/ui/assets/\(name)").status == 404, "\(name)")
      }
    }
  }
}

extension TestServer {
  /// Sends a form.
  func form(_ target: String, _ body: String, headers: [String] = []) async throws -> Reply {
    let lines =
      [
        "POST \(target) HTTP/1.1", "Host: localhost", "Connection: close",
        "Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.utf8.count)",
      ] + headers
    let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    return try Reply(try await exchange(Array(text.utf8)))
  }
}
