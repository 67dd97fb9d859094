import DNSWire

/// The server that a relay sends to.
public struct RelayTarget: Sendable, Equatable {
  /// Why something is no target. Each prints as one line.
  public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not `https://host[:port][/path]` or `http://…`.
    case badURL(String)
    /// Anybody on the way could read the token.
    case tokenWithoutTLS(String)
    /// The file has no token: one line of visible ASCII.
    case badToken(path: String)

    /// One line for people.
    public var description: String {
      switch self {
      case .badURL(let url): "\(url): not a server; write https://host:port"
      case .tokenWithoutTLS(let url):
        "\(url): a token is sent by https only, or by http to this machine"
      case .badToken(let path): "\(path): holds no token"
      }
    }
  }

  /// Longest token, octets.
  public static let tokenOctetsMax = 4_096

  /// `scheme://host[:port][/path]` without a final slash.
  public let base: String
  /// A file with trusted certificates in PEM form; nil trusts those of the system.
  public let authorities: String?
  /// A file with a bearer token, read again for each request; nil sends none.
  public let tokenFile: String?

  /// Takes the address of a server.
  ///
  /// - Throws: ``Fault``.
  public init(
    url: String, authorities: String? = nil, tokenFile: String? = nil
  ) throws(Fault) {
    let lower = url.lowercased()
    let scheme = lower.hasPrefix("https://") ? "https://" : "http://"
    guard lower.hasPrefix(scheme) else { throw .badURL(url) }
    var rest = url.dropFirst(scheme.utf8.count)
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    let isPlain = rest.utf8.allSatisfy { octet in
      (0x21...0x7E).contains(octet) && !"@?#\"<>\\^`{|}".utf8.contains(octet)
    }
    let authority = rest.prefix { $0 != "/" }
    let host = RelayTarget.host(of: authority)
    guard isPlain, !host.isEmpty else { throw .badURL(url) }
    if tokenFile != nil, scheme == "http://", !RelayTarget.isLoopback(host) {
      throw .tokenWithoutTLS(url)
    }
    base = scheme + rest
    self.authorities = authorities
    self.tokenFile = tokenFile
  }

  /// The address for rows of a dataset.
  func observationsURL(dataset: String) -> String {
    "\(base)/api/v1/observations?dataset=\(RelayTarget.encoded(dataset))"
  }

  private static func host(of authority: Substring) -> Substring {
    if authority.hasPrefix("[") {
      return authority.dropFirst().prefix { $0 != "]" }
    }
    return authority.prefix { $0 != ":" }
  }

  private static func isLoopback(_ host: Substring) -> Bool {
    let isIPv4 = host.utf8.allSatisfy { ASCII.isDigit($0) || $0 == ASCII.dot }
    return host.lowercased() == "localhost" || host == "::1" || isIPv4 && host.hasPrefix("127.")
  }

  /// Everything but unreserved characters escaped (RFC 3986 section 2.3).
  static func encoded(_ text: String) -> String {
    var result = ""
    for octet in text.utf8 {
      switch octet {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(octet))
      default:
        let digits = String(octet, radix: 16, uppercase: true)
        result += (digits.utf8.count == 1 ? "%0" : "%") + digits
      }
    }
    return result
  }
}
