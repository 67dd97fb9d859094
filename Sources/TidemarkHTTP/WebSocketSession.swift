import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization

/// A WebSocket that a connection becomes, as the rest of the server sees it.
///
/// - Concurrency: any task.
final class WebSocketSession: Sendable {
  private let connection: ClientConnection
  private let pingEvery: TimeAmount
  private let handler: NIOLoopBoundBox<WebSocketHandler?>
  private let closed = Atomic(false)

  init(_ connection: ClientConnection, pingEvery: Duration) {
    self.connection = connection
    self.pingEvery = TimeAmount(pingEvery)
    handler = .makeEmptyBox(
      valueType: WebSocketHandler.self, eventLoop: connection.channel.eventLoop)
  }

  /// False when either side closed.
  var isOpen: Bool { !closed.load(ordering: .acquiring) && !connection.hasLeft }

  /// Notes that either side closed.
  func noteClosed() { closed.store(true, ordering: .releasing) }

  /// Takes the octets of a connection from here on, in front of the parser of HTTP, which stays
  /// where it is and sees nothing more. On the connection's event loop.
  func install(in pipeline: ChannelPipeline.SynchronousOperations) throws {
    let encoder = try pipeline.handler(type: HTTPResponseEncoder.self)
    let decoder = WebSocketFrameDecoder(maxFrameSize: ServerLimits.webSocketFrameOctetsMax)
    let frames = WebSocketHandler(self, connection, pingEvery: pingEvery)
    try pipeline.addHandlers(
      [ByteToMessageHandler(decoder), frames], position: .before(encoder))
    handler.value = frames
  }

  /// Sends frames, and returns when the kernel has taken them.
  func send(_ frames: [UInt8]) async throws {
    let buffer = ByteBuffer(bytes: frames)
    try await connection.channel.eventLoop.flatSubmit { [connection, handler] in
      handler.value?.send(buffer)
        ?? connection.channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
    }.get()
  }

  /// Tells the client that nothing more comes.
  func close(_ code: WebSocketFrames.Code, reason: String) async {
    guard isOpen else { return }
    noteClosed()
    var frame: [UInt8] = []
    WebSocketFrames.append(close: code.rawValue, reason: reason, to: &frame)
    let buffer = ByteBuffer(bytes: frame)
    // A client that is gone by now needs no word.
    try? await connection.channel.eventLoop.flatSubmit { [connection, handler] in
      handler.value?.sendLast(buffer) ?? connection.channel.eventLoop.makeSucceededVoidFuture()
    }.get()
  }
}

/// Reads the frames of a WebSocket's client, of which nothing but pongs is wanted, and drops what
/// the handlers of HTTP behind it write.
///
/// - Concurrency: on the connection's event loop.
final class WebSocketHandler: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundIn = IOData
  typealias OutboundOut = ByteBuffer

  private let session: WebSocketSession
  private let connection: ClientConnection
  private let pingEvery: TimeAmount
  private var context: ChannelHandlerContext?
  private var pings: RepeatedTask?
  /// True when something came since the last ping.
  private var isAnswered = true
  private var isClosing = false

  init(_ session: WebSocketSession, _ connection: ClientConnection, pingEvery: TimeAmount) {
    self.session = session
    self.connection = connection
    self.pingEvery = pingEvery
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let this = NIOLoopBound(self, eventLoop: context.eventLoop)
    pings = context.eventLoop.scheduleRepeatedTask(initialDelay: pingEvery, delay: pingEvery) { _ in
      this.value.ping()
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    pings?.cancel()
    pings = nil
    context = nil
    session.noteClosed()
  }

  // MARK: What comes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    isAnswered = true
    guard !isClosing else { return }
    // Clients mask what they send (RFC 6455 section 5.1), and no extension was agreed on.
    guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
      return fail(.protocolError, context)
    }
    switch frame.opcode {
    case .connectionClose: close(Array(buffer: frame.unmaskedData), context)
    case .ping:
      // Whoever asks without reading gets no answers: they would be kept here.
      guard context.channel.isWritable else { return }
      var pong: [UInt8] = []
      WebSocketFrames.append(pong: Array(buffer: frame.unmaskedData), to: &pong)
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: pong)), promise: nil)
    case .pong, .text, .binary, .continuation: break
    default: fail(.protocolError, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let fault = error as? NIOWebSocketError else { return context.fireErrorCaught(error) }
    if case .invalidFrameLength = fault {
      fail(.tooLarge, context)
    } else {
      fail(.protocolError, context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent { session.noteClosed() }
    context.fireUserInboundEventTriggered(event)
  }

  /// Answers a close frame with its own code (RFC 6455 section 5.5.1).
  private func close(_ content: [UInt8], _ context: ChannelHandlerContext) {
    let code = content.count >= 2 ? UInt16(content[0]) << 8 | UInt16(content[1]) : nil
    answer(code.flatMap { (1_000...4_999).contains($0) ? $0 : nil } ?? 1_000, context)
  }

  private func fail(_ code: WebSocketFrames.Code, _ context: ChannelHandlerContext) {
    answer(code.rawValue, context)
  }

  private func answer(_ code: UInt16, _ context: ChannelHandlerContext) {
    guard !isClosing else { return }
    isClosing = true
    // The stream's own end follows as soon as it is noticed, and closes the connection.
    session.noteClosed()
    var frame: [UInt8] = []
    WebSocketFrames.append(close: code, to: &frame)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
  }

  // MARK: What goes out

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // HTTP has nothing more to say here.
    promise?.succeed()
  }

  func send(_ frames: ByteBuffer) -> EventLoopFuture<Void>? {
    guard let context, !isClosing else { return nil }
    let promise = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(frames), promise: promise)
    return promise.futureResult
  }

  /// Sends a closing frame of this side, which the client's is the answer to.
  func sendLast(_ frame: ByteBuffer) -> EventLoopFuture<Void>? {
    let sent = send(frame)
    isClosing = true
    return sent
  }

  private func ping() {
    guard let context, !isClosing else { return }
    guard isAnswered else {
      connection.metrics.countClose(.noPong)
      session.noteClosed()
      return context.close(promise: nil)
    }
    isAnswered = false
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: WebSocketFrames.ping)), promise: nil)
  }
}
