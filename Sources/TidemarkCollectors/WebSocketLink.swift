import NIOCore
import NIOWebSocket

/// Keeps a WebSocket alive from the client's side: answers pings, sends its own, gives up a
/// connection on which nothing comes, and says goodbye before it closes one.
final class WebSocketLink: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame
  typealias OutboundIn = Never
  typealias OutboundOut = WebSocketFrame

  /// Says why the connection is going to be closed; an event for the way out.
  struct Goodbye: Sendable {
    let code: UInt16
  }

  /// Intervals without a frame after which the other side counts as gone: two pings unanswered, or
  /// nothing read because the store is busy for that long.
  private static let silentIntervalsMax = 3

  private let interval: TimeAmount
  private var timer: RepeatedTask?
  private var silentIntervals = 0
  private var hasSaidGoodbye = false

  init(interval: TimeAmount) {
    self.interval = interval
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let link = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      link.value.0.intervalHasPassed(link.value.1)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    silentIntervals = 0
    let frame = unwrapInboundIn(data)
    // Who sends pings and takes no answers gets none.
    if frame.opcode == .ping, frame.fin, frame.data.readableBytes <= 125, context.channel.isWritable
    {
      send(.pong, frame.unmaskedData, context)
    }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? NIOWebSocketError else { return context.fireErrorCaught(error) }
    // Told before the connection is closed, which would tell of an end without a reason.
    context.fireErrorCaught(PullFailure.damaged("a bad frame"))
    sayGoodbye(error == .invalidFrameLength ? 1_009 : 1_002, context)
    context.close(promise: nil)
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard let goodbye = event as? Goodbye else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    sayGoodbye(goodbye.code, context)
    promise?.succeed()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    sayGoodbye(1_000, context)
    context.close(mode: mode, promise: promise)
  }

  private func intervalHasPassed(_ context: ChannelHandlerContext) {
    silentIntervals += 1
    guard silentIntervals < WebSocketLink.silentIntervalsMax else {
      timer?.cancel()
      context.fireErrorCaught(PullFailure.idle)
      return context.close(promise: nil)
    }
    send(.ping, ByteBuffer(), context)
  }

  private func sayGoodbye(_ code: UInt16, _ context: ChannelHandlerContext) {
    guard !hasSaidGoodbye, context.channel.isActive else { return }
    hasSaidGoodbye = true
    send(.connectionClose, ByteBuffer(integer: code), context)
  }

  private func send(
    _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext
  ) {
    let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }
}
