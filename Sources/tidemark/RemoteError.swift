import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why a server gave no answer. Each prints as one line, and none holds a token.
enum RemoteError: Error, CustomStringConvertible {
  /// A file or setting for the connection cannot be used.
  case unusable(String)
  /// No connection.
  case unreachable(String, String)
  /// The server's status and what it said.
  case refused(UInt, String)
  /// The connection ended before the answer did.
  case cutOff

  /// What the client says of a request that got no answer.
  init(_ error: any Error, place: String) {
    switch error {
    case let error as NIOConnectionError:
      let first = error.connectionErrors.first?.error
      let detail = first.map(RemoteError.text) ?? "the name \(error.host) has no address"
      self = .unreachable(place, detail)
    case let error as HTTPClientError where error == .remoteConnectionClosed: self = .cutOff
    case let error as HTTPClientError: self = .unreachable(place, error.shortDescription)
    case let error as NIOSSLError: self = .unreachable(place, RemoteError.text(error))
    default: self = .unreachable(place, RemoteError.text(error))
    }
  }

  /// True when the same request may succeed a moment later.
  var isWorthRetrying: Bool {
    switch self {
    case .refused(let status, _): status == 503
    case .unusable: false
    case .cutOff, .unreachable: true
    }
  }

  /// True when there was an answer, but not all of it.
  var isCutOff: Bool {
    if case .cutOff = self { true } else { false }
  }

  var description: String {
    switch self {
    case .unusable(let text): text
    case .unreachable(let place, let detail): "\(place): no connection: \(detail)"
    case .refused(let status, let text):
      "the server answered \(status): \(text.split(separator: "\n").first ?? "")"
    case .cutOff: "the connection ended before the answer was complete"
    }
  }

  private static func text(_ error: any Error) -> String {
    switch error {
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
    case NIOSSLError.handshakeFailed(let cause): "TLS: \(firstLine(cause))"
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      "TLS: the certificate is of another host"
    default: firstLine(error)
    }
  }

  private static func firstLine(_ error: any Error) -> String {
    String("\(error)".split(separator: "\n").first?.prefix(200) ?? "")
  }
}
