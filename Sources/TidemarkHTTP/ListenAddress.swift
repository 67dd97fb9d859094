import DNSWire

/// An address and a port to listen on.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
  /// The text is no address with a port.
  public struct Malformed: Error, CustomStringConvertible {
    /// One line for people.
    public let description = "write an address and a port, like 127.0.0.1:8053 or [::1]:8053"
  }

  /// An address or a name, without brackets.
  public let host: String
  /// The port; 0 takes any free one.
  public let port: Int

  /// Takes an address and a port.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:8053`, `[::1]:8053` or `localhost:8053`.
  public init(_ text: String) throws(Malformed) {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { throw Malformed() }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw Malformed()
    }
    guard !host.isEmpty else { throw Malformed() }
    self.init(host: host, port: Int(port))
  }

  /// `127.0.0.1:8053` or `[::1]:8053`.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// True when nobody but this machine can reach an address: 127.0.0.0/8, ::1, the former mapped
  /// into IPv6, and `localhost`. Any other name counts as one that others can reach.
  public static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" { return true }
    guard let address = IPAddressText.parse(Array(host.utf8).span) else { return false }
    var octets: [UInt8] = []
    address.appendOctets(to: &octets)
    let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
    if octets.count == 16, octets.starts(with: mapped) { octets.removeFirst(12) }
    return octets.count == 4
      ? octets[0] == 127 : octets == [UInt8](repeating: 0, count: 15) + [1]
  }
}
