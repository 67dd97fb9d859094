import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// Every route with every kind of token. A route that has no row here fails the first test.
@Suite(.timeLimit(.minutes(2)))
struct RouteAccessTests {
  /// A request that succeeds when it is let in.
  struct Sample: Sendable {
    var path: String
    var target: String
    var method = "GET"
    var headers: [String] = []
    var body = ""
    var status = 200
  }

  static let samples: [Sample] = [
    Sample(path: "/health", target: "/health"),
    Sample(path: "/metrics", target: "/metrics"),
    Sample(path: "/api/v1/whoami", target: "/api/v1/whoami"),
    Sample(path: "/pdns/query", target: "/pdns/query/www.example.com"),
    Sample(path: "/query/", target: "/query/www.example.com"),
    Sample(path: "/fquery/", target: "/fquery/192.0.2.1"),
    Sample(path: "/info", target: "/info"),
    Sample(path: "/api/v1/records", target: "/api/v1/records?owner=www.example.com"),
    Sample(path: "/api/v1/summary", target: "/api/v1/summary?owner=www.example.com"),
    Sample(path: "/api/v1/activity", target: "/api/v1/activity?owner=www.example.com"),
    Sample(
      path: "/api/v1/bulk", target: "/api/v1/bulk", method: "POST", body: "www.example.com\n"),
    Sample(path: "/api/v1/names", target: "/api/v1/names?below=example.com"),
    Sample(path: "/api/v1/new", target: "/api/v1/new?kind=hosts&since=2020-01-01"),
    Sample(
      path: "/api/v1/observations", target: "/api/v1/observations", method: "POST",
      headers: ["X-Batch-ID: a"]),
    Sample(path: "/submit", target: "/submit", method: "POST"),
    Sample(path: "/dnsdb/v2", target: "/dnsdb/v2/lookup/rrset/name/www.example.com"),
    Sample(path: "/dnsdb/v1", target: "/dnsdb/v1/lookup/rrset/name/www.example.com"),
    Sample(path: "/lookup", target: "/lookup/rdata/ip/192.0.2.1"),
    Sample(path: "/summarize", target: "/summarize/rrset/name/www.example.com"),
    Sample(path: "/dnsdb/v2/rate_limit", target: "/dnsdb/v2/rate_limit"),
    Sample(path: "/lookup/rate_limit", target: "/lookup/rate_limit"),
    Sample(path: "/dnsdb/v1/lookup/rate_limit", target: "/dnsdb/v1/lookup/rate_limit"),
    Sample(path: "/dnsdb/v2/ping", target: "/dnsdb/v2/ping"),
  ]

  /// What a caller holds.
  enum Holding: Hashable, Sendable {
    case nothing, nonsense, expired, revoked, spent
    case scope(Scope)
  }

  static let holdings: [Holding] =
    [.nothing, .nonsense, .expired, .revoked, .spent] + Scope.allCases.map { .scope($0) }

  /// Tokens of all kinds.
  struct Tokens: Sendable {
    let book = TokenBook()
    private(set) var secrets: [Holding: String] = [:]

    init() {
      let now = Int64(TestServer.now)
      let all = Set(Scope.allCases)
      secrets[.nonsense] = TokenSecret().text
      secrets[.expired] = book.add(TokenGrant(name: "old", scopes: all, expires: now))
      secrets[.revoked] = book.add(TokenGrant(name: "gone", scopes: all), isRevoked: true)
      secrets[.spent] = book.add(TokenGrant(name: "spent", scopes: all, perDay: 1))
      for scope in Scope.allCases {
        secrets[.scope(scope)] = book.add(TokenGrant(name: scope.rawValue, scopes: [scope]))
      }
    }

    func headers(_ holding: Holding) -> [String] {
      secrets[holding].map { ["Authorization: Bearer \($0)"] } ?? []
    }
  }

  @Test func everyRouteHasASample() async throws {
    let server = try TidemarkServer(store: MemoryStore())
    let paths = server.routes.map(\.path)
    #expect(Set(paths).count == paths.count)
    #expect(Set(paths) == Set(Self.samples.map(\.path)))
    let relay = TidemarkServer(settings: TidemarkServer.Settings())
    #expect(Set(relay.routes.map(\.path)) == ["/health", "/metrics", "/api/v1/whoami"])
  }

  @Test(arguments: RouteAccessTests.samples)
  func everyTokenGetsWhatIsDeclared(_ sample: Sample) async throws {
    let route = try #require(
      TidemarkServer(store: MemoryStore()).routes.first { $0.path == sample.path })
    let tokens = Tokens()
    let access = try tokens.book.control()
    _ = try access.admit(secret: tokens.secrets[.spent], for: .scope(.query))
    let store = try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store, access: access) { server in
      for holding in Self.holdings {
        let reply = try await server.send(sample, tokens.headers(holding))
        let denial = Self.denial(route.need, holding)
        guard let denial else {
          #expect(reply.status == sample.status, "\(sample.path) \(holding)")
          continue
        }
        Self.check(reply, denial, route.family, "\(sample.path) \(holding)")
      }
    }
  }

  @Test(arguments: RouteAccessTests.samples)
  func withoutTokensEverybodyIsServed(_ sample: Sample) async throws {
    let store = try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store) { server in
      for headers in [[], ["Authorization: Bearer nonsense"], ["X-API-Key: a", "X-API-Key: b"]] {
        let reply = try await server.send(sample, headers)
        #expect(reply.status == sample.status)
      }
    }
  }

  /// Why a caller is refused; nil when served.
  private static func denial(_ need: AccessNeed, _ holding: Holding) -> AccessDenial? {
    guard need != .nothing else { return nil }
    switch (holding, need) {
    case (.nothing, _): return .missing
    case (.nonsense, _), (.revoked, _): return .unknown
    case (.expired, _): return .expired
    case (.spent, .scope): return .quota(retryAfter: 0)
    case (.scope(let held), .scope(let needed)) where held != needed && held != .admin:
      return .forbidden(needed)
    default: return nil
    }
  }

  /// Whether a refusal is as clients of the family know it.
  private static func check(
    _ reply: Reply, _ denial: AccessDenial, _ family: String, _ comment: Comment
  ) {
    let challenge = reply.headers["www-authenticate"]
    switch (family, denial) {
    case ("dnsdb", .missing), ("dnsdb", .unknown):
      #expect(reply.status == 403 && reply.body == "Error: Bad API key\n", comment)
    case ("dnsdb", .expired):
      #expect(reply.status == 401 && reply.body == "Error: Quota is expired\n", comment)
    case (_, .missing), (_, .unknown), (_, .expired):
      #expect(reply.status == 401, comment)
      let scheme = family == "native" ? "Bearer" : "Basic realm=\"tidemark\", charset=\"UTF-8\""
      #expect(challenge == scheme, comment)
    case (_, .forbidden): #expect(reply.status == 403, comment)
    case (_, .quota):
      #expect(reply.status == 429, comment)
      #expect((Int(reply.headers["retry-after"] ?? "") ?? 0) > 0, comment)
      switch family {
      // The Ruby client asks ten times more for exactly this without the line end.
      case "circl", "d4": #expect(reply.body == "Rate Limit Exceeded\n", comment)
      case "dnsdb": #expect(reply.body == "Error: Rate limit exceeded\n", comment)
      default: break
      }
    case (_, .busy): Issue.record(comment)
    }
    let isJSON = reply.body.hasPrefix("{\"error\":")
    #expect(isJSON == (family == "native"), comment)
    let type = family == "native" ? "application/json" : "text/plain; charset=utf-8"
    #expect(reply.headers["content-type"] == type, comment)
    #expect(reply.lines.count == 1 && reply.octets.last == 10, comment)
    if family == "dnsdb" { #expect(reply.body.hasPrefix("Error: "), comment) }
  }
}

extension TestServer {
  /// Sends the request of a sample.
  fileprivate func send(_ sample: RouteAccessTests.Sample, _ headers: [String]) async throws
    -> Reply
  {
    let length = sample.method == "GET" ? [] : ["Content-Length: \(sample.body.utf8.count)"]
    let lines =
      [
        "\(sample.method) \(sample.target) HTTP/1.1", "Host: localhost", "Connection: close",
      ] + length + sample.headers + headers
    let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + sample.body
    return try Reply(try await exchange(Array(text.utf8)))
  }
}
