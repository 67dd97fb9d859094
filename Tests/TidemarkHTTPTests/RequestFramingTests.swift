import NIOCore
import Testing
import TidemarkHTTP
import TidemarkStore

/// Requests that a proxy might read in another way than we do, and other corners of RFC 9112.
@Suite(.timeLimit(.minutes(10)))
struct RequestFramingTests {
  private static let next = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

  @Test(
    "an ambiguous request is refused in one line, and nothing behind it is taken for a request",
    arguments: [
      "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
      "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
      "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", "Content-Length: 0, 0\r\n\r\n",
      "Content-Length: +0\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length: 0x0\r\n\r\n",
      "Content-Length: 99999999999999999999999\r\n\r\n", "Content-Length: 0 0\r\n\r\n",
      "X-A: b\r\n Content-Length: 5\r\n\r\n", "X-A: b\rContent-Length: 5\r\n\r\n",
      "X-A: b\0c\r\n\r\n", "no colon\r\n\r\n", ": x\r\n\r\n", "Host: y\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\n\n",
      "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    ])
  func refusesAmbiguousRequests(_ rest: String) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let text = "POST /submit HTTP/1.1\r\nHost: x\r\n" + rest + RequestFramingTests.next
      let received = try await server.exchange(Array(text.utf8))
      #expect(RequestFramingTests.statuses(received).count == 1)
      let reply = try Reply(received)
      #expect(reply.status == 400 || reply.status == 501)
      #expect(reply.headers["connection"] == "close")
      #expect(reply.lines.count == 1)
    }
  }

  @Test(
    "heads that are too long say which part is",
    arguments: [
      ("GET /" + String(repeating: "a", count: 9_000), "", 414),
      ("GET /" + String(repeating: "a", count: 20_000), "", 414),
      ("GET /" + String(repeating: "a", count: 2_000_000), "", 414),
      ("GET /health", "X: " + String(repeating: "a", count: 20_000), 431),
      ("GET /health", String(repeating: "X: a\r\n", count: 500) + "Y: b", 431),
      ("GET /health", String(repeating: "X: aaaaaaaaaaaaaaaaaa\r\n", count: 100_000) + "Y: b", 431),
    ])
  func longHeads(_ line: String, _ fields: String, _ status: Int) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let head = "\(line) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      let text = head + (fields.isEmpty ? "" : fields + "\r\n") + "\r\n"
      let reply = try Reply(try await server.exchange(Array(text.utf8)))
      #expect(reply.status == status)
      #expect(reply.lines.count == 1 && !reply.lines[0].isEmpty)
    }
  }

  @Test func refusalsComeAfterTheAnswersThatAreDue() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let good = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
      let received = try await server.exchange(Array((good + good + "BAD\r\n\r\n" + good).utf8))
      #expect(RequestFramingTests.statuses(received) == ["200", "200", "400"])
    }
  }

  @Test(
    "connections end where the client or the version says so",
    arguments: [
      "GET /health HTTP/1.1\r\nHost: x\r\nConnection: CLOSE\r\n\r\n",
      "GET /health HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n",
      "GET /health HTTP/1.0\r\n\r\n",
      "GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ])
  func lastRequests(_ request: String) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let received = try await server.exchange(Array((request + request).utf8))
      #expect(RequestFramingTests.statuses(received) == ["200"])
      #expect(try Reply(received).headers["connection"] == "close")
    }
  }

  @Test func connectionsOfOldClientsStayOpenWhenAskedTo() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let old = "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      let received = try await server.exchange(Array((old + RequestFramingTests.next).utf8))
      #expect(RequestFramingTests.statuses(received) == ["200", "200"])
      #expect(try Reply(received).headers["connection"] == "keep-alive")
    }
  }

  @Test func oldClientsGetStreamsWithoutChunks() async throws {
    var text = ""
    for index in 0..<3_000 { text += cof("h\(index).example.com", "A", "192.0.2.1") }
    try await TestServer.serving(MemoryStore.holding(text)) { server in
      let request =
        "GET /api/v1/records?network=192.0.2.1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      let reply = try Reply(try await server.exchange(Array(request.utf8)))
      #expect(reply.headers["transfer-encoding"] == nil)
      #expect(reply.headers["connection"] == "close")
      #expect(reply.rows.count == 3_000)
      #expect(reply.lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }
  }

  @Test func bodiesAreAskedForOnlyWhenTheyAreWelcome() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let line = cof("example.com", "A", "192.0.2.1")
      func head(_ target: String) -> ByteBuffer {
        ByteBuffer(
          string: "POST \(target) HTTP/1.1\r\nHost: x\r\nX-Batch-ID: a\r\nConnection: close\r\n"
            + "Expect: 100-continue\r\nContent-Length: \(line.utf8.count)\r\n\r\n")
      }
      let received = try await server.connect { reader, writer in
        var reader = reader.makeAsyncIterator()
        try await writer.write(head("/api/v1/observations"))
        let leave = try await reader.next().map { String(buffer: $0) }
        #expect(leave == "HTTP/1.1 100 Continue\r\n\r\n")
        try await writer.write(ByteBuffer(string: line))
        var received: [UInt8] = []
        while let buffer = try await reader.next() { received += Array(buffer: buffer) }
        return received
      }
      #expect(try Reply(received).status == 200)
      let refused = try await server.exchange(Array(buffer: head("/nowhere")))
      #expect(RequestFramingTests.statuses(refused) == ["404"])
    }
  }

  @Test func requestsAreCounted() async throws {
    try await TestServer.serving(MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))) {
      server in
      for path in ["/pdns/query/example.com", "/pdns/query/%zz", "/nowhere"] {
        _ = try await server.get(path)
      }
      _ = try await server.exchange(Array("BAD\r\n\r\n".utf8))
      let lines = try await server.get("/metrics").lines
      for line in [
        "tidemark_http_requests_total{family=\"circl\",status=\"2xx\"} 1",
        "tidemark_http_requests_total{family=\"circl\",status=\"4xx\"} 1",
        "tidemark_http_requests_total{family=\"none\",status=\"4xx\"} 1",
        "tidemark_http_unreadable_requests_total{status=\"400\"} 1",
        "tidemark_http_answers_total{end=\"complete\"} 1", "tidemark_http_rows_total 1",
        "tidemark_http_request_duration_seconds_count{family=\"circl\"} 2",
        "tidemark_http_request_duration_seconds_bucket{family=\"circl\",le=\"+Inf\"} 2",
        "# TYPE tidemark_http_request_duration_seconds histogram",
        "tidemark_http_connections_total 5",
      ] { #expect(lines.contains(line), "\(line)") }
    }
  }

  private static func statuses(_ received: [UInt8]) -> [String] {
    String(decoding: received, as: UTF8.self).split(separator: "\r\n")
      .filter { $0.contains("HTTP/1.") }
      .compactMap { line in
        line.ranges(of: "HTTP/1.").first.map {
          String(line[$0.upperBound...].dropFirst(2).prefix(3))
        }
      }
  }
}
