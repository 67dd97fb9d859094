import Synchronization
import TidemarkHTTP
import TidemarkModel
import TidemarkStore

extension TestServer {
  /// Serves a store with settings of the CIRCL interface and a clock of its own.
  static func servingCircl(
    _ store: any RecordStore, _ circl: CirclSettings = CirclSettings(),
    clock: @escaping @Sendable () -> UnixSeconds = { now },
    _ test: @Sendable (TestServer) async throws -> Void
  ) async throws {
    var settings = TidemarkServer.Settings()
    settings.port = 0
    settings.origin = "https://pdns.example.com/"
    settings.clock = clock
    settings.circl = circl
    let server = try TidemarkServer(store: store, settings: settings)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { port.finish() }
        try await server.run(stopsOnSignals: false) { port.yield($0) }
      }
      if let listening = await ports.first(where: { _ in true }) {
        try await test(TestServer(port: listening))
      }
      group.cancelAll()
    }
  }

  /// Asks for a page.
  func page(
    _ value: String, _ count: String, cursor: String? = nil, type: String? = nil
  ) async throws -> Reply {
    var headers = ["dribble-paginate-count: \(count)"]
    if let cursor { headers.append("dribble-paginate-cursor: \(cursor)") }
    if let type { headers.append("dribble-filter-rrtype: \(type)") }
    return try await get("/pdns/query/\(value)", headers: headers)
  }

  /// Asks for page after page and returns all of them.
  func pages(_ value: String, _ count: Int, type: String? = nil) async throws -> [Reply] {
    var replies = [try await page(value, String(count), type: type)]
    while let cursor = replies.last?.headers["x-dribble-cursor"], replies.count < 100 {
      replies.append(try await page(value, String(count), cursor: cursor, type: type))
    }
    return replies
  }
}

/// A clock that a test sets.
final class TestClock: Sendable {
  private let time = Mutex(TestServer.now)
  var now: UnixSeconds { time.withLock { $0 } }

  func advance(seconds: UnixSeconds) { time.withLock { $0 += seconds } }
}

extension MemoryStore {
  /// Keys of the cursors that are kept.
  var cursorKeys: [[UInt8]] {
    get throws {
      var page = KeyValuePage()
      _ = try read(.state, .prefix([UInt8(ascii: "p")]), limit: .max, into: &page)
      return (0..<page.count).map { page.keys[$0] }
    }
  }
}
