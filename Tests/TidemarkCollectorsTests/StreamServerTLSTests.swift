import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import TidemarkCollectors

/// Producers over TLS that never read, as senders of D4 do.
@Suite(.timeLimit(.minutes(10))) struct StreamServerTLSTests {
  private let gate = TestIntake.Gate()
  private let folder = StreamServerTests.path() + ".d"

  private func server() throws -> StreamServer {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let (certificate, key) = ("\(folder)/own.pem", "\(folder)/own.key")
    try Data(TestCertificate.certificate.utf8).write(to: URL(fileURLWithPath: certificate))
    try Data(TestCertificate.key.utf8).write(to: URL(fileURLWithPath: key))
    var options = StreamServer.Options(endpoint: .tcp(host: "127.0.0.1", port: 0))
    options.tls = .server(certificates: certificate, key: key, clientAuthorities: nil)
    return StreamServer(
      options: options, group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { [gate] in TestIntake(gate) })
  }

  /// A producer that has sent a frame and reads nothing from then on.
  private func deafProducer(_ port: Int, _ context: NIOSSLContext) async throws -> any Channel {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    // Returns when TLS is complete and the octets are on their way.
    try await channel.writeAndFlush(ByteBuffer(bytes: Frames.start + Frames.data([7])))
    try await channel.setOption(.autoRead, value: false).get()
    return channel
  }

  /// How long a server takes to stop that some such producers are connected to.
  private func timeToStop(_ producers: Int) async throws -> Duration {
    let server = try server()
    let port = try #require(try await server.start()?.port)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    let context = try NIOSSLContext(configuration: configuration)
    let (frames, closed) = (gate.frames.count, gate.closed)
    var channels: [any Channel] = []
    for _ in 0..<producers { channels.append(try await deafProducer(port, context)) }
    while gate.frames.count < frames + producers { await Task.yield() }
    let time = await ContinuousClock().measure { await server.stop() }
    #expect(gate.closed == closed + producers)
    for channel in channels { channel.close(promise: nil) }
    return time
  }

  /// Such a producer does not answer the end of TLS: it is waited for, briefly, and all at once.
  @Test func stopsSoonAlthoughNobodyAnswers() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let one = try await timeToStop(1)
    // One after another they would take forty times as long, on a machine of any speed.
    #expect(try await timeToStop(40) < one * 20)
  }
}
