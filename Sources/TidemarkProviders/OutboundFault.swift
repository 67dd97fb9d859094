import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TidemarkCompression
import TidemarkEnrichment

/// What went wrong on the way, in words without anything of the request but its host.
struct OutboundFault {
  /// The answer is packed in a way that is not understood, and none was asked for.
  struct Encoded: Error {}

  private let error: any Error
  private let host: String

  init(_ error: any Error, host: String) {
    self.error = error
    self.host = host
  }

  var fault: OutboundExchange.Fault {
    OutboundExchange.Fault(
      failure: ActionFailure(.unavailable, message: "\(host): \(words)"),
      isBeforeRequest: isBeforeRequest)
  }

  private var isBeforeRequest: Bool {
    if error is NIOConnectionError || error is IOError { return true }
    return (error as? HTTPClientError) == .connectTimeout
  }

  private var words: String {
    switch error {
    case is CancellationError: "given up"
    case let error as HTTPClientError: words(of: error)
    case is NIOConnectionError, is IOError: "no connection"
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: tlsWords
    case is Encoded: "the answer is compressed in another way than gzip"
    case is Unpacker.Fault: "the compressed answer is damaged"
    case HTTPParserError.headerOverflow: "the head of the answer is too long"
    case is HTTPParserError: "the answer is not HTTP or not complete"
    default: "the answer cannot be read"
    }
  }

  private var tlsWords: String {
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "TLS: the certificate of the server is not trusted"
    }
    if (error as? NIOSSLExtraError) == .failedToValidateHostname {
      return "TLS: the certificate of the server is for another name"
    }
    return "TLS: the handshake failed"
  }

  private func words(of error: HTTPClientError) -> String {
    switch error {
    case .connectTimeout: "no connection in time"
    case .readTimeout, .deadlineExceeded: "no answer in time"
    case .tlsHandshakeTimeout: "no TLS handshake in time"
    case .remoteConnectionClosed: "the connection was closed before the answer was complete"
    case .proxyAuthenticationRequired: "the proxy wants other credentials"
    case .invalidProxyResponse, .httpProxyHandshakeTimeout: "the proxy did not connect"
    case .cancelled: "given up"
    default: "the request failed"
    }
  }
}
