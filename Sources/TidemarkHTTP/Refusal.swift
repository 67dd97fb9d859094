import NIOHTTP1

/// What is said to a request that cannot be read.
struct Refusal {
  let status: HTTPResponseStatus
  /// One line.
  let text: String

  static let longTarget = Refusal(
    status: .uriTooLong,
    text: "the request target has more than \(ServerLimits.headerFieldOctetsMax) octets")
  static let longHead = Refusal(
    status: .requestHeaderFieldsTooLarge,
    text: "at most \(ServerLimits.headerFieldsMax) header fields, each of at most"
      + " \(ServerLimits.headerFieldOctetsMax) octets, together \(ServerLimits.headerOctetsMax)")

  static func unreadable(_ why: String) -> Refusal {
    Refusal(status: .badRequest, text: "the request cannot be read: \(why)")
  }
}

extension Refusal {
  /// What is wrong with a head that the parser accepts; nil for a good one.
  ///
  /// A proxy may read such heads in another way, and then takes the rest of the connection for
  /// other requests than we do.
  init?(of head: HTTPRequestHead) {
    // RFC 9112 section 3.2.
    let hosts = head.headers[canonicalForm: "host"].count
    guard hosts == 1 || (hosts == 0 && head.version.minor == 0) else {
      self = .unreadable("it has \(hosts) Host fields")
      return
    }
    // RFC 9112 section 6.1: HTTP/1.0 has no chunks, and nobody unpacks other codings here.
    let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
    guard !codings.isEmpty else { return nil }
    if head.version.minor == 0 {
      self = .unreadable("HTTP/1.0 has no Transfer-Encoding")
    } else if codings != ["chunked"] {
      self = Refusal(status: .notImplemented, text: "Transfer-Encoding: only chunked is known")
    } else {
      return nil
    }
  }
}
