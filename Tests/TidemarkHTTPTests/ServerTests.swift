import NIOCore
import NIOPosix
import Synchronization
import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// What holds for every route: limits, connections, streams.
@Suite(.timeLimit(.minutes(10)))
struct ServerTests {
  @Test func connectionsMayComeWhileTheServerEnds() async throws {
    for _ in 0..<20 {
      let opening = Mutex<[EventLoopFuture<any Channel>]>([])
      try await TestServer.serving(MemoryStore()) { server in
        let client = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        opening.withLock {
          $0 = (0..<20).map { _ in client.connect(host: "127.0.0.1", port: server.port) }
        }
      }
      for channel in opening.withLock({ $0 }) {
        // Refused, or taken and closed; nobody waits for ever, and the process is still there.
        guard let channel = try? await channel.get() else { continue }
        // What the kernel had not handed over when the server ended, it forgets: only who says
        // something learns that nobody is there.
        try? await channel.writeAndFlush(ByteBuffer(string: "\r\n"))
        try await channel.closeFuture.get()
      }
    }
  }

  @Test func healthTellsWhatTheStoreHolds() async throws {
    try await TestServer.serving(MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))) {
      let reply = try await $0.get("/health")
      #expect(reply.status == 200)
      #expect(reply.headers["content-type"] == "application/json")
      #expect(
        reply.body.hasPrefix("{\"status\":\"ok\",\"format\":2,\"records\":1,\"uptime_seconds\":"))
    }
  }

  @Test("where tokens are asked for, strangers learn whether there is a server, and no more")
  func healthTellsStrangersTheStatusOnly() async throws {
    let book = TokenBook()
    let token = book.add(TokenGrant(name: "watch", scopes: [.ingest]))
    let gone = book.add(TokenGrant(name: "gone"), isRevoked: true)
    let access = try book.control()
    let stores: [(any RecordStore, String)] = [
      (try MemoryStore.holding(cof("example.com", "A", "192.0.2.1")), "ok"),
      (FailingStore(MemoryStore(), scans: 10), "failed"),
    ]
    for (store, status) in stores {
      try await TestServer.serving(store, access: access, tokenField: "X-Watch") { server in
        for headers in [[], ["X-API-Key: \(gone)"], ["X-API-Key: a", "Authorization: b"]] {
          let reply = try await server.get("/health", headers: headers)
          #expect(reply.status == (status == "ok" ? 200 : 503))
          #expect(reply.body == "{\"status\":\"\(status)\"}\n")
          #expect(reply.headers["vary"]?.lowercased().hasSuffix("x-watch") == true)
        }
        for field in ["X-API-Key: ", "X-Watch: ", "Authorization: Bearer "] {
          let reply = try await server.get("/health", headers: [field + token])
          #expect(reply.body.contains("\"uptime_seconds\":"))
          #expect(reply.body.contains(status == "ok" ? "\"records\":1" : "disk is gone"))
        }
      }
    }
    // Asking costs nothing and is nobody's refusal.
    #expect(access.counts.outcomes.allSatisfy { $0.requests == 0 })
  }

  @Test func healthIs503WhenTheStoreCannotBeRead() async throws {
    try await TestServer.serving(FailingStore(MemoryStore(), scans: 10)) { server in
      let reply = try await server.get("/health")
      #expect(reply.status == 503)
      #expect(reply.body.contains("\"status\":\"failed\"") && reply.body.contains("disk is gone"))
    }
  }

  @Test(arguments: ["/uis", "/pdns", "/pdns/queryx", "/api/v1/records/", "/%2e%2e/", "/api/v1"])
  func unknownPathsAre404(_ path: String) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply1 = try await server.get(path)
      #expect(reply1.status == 404)
    }
  }

  @Test func absoluteFormIsTaken() async throws {
    try await TestServer.serving(MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))) {
      let reply = try await $0.get("http://localhost/pdns/query/example.com")
      #expect(reply.lines.count == 1)
    }
  }

  @Test func targetsAreBounded() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let prefix = "/pdns/query/"
      let fits = String(
        repeating: "a", count: ServerLimits.targetOctetsMax - prefix.utf8.count)
      let reply2 = try await server.get(prefix + fits)
      #expect(reply2.status == 400)
      let reply3 = try await server.get(prefix + fits + "a")
      #expect(reply3.status == 414)
      let huge = String(repeating: "a", count: ServerLimits.headerFieldOctetsMax + 1)
      let reply4 = try await server.get("/" + huge)
      #expect(reply4.status == 414)
    }
  }

  @Test func headersAreBounded() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let long =
        "X-Long: "
        + String(
          repeating: "a", count: ServerLimits.headerFieldOctetsMax + 1)
      let reply5 = try await server.get("/health", headers: [long])
      #expect(reply5.status == 431)
      let many = (0...ServerLimits.headerFieldsMax).map { "X-\($0): a" }
      let reply6 = try await server.get("/health", headers: many)
      #expect(reply6.status == 431)
      let some = (0..<(ServerLimits.headerFieldsMax - 2)).map { "X-\($0): a" }
      let reply7 = try await server.get("/health", headers: some)
      #expect(reply7.status == 200)
    }
  }

  @Test(
    "what is no HTTP ends the connection and nothing else",
    arguments: [
      "\u{0}\u{0}\u{0}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
      "GET /a b HTTP/1.1\r\n\r\n",
      "POST /api/v1/observations HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET /health HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
    ])
  func survives(_ request: String) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let received = try await server.exchange(Array(request.utf8))
      #expect(received.isEmpty || String(decoding: received, as: UTF8.self).contains(" 400 "))
      let reply8 = try await server.get("/health")
      #expect(reply8.status == 200)
    }
  }

  @Test func oneConnectionServesManyRequests() async throws {
    try await TestServer.serving(MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))) {
      let one = "GET /pdns/query/example.com HTTP/1.1\r\nHost: x\r\n\r\n"
      let head = "HEAD /pdns/query/example.com HTTP/1.1\r\nHost: x\r\n\r\n"
      let last = "GET /pdns/query/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      let received = try await $0.exchange(Array((one + head + one + last).utf8))
      let text = String(decoding: received, as: UTF8.self)
      #expect(text.components(of: "HTTP/1.1 200 OK") == 3)
      #expect(text.components(of: "{\"rrname\"") == 2)
      #expect(text.components(of: "HTTP/1.1 400 ") == 1)
    }
  }

  @Test func streamsEveryRowOfALargeAnswer() async throws {
    let rows = 100_000
    let store = try MemoryStore.holding(ServerTests.rows(rows))
    try await TestServer.serving(store) { server in
      let reply = try await server.get("/api/v1/records?network=2001:db8::/32")
      #expect(reply.headers["transfer-encoding"] == "chunked")
      #expect(reply.rows.count == rows)
      #expect(Set(reply.rows.compactMap { Reply.member("rdata", of: $0) }).count == rows)
      #expect(reply.octets.last == 10)
      let native = try await server.get("/api/v1/records?owner=big.example.com")
      #expect(native.rows.count == rows)
      #expect(native.last("end") == "complete" && native.last("rows") == String(rows))
    }
  }

  @Test func readsNotMuchFurtherThanTheClientTakes() async throws {
    let rows = 200_000
    let store = CountingStore(try MemoryStore.holding(ServerTests.rows(rows)))
    try await TestServer.serving(store) { server in
      let first = try await server.connect { reader, writer in
        try await writer.write(
          ByteBuffer(
            string: "GET /api/v1/records?owner=big.example.com HTTP/1.1\r\nHost: x\r\n\r\n"))
        for try await buffer in reader { return String(buffer: buffer) }
        return ""
      }
      #expect(first.hasPrefix("HTTP/1.1 200 OK"))
      let reply9 = try await server.get("/health")
      #expect(reply9.status == 200)
    }
    // 27 MB of text, of which the kernel's buffers hold some.
    #expect(store.rowsShown > 0 && store.rowsShown < rows / 2)
  }

  private static func rows(_ count: Int) -> String {
    var text = ""
    for index in 0..<count {
      let (high, low) = (String(index >> 16, radix: 16), String(index & 0xFFFF, radix: 16))
      text += cof("big.example.com", "AAAA", "2001:db8:\(high):\(low)::1")
    }
    return text
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
