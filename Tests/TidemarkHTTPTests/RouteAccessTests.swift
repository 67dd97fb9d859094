import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// Every route with every kind of token. A route that has no row here fails the first test.
@Suite(.timeLimit(.minutes(10)))
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

  static let samples: [Sample] =
    [
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
      // Without streams every partner is told that there is none.
      Sample(
        path: "/api/v1/share/{stream}", target: "/api/v1/share/community?after=0", status: 404),
      Sample(
        path: "/api/v1/share/{stream}/ws", target: "/api/v1/share/community/ws", status: 404),
      Sample(
        path: "/api/v1/share/{stream}/files/{file}",
        target: "/api/v1/share/community/files/manifest.json", status: 404),
      // Without a library everybody is told that there is none.
      Sample(path: "/api/v1/operations", target: "/api/v1/operations", status: 503),
      Sample(
        path: "/api/v1/operations/{id}", target: "/api/v1/operations/tidemark", status: 503),
      Sample(
        path: "/api/v1/operations/{id}/config", target: "/api/v1/operations/tidemark/config",
        method: "PUT", status: 503),
      Sample(
        path: "/api/v1/operations/{id}/enabled", target: "/api/v1/operations/tidemark/enabled",
        method: "POST", status: 503),
      Sample(
        path: "/api/v1/operations/{id}/actions/{action}",
        target: "/api/v1/operations/tidemark/actions/passive-dns", method: "POST", status: 503),
      Sample(path: "/api/v1/indicators", target: "/api/v1/indicators", status: 503),
      Sample(
        path: "/api/v1/indicators/export", target: "/api/v1/indicators/export?format=csv",
        status: 503),
      Sample(
        path: "/api/v1/indicators/{type}/{value}",
        target: "/api/v1/indicators/fqdn/www.example.com", status: 503),
      Sample(path: "/api/v1/results/{id}", target: "/api/v1/results/a", status: 503),
      Sample(path: "/api/v1/results/{id}/raw", target: "/api/v1/results/a/raw", status: 503),
      Sample(
        path: "/api/v1/results/{id}/selections", target: "/api/v1/results/a/selections",
        method: "POST", status: 503),
      Sample(path: "/dnsdb/v2", target: "/dnsdb/v2/lookup/rrset/name/www.example.com"),
      Sample(path: "/dnsdb/v1", target: "/dnsdb/v1/lookup/rrset/name/www.example.com"),
      Sample(path: "/lookup", target: "/lookup/rdata/ip/192.0.2.1"),
      Sample(path: "/summarize", target: "/summarize/rrset/name/www.example.com"),
      Sample(path: "/dnsdb/v2/rate_limit", target: "/dnsdb/v2/rate_limit"),
      Sample(path: "/lookup/rate_limit", target: "/lookup/rate_limit"),
      Sample(path: "/dnsdb/v1/lookup/rate_limit", target: "/dnsdb/v1/lookup/rate_limit"),
      Sample(path: "/dnsdb/v2/ping", target: "/dnsdb/v2/ping"),
      Sample(path: "/v1/account", target: "/v1/account"),
      Sample(path: "/v1/{domain}", target: "/v1/www.example.com"),
      // Without a library nothing is registered.
      Sample(path: "/v1/{domain}/whois", target: "/v1/example.com/whois", status: 404),
      Sample(
        path: "/v1/{domain}/whois/parsed", target: "/v1/example.com/whois/parsed/", status: 404),
      Sample(
        path: "/v1/{domain}/whois/history", target: "/v1/example.com/whois/history?mode=count"),
      Sample(
        path: "/v1/{domain}/rdap/parsed/", target: "/v1/example.com/rdap/parsed/", status: 404),
      Sample(path: "/v1/{domain}/reverse-ip", target: "/v1/www.example.com/reverse-ip"),
      Sample(path: "/v1/{ip}/host-domains", target: "/v1/192.0.2.1/host-domains"),
      Sample(
        path: "/v1/{domain}/name-server-domains", target: "/v1/example.com/name-server-domains",
        status: 404),
      Sample(path: "/v1/{domain}/hosting-history", target: "/v1/www.example.com/hosting-history"),
      Sample(path: "/v1/risk", target: "/v1/risk?domain=example.com"),
      Sample(path: "/v1/risk/evidence/", target: "/v1/risk/evidence/?domain=example.com"),
      Sample(path: "/v1/reputation", target: "/v1/reputation?domain=example.com"),
      Sample(path: "/v1/domain-history", target: "/v1/domain-history?domain=www.example.com"),
      Sample(
        path: "/v1/iris-enrich/", target: "/v1/iris-enrich/", method: "POST",
        body: "domain=example.com"),
      // Of a sensor that is known, so that every caller who is let in gets the same.
      Sample(
        path: "/api/v1/add/sensor/register", target: "/api/v1/add/sensor/register", method: "POST",
        body: "{\"uuid\":\"\(SensorShelf.known)\",\"hmac_key\":\"a\"}", status: 409),
    ] + WebSamples.all

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
    #expect(
      Set(relay.routes.map(\.path)) == [
        "/health", "/metrics", "/api/v1/whoami", "/api/v1/add/sensor/register",
      ])
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

  /// Whether a refusal is a page that says what is missing.
  private static func checkPage(_ reply: Reply, _ denial: AccessDenial, _ comment: Comment) {
    switch denial {
    case .missing, .unknown, .expired: #expect(reply.status == 401, comment)
    case .forbidden: #expect(reply.status == 403, comment)
    case .quota: #expect(reply.status == 429, comment)
    case .busy: Issue.record(comment)
    }
    #expect(reply.headers["content-type"] == "text/html; charset=utf-8", comment)
    #expect(reply.headers["vary"]?.contains("Cookie") == true, comment)
    #expect(reply.headers["cache-control"] == "no-store", comment)
    #expect(reply.body.hasPrefix("<!DOCTYPE html>"), comment)
  }

  /// Whether a refusal is as clients of the family know it.
  private static func check(
    _ reply: Reply, _ denial: AccessDenial, _ family: String, _ comment: Comment
  ) {
    let challenge = reply.headers["www-authenticate"]
    if family == "web" { return checkPage(reply, denial, comment) }
    switch (family, denial) {
    case ("dnsdb", .missing), ("dnsdb", .unknown):
      #expect(reply.status == 403 && reply.body == "Error: Bad API key\n", comment)
    case ("dnsdb", .expired):
      #expect(reply.status == 401 && reply.body == "Error: Quota is expired\n", comment)
    case ("domaintools", .missing), ("domaintools", .unknown), ("domaintools", .expired):
      #expect(reply.status == 403 && challenge == nil, comment)
    case (_, .missing), (_, .unknown), (_, .expired):
      #expect(reply.status == 401, comment)
      let isText = ["circl", "d4"].contains(family)
      let scheme = !isText ? "Bearer" : "Basic realm=\"tidemark\", charset=\"UTF-8\""
      #expect(challenge == scheme, comment)
    case (_, .forbidden): #expect(reply.status == 403, comment)
    case (_, .quota):
      // The client of DomainTools knows no 429.
      #expect(reply.status == (family == "domaintools" ? 503 : 429), comment)
      #expect((Int(reply.headers["retry-after"] ?? "") ?? 0) > 0, comment)
      switch family {
      // The Ruby client asks ten times more for exactly this without the line end.
      case "circl", "d4": #expect(reply.body == "Rate Limit Exceeded\n", comment)
      case "dnsdb": #expect(reply.body == "Error: Rate limit exceeded\n", comment)
      default: break
      }
    case (_, .busy): Issue.record(comment)
    }
    let prefixes = [
      "native": "{\"error\":", "d4-core": "{\"reason\":",
      "domaintools": "{\"error\":{\"code\":\(reply.status),",
    ]
    #expect(reply.body.hasPrefix("{") == (prefixes[family] != nil), comment)
    #expect(reply.body.hasPrefix(prefixes[family] ?? ""), comment)
    let type =
      switch family {
      case "domaintools": "application/json;charset=utf-8"
      default: prefixes[family] == nil ? "text/plain; charset=utf-8" : "application/json"
      }
    #expect(reply.headers["content-type"] == type, comment)
    #expect(reply.lines.count == 1 && reply.octets.last == 10, comment)
    // A cache that took the refusal for the answer to another token would keep it for everybody.
    #expect(reply.headers["vary"]?.hasPrefix("Authorization, X-API-Key, ") == true, comment)
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
