import D4Wire
import DNSWire
import NIOCore
import TidemarkAccess
import TidemarkHTTP
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import Testing

/// Streams over HTTP: rows, positions, who gets them, and how they end.
@Suite(.timeLimit(.minutes(10)))
struct ShareRouteTests {
  private static let path = "/api/v1/share/community"

  @Test func rowsAndPositionsOfEveryChunk() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com"), try shared("b.example.com", tlp: .red)])
    world.log.release([])
    world.log.release([try shared("c.example.com", .mx, "10 m.example.com.")])
    try await world.serving { server in
      let reply = try await server.get(Self.path, headers: world.token)
      #expect(reply.status == 200)
      #expect(reply.headers["content-type"] == "application/x-ndjson")
      #expect(reply.headers["tidemark-origins"] == world.origin.description)
      #expect(reply.headers["cache-control"] == "no-store")
      #expect(
        reply.lines == [
          """
          {"rrname":"a.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1717196400,\
          "time_last":1717200000,"count":3,"sensor_id":"community"}
          """,
          #"{"position":"1"}"#, #"{"position":"2"}"#,
          """
          {"rrname":"c.example.com","rrtype":"MX","rdata":"10 m.example.com",\
          "time_first":1717196400,"time_last":1717200000,"count":3,"sensor_id":"community"}
          """,
          #"{"position":"3"}"#, #"{"end":"complete","position":"3","rows":2}"#,
        ])
      let rest = try await server.get(Self.path + "?after=2", headers: world.token)
      #expect(rest.lines.count == 3 && rest.lines[0].contains("c.example.com"))
      let none = try await server.get(Self.path + "?after=newest", headers: world.token)
      #expect(none.lines == [#"{"end":"complete","position":"3","rows":0}"#])
      let head = try await server.get(Self.path, method: "HEAD", headers: world.token)
      #expect(head.status == 200 && head.octets.isEmpty)
    }
    #expect(
      world.ledger.totals == [
        Release(partner: 1, rule: .released, rows: 3), Release(partner: 1, rule: .tlp, rows: 1),
      ])
  }

  @Test func positionsThatAreGoneAre410() async throws {
    let world = ShareWorld()
    for _ in 0..<4 { world.log.release([try shared("a.example.com")]) }
    world.log.drop(through: 2)
    try await world.serving { server in
      for after in ["0", "1", "5", "18446744073709551615"] {
        let reply = try await server.get(Self.path + "?after=\(after)", headers: world.token)
        #expect(reply.status == 410, "\(after)")
        #expect(reply.body.contains("chunks 3 to 4"))
      }
      let kept = try await server.get(Self.path + "?after=2", headers: world.token)
      #expect(kept.last("rows") == "2")
      let oldest = try await server.get(Self.path, headers: world.token)
      #expect(oldest.last("rows") == "2")
      for after in ["-1", "a", "1.0", "18446744073709551616", ""] {
        let reply = try await server.get(Self.path + "?after=\(after)", headers: world.token)
        #expect(reply.status == 400, "\(after)")
      }
      let unknown = try await server.get(Self.path + "?since=1", headers: world.token)
      #expect(unknown.status == 400)
    }
  }

  @Test("without tokens for others, a stream still asks for its partner's")
  func partnersOnly() async throws {
    let world = ShareWorld()
    try await world.serving { server in
      for part in ["", "/ws", "/files/"] {
        let path = Self.path + part
        let none = try await server.get(path)
        #expect(none.status == 401 && none.headers["www-authenticate"] == "Bearer")
        let wrong = try await server.get(
          path, headers: ["Authorization: Bearer \(TokenSecret().text)"])
        #expect(wrong.status == 401)
        let two = try await server.get(path, headers: world.token + ["X-API-Key: x"])
        #expect(two.status == 400)
        // Nobody learns which streams there are.
        let other = try await server.get(
          path, headers: ["Authorization: Bearer \(world.otherSecret)"])
        #expect(other.status == (part == "/ws" ? 426 : 404))
      }
      for path in ["none", "", "community/", "community/x", "community/ws/x", "community/files"] {
        let reply = try await server.get("/api/v1/share/\(path)", headers: world.token)
        #expect(reply.status == 404, "\(path)")
      }
      // A token in the query is for WebSockets alone: logs of proxies hold queries.
      let query = try await server.get(Self.path + "?access_token=\(world.secret)")
      #expect(query.status == 400)
    }
  }

  @Test func tokensOfPartnersAreTheGatesToo() async throws {
    let book = TokenBook()
    let secrets = (
      book.add(TokenGrant(name: "partner cert", scopes: [.partner])),
      book.add(TokenGrant(name: "partner other", scopes: [.partner])),
      book.add(TokenGrant(name: "no partner", scopes: [.partner])),
      book.add(TokenGrant(name: "desk", scopes: [.query]))
    )
    let world = ShareWorld()
    world.log.release([try shared("a.example.com")])
    try await world.serving(access: book.control()) { server in
      let statuses = [(secrets.0, 200), (secrets.1, 404), (secrets.2, 404), (secrets.3, 403)]
      for (secret, status) in statuses {
        let reply = try await server.get(
          Self.path, headers: ["Authorization: Bearer \(secret)"])
        #expect(reply.status == status)
      }
      // The partner's own digest does not matter where the gate knows the token.
      let own = try await server.get(Self.path, headers: world.token)
      #expect(own.status == 401)
    }
  }

  /// Lines of a stream as they come.
  private func following(
    _ server: TestServer, _ world: ShareWorld, query: String = "?follow=true",
    _ body: @Sendable (AsyncStream<String>) async throws -> Void
  ) async throws {
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { line.finish() }
        try await server.connect { reader, writer in
          let head =
            ["GET \(Self.path)\(query) HTTP/1.1", "Host: localhost"] + world.token
          try await writer.write(
            ByteBuffer(string: head.joined(separator: "\r\n") + "\r\n\r\n"))
          var rest = ""
          for try await buffer in reader {
            rest += String(buffer: buffer)
            while let end = rest.firstIndex(where: \.isNewline) {
              line.yield(String(rest[..<end]))
              rest = String(rest[rest.index(after: end)...])
            }
          }
        }
      }
      try await body(lines)
      group.cancelAll()
    }
  }

  @Test func newRowsComeWhileAClientFollows() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com")])
    try await world.serving { server in
      try await following(server, world) { lines in
        for number in 2...4 {
          for await line in lines where line == "{\"position\":\"\(number - 1)\"}" { break }
          world.log.release([try shared("h\(number).example.com")])
        }
        for await line in lines where line.contains("h4.example.com") { break }
      }
    }
    #expect(world.ledger.totals == [Release(partner: 1, rule: .released, rows: 4)])
  }

  @Test func revocationEndsAStreamWithALineThatSaysSo() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com")])
    try await world.serving { server in
      try await following(server, world) { lines in
        for await line in lines where line == #"{"position":"1"}"# { break }
        world.revoke()
        world.log.release([try shared("secret.example.com")])
        var last = ""
        for await line in lines where line.hasPrefix("{") {
          last = line
          if line.contains("\"end\"") { break }
          #expect(!line.contains("secret"))
        }
        #expect(last == #"{"end":"revoked","position":"1","rows":1}"#)
      }
      let again = try await server.get(Self.path, headers: world.token)
      #expect(again.status == 401)
    }
    #expect(world.ledger.totals == [Release(partner: 1, rule: .released, rows: 1)])
  }

  @Test("streams have places of their own, and queries keep theirs")
  func streamsAreBounded() async throws {
    var policy = PartnerPolicy(stream: "community")
    policy.streamsMax = 2
    let world = ShareWorld(policy)
    world.log.release([try shared("a.example.com")])
    try await world.serving { server in
      try await following(server, world) { one in
        for await line in one where line.contains("position") { break }
        try await following(server, world) { two in
          for await line in two where line.contains("position") { break }
          let third = try await server.get(Self.path, headers: world.token)
          #expect(third.status == 429 && third.headers["retry-after"] == "5")
        }
        // The place of the client that left is free within a tick or two.
        while try await server.get(Self.path, headers: world.token).status == 429 {}
      }
    }
  }

  @Test func metricsCountRowsByPartnerAndRule() async throws {
    let world = ShareWorld()
    world.log.release([try shared("a.example.com"), try shared("b.example.com", tlp: .red)])
    try await world.serving { server in
      _ = try await server.get(Self.path, headers: world.token)
      // The client may have the whole answer before the server has put the stream away.
      let ended = #"tidemark_share_streams{partner="cert",outlet="http"} 0"#
      var metrics = try await server.get("/metrics")
      while !metrics.body.contains(ended + "\n") { metrics = try await server.get("/metrics") }
      for line in [
        #"tidemark_share_rows_total{partner="cert",rule="released"} 1"#,
        #"tidemark_share_rows_total{partner="cert",rule="tlp"} 1"#,
        #"tidemark_share_streams_total{partner="cert",outlet="http"} 1"#,
      ] {
        #expect(metrics.body.contains(line + "\n"), "\(line)")
      }
    }
  }

  @Test func aLargeStreamIsSentAsItIsTaken() async throws {
    let world = ShareWorld()
    let records = try (0..<4_096).map { try shared("host-\($0).example.com") }
    for _ in 0..<40 { world.log.release(records) }
    try await world.serving { server in
      let first = try await server.connect { reader, writer in
        let head = ["GET \(Self.path) HTTP/1.1", "Host: localhost"] + world.token
        try await writer.write(ByteBuffer(string: head.joined(separator: "\r\n") + "\r\n\r\n"))
        var received = ""
        for try await buffer in reader {
          received += String(buffer: buffer)
          if received.contains("rrname") { break }
        }
        return received
      }
      #expect(first.hasPrefix("HTTP/1.1 200 OK"))
      #expect(try await server.get("/health").status == 200)
      let rows = world.ledger.totals.first?.rows ?? 0
      #expect(rows > 0 && rows < 80_000)
      let whole = try await server.get(Self.path, headers: world.token)
      #expect(whole.last("rows") == "163840" && whole.lines.count == 163_840 + 41)
    }
  }
}
