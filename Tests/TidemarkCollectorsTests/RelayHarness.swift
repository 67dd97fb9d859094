import Synchronization
import TidemarkCollectors
import TidemarkHTTP
import NIOCore
import NIOPosix
import TidemarkModel
import TidemarkStore

/// A clock on which all sleeps are over at once, and that remembers them.
final class RecordingClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
  }

  private let recorded = Mutex<[Duration]>([])

  var now: Instant { Instant(offset: .zero) }
  var minimumResolution: Duration { .zero }
  var sleeps: [Duration] { recorded.withLock { $0 } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    recorded.withLock { $0.append(deadline.offset) }
  }
}

/// A clock on which every sleep lasts until its task is cancelled.
struct EndlessClock: Clock {
  var now: RecordingClock.Instant { .init(offset: .zero) }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: RecordingClock.Instant, tolerance: Duration?) async throws {
    let (never, end) = AsyncStream.makeStream(of: Void.self)
    for await _ in never {}
    end.finish()
    try Task.checkCancellation()
  }
}

/// A server whose requests wait until it opens, or until they are cancelled.
final class GatedTransport: RelayTransport {
  private let server: PretendedServer
  private let gate: AsyncStream<Void>
  private let opener: AsyncStream<Void>.Continuation
  private let asked: AsyncStream<Void>
  private let asker: AsyncStream<Void>.Continuation
  private let state = Mutex((isOpen: false, finished: 0))

  init(_ server: PretendedServer) {
    self.server = server
    (gate, opener) = AsyncStream.makeStream(of: Void.self)
    (asked, asker) = AsyncStream.makeStream(of: Void.self)
  }

  var finished: Int { state.withLock { $0.finished } }

  func open() {
    state.withLock { $0.isOpen = true }
    opener.yield()
  }

  /// Waits until a request comes.
  func untilAsked() async { _ = await asked.first { _ in true } }

  func post(_ part: SpoolPart) async throws -> RelayAnswer {
    asker.yield()
    if !state.withLock({ $0.isOpen }) { _ = await gate.first { _ in true } }
    try Task.checkCancellation()
    let answer = try server.take(part)
    state.withLock { $0.finished += 1 }
    return answer
  }
}

/// A Tidemark on a free port of loopback, for the time of a test.
enum LoopbackServer {
  static func serving(
    _ store: any RecordStore, _ test: @Sendable (Int) async throws -> Void
  ) async throws {
    var settings = TidemarkServer.Settings()
    settings.port = 0
    settings.clock = { 1_800_000_000 }
    let server = try TidemarkServer(store: store, settings: settings)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { port.finish() }
        try await server.run(stopsOnSignals: false) { port.yield($0) }
      }
      if let listening = await ports.first(where: { _ in true }) { try await test(listening) }
      group.cancelAll()
    }
  }

  /// A port on which nobody listens any more.
  static func closedPort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close()
    return port
  }
}
