/// Where a stream socket listens or connects: `unix:/run/x.sock`, `tcp:127.0.0.1:6000` or
/// `tls:[::1]:6000`.
public enum SocketEndpoint: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// A unix stream socket.
  case unix(path: String)
  /// TCP without protection.
  case tcp(host: String, port: Int)
  /// TLS over TCP.
  case tls(host: String, port: Int)

  /// Longest path of a unix socket, octets: the size of `sun_path` less its end.
  public static let pathOctetsMax = 107

  /// Reads the text form; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "unix":
      guard rest.hasPrefix("/"), rest.utf8.count <= SocketEndpoint.pathOctetsMax else { return nil }
      self = .unix(path: rest)
    case "tcp":
      guard let (host, port) = SocketEndpoint.hostAndPort(rest) else { return nil }
      self = .tcp(host: host, port: port)
    case "tls":
      guard let (host, port) = SocketEndpoint.hostAndPort(rest) else { return nil }
      self = .tls(host: host, port: port)
    default: return nil
    }
  }

  /// True when only programs of this machine can reach it.
  public var isLocal: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _), .tls(let host, _):
      host == "::1" || host == "localhost" || SocketEndpoint.isLoopback4(host)
    }
  }

  /// The text form.
  public var description: String {
    func place(_ host: String, _ port: Int) -> String {
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
    switch self {
    case .unix(let path): return "unix:\(path)"
    case .tcp(let host, let port): return "tcp:\(place(host, port))"
    case .tls(let host, let port): return "tls:\(place(host, port))"
    }
  }

  private static func isLoopback4(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// Splits `host:port`; the host of an IPv6 address stands in brackets.
  private static func hostAndPort(_ text: String) -> (String, Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    return host.isEmpty ? nil : (String(host), port)
  }
}
