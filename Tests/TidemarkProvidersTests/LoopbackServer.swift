import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server on loopback that does what a test says to each connection, and remembers what it was
/// sent. Speaks no protocol by itself.
final class LoopbackServer: Sendable {
  /// Is given the request and the connection, which is closed behind it.
  typealias Script = @Sendable (_ request: String, _ channel: any Channel) async throws -> Void

  /// Where a request ends.
  enum End: Sendable {
    /// An HTTP head.
    case emptyLine
    /// A WHOIS question.
    case line
  }

  private struct State {
    var connectionCount = 0
    var requests: [String] = []
  }

  let port: Int
  private let listener: any Channel
  private let state: Shared

  private final class Shared: Sendable {
    let state = Mutex(State())
  }

  /// Connections that were made, whether anything came on them or not.
  var connectionCount: Int { state.state.withLock { $0.connectionCount } }
  var requests: [String] { state.state.withLock { $0.requests } }

  init(
    host: String = "127.0.0.1", port: Int = 0, tls: Bool = false, end: End = .emptyLine,
    _ script: @escaping Script
  ) async throws {
    let shared = Shared()
    state = shared
    let context = tls ? try TestCertificate.context() : nil
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        shared.state.withLock { $0.connectionCount += 1 }
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
          try pipeline.addHandler(
            Handler(end: end) { request, channel in
              shared.state.withLock { $0.requests.append(request) }
              try await script(request, channel)
            })
        }
      }
      .bind(host: host, port: port).get()
    self.port = listener.localAddress?.port ?? 0
  }

  func close() async { try? await listener.close() }

  /// An HTTP answer with a length.
  static func answer(
    _ status: String, _ headers: [String] = [], _ body: String = ""
  ) -> String {
    (["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers + ["", body])
      .joined(separator: "\r\n")
  }

  /// Says the same to everybody.
  static func saying(_ text: String) -> Script {
    { _, channel in try await channel.writeAndFlush(ByteBuffer(string: text)) }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let end: End
    private let script: Script
    private var octets: [UInt8] = []

    init(end: End, _ script: @escaping Script) {
      self.end = end
      self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      octets.append(contentsOf: unwrapInboundIn(data).readableBytesView)
      let text = String(decoding: octets, as: UTF8.self)
      guard text.contains(end == .line ? "\r\n" : "\r\n\r\n") else { return }
      octets = []
      let (channel, script) = (context.channel, script)
      Task {
        try? await script(text, channel)
        channel.close(promise: nil)
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}

/// Waits on an event loop's timer.
func pause(milliseconds: Int64) async {
  let loop = MultiThreadedEventLoopGroup.singleton.next()
  try? await loop.scheduleTask(in: .milliseconds(milliseconds)) {}.futureResult.get()
}

/// A certificate that nobody has signed but itself: localhost, 127.0.0.1, rdap.example.net,
/// registrar.example.org.
enum TestCertificate {
  static func context() throws -> NIOSSLContext {
    try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [
          .certificate(try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem))
        ],
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))))
  }

  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBxjCCAWygAwIBAgIUCsmZ2L2LpEFYxxAoz9iwdgc3pNowCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIwMTMxMFoYDzIxMjYxMDI4
    MjAxMzEwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAAR3lte+eyxU0P+HM9rq3QWuyFAO8eQknBQ/ruefflUEEVTyEQyutqx4
    H8WVYeJVHdgLyZgR/b35N/IcOCtQlXMdo4GZMIGWMB0GA1UdDgQWBBTdQMnQQ5gW
    3hjmdtGZIOpmmh/+XTAfBgNVHSMEGDAWgBTdQMnQQ5gW3hjmdtGZIOpmmh/+XTAP
    BgNVHRMBAf8EBTADAQH/MEMGA1UdEQQ8MDqCCWxvY2FsaG9zdIIQcmRhcC5leGFt
    cGxlLm5ldIIVcmVnaXN0cmFyLmV4YW1wbGUub3JnhwR/AAABMAoGCCqGSM49BAMC
    A0gAMEUCIHUgrQX0Lr/8FuY9SrsH6R5/1xCTTx2zkRCN5TdglzRJAiEAqGpYlSCI
    BdllwyZ6If8iPxRHN8YCRDvamUFQstTLM6c=
    -----END CERTIFICATE-----
    """

  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwXVsJFqFvEJ0Ru15
    BKVZpPIvG5O3QtB/50LnqEAoxrehRANCAAR3lte+eyxU0P+HM9rq3QWuyFAO8eQk
    nBQ/ruefflUEEVTyEQyutqx4H8WVYeJVHdgLyZgR/b35N/IcOCtQlXMd
    -----END PRIVATE KEY-----
    """
}
