public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Listens on a unix or TCP socket and gives every connection its own intake.
public final class StreamServer: Sendable {
  /// How to listen.
  public struct Options: Sendable {
    /// Where.
    public var endpoint: StreamEndpoint
    /// Certificates; nil without TLS.
    public var tls: StreamTLS?
    /// Connections at the same time; more are closed at once.
    public var connectionsMax = StreamLimits.connectionsMax
    /// The format starts with a handshake, so that who says nothing is sent away.
    public var hasHandshake = false
    /// Permissions of a unix socket.
    public var mode: UInt32 = 0o660
    /// Group of a unix socket; nil keeps the process's.
    public var group: String?
    /// Time for TLS and for the format's handshake.
    public var handshakeTime = TimeAmount.seconds(StreamLimits.handshakeSeconds)
    /// Octets of a connection that wait while the store is busy.
    public var aheadOctetsMax = StreamLimits.aheadOctetsMax
    /// Seconds after which the system gives up a TCP peer that answers nothing any more; nil leaves
    /// that to the system, which never does while nothing is sent.
    public var deadPeerSeconds: Int?
    /// Asked when there are too many connections: ends one and says true, or says false.
    public var makeRoom: (@Sendable () -> Bool)?

    /// Standard options.
    public init(endpoint: StreamEndpoint) { self.endpoint = endpoint }
  }

  /// Makes the intake of a connection.
  public typealias MakeIntake = @Sendable () -> any StreamIntake

  /// Sums over all connections.
  public let statistics = StreamStatistics()

  private struct State {
    var listener: (any Channel)?
    var file: UnixSocketFile?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var isStopped = false
  }

  private let options: Options
  private let group: any EventLoopGroup
  private let makeIntake: MakeIntake
  private let report: @Sendable (StreamEvent) -> Void
  private let state = Mutex(State())

  /// Makes a server that does not listen yet.
  ///
  /// - Parameters:
  ///   - group: one or two loops suffice: decoding happens on them, one stream of a source at a
  ///     time.
  ///   - report: told of every event, on an event loop.
  public init(
    options: Options, group: any EventLoopGroup, makeIntake: @escaping MakeIntake,
    report: @escaping @Sendable (StreamEvent) -> Void = { _ in }
  ) {
    self.options = options
    self.group = group
    self.makeIntake = makeIntake
    self.report = report
  }

  /// Starts to listen.
  ///
  /// - Returns: where; for TCP with the port that the system chose.
  /// - Throws: ``StreamError``, and what the system or a certificate file says.
  @discardableResult
  public func start() async throws -> SocketAddress? {
    let tls = try options.tls?.context()
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: 4_096, initial: 65_536, maximum: StreamLimits.readOctetsMax)
      )
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try initialize(channel, tls) }
      }
    if case .tcp = options.endpoint, let seconds = options.deadPeerSeconds {
      for (option, value) in DeadPeer.options(seconds: seconds) {
        bootstrap = bootstrap.childChannelOption(option, value: value)
      }
    }
    let listener: any Channel
    switch options.endpoint {
    case .tcp(let host, let port): listener = try await bootstrap.bind(host: host, port: port).get()
    case .unix(let path):
      let file = try UnixSocketFile(path: path, mode: options.mode, group: options.group)
      listener = try await bootstrap.withBoundSocket(file.descriptor).get()
      state.withLock { $0.file = file }
    }
    state.withLock { $0.listener = listener }
    return listener.localAddress
  }

  /// Ends listening and all connections; what has come is taken.
  public func stop() async {
    let (listener, file, connections) = state.withLock { state in
      state.isStopped = true
      return (state.listener, state.file, Array(state.connections.values))
    }
    file?.remove()
    try? await listener?.close()
    // All at once: a peer that never reads answers no close of TLS, and each is waited for.
    for connection in connections { connection.close(promise: nil) }
    for connection in connections { try? await connection.closeFuture.get() }
  }

  private func initialize(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
    guard open() else {
      report(.refused)
      return channel.close(promise: nil)
    }
    report(.opened)
    let intake = makeIntake()
    intake.opened { channel.close(promise: nil) }
    let handler = StreamHandler(
      intake: intake,
      options: StreamHandler.Options(
        hasHandshake: options.hasHandshake, hasTLS: tls != nil,
        handshakeTime: options.handshakeTime, aheadOctetsMax: options.aheadOctetsMax),
      statistics: statistics, report: report)
    do {
      let pipeline = channel.pipeline.syncOperations
      if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
      try pipeline.addHandler(handler)
    } catch {
      statistics.closed(.failed("\(error)"))
      intake.close()
      throw error
    }
    let id = ObjectIdentifier(channel)
    let isStopped = state.withLock { state in
      state.connections[id] = channel
      return state.isStopped
    }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { _ = $0.connections.removeValue(forKey: id) }
    }
    if isStopped { channel.close(promise: nil) }
  }

  /// Counts a connection in; another one may have to leave for it.
  private func open() -> Bool {
    if statistics.open(max: options.connectionsMax, countsRefusal: options.makeRoom == nil) {
      return true
    }
    guard let makeRoom = options.makeRoom else { return false }
    let most = options.connectionsMax + (makeRoom() ? StreamLimits.leavingConnectionsMax : 0)
    return statistics.open(max: most)
  }
}
