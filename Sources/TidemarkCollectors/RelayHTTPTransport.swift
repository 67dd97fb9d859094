import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Bodies to `POST /api/v1/observations` of a Tidemark, over HTTP or HTTPS.
///
/// Redirects are not followed, so that a token goes to the server it is for. Call ``shutdown()`` at
/// the end.
public struct RelayHTTPTransport: RelayTransport {
  /// A connection that is not there after this time fails, seconds.
  public static let connectSeconds: Int64 = 10
  /// A request without an answer fails after this time, seconds: a large body on a slow line, and
  /// a server that waits for its disk.
  public static let requestSeconds: Int64 = 120
  /// Octets of an answer that are read; an account has some hundred.
  public static let answerOctetsMax = 65_536

  private let target: RelayTarget
  private let client: HTTPClient

  /// Makes a transport.
  ///
  /// - Throws: ``RelayTarget/Fault/badToken(path:)`` when there is a token file without a token.
  public init(target: RelayTarget) throws {
    self.target = target
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.httpVersion = .http1Only
    configuration.timeout = .init(connect: .seconds(RelayHTTPTransport.connectSeconds))
    if let authorities = target.authorities {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(authorities)
      configuration.tlsConfiguration = tls
    }
    if let path = target.tokenFile { _ = try RelayHTTPTransport.token(in: path) }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Sends a body; see ``RelayTransport``.
  public func post(_ part: SpoolPart) async throws -> RelayAnswer {
    var request = HTTPClientRequest(url: target.observationsURL(dataset: part.dataset))
    request.method = .POST
    request.headers = [
      "User-Agent": "tidemark", "X-Batch-ID": part.batchID, "Content-Encoding": "zstd",
      "Content-Type": "application/x-ndjson",
    ]
    if let path = target.tokenFile {
      request.headers.add(
        name: "Authorization", value: "Bearer \(try RelayHTTPTransport.token(in: path))")
    }
    request.body = .bytes(ByteBuffer(bytes: part.octets))
    let response = try await client.execute(
      request, timeout: .seconds(RelayHTTPTransport.requestSeconds))
    var text: [UInt8] = []
    for try await buffer in response.body {
      text.append(contentsOf: buffer.readableBytesView)
      if text.count > RelayHTTPTransport.answerOctetsMax { break }
    }
    return RelayAnswer(
      status: Int(response.status.code), text: String(decoding: text, as: UTF8.self))
  }

  /// Closes all connections. Nothing can be sent afterwards.
  public func shutdown() async throws { try await client.shutdown() }

  /// The first line of a file, which must be visible ASCII.
  static func token(in path: String) throws -> String {
    var octets = [UInt8](repeating: 0, count: RelayTarget.tokenOctetsMax + 1)
    let count = try FileHandleReader(path: path).readArray(&octets)
    let line = octets.prefix(count).prefix { $0 != 10 && $0 != 13 }
    guard (1...RelayTarget.tokenOctetsMax).contains(line.count),
      line.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw RelayTarget.Fault.badToken(path: path) }
    return String(decoding: line, as: UTF8.self)
  }
}
