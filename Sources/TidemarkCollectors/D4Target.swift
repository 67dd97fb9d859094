import NIOCore

/// The D4 server that packets are sent to.
public struct D4Target: Sendable, Equatable, CustomStringConvertible {
  /// Why a text is no target. Each prints as one line.
  public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not `d4://host[:port]`.
    case badURL(String)
    /// Not what the D4 clients have in their file `destination`, or one of the forms that only the
    /// clients themselves make sense of.
    case badDestination(String)
    /// Anybody on the way could read the records.
    case plainToOthers(String)

    /// One line for people.
    public var description: String {
      switch self {
      case .badURL(let url): "\(url): not a D4 server; write d4://host:port"
      case .badDestination(let text):
        "destination '\(text)': not a server; write host:port there, or say --to d4://host:port"
      case .plainToOthers(let url):
        "\(url): without TLS only to this machine, for example to socat; write d4://host:port"
      }
    }
  }

  /// The port of D4 servers.
  public static let portStandard: UInt16 = 4_443

  /// A name or an address.
  public let host: String
  /// The port.
  public let port: UInt16
  /// True with TLS.
  public let hasTLS: Bool

  /// Reads `d4://host[:port]` for TLS, or `d4+tcp://host[:port]` without, to this machine only.
  public init(url: String) throws(Fault) {
    let lower = url.lowercased()
    guard let scheme = ["d4://", "d4+tcp://"].first(where: { lower.hasPrefix($0) }) else {
      throw .badURL(url)
    }
    var place = url.dropFirst(scheme.utf8.count)
    if place.hasSuffix("/") { place = place.dropLast() }
    guard
      let (host, port) = HostAndPort.split(String(place), portStandard: D4Target.portStandard)
    else { throw .badURL(url) }
    hasTLS = scheme == "d4://"
    self.host = host
    self.port = port
    guard hasTLS || StreamEndpoint.tcp(host: host, port: Int(port)).isLocal else {
      throw .plainToOthers(url)
    }
  }

  /// Reads the file `destination` of a D4 client: `address:port` or `name:port`; TLS is meant.
  public init(destination text: String) throws(Fault) {
    guard let (host, port) = HostAndPort.split(text, portStandard: nil) else {
      throw .badDestination(text)
    }
    self.host = host
    self.port = port
    hasTLS = true
  }

  /// True for an address of ``init(url:)``.
  public static func isURL(_ text: String) -> Bool {
    let lower = text.lowercased()
    return lower.hasPrefix("d4://") || lower.hasPrefix("d4+tcp://")
  }

  /// What the server's certificate must be for; nil for addresses, which TLS compares by itself.
  var serverName: String? {
    (try? SocketAddress(ipAddress: host, port: Int(port))) == nil ? host : nil
  }

  /// The address as ``init(url:)`` reads it.
  public var description: String {
    "\(hasTLS ? "d4" : "d4+tcp")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}
