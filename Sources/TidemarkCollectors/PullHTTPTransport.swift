import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The body of the answer to a GET, as long as it goes on.
///
/// Redirects are not followed, so that a token goes to the server it is for, and nothing is
/// unpacked.
struct PullHTTPTransport: PullTransport {
  private let address: PullAddress
  private let tokenFile: String?
  private let client: HTTPClient

  /// - Throws: what is wrong with a certificate file.
  init(address: PullAddress, options: PullClient.Options) throws {
    self.address = address
    tokenFile = options.tokenFile
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.httpVersion = .http1Only
    // Trying again is ours, with its own waits.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout = .init(
      connect: .seconds(StreamLimits.connectSeconds), read: options.idleTime)
    configuration.tlsConfiguration = try options.tls.configuration()
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  func run(
    _ stream: PullStream, after: UInt64?, hasPositions: Bool
  ) async throws(PullFailure) {
    do {
      try await read(stream, address.url(after: after, hasPositions: hasPositions))
    } catch let error as HTTPClientError where error == .readTimeout {
      throw .idle
    } catch {
      throw Task.isCancelled ? .stopped : PullRequest.failure(error)
    }
  }

  private func read(_ stream: PullStream, _ url: String) async throws {
    var request = HTTPClientRequest(url: url)
    request.headers = HTTPHeaders(try PullRequest.headers(tokenFile: tokenFile))
    // The time is for the head of the answer; the body is watched for silence.
    let response = try await client.execute(
      request, timeout: .seconds(PullClient.answerSeconds))
    guard response.status == .ok else {
      throw PullRequest.refusal(
        status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"))
    }
    try PullRequest.check(
      type: response.headers.first(name: "Content-Type"),
      encoding: response.headers.first(name: "Content-Encoding"))
    try await stream.begin(origins: response.headers[PullRequest.originsField])
    for try await part in response.body {
      try await stream.take(Array(part.readableBytesView))
    }
  }

  func shutdown() async { try? await client.shutdown() }
}
