import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import TidemarkHTTP

/// The yardstick of the HTTP benchmark: the same Hummingbird with the same limits, which answers
/// every request with the same octets and does nothing for them.
struct FixedReplyServer: HTTPResponder {
  /// Nothing is kept for a request.
  struct Context: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
  }

  private let headers: HTTPFields
  private let body: ByteBuffer

  /// - Parameter body: what every request gets; take a real answer for a fair comparison.
  init(body: [UInt8]) {
    self.body = ByteBuffer(bytes: body)
    headers = [.contentType: "application/x-ndjson", .vary: "Authorization, Accept-Encoding"]
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
  }
}

/// Serves fixed replies on loopback until the task is cancelled.
///
/// - Parameters:
///   - port: 0 takes any free one.
///   - body: the reply.
///   - onListening: called once with the port.
func runFixedReply(
  port: Int, body: [UInt8], onListening: @escaping @Sendable (Int) -> Void
) async throws {
  var logger = Logger(label: "fixed-reply")
  logger.logLevel = .error
  let channel = HTTP1Channel.Configuration(
    idleTimeout: .seconds(60),
    httpDecoderConfiguration: .init(
      maxHeaderFieldSize: ServerLimits.headerFieldOctetsMax,
      maxHeaderListSize: ServerLimits.headerOctetsMax,
      maxHeaderFieldCount: ServerLimits.headerFieldsMax))
  let application = Application(
    responder: FixedReplyServer(body: body),
    server: .http1(configuration: channel),
    configuration: ApplicationConfiguration(
      address: .hostname("127.0.0.1", port: port),
      availableConnectionsDelegate: .maximum(ServerLimits.connectionsMax, logger: logger)),
    onServerRunning: { onListening($0.localAddress?.port ?? 0) },
    logger: logger)
  try await application.run()
}
