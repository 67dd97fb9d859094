import NIOCore
import NIOSSL
import NIOTLS

/// One connection: gives octets to its intake, sends replies, and stops reading while the intake is
/// busy and enough lies ready.
final class StreamHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What a handler is told about its connection.
  struct Options: Sendable {
    /// The producer must be understood within ``StreamLimits/handshakeSeconds``.
    var hasHandshake: Bool
    /// TLS comes first.
    var hasTLS: Bool
    var handshakeTime = TimeAmount.seconds(StreamLimits.handshakeSeconds)
    var aheadOctetsMax = StreamLimits.aheadOctetsMax
  }

  private let intake: any StreamIntake
  private let options: Options
  private let statistics: StreamStatistics
  private let report: @Sendable (StreamEvent) -> Void
  /// What was read and not taken.
  private var pending = ByteBuffer()
  private var deadline: Scheduled<Void>?
  private var context: ChannelHandlerContext?
  /// Outlives the context: what was read may have to wait longer than the connection lasts.
  private var loop: (any EventLoop)?
  private var isWaiting = false
  private var isReading = false
  private var hasInputEnded = false
  private var isDone = false
  private var end: StreamEvent.End = .byPeer

  init(
    intake: any StreamIntake, options: Options, statistics: StreamStatistics,
    report: @escaping @Sendable (StreamEvent) -> Void
  ) {
    self.intake = intake
    self.options = options
    self.statistics = statistics
    self.report = report
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    loop = context.eventLoop
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    if options.hasHandshake || options.hasTLS { armDeadline(context) }
    readMore(context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event, !options.hasHandshake { disarmDeadline() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var octets = unwrapInboundIn(data)
    guard !isDone else { return }
    statistics.add(octets: octets.readableBytes)
    if pending.readableBytes == 0 {
      pending = octets
    } else {
      pending.discardReadBytes()
      pending.writeBuffer(&octets)
    }
    process(context)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    readMore(context)
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Many close TLS connections without saying so; a peer that is gone when we say goodbye has
    // lost nothing.
    let isClosing = error as? NIOSSLError == .uncleanShutdown
    if !isDone, !hasInputEnded, !isClosing { end = .failed("\(error)") }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    hasInputEnded = true
    disarmDeadline()
    process(context)
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    guard !hasInputEnded else { return }
    // A connection that was closed before it began.
    hasInputEnded = true
    disarmDeadline()
    process(nil)
  }

  // MARK: Octets

  /// Gives the intake what there is. Goes on after the connection's end until all is taken.
  private func process(_ context: ChannelHandlerContext?) {
    guard !isDone else { return }
    let taken = intake.take(pending.readableBytesUInt8Span, isFinal: hasInputEnded)
    pending.moveReaderIndex(forwardBy: taken.consumed)
    if pending.readableBytes == 0 { pending = ByteBuffer() }
    send(taken, context)
    if let damage = taken.damage { end = .damaged(damage) }
    if taken.isAtEnd {
      if taken.damage == nil, !hasInputEnded { end = .complete }
      return finish(context)
    }
    if taken.isBusy {
      waitForIntake()
    } else if hasInputEnded {
      finish(context)
    }
  }

  private func send(_ taken: StreamTaken, _ context: ChannelHandlerContext?) {
    guard let context, context.channel.isActive else { return }
    if !taken.replies.isEmpty {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: taken.replies)), promise: nil)
      // What follows our answer must follow soon.
      if options.hasHandshake { armDeadline(context) }
    } else if taken.consumed > 0 {
      disarmDeadline()
    }
  }

  private func waitForIntake() {
    guard !isWaiting, let loop else { return }
    isWaiting = true
    let handler = NIOLoopBound(self, eventLoop: loop)
    intake.whenReady {
      loop.execute { handler.value.intakeIsReady() }
    }
  }

  private func intakeIsReady() {
    isWaiting = false
    process(context)
    if let context { readMore(context) }
  }

  private func readMore(_ context: ChannelHandlerContext) {
    guard !isReading, !isDone, context.channel.isActive else { return }
    if isWaiting, pending.readableBytes >= options.aheadOctetsMax { return }
    isReading = true
    context.read()
  }

  /// Everything was taken, or nothing more can be.
  private func finish(_ context: ChannelHandlerContext?) {
    guard !isDone else { return }
    isDone = true
    disarmDeadline()
    pending = ByteBuffer()
    intake.close()
    statistics.closed(end)
    report(.closed(end))
    // Closing after writing: FINISH is on its way before.
    context?.close(promise: nil)
  }

  // MARK: Deadline

  private func armDeadline(_ context: ChannelHandlerContext) {
    disarmDeadline()
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: options.handshakeTime) {
      handler.value.handshakeTimedOut()
    }
  }

  private func disarmDeadline() {
    deadline?.cancel()
    deadline = nil
  }

  private func handshakeTimedOut() {
    guard !isDone else { return }
    end = .handshakeTimeout
    finish(context)
  }
}
