import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// Makes a pipeline for each connection: TLS, HTTP/1, and a ``ConnectionHandler`` to watch it.
struct ConnectionSetup: ServerChildChannel {
  /// A connection, and what the routes may know of it.
  struct Value: ServerChildChannelValue {
    let client: ClientConnection
    let base: HTTP1Channel.Value

    var channel: any Channel { base.channel }
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
    let client = ClientConnection(channel, metrics: metrics)
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
      await base.handle(value: value.base, logger: logger)
    }
  }
}
