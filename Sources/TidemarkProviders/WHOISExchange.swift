import NIOCore
import NIOPosix
import TidemarkEnrichment
import TidemarkRegistration

/// One question to one WHOIS server (RFC 3912): a line there, octets back until the end.
struct WHOISExchange: Sendable {
  /// Time for the connection, seconds.
  static let connectSeconds: Int64 = 10

  /// The host, for messages.
  let host: String
  /// The address to connect to.
  let address: SocketAddress
  /// The question, without its end.
  let line: String
  /// Time without an octet after which the server is given up.
  let idleTime: TimeAmount

  /// What came, at most ``RegistrationLimits/answerOctetsMax`` octets.
  struct Reply: Sendable {
    var octets: [UInt8] = []
    var isCut = false
  }

  /// Asks; ends at once when the task is cancelled.
  ///
  /// - Throws: a failure when there is no connection, it breaks, or nothing comes for too long.
  func run() async throws(ActionFailure) -> Reply {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let reply = loop.makePromise(of: Reply.self)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(.seconds(WHOISExchange.connectSeconds))
      .channelOption(.allowRemoteHalfClosure, value: false)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Handler(line: line, idleTime: idleTime, reply: reply))
        }
      }
    let channel: any Channel
    do {
      channel = try await bootstrap.connect(to: address).get()
    } catch {
      reply.fail(error)
      throw ActionFailure(.unavailable, message: "\(host): no connection")
    }
    do {
      return try await withTaskCancellationHandler {
        try await reply.futureResult.get()
      } onCancel: {
        channel.close(promise: nil)
        reply.fail(CancellationError())
      }
    } catch is Handler.Idle {
      throw ActionFailure(.unavailable, message: "\(host): no answer in time")
    } catch {
      throw ActionFailure(.unavailable, message: "\(host): the connection broke")
    }
  }

  /// Collects what comes.
  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Idle: Error {}

    private let line: String
    private let idleTime: TimeAmount
    private let promise: EventLoopPromise<Reply>
    private var reply = Reply()
    private var timer: Scheduled<Void>?

    init(line: String, idleTime: TimeAmount, reply: EventLoopPromise<Reply>) {
      self.line = line
      self.idleTime = idleTime
      promise = reply
    }

    func channelActive(context: ChannelHandlerContext) {
      let buffer = context.channel.allocator.buffer(string: line + "\r\n")
      context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
      wait(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      let room = RegistrationLimits.answerOctetsMax - reply.octets.count
      reply.octets.append(contentsOf: buffer.readableBytesView.prefix(room))
      if buffer.readableBytes > room {
        reply.isCut = true
        context.close(promise: nil)
      } else {
        wait(context)
      }
    }

    func channelInactive(context: ChannelHandlerContext) {
      timer?.cancel()
      promise.succeed(reply)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      timer?.cancel()
      promise.fail(error)
      context.close(promise: nil)
    }

    private func wait(_ context: ChannelHandlerContext) {
      timer?.cancel()
      let channel = context.channel
      let promise = promise
      timer = context.eventLoop.scheduleTask(in: idleTime) {
        promise.fail(Idle())
        channel.close(promise: nil)
      }
    }
  }
}
