import Glibc
import NIOCore
import NIOSSL
import Synchronization

/// What the rest of the server knows of a client's connection.
final class ClientConnection: Sendable {
  /// The connection whose request this task answers.
  @TaskLocal static var current: ClientConnection?

  let channel: any Channel
  let metrics: ServerMetrics
  private let left = Atomic(false)
  private let stopping = Atomic(false)
  private let ending = Atomic(false)
  private let upgrade = Mutex<WebSocketSession?>(nil)
  private let idle: Atomic<UInt64>

  /// Time between two pings, if the connection becomes a WebSocket.
  let pingEvery: Duration

  init(_ channel: any Channel, metrics: ServerMetrics, pingEvery: Duration) {
    self.channel = channel
    self.pingEvery = pingEvery
    self.metrics = metrics
    idle = Atomic(NIODeadline.now().uptimeNanoseconds)
  }

  /// True when nobody is there any more to read an answer.
  ///
  /// A client that only closes its sending side cannot be told from one that left. Answers that
  /// are complete in their first piece reach it all the same.
  var hasLeft: Bool { left.load(ordering: .acquiring) }

  /// Notes that the client closed.
  func leave() { left.store(true, ordering: .releasing) }

  /// True when the server was told to stop: what has no end of its own has to end now.
  var isStopping: Bool { stopping.load(ordering: .acquiring) }

  /// Notes that the server stops.
  func stop() { stopping.store(true, ordering: .releasing) }

  /// True when the answer that is being sent is the connection's last one.
  var isEnding: Bool { ending.load(ordering: .acquiring) }

  /// Lets the connection end with the answer that is being sent.
  func endAfterAnswer() { ending.store(true, ordering: .releasing) }

  /// Drops what is held for the client when the connection is closed: the kernel would keep it for
  /// minutes.
  func dropHeld() {
    (channel as? any SocketOptionProvider)?
      .setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
  }

  /// Closes the connection at once, whatever is on its way. On the connection's event loop.
  func cutOff() {
    leave()
    dropHeld()
    let pipeline = channel.pipeline.syncOperations
    if let tls = try? pipeline.context(handlerType: NIOSSLServerHandler.self) {
      // Past TLS, which would send what it holds and wait for the client's farewell.
      tls.close(promise: nil)
    } else {
      channel.close(promise: nil)
    }
  }

  /// What the connection becomes behind the head of an answer with status 101.
  func prepareUpgrade(_ session: WebSocketSession) { upgrade.withLock { $0 = session } }

  /// Takes what ``prepareUpgrade(_:)`` was given; nil when it was not called.
  func takeUpgrade() -> WebSocketSession? {
    upgrade.withLock { session in
      defer { session = nil }
      return session
    }
  }

  /// Since when no request is in work, nanoseconds of the process's clock; nil while one is.
  var idleSince: UInt64? {
    get {
      let since = idle.load(ordering: .relaxed)
      return since == 0 ? nil : since
    }
    set(since) { idle.store(since ?? 0, ordering: .relaxed) }
  }
}

/// Asks for the body of a request that waits with it (RFC 9110 section 10.1.1).
struct BodyIsWelcome: Sendable {}

/// The client went away before its answer was complete.
struct ClientLeft: Error {}

/// The open connections. When there are too many, those make room that did nothing for the longest.
final class ConnectionTable: Sendable {
  /// Share of the connections that make room together, so that the search for them is rare.
  private static let roomShare = 64

  private let most: Int
  private let open = Mutex<[ObjectIdentifier: ClientConnection]>([:])

  init(most: Int) { self.most = most }

  /// Connections that are open.
  var count: Int { open.withLock { $0.count } }

  /// Adds a connection, and closes others when there are too many.
  ///
  /// - Returns: false when all the others are at work: there is no room.
  func add(_ connection: ClientConnection) -> Bool {
    let (isTaken, idlers) = open.withLock { open -> (Bool, [ClientConnection]) in
      guard open.count >= most else {
        open[ObjectIdentifier(connection)] = connection
        return (true, [])
      }
      let idlers = open.values.compactMap { other in other.idleSince.map { (since: $0, other) } }
        .sorted { $0.since < $1.since }
        .prefix(max(1, most / ConnectionTable.roomShare)).map(\.1)
      guard !idlers.isEmpty else { return (false, []) }
      for idler in idlers { open[ObjectIdentifier(idler)] = nil }
      open[ObjectIdentifier(connection)] = connection
      return (true, idlers)
    }
    for idler in idlers {
      idler.metrics.countClose(.crowded)
      idler.channel.close(promise: nil)
    }
    return isTaken
  }

  /// Removes a connection that is closed.
  func remove(_ connection: ClientConnection) {
    open.withLock { $0[ObjectIdentifier(connection)] = nil }
  }
}
