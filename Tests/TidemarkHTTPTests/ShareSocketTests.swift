import NIOCore
import TidemarkAccess
import TidemarkHTTP
import TidemarkSharing
import Testing

/// The WebSocket of a stream, octet by octet (RFC 6455).
@Suite(.timeLimit(.minutes(10)))
struct ShareSocketTests {
  /// A frame of the server.
  struct Frame: Equatable {
    var opcode: UInt8
    var octets: [UInt8]
    var text: String { String(decoding: octets, as: UTF8.self) }
    var code: Int? { octets.count < 2 ? nil : Int(octets[0]) << 8 | Int(octets[1]) }
  }

  /// The client's side of a connection.
  struct Client {
    var reader: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    var head = ""
    private var buffer: [UInt8] = []

    init(
      _ reader: NIOAsyncChannelInboundStream<ByteBuffer>,
      _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ lines: [String]
    ) async throws {
      self.reader = reader.makeAsyncIterator()
      self.writer = writer
      try await writer.write(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n"))
      let end = Array("\r\n\r\n".utf8)
      while true {
        if let at = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
          head = String(decoding: buffer[..<at], as: UTF8.self)
          buffer.removeFirst(at + 4)
          return
        }
        guard try await more() else { return }
      }
    }

    private mutating func more() async throws -> Bool {
      guard let piece = try await reader.next() else { return false }
      buffer += Array(buffer: piece)
      return true
    }

    /// The next frame; nil at the end of the connection.
    mutating func next() async throws -> Frame? {
      while true {
        if let frame = take() { return frame }
        guard try await more() else { return nil }
      }
    }

    private mutating func take() -> Frame? {
      guard buffer.count >= 2 else { return nil }
      var (start, count) = (2, Int(buffer[1]))
      if count == 126 {
        guard buffer.count >= 4 else { return nil }
        (start, count) = (4, Int(buffer[2]) << 8 | Int(buffer[3]))
      }
      guard buffer.count >= start + count else { return nil }
      let frame = Frame(opcode: buffer[0], octets: Array(buffer[start..<(start + count)]))
      buffer.removeFirst(start + count)
      return frame
    }

    /// Sends a frame as clients do: masked.
    func send(_ first: UInt8, _ content: [UInt8] = [], mask: [UInt8] = [1, 2, 3, 4]) async throws {
      var out: [UInt8] = [first]
      if content.count > 125 {
        out += [0x80 | 126, UInt8(content.count >> 8), UInt8(content.count & 255)]
      } else {
        out.append(0x80 | UInt8(content.count))
      }
      out += mask
      out += content.enumerated().map { $0.element ^ mask[$0.offset % 4] }
      try await writer.write(ByteBuffer(bytes: out))
    }
  }

  private static func request(_ query: String = "", _ headers: [String]) -> [String] {
    [
      "GET /api/v1/share/community/ws\(query) HTTP/1.1", "Host: localhost", "Upgrade: WebSocket",
      "Connection: keep-alive, Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13", "Origin: http://localhost",
    ] + headers
  }

  private func socket<Value: Sendable>(
    _ server: TestServer, _ world: ShareWorld, query: String = "",
    _ body: @Sendable (inout Client) async throws -> Value
  ) async throws -> Value {
    try await server.connect { reader, writer in
      var client = try await Client(reader, writer, Self.request(query, world.token))
      return try await body(&client)
    }
  }

  @Test func rowsAreTextMessages() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com"), try shared("b.example.com")])
    try await world.serving { server in
      try await socket(server, world) { client in
        #expect(client.head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        // The example of RFC 6455 section 1.3.
        #expect(client.head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(client.head.contains("Tidemark-Origins: \(world.origin)"))
        #expect(!client.head.lowercased().contains("transfer-encoding"))
        let first = try await client.next()
        #expect(
          first?.text
            == """
            {"rrname":"a.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1717196400,\
            "time_last":1717200000,"count":3,"sensor_id":"community"}
            """)
        #expect(first?.opcode == 0x81)
        #expect(try await client.next()?.text.contains("b.example.com") == true)
        world.log.release([try shared("c.example.com")])
        #expect(try await client.next()?.text.contains("c.example.com") == true)
      }
    }
    #expect(world.ledger.totals == [Release(partner: 1, rule: .released, rows: 3)])
  }

  @Test func positionsComeWhenTheyAreAskedFor() async throws {
    let world = ShareWorld()
    for _ in 0..<3 { world.log.release([try shared("a.example.com")]) }
    try await world.serving { server in
      try await socket(server, world, query: "?after=2&positions=true") { client in
        #expect(try await client.next()?.text.contains("a.example.com") == true)
        #expect(try await client.next()?.text == #"{"position":"3"}"#)
        world.revoke()
        #expect(
          try await client.next()?.text == #"{"end":"revoked","position":"3","rows":1}"#)
        let close = try await client.next()
        #expect(close?.opcode == 0x88 && close?.code == 1_008)
        // The server may have closed the connection by now, which is its right.
        try? await client.send(0x88, [3, 0xF0])
        // Nothing more comes; who is slow to leave is cut off.
        let rest = try? await client.next()
        #expect(rest == nil)
      }
    }
  }

  @Test func theTokenMayStandInTheQuery() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com")])
    let book = TokenBook()
    let known = book.add(TokenGrant(name: "partner cert", scopes: [.partner]))
    for (access, secret) in [(AccessControl.open, world.secret), (try book.control(), known)] {
      try await world.serving(access: access) { server in
        let frame = try await server.connect { reader, writer in
          var client = try await Client(
            reader, writer, Self.request("?access_token=\(secret)", []))
          return try await client.next()
        }
        #expect(frame?.text.contains("a.example.com") == true)
        let two = try await server.get(
          "/api/v1/share/community/ws?access_token=\(secret)", headers: ["X-API-Key: tdm_other"])
        #expect(two.status == 400)
        let wrong = try await server.get("/api/v1/share/community/ws?access_token=tdm_other")
        #expect(wrong.status == 401)
      }
    }
  }

  @Test(
    "what is no handshake is refused as HTTP",
    arguments: [
      ("Upgrade: WebSocket", "Upgrade: h2c", 426), ("Upgrade: WebSocket", "X-None: 1", 426),
      ("Connection: keep-alive, Upgrade", "Connection: close", 426),
      ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426),
      ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: dGhl", 400),
      ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "X-None: 1", 400),
      ("Origin: http://localhost", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 400),
    ])
  func refusesOtherHandshakes(_ old: String, _ new: String, _ status: Int) async throws {
    let world = ShareWorld()
    try await world.serving { server in
      let lines = Self.request("", world.token).map { $0 == old ? new : $0 } + ["Connection: close"]
      let text = lines.joined(separator: "\r\n") + "\r\n\r\n"
      let reply = try Reply(try await server.exchange(Array(text.utf8)))
      #expect(reply.status == status)
      if status == 426 { #expect(reply.headers["sec-websocket-version"] == "13") }
    }
  }

  @Test func headersAreBoundedAsElsewhere() async throws {
    let world = ShareWorld()
    try await world.serving { server in
      let many = (0...ServerLimits.headerFieldsMax).map { "X-\($0): a" }
      let lines = Self.request("", world.token + many)
      let text = lines.joined(separator: "\r\n") + "\r\n\r\n"
      #expect(try Reply(try await server.exchange(Array(text.utf8))).status == 431)
      let post =
        ["POST" + (Self.request("", world.token).first ?? "").dropFirst(3)]
        + Self.request("", world.token).dropFirst() + ["Content-Length: 0", "Connection: close"]
      let reply = try Reply(
        try await server.exchange(Array((post.joined(separator: "\r\n") + "\r\n\r\n").utf8)))
      #expect(reply.status == 405 && reply.headers["allow"] == "GET")
    }
  }

  @Test func pingsAreAnsweredAndDataIsPassedOver() async throws {
    let world = ShareWorld()
    try await world.serving { server in
      try await socket(server, world) { client in
        try await client.send(0x81, Array("hello".utf8))
        try await client.send(0x02, [1, 2])
        try await client.send(0x80, [3])
        try await client.send(0x89, [7, 8, 9])
        #expect(try await client.next() == Frame(opcode: 0x8A, octets: [7, 8, 9]))
        world.log.release([try shared("a.example.com")])
        #expect(try await client.next()?.opcode == 0x81)
        try await client.send(0x88, [0x0F, 0xA0])
        #expect(try await client.next()?.code == 4_000)
        #expect(try await client.next() == nil)
      }
    }
  }

  @Test(
    "frames that no client sends close the connection",
    arguments: [
      ([0x81, 0x00], 1_002), ([0xC1, 0x80, 0, 0, 0, 0], 1_002), ([0x83, 0x80, 0, 0, 0, 0], 1_002),
      ([0x09, 0x80, 0, 0, 0, 0], 1_002), ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1_002),
      ([0x82, 0xFE, 0x10, 0x01, 0, 0, 0, 0], 1_009),
      ([0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1_009),
      ([0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1_009),
    ] as [([UInt8], Int)])
  func refusesBadFrames(_ octets: [UInt8], _ code: Int) async throws {
    let world = ShareWorld()
    try await world.serving { server in
      try await socket(server, world) { client in
        try await client.writer.write(ByteBuffer(bytes: octets))
        let close = try await client.next()
        #expect(close?.opcode == 0x88 && close?.code == code)
        #expect(try await client.next() == nil)
      }
      #expect(try await server.get("/health").status == 200)
    }
  }

  @Test func aClientThatAnswersNoPingIsGivenUp() async throws {
    let world = ShareWorld()
    try await world.serving(adjust: { $0.connections.ping = .seconds(1) }) { server in
      try await socket(server, world) { client in
        #expect(try await client.next() == Frame(opcode: 0x89, octets: []))
        try await client.send(0x8A)
        #expect(try await client.next() == Frame(opcode: 0x89, octets: []))
        #expect(try await client.next() == nil)
      }
      let metrics = try await server.get("/metrics")
      #expect(metrics.body.contains("closed_total{reason=\"no-pong\"} 1"))
    }
  }

  @Test func aPositionThatIsGoneIsRefusedAndOneThatGoesCloses() async throws {
    var policy = PartnerPolicy(stream: "community")
    policy.streamsMax = 1
    let world = ShareWorld(policy)
    for _ in 0..<3 { world.log.release([try shared("a.example.com")]) }
    world.log.drop(through: 1)
    try await world.serving { server in
      let head = try await socket(server, world, query: "?after=0") { $0.head }
      #expect(head.hasPrefix("HTTP/1.1 410 "))
      try await socket(server, world, query: "?after=3&positions=true") { client in
        let second = try await socket(server, world) { $0.head }
        #expect(second.hasPrefix("HTTP/1.1 429 "))
        try world.log.lose { try shared("b.example.com") }
        #expect(try await client.next()?.text.contains(#""end":"failed""#) == true)
        #expect(try await client.next()?.code == 4_410)
      }
    }
  }
}

extension MemoryLog {
  /// Lets two chunks out of which only the second is there: as for a reader that is too slow.
  fileprivate func lose(_ record: () throws -> SharedRecord) rethrows {
    let records = [try record()]
    release(records, at: 0, isLost: true)
    release(records)
  }
}
