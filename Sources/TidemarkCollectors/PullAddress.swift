import DNSWire

/// Where COF is taken from: `https://host[:port]/path[?query]`, or `wss://…` for a WebSocket.
public struct PullAddress: Sendable, Equatable {
  /// Why something is no such address. Each prints as one line, without what may be secret.
  public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not of the form above.
    case badURL
    /// Anybody on the way could read the token.
    case tokenWithoutTLS
    /// The query says where to begin, which is ours to say.
    case hasPosition

    /// One line for people.
    public var description: String {
      switch self {
      case .badURL: "must be an address like https://host:port/path or wss://host:port/path"
      case .tokenWithoutTLS: "a token is sent by TLS only, or without it to this machine"
      case .hasPosition: "must not say after, follow or positions: these are added"
      }
    }
  }

  /// Messages of a WebSocket instead of the body of an answer.
  public let isWebSocket: Bool
  /// By TLS.
  public let isSecure: Bool
  /// A name or an address, without brackets.
  public let host: String
  /// The port.
  public let port: Int
  /// The path, with its slash.
  public let path: String
  /// What stands behind `?`; empty for nothing.
  public let query: String

  private static let schemes: [(text: String, isWebSocket: Bool, isSecure: Bool)] = [
    ("https://", false, true), ("http://", false, false), ("wss://", true, true),
    ("ws://", true, false),
  ]

  /// Takes an address apart.
  ///
  /// - Parameter hasToken: a token will be sent along.
  public init(url: String, hasToken: Bool) throws(Fault) {
    let lower = url.lowercased()
    guard let scheme = PullAddress.schemes.first(where: { lower.hasPrefix($0.text) }),
      url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"#\"<>\\^`{|}".utf8.contains($0) })
    else { throw .badURL }
    let rest = url.dropFirst(scheme.text.utf8.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let place = PullAddress.place(authority) else { throw .badURL }
    let target = rest.dropFirst(authority.count)
    let path = target.prefix { $0 != "?" }
    let query = target.dropFirst(path.count + 1)
    let endpoint = StreamEndpoint.tcp(host: place.host, port: 1)
    if hasToken, !scheme.isSecure, !endpoint.isLocal { throw .tokenWithoutTLS }
    for field in query.split(separator: "&") {
      if ["after", "follow", "positions"].contains(field.prefix { $0 != "=" }) {
        throw .hasPosition
      }
    }
    isWebSocket = scheme.isWebSocket
    isSecure = scheme.isSecure
    host = place.host
    port = place.port ?? (scheme.isSecure ? 443 : 80)
    self.path = path.isEmpty ? "/" : String(path)
    self.query = String(query)
  }

  /// True for the streams of a Tidemark, `/api/v1/share/NAME` or `/api/v1/share/NAME/ws`: they have
  /// positions.
  public var isShare: Bool {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)[...]
    if isWebSocket, parts.last == "ws" { parts.removeLast() }
    return parts.count >= 5 && parts.last != ""
      && parts.dropLast().suffix(3) == ["api", "v1", "share"]
  }

  /// Host and port as they stand in a request; the port only when it is not the usual one.
  public var authority: String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? shown : "\(shown):\(port)"
  }

  /// Path and query of a request.
  ///
  /// - Parameters:
  ///   - after: the position to go on behind; nil for all that the server keeps.
  ///   - hasPositions: the server knows positions, and is asked for them.
  public func target(after: UInt64?, hasPositions: Bool) -> String {
    var fields = query.isEmpty ? [] : [query]
    if hasPositions {
      if let after { fields.append("after=\(after)") }
      fields.append(isWebSocket ? "positions=true" : "follow=true")
    }
    return fields.isEmpty ? path : "\(path)?\(fields.joined(separator: "&"))"
  }

  /// The address of a request by HTTP.
  func url(after: UInt64?, hasPositions: Bool) -> String {
    let scheme = isSecure ? "https" : "http"
    return "\(scheme)://\(authority)\(target(after: after, hasPositions: hasPositions))"
  }

  private static func place(_ authority: Substring) -> (host: String, port: Int?)? {
    var host = authority
    var port: Int?
    let afterHost = authority.lastIndex(of: "]").map { authority.index(after: $0) }
    if let colon = authority[(afterHost ?? authority.startIndex)...].lastIndex(of: ":") {
      let digits = authority[authority.index(after: colon)...]
      guard digits.utf8.allSatisfy(ASCII.isDigit), let number = Int(digits),
        (1...65_535).contains(number)
      else { return nil }
      port = number
      host = authority[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.utf8.allSatisfy(isAddressOctet) else { return nil }
    } else {
      guard host.utf8.allSatisfy(isNameOctet) else { return nil }
    }
    return host.isEmpty ? nil : (String(host), port)
  }

  private static func isAddressOctet(_ octet: UInt8) -> Bool {
    "0123456789abcdefABCDEF:.".utf8.contains(octet)
  }

  private static func isNameOctet(_ octet: UInt8) -> Bool {
    (0x61...0x7A).contains(octet | 0x20) || ASCII.isDigit(octet) || "-._".utf8.contains(octet)
  }
}
