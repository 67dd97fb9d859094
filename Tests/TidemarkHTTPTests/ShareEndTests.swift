import D4Wire
import NIOCore
import TidemarkHTTP
import TidemarkSharing
import Testing

/// How streams end that the server ends: clients that do not read, connections that stay.
@Suite(.timeLimit(.minutes(10)))
struct ShareEndTests {
  private static let path = "/api/v1/share/community"

  /// All that comes on a connection that the client keeps open, from a stream that follows.
  private func following(
    _ server: TestServer, _ world: ShareWorld, untilEnd: Bool = false,
    _ onFirstPosition: @Sendable () -> Void
  ) async throws -> String {
    try await server.connect { reader, writer in
      let head = ["GET \(Self.path)?follow=true HTTP/1.1", "Host: localhost"] + world.token
      try await writer.write(ByteBuffer(string: head.joined(separator: "\r\n") + "\r\n\r\n"))
      var (text, isFirst) = ("", true)
      for try await buffer in reader {
        text += String(buffer: buffer)
        if isFirst, text.contains(#"{"position":"1"}"#) {
          onFirstPosition()
          isFirst = false
        }
        if untilEnd, text.contains(#"{"end":"#) { break }
      }
      return text
    }
  }

  @Test func theConnectionEndsWithTheAnswerToARevokedPartner() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com")])
    try await world.serving { server in
      let text = try await following(server, world) { world.revoke() }
      #expect(text.contains(#"{"end":"revoked","position":"1","rows":1}"#))
      #expect(text.hasSuffix("\r\n0\r\n\r\n"), "complete, and nothing behind it")
      // Nobody had to be cut off.
      let metrics = try await server.get("/metrics")
      #expect(metrics.body.contains(#"closed_total{reason="revoked"} 0"#))
    }
  }

  @Test func aStreamEndsWhenItHasMoreOriginsToName() async throws {
    let world = ShareWorld()
    let other = SensorUUID.random()
    world.log.release([try shared("a.example.com")])
    try await world.serving { server in
      let text = try await following(server, world, untilEnd: true) { world.learn(other) }
      #expect(text.contains("Tidemark-Origins: \(world.origin)\r\n"))
      #expect(text.contains(#"{"end":"stopped","position":"1","rows":1}"#))
      let again = try await server.get(Self.path + "?after=1", headers: world.token)
      #expect(again.headers["tidemark-origins"] == "\(world.origin), \(other)")
      #expect(again.lines == [#"{"end":"complete","position":"1","rows":0}"#])
    }
  }
}
