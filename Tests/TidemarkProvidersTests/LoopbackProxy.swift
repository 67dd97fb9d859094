import NIOCore
import NIOPosix
import Synchronization

/// An HTTP proxy on loopback that writes down what it is asked for. It makes tunnels only.
final class LoopbackProxy: Sendable {
  let port: Int
  private let listener: any Channel
  private let log: Log

  private final class Log: Sendable {
    let heads = Mutex<[String]>([])
  }

  /// Heads of requests.
  var heads: [String] { log.heads.withLock { $0 } }

  init() async throws {
    let log = Log()
    self.log = log
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Front { head in log.heads.withLock { $0.append(head) } })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = listener.localAddress?.port ?? 0
  }

  func close() async { try? await listener.close() }

  private final class Front: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let report: @Sendable (String) -> Void
    private var head = ""
    private var tunnel: (any Channel)?

    init(_ report: @escaping @Sendable (String) -> Void) { self.report = report }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      if let tunnel { return tunnel.writeAndFlush(buffer, promise: nil) }
      head += String(buffer: buffer)
      guard head.contains("\r\n\r\n") else { return }
      report(head)
      let words = head.split(separator: " ")
      guard words[0] == "CONNECT", let target = Front.target(words[1]) else {
        return context.close(promise: nil)
      }
      let front = context.channel
      ClientBootstrap(group: context.eventLoop)
        .channelInitializer { $0.pipeline.addHandler(Back(front)) }
        .connect(host: target.host, port: target.port).assumeIsolated()
        .whenSuccess { channel in
          self.tunnel = channel
          front.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
        }
    }

    private static func target(_ text: Substring) -> (host: String, port: Int)? {
      guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...])
      else { return nil }
      return (String(text[..<colon]), port)
    }

    func channelInactive(context: ChannelHandlerContext) { tunnel?.close(promise: nil) }
  }

  private final class Back: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let front: any Channel

    init(_ front: any Channel) { self.front = front }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      front.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { front.close(promise: nil) }
  }
}
