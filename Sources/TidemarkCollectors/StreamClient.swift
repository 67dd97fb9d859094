public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Connects to a producer that listens, again and again: servers that offer their dnstap stream on
/// a socket of their own.
public final class StreamClient: Sendable {
  /// How to connect.
  public struct Options: Sendable {
    /// Where to.
    public var endpoint: StreamEndpoint
    /// Certificates; nil without TLS.
    public var tls: StreamTLS?
    /// The format starts with a handshake.
    public var hasHandshake = false
    /// Time for TLS and for the format's handshake.
    public var handshakeTime = TimeAmount.seconds(StreamLimits.handshakeSeconds)
    /// The first and the longest wait between two tries; it doubles in between.
    public var reconnect: ClosedRange<TimeAmount> =
      .seconds(StreamLimits.reconnectSeconds.lowerBound)
      ... .seconds(StreamLimits.reconnectSeconds.upperBound)
    /// Octets that wait while the store is busy.
    public var aheadOctetsMax = StreamLimits.aheadOctetsMax

    /// Standard options.
    public init(endpoint: StreamEndpoint) { self.endpoint = endpoint }
  }

  /// Sums over all connections, one after another.
  public let statistics = StreamStatistics()

  private struct State {
    var connection: (any Channel)?
    var retry: Scheduled<Void>?
    var wait: TimeAmount
    var octets: UInt64 = 0
    var isStopped = false
  }

  private let options: Options
  private let loop: any EventLoop
  private let makeIntake: StreamServer.MakeIntake
  private let report: @Sendable (StreamEvent) -> Void
  private let state: Mutex<State>

  /// Makes a client that does not connect yet.
  public init(
    options: Options, group: any EventLoopGroup,
    makeIntake: @escaping StreamServer.MakeIntake,
    report: @escaping @Sendable (StreamEvent) -> Void = { _ in }
  ) {
    self.options = options
    loop = group.next()
    self.makeIntake = makeIntake
    self.report = report
    state = Mutex(State(wait: options.reconnect.lowerBound))
  }

  /// Starts to connect; failures are reported and tried again.
  ///
  /// - Throws: what is wrong with a certificate file.
  public func start() throws {
    connect(try options.tls?.context())
  }

  /// Ends the connection and all tries; what has come is taken.
  public func stop() async {
    let (connection, retry) = state.withLock { state in
      state.isStopped = true
      return (state.connection, state.retry)
    }
    retry?.cancel()
    try? await connection?.close()
  }

  private func connect(_ tls: NIOSSLContext?) {
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(.seconds(StreamLimits.connectSeconds))
      .channelOption(.autoRead, value: false)
      .channelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: 4_096, initial: 65_536, maximum: StreamLimits.readOctetsMax)
      )
    let connected =
      switch options.endpoint {
      case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
      case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
      }
    connected.flatMapThrowing { [self] channel in
      do {
        try initialize(channel, tls)
      } catch {
        channel.close(promise: nil)
        throw error
      }
    }
    .whenFailure { [self] error in
      statistics.addFailure()
      retry("\(error)", tls)
    }
  }

  /// Puts the handlers onto a connection.
  private func initialize(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
    let isStopped = state.withLock { state in
      state.connection = channel
      state.octets = statistics.values.octets
      return state.isStopped
    }
    guard !isStopped else { return channel.close(promise: nil) }
    let encryption = try tls.map {
      try NIOSSLClientHandler(context: $0, serverHostname: serverName)
    }
    guard statistics.open(max: 1) else {
      channel.close(promise: nil)
      throw StreamError.system("the connection before has not ended")
    }
    report(.opened)
    let handler = StreamHandler(
      intake: makeIntake(),
      options: StreamHandler.Options(
        hasHandshake: options.hasHandshake, hasTLS: tls != nil,
        handshakeTime: options.handshakeTime, aheadOctetsMax: options.aheadOctetsMax),
      statistics: statistics, report: report)
    do {
      let pipeline = channel.pipeline.syncOperations
      if let encryption { try pipeline.addHandler(encryption) }
      try pipeline.addHandler(handler)
    } catch {
      statistics.closed(.failed("\(error)"))
      throw error
    }
    channel.closeFuture.whenComplete { [self] _ in
      // A connection on which something came was a good one.
      state.withLock { state in
        state.connection = nil
        if statistics.values.octets > state.octets { state.wait = options.reconnect.lowerBound }
      }
      retry(nil, tls)
    }
  }

  private func retry(_ problem: String?, _ tls: NIOSSLContext?) {
    let wait: TimeAmount? = state.withLock { state in
      guard !state.isStopped else { return nil }
      defer {
        state.wait = min(state.wait * 2, options.reconnect.upperBound)
        state.retry = loop.scheduleTask(in: state.wait) { [self] in connect(tls) }
      }
      return state.wait
    }
    guard let wait, let problem else { return }
    report(.notConnected(problem, retrySeconds: wait.nanoseconds / 1_000_000_000))
  }

  /// What the server's certificate must be for; addresses are compared by NIOSSL itself.
  private var serverName: String? {
    guard case .tcp(let host, let port) = options.endpoint else { return nil }
    return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
  }
}
