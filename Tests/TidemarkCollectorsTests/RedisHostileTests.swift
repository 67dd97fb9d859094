import NIOCore
import NIOPosix
import Testing
import TidemarkCollectors

/// Servers that answer what nobody wants.
@Suite(.timeLimit(.minutes(10))) struct RedisHostileTests {
  /// Answers whatever comes with the same text.
  private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: String

    init(_ text: String) { self.text = text }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }

  private func server(_ text: String) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Answering(text))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  /// Servers without the command repeat it, and what they say goes to the log.
  @Test func thePasswordIsNotInTheError() async throws {
    let server = try await server(
      "-ERR unknown command `AUTH`, with args beginning with: `open-sesame`, \r\n")
    let port = try #require(server.localAddress?.port)
    let address = try RedisAddress(url: "redis://:open-sesame@127.0.0.1:\(port)/0")
    #expect(throws: RedisError.refused("the server does not take the password")) {
      try RedisConnection(address)
    }
    try await server.close()
  }

  /// Who stops a source waits for a step of the server; systemd waits for all of them together.
  @Test func theStandardBoundsAreNoneToWaitFor() {
    let limits = RedisConnection.Limits()
    #expect(limits.seconds <= 10)
    #expect(limits.replyOctetsMax <= 32 << 20)
    let batch = RedisQueue.Limits()
    #expect(limits.replyOctetsMax > 2 * (batch.octetsMax + batch.entryOctetsMax))
  }
}
