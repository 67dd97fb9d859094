import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import TidemarkEnrichment

/// One request to one server and its answer, on a connection of its own.
struct OutboundExchange: Sendable {
  /// Time for the connection and its handshakes, seconds, when there is more for everything.
  static let connectSeconds = 10

  let url: OutboundURL
  /// The address to connect to instead of asking for the host's; it was checked.
  var address: String?
  let request: OutboundRequest
  let policy: OutboundPolicy
  let proxy: HTTPClient.Configuration.Proxy?

  /// Why there is no answer.
  struct Fault: Error {
    let failure: ActionFailure
    /// True when nothing was sent: another address may be tried.
    let isBeforeRequest: Bool
  }

  func run() async throws(Fault) -> OutboundResponse {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let outcome: Result<OutboundResponse, Fault>
    do {
      outcome = .success(try await exchange(client))
    } catch {
      outcome = .failure(OutboundFault(error, host: url.host).fault)
    }
    // Ends the connection too when the rest of a body is not wanted.
    try? await client.shutdown()
    return try outcome.get()
  }

  private var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    // Followed by the caller, who checks where they lead.
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.httpVersion = .http1Only
    // Otherwise a port on which nobody listens is tried until the time is over.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout = .init(
      connect: .seconds(Int64(min(OutboundExchange.connectSeconds, max(1, policy.timeoutSeconds)))),
      read: .seconds(Int64(max(1, policy.timeoutSeconds))))
    var tls = TLSConfiguration.makeClientConfiguration()
    if !policy.verifiesTLS { tls.certificateVerification = .none }
    configuration.tlsConfiguration = tls
    configuration.proxy = proxy
    // The name stays in the request and in the handshake, the connection goes to the address.
    if let address { configuration.dnsOverride = [url.host: address] }
    return configuration
  }

  private func exchange(_ client: HTTPClient) async throws -> OutboundResponse {
    var asked = HTTPClientRequest(url: url.text)
    asked.method = HTTPMethod(rawValue: request.method)
    asked.headers = HTTPHeaders(request.headers)
    if !asked.headers.contains(name: "User-Agent") {
      asked.headers.add(name: "User-Agent", value: "tidemark")
    }
    asked.headers.replaceOrAdd(name: "Accept-Encoding", value: "identity")
    if !request.body.isEmpty { asked.body = .bytes(ByteBuffer(bytes: request.body)) }
    let response = try await client.execute(
      asked, timeout: .seconds(Int64(max(1, policy.timeoutSeconds))))
    var body = try OutboundBody(
      encodings: response.headers["Content-Encoding"], octetsMax: policy.octetsMax)
    for try await part in response.body {
      guard try body.append(part.readableBytesUInt8Span) else { break }
    }
    try body.finish()
    return OutboundResponse(
      status: Int(response.status.code),
      contentType: response.headers.first(name: "Content-Type") ?? "",
      headers: response.headers.map { ($0.name, $0.value) }, body: body.octets,
      isCut: body.isCut, url: url.text)
  }
}
