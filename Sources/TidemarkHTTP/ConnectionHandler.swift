import NIOCore
import NIOHTTP1

/// Watches over one connection between the parser of HTTP/1 and the routes.
///
/// It closes connections on which nothing moves, notes when the client leaves, gives requests that
/// cannot be read the status that fits, and says `Connection: close` where it is so.
///
/// - Concurrency: on the connection's event loop.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// A request whose answer is not complete.
  private struct Pending {
    let version: HTTPVersion
    let keepsAlive: Bool
  }

  private let connection: ClientConnection
  private let table: ConnectionTable
  private let limits: ConnectionLimits
  /// The head that is coming in.
  private let head: HeadWatch
  private var pending = CircularBuffer<Pending>(initialCapacity: 2)
  /// True between the head and the end of a request.
  private var isReading = false
  /// True when the answer that is being sent is the last one.
  private var isLast = false
  private var isStopping = false
  /// What is said to that which came after the last good request; nothing is read behind it.
  private var refusal: Refusal?
  private var deadlines: ConnectionDeadlines
  private var timer: (at: NIODeadline, task: Scheduled<Void>)?

  init(
    _ connection: ClientConnection, table: ConnectionTable, limits: ConnectionLimits,
    head: HeadWatch
  ) {
    self.connection = connection
    self.table = table
    self.limits = limits
    self.head = head
    deadlines = ConnectionDeadlines(limits)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    deadlines.expectFirstHead()
    arm(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.task.cancel()
    timer = nil
  }

  // MARK: What comes in

  func read(context: ChannelHandlerContext) {
    deadlines.isWanted = true
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard refusal == nil else { return }
    let part = unwrapInboundIn(data)
    switch part {
    case .head(let head):
      if let refusal = Refusal(of: head) {
        return refuse(HTTPParserError.invalidHeaderToken, as: refusal, context)
      }
      // Behind a request for another protocol the parser reads nothing more.
      let isUpgrade = head.method == .CONNECT || head.headers.contains(name: "Upgrade")
      pending.append(
        Pending(version: head.version, keepsAlive: head.isKeepAlive && !isUpgrade))
      isReading = true
      connection.idleSince = nil
      deadlines.expectBody()
    case .body(let octets): deadlines.note(bodyOctets: octets.readableBytes)
    case .end:
      isReading = false
      head.expect()
      deadlines.endBody()
      if pending.isEmpty, !isLast { deadlines.expectNext() }
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if !isReading, refusal == nil, pending.isEmpty, head.hasBegun { deadlines.expectHead() }
    if isReading || head.hasBegun { arm(context) }
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let fault = error as? HTTPParserError else { return context.fireErrorCaught(error) }
    guard refusal == nil else { return }
    let refusal =
      switch fault {
      case .headerOverflow: head.isLineTooLong ? Refusal.longTarget : .longHead
      default: Refusal.unreadable("\(fault)")
      }
    refuse(fault, as: refusal, context)
  }

  private func refuse(
    _ fault: HTTPParserError, as refusal: Refusal, _ context: ChannelHandlerContext
  ) {
    self.refusal = refusal
    connection.metrics.countRefusal(status: Int(refusal.status.code))
    // Answers that are still due go first: whoever reads the requests sends the refusal in turn.
    context.fireErrorCaught(fault)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      isStopping = true
      connection.stop()
      deadlines.expectStop()
      arm(context)
    } else if case .some(.inputClosed) = event as? ChannelEvent, !pending.isEmpty {
      connection.leave()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    connection.leave()
    table.remove(connection)
    timer?.task.cancel()
    timer = nil
    context.fireChannelInactive()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    deadlines.note(isWritable: context.channel.isWritable)
    arm(context)
    context.fireChannelWritabilityChanged()
  }

  // MARK: What goes out

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head): write(head, context, promise)
    case .body: context.write(data, promise: promise)
    case .end:
      context.write(data, promise: promise)
      end(context)
    }
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard event is BodyIsWelcome else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    if isReading, pending.count == 1 {
      let head = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(head)), promise: promise)
    } else {
      promise?.succeed()
    }
  }

  private func write(
    _ head: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) {
    if head.status == .switchingProtocols, let upgrade = connection.takeUpgrade() {
      return write(head, becoming: upgrade, context, promise)
    }
    var head = answered(head)
    guard let refusal, isLast, head.headers[canonicalForm: "content-length"] == ["0"] else {
      return context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
    head.status = refusal.status
    let line = ByteBuffer(string: refusal.text + "\n")
    head.headers.replaceOrAdd(name: "Content-Length", value: String(line.readableBytes))
    head.headers.replaceOrAdd(name: "Content-Type", value: "text/plain; charset=utf-8")
    context.write(wrapOutboundOut(.head(head)), promise: promise)
    context.write(wrapOutboundOut(.body(.byteBuffer(line))), promise: nil)
  }

  /// Sends the last head of this connection. From there on frames go past the parser, which sees
  /// nothing more, and what it writes is dropped.
  private func write(
    _ head: HTTPResponseHead, becoming upgrade: WebSocketSession,
    _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) {
    isLast = true
    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: promise)
    do {
      try upgrade.install(in: context.channel.pipeline.syncOperations)
    } catch {
      context.close(promise: nil)
    }
  }

  /// The head as this client may have it.
  private func answered(_ head: HTTPResponseHead) -> HTTPResponseHead {
    guard head.status.code >= 200 else { return head }
    var head = head
    if let request = pending.first {
      // Clients of HTTP/1.0 cannot read chunks: the end of the connection ends the body.
      if request.version.minor == 0 { head.version = request.version }
      // A body that cannot be read ends the connection with the answer to its own request.
      let isCutOff = refusal != nil && isReading && pending.count == 1
      isLast =
        isCutOff || isStopping || !request.keepsAlive || !ConnectionHandler.keepsAlive(head)
      if request.version.minor == 0, !isLast {
        head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
      }
    } else {
      isLast = true
    }
    if isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
    return head
  }

  private static func keepsAlive(_ head: HTTPResponseHead) -> Bool {
    if head.version.minor == 0, !head.headers.contains(name: "Content-Length") { return false }
    return !head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
  }

  private func end(_ context: ChannelHandlerContext) {
    _ = pending.popFirst()
    if connection.isEnding { isLast = true }
    guard pending.isEmpty || isLast else { return }
    if isLast {
      // What the client still sends is read, so that it is not told of a reset before it has read
      // its answer.
      deadlines.expectClose()
      arm(context)
      context.flush()
      context.close(mode: .output, promise: nil)
    } else {
      connection.idleSince = NIODeadline.now().uptimeNanoseconds
      if isReading { deadlines.expectClose() } else { deadlines.expectNext() }
      arm(context)
    }
  }

  // MARK: Time

  /// Sees to it that somebody looks at the connection when its time is over.
  private func arm(_ context: ChannelHandlerContext) {
    guard let (at, _) = deadlines.next, context.channel.isActive || timer == nil else { return }
    if let timer {
      guard at < timer.at else { return }
      timer.task.cancel()
    }
    let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let task = context.eventLoop.scheduleTask(deadline: at) {
      let (this, context) = handler.value
      this.timer = nil
      this.lookAround(context)
    }
    timer = (at, task)
  }

  private func lookAround(_ context: ChannelHandlerContext) {
    guard let reason = deadlines.passed() else { return arm(context) }
    connection.metrics.countClose(reason)
    connection.leave()
    if reason == .slowReader || reason == .stopping { connection.dropHeld() }
    context.close(promise: nil)
  }
}
