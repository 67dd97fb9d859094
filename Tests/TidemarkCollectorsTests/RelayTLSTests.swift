import FoundationEssentials
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TidemarkCollectors
import Testing

/// HTTPS and tokens of the relay.
@Suite(.timeLimit(.minutes(10)))
struct RelayTLSTests {
  private func spool(_ folder: SpoolFolder) throws -> RelaySpool {
    let spool = try RelaySpool(folder: folder.path)
    try ReplayedSource(items: 12).feed(spool)
    return spool
  }

  @Test func aServerWithATrustedCertificateGetsTheTokenAndTheBody() async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try spool(folder)
    try folder.replace("ca.pem", with: Array(TestCertificate.certificate.utf8))
    try folder.replace("token", with: Array("tm_first\n".utf8))
    let server = try await TLSServer()
    let transport = try RelayHTTPTransport(
      target: try RelayTarget(
        url: "https://localhost:\(server.port)", authorities: "\(folder.path)/ca.pem",
        tokenFile: "\(folder.path)/token"))
    let part = try #require(try spool.nextPart())
    #expect(try await transport.post(part).status == 401)
    // A new token needs no new start.
    try folder.replace("token", with: Array("tm_second".utf8))
    #expect(try await transport.post(part).status == 401)
    let heads = server.heads
    #expect(heads.count == 2)
    #expect(heads[0].contains("authorization: bearer tm_first\r\n"))
    #expect(heads[1].contains("authorization: bearer tm_second\r\n"))
    #expect(heads[0].hasPrefix("post /api/v1/observations?dataset=main http/1.1\r\n"))
    #expect(heads[0].contains("x-batch-id: \(part.batchID)\r\n"))
    #expect(heads[0].contains("content-encoding: zstd\r\n"))
    #expect(heads[0].contains("content-length: \(part.octets.count)\r\n"))
    try await transport.shutdown()
    try await server.close()
  }

  @Test func aServerThatTheSystemDoesNotTrustGetsNothing() async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try spool(folder)
    let server = try await TLSServer()
    let transport = try RelayHTTPTransport(
      target: try RelayTarget(url: "https://localhost:\(server.port)"))
    let part = try #require(try spool.nextPart())
    await #expect(throws: (any Error).self) { try await transport.post(part) }
    #expect(server.heads.isEmpty)
    try await transport.shutdown()
    try await server.close()
  }

  @Test func aTokenFileWithoutTokenIsRefusedAtTheStart() throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    _ = try spool(folder)
    let target = try RelayTarget(
      url: "https://localhost", tokenFile: "\(folder.path)/token")
    for text in ["", "\n", "two words", String(repeating: "x", count: 4_097)] {
      try folder.replace("token", with: Array(text.utf8))
      #expect(throws: RelayTarget.Fault.badToken(path: "\(folder.path)/token")) {
        try RelayHTTPTransport(target: target)
      }
    }
  }
}

/// Reads one request a connection, remembers its head in lower case, answers 401.
private final class TLSServer: Sendable {
  let port: Int
  private let channel: any Channel
  private let seen: Heads

  final class Heads: Sendable {
    let list = Mutex<[String]>([])
  }

  var heads: [String] { seen.list.withLock { $0 } }

  init() async throws {
    let certificate = try NIOSSLCertificate(
      bytes: Array(TestCertificate.certificate.utf8), format: .pem)
    let key = try NIOSSLPrivateKey(bytes: Array(TestCertificate.key.utf8), format: .pem)
    let context = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
    let seen = Heads()
    self.seen = seen
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(
            NIOSSLServerHandler(context: context), OneRequest(seen))
        }
      }
      .bind(host: "localhost", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func close() async throws { try await channel.close() }

  private final class OneRequest: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let seen: Heads
    private var received: [UInt8] = []

    init(_ seen: Heads) { self.seen = seen }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received += unwrapInboundIn(data).readableBytesView
      guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
      let head = String(decoding: received[..<end.upperBound], as: UTF8.self).lowercased()
      guard let field = head.firstRange(of: "content-length: "),
        let length = Int(head[field.upperBound...].prefix { $0.isNumber }),
        received.count >= end.upperBound + length
      else { return }
      seen.list.withLock { $0.append(head) }
      let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
      context.close(promise: nil)
    }
  }
}

/// A certificate for localhost that signs itself, made for these tests; its key protects nothing.
enum TestCertificate {
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBmzCCAUGgAwIBAgIUXe5IpCVEEBoJGr3yKN6/dVA09BkwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA2Mzc1MVoYDzIxMjYxMDI4
    MDYzNzUxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAAQjY20x2WER5VOysGX0Qfu2YaEHnb4n+pVInI3OMjulxsUV8og8264o
    tW8yaWQqBlDHyrHmhD99VHDGv1UE9XBjo28wbTAdBgNVHQ4EFgQUjctiR+akukUM
    ssdRGQdODxjUK9wwHwYDVR0jBBgwFoAUjctiR+akukUMssdRGQdODxjUK9wwGgYD
    VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
    zj0EAwIDSAAwRQIhAOXvagvFqJRgHZjTj+nsB4Sen7un7a9qjowdJ9qWHhV3AiA3
    f4hFuyuFjWKszocgID5dU7S9UVyX8pd4tAILvV8mTA==
    -----END CERTIFICATE-----

    """
  static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzQ9iJjrG4Rtc0t8F
    n0yl013EKxY2uKHoZ2pOJCXmCKChRANCAAQjY20x2WER5VOysGX0Qfu2YaEHnb4n
    +pVInI3OMjulxsUV8og8264otW8yaWQqBlDHyrHmhD99VHDGv1UE9XBj
    -----END PRIVATE KEY-----

    """
}
