public import NIOCore
import Synchronization
public import TidemarkIngest
public import TidemarkModel

/// Takes COF from another server into a source: over HTTP or a WebSocket, again and again, as
/// hostile input.
///
/// A server with positions (a Tidemark, or one that is known to send them) is gone on with where
/// the store stands: each chunk and its position are stored in one step, and a chunk whose position
/// has not come when the link breaks is left out and comes again. Of other servers, what comes is
/// taken at once.
public final class PullClient: Sendable {
  /// How to connect.
  public struct Options: Sendable {
    /// The URL of the stream.
    public var url: String
    /// A file with a bearer token, read again for each connection; nil sends none.
    public var tokenFile: String?
    /// Whom to believe, and who we are; used with TLS only.
    public var tls = StreamTLS.client(authorities: nil, certificates: nil, key: nil)
    /// Whether the server sends positions; nil: the streams of a Tidemark do, others when one came.
    public var sendsPositions: Bool?
    /// Time without an octet after which an answer by HTTP is given up.
    public var idleTime = TimeAmount.seconds(PullClient.idleSeconds)
    /// Time between two pings on a WebSocket; it is given up after three of these without a frame.
    public var pingInterval = TimeAmount.seconds(PullClient.pingSeconds)

    /// Standard options.
    public init(url: String) { self.url = url }
  }

  /// Makes the decoder of a connection.
  public typealias MakeDecoder = @Sendable () -> AnyDecoder
  /// False for the origins (UUIDs as text) of a stream that must not be taken.
  public typealias Admits = @Sendable (_ origins: [String]) -> Bool

  /// Silence after which a stream by HTTP is given up, seconds. A Tidemark that has nothing to say
  /// says so every half minute or less.
  public static let idleSeconds: Int64 = 120
  /// Time between two pings, seconds.
  public static let pingSeconds: Int64 = 30
  /// Time until a server has answered, seconds: TLS and the head of the answer.
  public static let answerSeconds: Int64 = 30
  /// Longest wait that a server may ask for, seconds.
  public static let retrySecondsMax = 3_600

  /// Sums over all connections, one after another.
  public let statistics = PullStatistics()

  private let source: PullStream.Source
  private let transport: any PullTransport
  private let clock: any Clock<Duration>
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// Makes a client that does not connect yet.
  ///
  /// - Parameters:
  ///   - sink: is asked for the position.
  ///   - admits: asked once a connection, before the first row.
  ///   - clock: for the time between tries.
  ///   - now: the collector's clock.
  ///   - report: told of every event, from the task that reads.
  /// - Throws: ``PullAddress/Fault``, what is wrong with a certificate file or a token file, and
  ///   what the sink throws.
  public init(
    _ options: Options, intake: SourceIntake, sink: any BatchSink,
    makeDecoder: @escaping MakeDecoder, admits: @escaping Admits = { _ in true },
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> UnixSeconds,
    report: @escaping @Sendable (PullEvent) -> Void = { _ in }
  ) throws {
    let address = try PullAddress(url: options.url, hasToken: options.tokenFile != nil)
    if let path = options.tokenFile { _ = try RelayHTTPTransport.token(in: path) }
    let position = PullPosition(source: intake.name, url: options.url)
    let stored = try sink.states(prefix: position.key)
      .first { $0.key == position.key }.flatMap { PullPosition.position($0.value) }
    let hasPositions = options.sendsPositions ?? (address.isShare || stored != nil)
    source = PullStream.Source(
      intake: intake, position: position,
      progress: PullProgress(
        position: hasPositions ? stored : nil, hasPositions: hasPositions),
      statistics: statistics, makeDecoder: makeDecoder, admits: admits, now: now, report: report)
    transport =
      address.isWebSocket
      ? try PullWebSocketTransport(address: address, options: options)
      : try PullHTTPTransport(address: address, options: options)
    self.clock = clock
  }

  /// Starts to connect; failures are reported and tried again. Called once.
  public func start() {
    task.withLock { task in
      guard task == nil else { return }
      task = Task { await run() }
    }
  }

  /// Ends the connection and all tries. What a position has confirmed is in the intake then.
  public func stop() async {
    let running = task.withLock { $0 }
    running?.cancel()
    _ = await running?.value
    await transport.shutdown()
  }

  private func run() async {
    var backoff = RelayBackoff()
    while !Task.isCancelled {
      let before = statistics.values.chunks
      let failure = await connect()
      statistics.ended(failure)
      guard !Task.isCancelled else { return }
      if statistics.values.chunks > before { backoff.reset() }
      let (seconds, wish) = wait(after: failure, &backoff)
      source.report(.ended(failure, retrySeconds: seconds))
      let milliseconds = max(RetryWait.milliseconds(seconds), wish * 1_000)
      try? await clock.sleep(for: .milliseconds(milliseconds))
    }
  }

  /// One connection, from its start to its end.
  private func connect() async -> PullFailure? {
    let stream = PullStream(source)
    let progress = source.progress.values
    var failure: PullFailure?
    do throws(PullFailure) {
      try await transport.run(
        stream, after: progress.position, hasPositions: progress.hasPositions)
    } catch {
      failure = error
    }
    await stream.end()
    if case .refused(410, _) = failure { source.progress.forget() }
    return failure
  }

  /// Seconds until the next try, at most, and what the server asked for.
  private func wait(
    after failure: PullFailure?, _ backoff: inout RelayBackoff
  ) -> (seconds: Int, wish: Int) {
    let seconds = backoff.next()
    guard let failure else { return (seconds, 0) }
    if case .refused(_, let asked?) = failure {
      let wish = min(asked, PullClient.retrySecondsMax)
      return (max(seconds, wish), wish)
    }
    return (failure.isLasting ? RelayBackoff.secondsMax : seconds, 0)
  }
}
