public import NIOCore
import NIOPosix
import Synchronization

/// Answers WHOIS questions (RFC 3912) over TCP: one line in, text out, the connection ends.
///
/// Who is served is decided by where it listens: the protocol has no credentials.
///
/// ```swift
/// let port = WHOISPort { query in snapshots.answer(to: query) }
/// let address = try await port.start(host: "127.0.0.1", port: 43)
/// await port.stop()
/// ```
public final class WHOISPort: Sendable {
  /// Bounds on clients.
  public struct Limits: Sendable {
    /// Longest question, octets without its end.
    public var queryOctetsMax = 255
    /// Connections at the same time; more are closed at once.
    public var connectionsMax = 64
    /// Time for the whole question, so that nobody drips it.
    public var queryTime = TimeAmount.seconds(10)
    /// Time for a whole connection, so that nobody reads for ever.
    public var connectionTime = TimeAmount.seconds(30)
    /// Longest answer, octets; the rest is left out.
    public var answerOctetsMax = 1 << 20

    /// Standard bounds.
    public init() {}
  }

  /// Finds the text about a question, which is not empty and has no control characters; nil when
  /// there is none. Lines end as they like.
  public typealias Answer = @Sendable (_ query: String) async -> String?

  private struct State {
    var listener: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var isStopped = false
  }

  private let limits: Limits
  private let answer: Answer
  private let state = Mutex(State())

  /// Makes a server that does not listen yet.
  public init(limits: Limits = Limits(), answer: @escaping Answer) {
    self.limits = limits
    self.answer = answer
  }

  /// Starts to listen. Called once.
  ///
  /// - Parameters:
  ///   - host: an address to listen on.
  ///   - port: 0 lets the system choose.
  /// - Returns: where it listens.
  /// - Throws: what the system says.
  @discardableResult
  public func start(host: String, port: Int) async throws -> SocketAddress? {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      // Who sends the end of the question's stream at once still wants the answer.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try admit(channel) }
      }
      .bind(host: host, port: port).get()
    state.withLock { $0.listener = listener }
    return listener.localAddress
  }

  /// Ends listening and all connections.
  public func stop() async {
    let (listener, connections) = state.withLock { state in
      state.isStopped = true
      return (state.listener, Array(state.connections.values))
    }
    try? await listener?.close()
    for connection in connections { connection.close(promise: nil) }
    for connection in connections { try? await connection.closeFuture.get() }
  }

  /// Connections that are open.
  public var connectionCount: Int { state.withLock { $0.connections.count } }

  private func admit(_ channel: any Channel) throws {
    let id = ObjectIdentifier(channel)
    let isAdmitted = state.withLock { state in
      guard !state.isStopped, state.connections.count < limits.connectionsMax else { return false }
      state.connections[id] = channel
      return true
    }
    guard isAdmitted else { return channel.close(promise: nil) }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { _ = $0.connections.removeValue(forKey: id) }
    }
    try channel.pipeline.syncOperations.addHandler(WHOISPortHandler(limits, answer))
  }
}

/// One connection of a ``WHOISPort``.
final class WHOISPortHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let limits: WHOISPort.Limits
  private let answer: WHOISPort.Answer
  private var query: [UInt8] = []
  private var isAsked = false
  private var timers: [Scheduled<Void>] = []

  init(_ limits: WHOISPort.Limits, _ answer: @escaping WHOISPort.Answer) {
    self.limits = limits
    self.answer = answer
  }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    for time in [limits.queryTime, limits.connectionTime] {
      timers.append(context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) })
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    for timer in timers { timer.cancel() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isAsked else { return }
    for octet in unwrapInboundIn(data).readableBytesView {
      guard octet != UInt8(ascii: "\n") else { return asked(context) }
      query.append(octet)
      // The end of a line may be two octets.
      guard query.count <= limits.queryOctetsMax + 1 else { return asked(context) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A question without an end never ends; one with an end is being answered.
    if case ChannelEvent.inputClosed = event, !isAsked { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func asked(_ context: ChannelHandlerContext) {
    isAsked = true
    timers.first?.cancel()
    let (channel, limits, answer) = (context.channel, limits, answer)
    let question = question
    Task {
      let text = if let question { await answer(question) ?? "% No match" } else { "% Bad query" }
      let octets = WHOISPortHandler.lines(text, octetsMax: limits.answerOctetsMax)
      try? await channel.writeAndFlush(ByteBuffer(bytes: octets))
      channel.close(promise: nil)
    }
  }

  /// The question; nil when it is none.
  private var question: String? {
    var octets = query[...]
    if octets.last == UInt8(ascii: "\r") { octets.removeLast() }
    guard octets.count <= limits.queryOctetsMax,
      let text = String(validating: octets, as: UTF8.self),
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    else { return nil }
    let words = text.split(separator: " ")
    return words.isEmpty ? nil : words.joined(separator: " ")
  }

  /// Text with the ends of lines that the protocol has. Control characters but the tab are left
  /// out: the text is of strangers, and is read in terminals.
  static func lines(_ text: String, octetsMax: Int) -> [UInt8] {
    var out: [UInt8] = []
    let kept = String(
      text.unicodeScalars.filter { scalar in
        scalar == "\t" || scalar == "\n" || scalar.properties.generalCategory != .control
      })
    let text = kept.hasSuffix("\n") ? kept.dropLast() : kept[...]
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      guard out.count + line.count + 2 <= octetsMax else { break }
      out.append(contentsOf: line)
      out.append(contentsOf: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
    }
    return out
  }
}
