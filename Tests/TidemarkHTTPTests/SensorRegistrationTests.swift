import D4Wire
import TidemarkHTTP
import TidemarkSharing
import TidemarkStore
import Testing

/// `POST /api/v1/add/sensor/register` as scripts for the server of D4 use it.
@Suite(.timeLimit(.minutes(10)))
struct SensorRegistrationTests {
  static let uuid = "0b7c2f6e-5d1a-4f3b-8e21-7b8a6d5c4e3f"
  static let bare = "0b7c2f6e5d1a4f3b8e217b8a6d5c4e3f"

  private func serving(
    _ shelf: SensorShelf, _ test: @Sendable (TestServer) async throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore(), adjust: { $0.sensors = shelf }, test)
  }

  private func body(_ key: String, uuid: String = SensorRegistrationTests.uuid) -> String {
    "{\"uuid\": \"\(uuid)\", \"hmac_key\": \"\(key)\"}"
  }

  @Test func aNewSensorIsTakenAndTheSecondTimeRefused() async throws {
    let shelf = SensorShelf()
    try await serving(shelf) { server in
      let first = try await server.register(body("a secret"))
      #expect(first.status == 200 && first.body == "{\"uuid\":\"\(Self.bare)\"}\n")
      #expect(first.headers["content-type"] == "application/json")
      let second = try await server.register(body("a secret"))
      #expect(second.status == 409)
      #expect(
        second.body == "{\"reason\":\"Sensor already registred\",\"status\":\"error\"}\n")
    }
    #expect(shelf.requests.map(\.uuid.description) == [Self.uuid])
    #expect(shelf.requests.first?.key.octets == Array("a secret".utf8))
    #expect(shelf.requests.first?.mail == "" && shelf.requests.first?.isThirdParty == false)
  }

  @Test("keys are kept as they are, not as HTML")
  func keysAreNotEscaped() async throws {
    let shelf = SensorShelf()
    try await serving(shelf) { server in
      let reply = try await server.register(body("a&b<c>'\\\"é"))
      #expect(reply.status == 200)
    }
    #expect(shelf.requests.first?.key.octets == Array("a&b<c>'\"é".utf8))
  }

  @Test("of a key of 342 characters the 100 are kept that the clients use")
  func longKeysAreCut() async throws {
    let shelf = SensorShelf()
    let key = String(repeating: "abcdefghi-", count: 34) + "yz"
    try await serving(shelf) { server in
      let reply = try await server.register(body(key))
      #expect(reply.status == 200)
    }
    #expect(shelf.requests.first?.key.octets == Array(key.utf8.prefix(100)))
  }

  @Test func mailAndThirdPartyAreKept() async throws {
    let shelf = SensorShelf()
    try await serving(shelf) { server in
      let reply = try await server.register(
        """
        {"uuid":"\(Self.bare.uppercased())","hmac_key":"k","mail":"noc@example.com",
         "third_party":true,"description":"ignored","more":[1,{"a":null}]}
        """)
      #expect(reply.status == 200)
    }
    #expect(shelf.requests.first?.uuid.description == Self.uuid)
    #expect(shelf.requests.first?.mail == "noc@example.com")
    #expect(shelf.requests.first?.isThirdParty == true)
  }

  static let refusals: [(body: String, reason: String)] = [
    ("", "Malformed JSON"), ("{", "Malformed JSON"), ("[]", "Malformed JSON"),
    ("null", "Malformed JSON"), ("\u{FF}", "Malformed JSON"),
    (String(repeating: "[", count: 10_000), "Malformed JSON"),
    ("{}", "Invalid uuid"), ("{\"uuid\":7}", "Invalid uuid"),
    ("{\"uuid\":\"\",\"hmac_key\":\"k\"}", "Invalid uuid"),
    ("{\"uuid\":\"0b7c2f6e-5d1a-1f3b-8e21-7b8a6d5c4e3f\",\"hmac_key\":\"k\"}", "Invalid uuid"),
    ("{\"uuid\":\"0b7c2f6e-5d1a-4f3b-ce21-7b8a6d5c4e3f\",\"hmac_key\":\"k\"}", "Invalid uuid"),
    ("{\"uuid\":\"00000000-0000-0000-0000-000000000000\",\"hmac_key\":\"k\"}", "Invalid uuid"),
    ("{\"uuid\":\"\(uuid)\"}", "Mandatory parameter(s) not provided"),
    ("{\"uuid\":\"\(uuid)\",\"hmac_key\":\"\"}", "Mandatory parameter(s) not provided"),
    ("{\"uuid\":\"\(uuid)\",\"hmac_key\":[1]}", "Mandatory parameter(s) not provided"),
    ("{\"uuid\":\"\(uuid)\",\"hmac_key\":\"k\",\"mail\":3}", "Malformed JSON"),
    ("{\"uuid\":\"\(uuid)\",\"hmac_key\":\"k\",\"mail\":\"a\\u000ab\"}", "Invalid mail"),
    (
      "{\"uuid\":\"\(uuid)\",\"hmac_key\":\"a\\r\"}",
      "Invalid hmac_key: it holds CR, LF or NUL"
    ),
    (
      "{\"uuid\":\"\(uuid)\",\"hmac_key\":\"a\\u0000b\"}",
      "Invalid hmac_key: it holds CR, LF or NUL"
    ),
    (
      "{\"uuid\":\"\(uuid)\",\"hmac_key\":\"private key to change\"}",
      "Invalid hmac_key: everybody knows this one"
    ),
  ]

  @Test func badBodiesAreRefusedInTheWordsOfD4() async throws {
    let shelf = SensorShelf()
    try await serving(shelf) { server in
      for (body, reason) in Self.refusals {
        let reply = try await server.register(body)
        #expect(reply.status == 400, "\(body.prefix(100))")
        #expect(
          reply.body == "{\"reason\":\"\(reason)\",\"status\":\"error\"}\n",
          "\(body.prefix(100))")
      }
    }
    #expect(shelf.requests.isEmpty)
  }

  @Test func whoIsKnownIsToldSoEvenWithoutAKey() async throws {
    try await serving(SensorShelf()) { server in
      let reply = try await server.register("{\"uuid\":\"\(SensorShelf.known)\"}")
      #expect(reply.status == 409)
    }
  }

  @Test func longBodiesAreRefused() async throws {
    try await serving(SensorShelf()) { server in
      let long = body(String(repeating: "k", count: 16_384))
      let reply = try await server.register(long)
      #expect(reply.status == 413)
      let chunked = try await server.exchange(
        Array(
          """
          POST /api/v1/add/sensor/register HTTP/1.1\r
          Host: localhost\r
          Connection: close\r
          Transfer-Encoding: chunked\r
          \r
          4100\r
          \(String(repeating: " ", count: 0x4100))\r
          0\r
          \r

          """.utf8))
      let answer = try Reply(chunked)
      #expect(answer.status == 413)
    }
  }

  @Test func otherMethodsAndEncodingsAreRefused() async throws {
    try await serving(SensorShelf()) { server in
      let get = try await server.get("/api/v1/add/sensor/register")
      #expect(get.status == 405 && get.headers["allow"] == "POST")
      let packed = try await server.register(body("k"), headers: ["Content-Encoding: gzip"])
      #expect(packed.status == 415)
    }
  }

  @Test func whatCannotBeKeptNowIsSaidToBeSo() async throws {
    let (full, broken) = (SensorShelf(), SensorShelf())
    full.fill()
    broken.breakDown()
    try await serving(full) { server in
      let reply = try await server.register(body("k"))
      #expect(reply.status == 429)
    }
    try await serving(broken) { server in
      let reply = try await server.register(body("k"))
      #expect(reply.status == 503)
    }
    try await TestServer.serving(MemoryStore(), adjust: { $0.sensors = nil }) { server in
      let reply = try await server.register(body("k"))
      #expect(reply.status == 503)
    }
  }
}

extension TestServer {
  /// Sends a registration.
  fileprivate func register(_ body: String, headers: [String] = []) async throws -> Reply {
    let lines = [
      "POST /api/v1/add/sensor/register HTTP/1.1", "Host: localhost", "Connection: close",
      "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
    ]
    let head = (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
    return try Reply(try await exchange(Array((head + body).utf8)))
  }
}
