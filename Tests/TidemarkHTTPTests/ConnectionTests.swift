import NIOCore
import Synchronization
import Testing
import TidemarkHTTP
import TidemarkModel
import TidemarkStore

/// What becomes of connections on which nothing moves, and of too many of them.
@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
  private static let record = cof("example.com", "A", "192.0.2.1")

  @Test(
    "a request that does not get on ends its connection, and no other",
    arguments: [
      ("", "slow-head"), ("GET /heal", "slow-head"), ("GET /health HTTP/1.1\r\nHos", "slow-head"),
      (
        "POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", "slow-body"
      ),
      (
        "POST /submit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", "slow-body"
      ),
      ("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "idle"),
      ("GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /hea", "idle"),
      ("GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", "lingering"),
    ])
  func closesSlowRequests(_ request: String, _ reason: String) async throws {
    try await TestServer.serving(MemoryStore(), adjust: ConnectionTests.hurry) { server in
      let received = try await server.exchange(Array(request.utf8))
      #expect(received.isEmpty || String(decoding: received, as: UTF8.self).contains(" 200 OK"))
      let closed = "tidemark_http_connections_closed_total{reason=\"\(reason)\"} 1"
      let metrics = try await ConnectionTests.metrics(server).lines
      #expect(metrics.contains(closed), "\(metrics.filter { $0.contains("closed_total{") })")
    }
  }

  @Test func bodyThatGetsOnMayTakeItsTime() async throws {
    try await TestServer.serving(MemoryStore(), adjust: ConnectionTests.hurry) { server in
      let line = ConnectionTests.record
      let lines = 120
      let body = String(repeating: line, count: 40)
      let head =
        "POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nX-Batch-ID: slow\r\n"
        + "Connection: close\r\nContent-Length: \(line.utf8.count * lines)\r\n\r\n"
      let reply = try await server.connect { reader, writer in
        try await writer.write(ByteBuffer(string: head))
        for _ in 0..<3 {
          // Other connections live and die of their idleness meanwhile.
          try await writer.write(ByteBuffer(string: body))
          #expect(try await server.exchange(Array("GET / HT".utf8)).isEmpty)
        }
        var received: [UInt8] = []
        for try await buffer in reader { received += Array(buffer: buffer) }
        return try Reply(received)
      }
      #expect(reply.status == 200)
      #expect(Reply.member("offered", of: reply.body) == String(lines))
    }
  }

  @Test func readerThatTakesNothingEndsItsAnswer() async throws {
    let store = try MemoryStore.holding(ConnectionTests.rows(60_000))
    try await TestServer.serving(store, adjust: ConnectionTests.hurry) { server in
      var isSeen = false
      do {
        try await server.connect { _, writer in
          let request = "GET /api/v1/records?owner=big.example.com HTTP/1.1\r\nHost: x\r\n\r\n"
          for _ in 0..<8 { try await writer.write(ByteBuffer(string: request)) }
          var metrics = ""
          while !metrics.contains("closed_total{reason=\"slow-reader\"} 1") {
            metrics = try await ConnectionTests.metrics(server).body
          }
          while !metrics.contains("answers_total{end=\"cancelled\"} 1") {
            metrics = try await ConnectionTests.metrics(server).body
          }
          isSeen = true
        }
      } catch ChannelError.ioOnClosedChannel {
        // The server's end of the connection was reset: there is nothing left to close.
      }
      #expect(isSeen)
    }
  }

  @Test func newConnectionsDisplaceTheOneThatIsIdleForLongest() async throws {
    let settings = { (settings: inout TidemarkServer.Settings) in
      settings.connections.connections = 3
    }
    let one = ByteBuffer(string: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    try await TestServer.serving(MemoryStore(), adjust: settings) { server in
      try await server.connect { first, write1 in
        var first = first.makeAsyncIterator()
        try await write1.write(one)
        #expect(try await first.next() != nil)
        try await server.connect { second, write2 in
          var second = second.makeAsyncIterator()
          try await write2.write(one)
          #expect(try await second.next() != nil)
          for _ in 0..<2 {
            let reply = try await server.connect { third, write3 in
              var third = third.makeAsyncIterator()
              try await write3.write(one)
              #expect(try await third.next() != nil)
              return try await server.get("/health")
            }
            #expect(reply.status == 200)
          }
          // The second asked after the first, so the first had to go, and only then the second.
          #expect(try await first.next() == nil)
        }
      }
    }
  }

  @Test func whenAllConnectionsAreAtWorkThereIsNoRoom() async throws {
    let store = try MemoryStore.holding(ConnectionTests.rows(60_000))
    try await TestServer.serving(store, adjust: { $0.connections.connections = 1 }) { server in
      try await server.connect { reader, writer in
        let request = "GET /api/v1/records?owner=big.example.com HTTP/1.1\r\nHost: x\r\n\r\n"
        for _ in 0..<8 { try await writer.write(ByteBuffer(string: request)) }
        var reader = reader.makeAsyncIterator()
        #expect(try await reader.next() != nil)
        let refused = try? await server.exchange(Array("GET / HTTP/1.0\r\n\r\n".utf8))
        #expect(refused?.isEmpty ?? true)
      }
    }
  }

  @Test func readingStopsWhenTheClientLeaves() async throws {
    // On a busy machine one try may be late; the promise is about what the server does.
    var best = Duration.seconds(60)
    for _ in 0..<5 where best > .milliseconds(100) {
      best = min(best, try await ConnectionTests.timeOfReadingOn())
    }
    #expect(best <= .milliseconds(100))
  }

  /// For how long a store is read after a client left.
  private static func timeOfReadingOn() async throws -> Duration {
    let rows = 40_000
    let store = SlowStore(
      try MemoryStore.holding(ConnectionTests.rows(rows)), time: .microseconds(50))
    let read = Mutex(Duration.zero)
    try await TestServer.serving(store) { server in
      try await server.connect { reader, writer in
        try await writer.write(
          ByteBuffer(
            string: "GET /api/v1/records?owner=big.example.com HTTP/1.1\r\nHost: x\r\n\r\n"))
        for try await _ in reader where store.rowsShown > 1_000 { break }
      }
      let left = ContinuousClock.now
      var metrics = ""
      while !metrics.contains("answers_total{end=\"cancelled\"} 1") {
        metrics = try await ConnectionTests.metrics(server).body
      }
      read.withLock { $0 = max(.zero, store.lastShown - left) }
    }
    #expect(store.rowsShown < rows)
    return read.withLock { $0 }
  }

  /// The metrics. On a busy machine this client itself may be too slow for the server.
  private static func metrics(_ server: TestServer) async throws -> Reply {
    for _ in 0..<20 {
      do {
        return try await server.get("/metrics")
      } catch ChannelError.ioOnClosedChannel {
        continue
      }
    }
    return try await server.get("/metrics")
  }

  private static func hurry(_ settings: inout TidemarkServer.Settings) {
    settings.connections.head = .seconds(2)
    settings.connections.body = .milliseconds(3_500)
    settings.connections.stall = .seconds(2)
    settings.connections.idle = .milliseconds(2_500)
    settings.connections.linger = .milliseconds(1_500)
  }

  private static func rows(_ count: Int) -> String {
    var text = ""
    for index in 0..<count {
      text += cof("big.example.com", "AAAA", "2001:db8::\(String(index, radix: 16))")
    }
    return text
  }
}

/// A store that takes a while for each row, and knows when it showed the last one.
private final class SlowStore: RecordStore {
  private let base: MemoryStore
  private let time: Duration
  private let shown = Mutex((rows: 0, last: ContinuousClock.now))

  var rowsShown: Int { shown.withLock { $0.rows } }
  var lastShown: ContinuousClock.Instant { shown.withLock { $0.last } }

  init(_ base: MemoryStore, time: Duration) {
    self.base = base
    self.time = time
  }

  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary { try base.apply(batch) }

  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    try base.scan(family, range, limit: limit) { key, value in
      let end = ContinuousClock.now + time
      while ContinuousClock.now < end {}
      if family == .records { shown.withLock { $0 = ($0.rows + 1, .now) } }
      return row(key, value)
    }
  }

  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) { try base.values(ofRecords: keys, found) }

  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try base.state(key) }

  func statistics() throws(StoreError) -> StoreStatistics { try base.statistics() }
}
