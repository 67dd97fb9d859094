import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Makes a pipeline for each connection: TLS, HTTP/1, and a ``ConnectionHandler`` to watch it.
struct ConnectionSetup: ServerChildChannel {
  /// A connection, and what the routes may know of it.
  final class Value: ServerChildChannelValue {
    let client: ClientConnection
    var channel: any Channel { base.channel }

    private let base: HTTP1Channel.Value
    private let isServed = Atomic(false)

    fileprivate init(client: ClientConnection, base: HTTP1Channel.Value) {
      self.client = client
      self.base = base
    }

    /// The connection, for the one who serves it.
    fileprivate func serve() -> HTTP1Channel.Value {
      isServed.store(true, ordering: .relaxed)
      return base
    }

    // A connection that comes while the server ends is served by nobody. NIO ends the process when
    // such a connection goes without having been closed by its owner.
    deinit {
      if isServed.load(ordering: .relaxed) { return }
      Task { [base] in try? await base.executeThenClose { _, _ in } }
    }
  }

  /// `TCP_NOTSENT_LOWAT` of Linux.
  private static let unsentLow = NIOBSDSocket.Option(rawValue: 25)

  let base: HTTP1Channel
  let certificates: ServerCertificates?
  let table: ConnectionTable
  let limits: ConnectionLimits
  let metrics: ServerMetrics

  init(
    _ responder: @escaping HTTPChannelHandler.Responder, certificates: ServerCertificates?,
    limits: ConnectionLimits, metrics: ServerMetrics, table: ConnectionTable
  ) {
    base = HTTP1Channel(
      responder: responder,
      configuration: HTTP1Channel.Configuration(
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: ServerLimits.headerFieldOctetsMax,
          maxHeaderListSize: ServerLimits.headerOctetsMax,
          maxHeaderFieldCount: ServerLimits.headerFieldsMax)))
    self.certificates = certificates
    self.limits = limits
    self.metrics = metrics
    self.table = table
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let client = ClientConnection(channel, metrics: metrics, pingEvery: limits.ping)
    metrics.countConnection()
    guard table.add(client) else {
      metrics.countClose(.crowded)
      return channel.close().flatMapThrowing { throw ChannelError.alreadyClosed }
    }
    channel.closeFuture.whenComplete { [table] _ in table.remove(client) }
    return channel.eventLoop.makeCompletedFuture {
      // Not every transport has it; it only saves memory.
      try? channel.syncOptions?.setOption(
        ChannelOptions.tcpOption(ConnectionSetup.unsentLow),
        value: SocketOptionValue(ServerLimits.unsentOctetsMax))
      if let certificates {
        try channel.pipeline.syncOperations.addHandler(
          NIOSSLServerHandler(context: certificates.context))
      }
    }.flatMap {
      base.setup(channel: channel, logger: logger)
    }.flatMapThrowing { value in
      let pipeline = channel.pipeline.syncOperations
      let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      let head = HeadWatch()
      try pipeline.addHandler(head, position: .before(parser))
      try pipeline.addHandler(
        ConnectionHandler(client, table: table, limits: limits, head: head),
        position: .after(parser))
      return Value(client: client, base: value)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await ClientConnection.$current.withValue(value.client) {
      await base.handle(value: value.serve(), logger: logger)
    }
  }
}
