import Crypto
import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// The three ways in which requests of the DomainTools interface show who asks.
@Suite(.timeLimit(.minutes(10)))
struct DomainToolsCredentialsTests {
  static let path = "/v1/example.com/hosting-history"

  private func serving(
    _ test: @Sendable (DomainToolsClient, DomainToolsWorld) async throws -> Void
  ) async throws {
    let world = try DomainToolsWorld()
    let store = try MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))
    try await world.serving(store) { try await test($0, world) }
  }

  @Test func everyHashAndWayIsTaken() async throws {
    try await serving { client, _ in
      let message = "desk2024-06-01T00:00:00Z" + Self.path
      let key = client.key
      let signatures = [
        DomainToolsClient.signature(key, message),
        DomainToolsClient.signature(key, message, Insecure.SHA1.self),
        DomainToolsClient.signature(key, message, Insecure.MD5.self),
        DomainToolsClient.signature(key, message).uppercased(),
      ]
      for signature in signatures {
        let query = "api_username=desk&timestamp=2024-06-01T00%3A00%3A00Z&signature=\(signature)"
        #expect(try await client.server.get("\(Self.path)?\(query)").status == 200)
      }
      for target in ["?api_username=desk&api_key=\(key)", "?api_key=\(key)"] {
        #expect(try await client.server.get(Self.path + target).status == 200)
      }
      for target in ["", "?api_username=desk", "?api_username=desk&api_key=\(key)"] {
        let reply = try await client.server.get(
          Self.path + target, headers: ["X-Api-Key: \(key)"])
        #expect(reply.status == 200)
      }
    }
  }

  @Test func anOrdinaryTokenOpensByItselfAndSignsNothing() async throws {
    let world = try DomainToolsWorld()
    let plain = world.book.add(TokenGrant(name: "plain"))
    let store = try MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))
    try await world.serving(store) { client in
      let other = DomainToolsClient(server: client.server, name: "plain", key: plain)
      #expect(try await other.get(Self.path).status == 403)
      let open = try await client.server.get("\(Self.path)?api_username=plain&api_key=\(plain)")
      #expect(open.status == 200)
      let header = try await client.server.get(Self.path, headers: ["X-Api-Key: \(plain)"])
      #expect(header.status == 200)
    }
  }

  @Test func wrongAndMissingCredentialsAre403() async throws {
    try await serving { client, _ in
      let stale = "2024-05-31T23:44:59Z"
      let right = client.signed(Self.path)
      let targets = [
        Self.path, "\(Self.path)?api_username=desk",
        "\(Self.path)?api_username=desk&api_key=wrong",
        "\(Self.path)?api_username=alice&api_key=\(client.key)",
        "\(Self.path)?\(client.signed(Self.path, timestamp: stale))",
        "\(Self.path)?\(client.signed(Self.path + "/"))",
        "\(Self.path)/?\(right)",
        "/v1/example.com/reverse-ip?\(right)",
        "\(Self.path)?\(right.dropLast(2))", "\(Self.path)?\(right.dropLast(1))x",
        "\(Self.path)?\(right.replacing("api_username=desk", with: "api_username=des"))",
        "\(Self.path)?\(right.replacing("timestamp=2024", with: "timestamp=x"))",
      ]
      for target in targets {
        let reply = try await client.server.get(target)
        #expect(reply.status == 403, "\(target)")
        #expect(reply.body.hasPrefix("{\"error\":{\"code\":403,\"message\":"), "\(target)")
        #expect(reply.body.contains("\"resources\":{\"support\":"))
        #expect(!reply.body.contains(client.key))
      }
      let both = try await client.server.get(
        "\(Self.path)?api_key=other", headers: ["X-Api-Key: \(client.key)"])
      #expect(both.status == 400)
    }
  }

  @Test(arguments: [
    "2024-06-01T00:00:00Z", "2024-05-31T23:45:00Z", "2024-06-01T00:15:00Z",
    "2024-05-31T16:00:00-0800", "2024-05-31T16:00:00-08:00", "2024-06-01T02:00:00+0200",
  ])
  func timesWithinAQuarterOfAnHourAreTaken(_ timestamp: String) async throws {
    try await serving { client, _ in
      let query = client.signed(Self.path, timestamp: timestamp)
      // Not every client encodes the plus sign.
      for query in [query, query.replacing("+", with: "%2B")] {
        let reply = try await client.server.get("\(Self.path)?\(query)")
        #expect(reply.status == 200)
      }
    }
  }

  @Test(arguments: [
    "2024-05-31T23:44:59Z", "2024-06-01T00:15:01Z", "2024-06-01", "1717200000", "now",
    "2024-06-01T00:00:00", "2024-06-01T00:00:00+2500",
  ])
  func otherTimesAreNot(_ timestamp: String) async throws {
    try await serving { client, _ in
      let query = client.signed(Self.path, timestamp: timestamp)
        .replacing("+", with: "%2B")
      let reply = try await client.server.get("\(Self.path)?\(query)")
      #expect(reply.status == 403)
    }
  }

  /// The client signs the text of a path and sends it percent-encoded.
  @Test func theDecodedPathAndTheRawOneCanBeSigned() async throws {
    let world = try DomainToolsWorld()
    let store = try MemoryStore.holding(cof("xn--bcher-kva.example", "A", "192.0.2.1"))
    try await world.serving(store) { client in
      let raw = "/v1/b%C3%BCcher.example/hosting-history"
      for signed in [raw, "/v1/bücher.example/hosting-history"] {
        let reply = try await client.server.get("\(raw)?\(client.signed(signed))")
        let response = try DomainToolsClient.response(reply)
        #expect(response["domain_name"] as? String == "xn--bcher-kva.example")
      }
    }
  }

  @Test func aFormIsSignedInItsBody() async throws {
    try await serving { client, _ in
      let path = "/v1/iris-enrich/"
      let long = String(repeating: "a", count: 140_000)
      for (form, status) in [
        (client.signed(path) + "&domain=example.com", 200), ("domain=example.com", 403),
        ("api_username=desk&api_key=\(client.key)&domain=example.com", 200),
        ("domain=\(long)", 413),
      ] {
        let reply = try await client.post(path, form: form)
        #expect(reply.status == status)
      }
    }
  }

  @Test func withoutTokensEverybodyIsServed() async throws {
    let store = try MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store) { server in
      let client = DomainToolsClient(server: server, name: "anybody", key: "anything")
      #expect(try await client.get(Self.path).status == 200)
      #expect(try await server.get(Self.path).status == 200)
      let page = try await server.get(Self.path, headers: ["Origin: https://evil.example"])
      #expect(page.status == 403)
    }
  }

  @Test func theAccountTellsLimitsThatKeepNobodyWaiting() async throws {
    let world = try DomainToolsWorld()
    let key = world.book.add(
      TokenGrant(name: "slow", perMinute: 30, perDay: 100, expires: 1_900_000_000),
      keepsKey: true)
    let store = try MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))
    try await world.serving(store) { client in
      let slow = DomainToolsClient(server: client.server, name: "slow", key: key)
      _ = try await slow.get(Self.path)
      for (client, minute, today, end) in [
        (client, "6000", "0", nil), (slow, "30", "1", "2030-03-17"),
      ] {
        let response = try await client.response("/v1/account")
        let account = response["account"] as? [String: Any]
        #expect(account?["api_username"] as? String == client.name)
        #expect(account?["active"] as? Bool == true)
        let products = try #require(response["products"] as? [[String: Any]])
        #expect(products.count == 14)
        for product in products {
          #expect(product["per_minute_limit"] as? String == minute)
          #expect((product["usage"] as? [String: Any])?["today"] as? String == today)
          #expect(product["expiration_date"] as? String == end)
          #expect(product.keys.contains("per_month_limit"))
        }
      }
    }
  }

  @Test func aSpentQuotaIs503() async throws {
    let world = try DomainToolsWorld()
    let key = world.book.add(TokenGrant(name: "poor", perDay: 1), keepsKey: true)
    let store = try MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))
    try await world.serving(store) { client in
      let poor = DomainToolsClient(server: client.server, name: "poor", key: key)
      #expect(try await poor.get(Self.path).status == 200)
      let reply = try await poor.get(Self.path)
      #expect(reply.status == 503 && reply.headers["retry-after"] != nil)
      #expect(reply.body.hasPrefix("{\"error\":{\"code\":503,"))
      #expect(try await poor.get("/v1/account").status == 200)
    }
  }
}
