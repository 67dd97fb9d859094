import CPcap  // libpcap's headers bring those of sockets with them
import Dispatch
import Glibc
public import NIOCore
import NIOPosix
public import NIOSSL
import NIOTLS
import Synchronization

/// A connection to a D4 server, which never answers: what it has can only be told from what its
/// kernel acknowledged.
///
/// Octets are counted as they leave for the network, under TLS as TLS makes them. ``send(_:)`` says
/// where that count stands behind what was sent, and ``acknowledged()`` how far the other kernel
/// confirmed it.
public final class D4Connection: Sendable {
  /// Times of a connection.
  public struct Limits: Sendable {
    /// To connect, and again for TLS.
    public var seconds = 10
    /// Without any acknowledgement a connection with octets under way is dead.
    public var silentSeconds = 120
    /// Without traffic, the other side is asked whether it lives.
    public var keepAliveSeconds = 30

    /// The standard times.
    public init() {}
  }

  private let channel: any Channel
  private let descriptor: Int32
  private let meter: OutboundMeter

  private init(channel: any Channel, descriptor: Int32, meter: OutboundMeter) {
    self.channel = channel
    self.descriptor = descriptor
    self.meter = meter
  }

  /// Connects, and completes TLS.
  ///
  /// - Parameters:
  ///   - tls: nil without TLS.
  ///   - onClose: called once when the connection has ended, by whomever.
  /// - Throws: why there is no connection, in words for people.
  public static func open(
    _ target: D4Target, tls: NIOSSLContext?, on loop: any EventLoop, limits: Limits = Limits(),
    onClose: @escaping @Sendable () -> Void
  ) async throws -> D4Connection {
    let descriptor = try await connect(target, limits)
    let meter = OutboundMeter()
    let ready = loop.makePromise(of: Void.self)
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: loop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(meter)
            if let tls {
              try pipeline.addHandler(
                try NIOSSLClientHandler(context: tls, serverHostname: target.serverName))
            }
            try pipeline.addHandler(D4SilentHandler(ready: ready, hasTLS: tls != nil))
          }
        }
        .withConnectedSocket(descriptor).get()
    } catch {
      ready.fail(error)
      throw error
    }
    channel.closeFuture.whenComplete { _ in onClose() }
    let deadline = loop.scheduleTask(in: .seconds(Int64(limits.seconds))) {
      ready.fail(D4ConnectionError.handshakeTimeout)
      channel.close(promise: nil)
    }
    defer { deadline.cancel() }
    do {
      try await ready.futureResult.get()
    } catch {
      try? await channel.close()
      throw error
    }
    return D4Connection(channel: channel, descriptor: descriptor, meter: meter)
  }

  private static let connecting = DispatchQueue(
    label: "tidemark.d4-connect", attributes: .concurrent)

  private static func connect(_ target: D4Target, _ limits: Limits) async throws -> Int32 {
    try await withCheckedThrowingContinuation { continuation in
      connecting.async {
        continuation.resume(
          with: Result {
            let socket = try StreamSocket.connect(
              host: target.host, port: target.port, seconds: limits.seconds)
            setOptions(socket.descriptor, limits)
            return socket.handOver()
          })
      }
    }
  }

  /// A failure leaves the system's own times, which are long and no danger.
  private static func setOptions(_ descriptor: Int32, _ limits: Limits) {
    func set(_ level: Int32, _ name: Int32, _ value: Int) {
      var number = Int32(clamping: value)
      _ = unsafe setsockopt(
        descriptor, level, name, &number, socklen_t(MemoryLayout<Int32>.size))
    }
    let tcp = Int32(IPPROTO_TCP)
    set(SOL_SOCKET, SO_KEEPALIVE, 1)
    set(tcp, TCP_KEEPIDLE, limits.keepAliveSeconds)
    set(tcp, TCP_KEEPINTVL, max(1, limits.keepAliveSeconds / 3))
    set(tcp, TCP_KEEPCNT, 3)
    set(tcp, TCP_USER_TIMEOUT, limits.silentSeconds * 1_000)
    set(tcp, TCP_NODELAY, 1)
  }

  /// Sends octets; returns when the kernel has all of them.
  ///
  /// - Returns: the position on the wire behind them.
  /// - Throws: why the connection is of no use any more.
  public func send(_ octets: [UInt8]) async throws -> UInt64 {
    try await channel.writeAndFlush(ByteBuffer(bytes: octets))
    // On the loop, behind whatever else the end of this write causes there.
    return try await channel.eventLoop.submit { [meter] in meter.handed }.get()
  }

  /// The position on the wire up to which the other side's kernel acknowledged.
  ///
  /// - Returns: nil when the connection has ended.
  public func acknowledged() async -> UInt64? {
    try? await channel.eventLoop.submit { [self] in
      // The descriptor is the channel's, and may be another file's as soon as that is closed.
      guard channel.isActive else { throw D4ConnectionError.ended }
      let held = try heldByKernel()
      let handed = meter.handed
      return handed > held ? handed - held : 0
    }.get()
  }

  private func heldByKernel() throws -> UInt64 {
    var count: Int32 = 0
    guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 else {
      throw D4ConnectionError.ended
    }
    return UInt64(max(count, 0))
  }

  /// Ends the connection; what the kernel has still goes out.
  public func close() async { try? await channel.close() }
}

/// Why there is no connection.
enum D4ConnectionError: Error, CustomStringConvertible {
  case handshakeTimeout
  case ended

  var description: String {
    switch self {
    case .handshakeTimeout: "the server does not complete TLS"
    case .ended: "the server closed the connection"
    }
  }
}

/// Counts octets that the kernel took.
final class OutboundMeter: ChannelOutboundHandler, Sendable {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let count = Atomic<UInt64>(0)

  /// Octets so far.
  var handed: UInt64 { count.load(ordering: .sequentiallyConsistent) }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let octets = UInt64(unwrapOutboundIn(data).readableBytes)
    let written = promise ?? context.eventLoop.makePromise()
    written.futureResult.whenSuccess { [self] in
      count.add(octets, ordering: .sequentiallyConsistent)
    }
    context.write(data, promise: written)
  }
}

/// Passes over what the server says, which is nothing, and tells when TLS is done.
private final class D4SilentHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let ready: EventLoopPromise<Void>
  private let hasTLS: Bool

  init(ready: EventLoopPromise<Void>, hasTLS: Bool) {
    self.ready = ready
    self.hasTLS = hasTLS
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if !hasTLS { ready.succeed() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event { ready.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    ready.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    ready.fail(D4ConnectionError.ended)
    context.fireChannelInactive()
  }
}
