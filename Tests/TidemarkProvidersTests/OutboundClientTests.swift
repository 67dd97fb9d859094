import NIOCore
import NIOPosix
import TidemarkCompression
import TidemarkEnrichment
import TidemarkProviders
import Testing

/// Limits of what services may do to us.
@Suite(.timeLimit(.minutes(10)))
struct OutboundClientTests {
  let client = OutboundClient(environment: [:], addresses: .test())

  private func policy(_ edit: (inout OutboundPolicy) -> Void = { _ in }) -> OutboundPolicy {
    var policy = OutboundPolicy(reach: .anywhere)
    policy.timeoutSeconds = 20
    edit(&policy)
    return policy
  }

  private func failure(_ server: LoopbackServer, _ policy: OutboundPolicy) async -> ActionFailure? {
    do throws(ActionFailure) {
      _ = try await client.send(
        OutboundRequest(url: "http://127.0.0.1:\(server.port)/secret?key=hidden"), policy)
      return nil
    } catch {
      #expect(!error.message.contains("hidden") && !error.message.contains("secret"))
      return error
    }
  }

  @Test(arguments: [200, 204, 400, 401, 404, 429, 500, 503])
  func anyStatusIsAResponse(_ status: Int) async throws {
    let server = try await LoopbackServer(
      LoopbackServer.saying(
        LoopbackServer.answer(
          "\(status) Word", ["Content-Type: text/x", "X-One: 1", "Retry-After: 7"],
          status == 204 ? "" : "body")))
    var request = OutboundRequest(url: "http://127.0.0.1:\(server.port)/a?b=c#d")
    request.method = "POST"
    request.headers = [("X-Key", "k")]
    request.body = Array("sent".utf8)
    let response = try await client.send(request, policy())
    #expect(response.status == status && response.contentType == "text/x" && !response.isCut)
    #expect(response.header("x-one") == "1" && response.retryAfterSeconds == 7)
    #expect(response.body == Array((status == 204 ? "" : "body").utf8))
    let head = try #require(server.requests.first)
    #expect(head.hasPrefix("POST /a?b=c HTTP/1.1\r\n"))
    #expect(head.contains("X-Key: k\r\n") && head.lowercased().contains("content-length: 4\r\n"))
    #expect(head.contains("Accept-Encoding: identity\r\n"))
    await server.close()
  }

  @Test func aLongBodyIsCutWhileItIsRead() async throws {
    let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 16)
    let written = LoopbackCounter()
    let server = try await LoopbackServer { _, channel in
      let head = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
      try await channel.writeAndFlush(ByteBuffer(string: head))
      for _ in 0..<(1 << 14) {
        try await channel.writeAndFlush(chunk)
        written.add(chunk.readableBytes)
      }
    }
    let response = try await client.send(
      OutboundRequest(url: "http://127.0.0.1:\(server.port)/"), policy { $0.octetsMax = 100_000 })
    #expect(response.isCut && response.body.count == 100_000)
    #expect(written.value < 64 << 20)
    await server.close()
  }

  @Test func aLengthThatIsALieIsNoAnswer() async throws {
    for text in [
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "SSH-2.0-x\r\n", "", "HTTP/1.1 200 OK\r\n",
    ] {
      let server = try await LoopbackServer(LoopbackServer.saying(text))
      #expect(await failure(server, policy())?.kind == .unavailable, "\(text)")
      await server.close()
    }
    // What is behind the length belongs to nobody.
    let server = try await LoopbackServer(
      LoopbackServer.saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nabcd")
    )
    let response = try? await client.send(
      OutboundRequest(url: "http://127.0.0.1:\(server.port)/"), policy())
    #expect(response.map { $0.body == Array("ab".utf8) } ?? true)
    await server.close()
  }

  @Test func aHeadWithoutEndIsNoAnswer() async throws {
    for line in [
      "X-Header: \(String(repeating: "y", count: 60_000))\r\n", "A: b\r\n",
      "Z\(String(repeating: "z", count: 200_000))",
    ] {
      let sent = LoopbackCounter()
      let server = try await LoopbackServer { _, channel in
        try await channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n"))
        while true {
          try await channel.writeAndFlush(ByteBuffer(string: line))
          sent.add(line.utf8.count)
        }
      }
      #expect(await failure(server, policy())?.kind == .unavailable)
      #expect(sent.value < 64 << 20)
      await server.close()
    }
  }

  @Test func dripsAndSilenceEndWithTheTime() async throws {
    let drip = try await LoopbackServer { _, channel in
      try await channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"))
      while true {
        try await channel.writeAndFlush(ByteBuffer(string: "."))
        await pause(milliseconds: 20)
      }
    }
    let silent = try await LoopbackServer { _, channel in try await channel.closeFuture.get() }
    for server in [drip, silent] {
      #expect(await failure(server, policy { $0.timeoutSeconds = 1 })?.kind == .unavailable)
      await server.close()
    }
  }

  /// A server that packs what it sends although it was asked not to.
  private func packing(
    _ body: [UInt8], _ coding: String = "gzip", octetsLeftOut: Int = 0
  ) async throws -> LoopbackServer {
    var packed: [UInt8] = []
    try GzipCompressor().append(body.span, isLast: true, to: &packed)
    packed.removeLast(octetsLeftOut)
    let head = [
      "HTTP/1.1 200 OK", "Content-Length: \(packed.count)", "Content-Encoding: \(coding)",
    ]
    let answer = Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + packed
    return try await LoopbackServer { _, channel in
      try await channel.writeAndFlush(ByteBuffer(bytes: answer))
    }
  }

  @Test func whatIsPackedUnaskedIsUnpacked() async throws {
    let text = Array(String(repeating: "a line of the answer\n", count: 50_000).utf8)
    for coding in ["gzip", "GZIP", "x-gzip"] {
      let server = try await packing(text, coding)
      let response = try await client.send(
        OutboundRequest(url: "http://127.0.0.1:\(server.port)/"), policy())
      #expect(response.body == text && !response.isCut)
      await server.close()
    }
  }

  @Test func aSmallAnswerThatUnpacksToALargeOneIsCut() async throws {
    let server = try await packing(Array(repeating: 0, count: 64 << 20))
    let response = try await client.send(
      OutboundRequest(url: "http://127.0.0.1:\(server.port)/"), policy { $0.octetsMax = 100_000 })
    #expect(response.isCut && response.body.count == 100_000)
    await server.close()
  }

  @Test func whatCannotBeUnpackedIsNoAnswer() async throws {
    let short = try await packing(Array("some text".utf8), octetsLeftOut: 6)
    #expect(
      await failure(short, policy())?.message == "127.0.0.1: the compressed answer is damaged")
    await short.close()
    for coding in ["br", "deflate", "gzip, gzip"] {
      let server = try await packing(Array("some text".utf8), coding)
      #expect(await failure(server, policy())?.message.contains("another way than gzip") == true)
      await server.close()
    }
    let none = try await LoopbackServer(
      LoopbackServer.saying(
        "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"))
    #expect(await failure(none, policy()) == nil)
    await none.close()
  }

  @Test func nobodyListening() async throws {
    let server = try await LoopbackServer(LoopbackServer.saying(""))
    await server.close()
    #expect(await failure(server, policy())?.message == "127.0.0.1: no connection")
  }

  @Test func certificatesAreCheckedUnlessToldOtherwise() async throws {
    let server = try await LoopbackServer(
      tls: true, LoopbackServer.saying(LoopbackServer.answer("200 OK", [], "inside")))
    let request = OutboundRequest(url: "https://localhost:\(server.port)/")
    do throws(ActionFailure) {
      _ = try await client.send(request, policy())
      Issue.record("an unknown certificate was taken")
    } catch {
      #expect(error.kind == .unavailable)
      #expect(error.message == "localhost: TLS: the certificate of the server is not trusted")
    }
    #expect(server.requests.isEmpty)
    let response = try await client.send(request, policy { $0.verifiesTLS = false })
    #expect(response.body == Array("inside".utf8))
    await server.close()
  }

  @Test func aCancelledRequestEndsSoon() async throws {
    let server = try await LoopbackServer { _, channel in try await channel.closeFuture.get() }
    let client = client
    let (request, policy) = (OutboundRequest(url: "http://127.0.0.1:\(server.port)/"), policy())
    let task = Task { try await client.send(request, policy) }
    while server.requests.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: ActionFailure.self) { try await task.value }
    await server.close()
  }
}
