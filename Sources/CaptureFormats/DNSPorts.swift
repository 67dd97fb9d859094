/// The ports on which DNS messages are looked for.
///
/// mDNS (5353, RFC 6762), LLMNR (5355, RFC 4795) and NetBIOS names (137, RFC 1002) look like DNS
/// but are not observations of it: they are never members, whatever is asked for. A packet from
/// such a port to a member is still DNS: resolvers pick source ports at random.
public struct DNSPorts: Sendable, Equatable {
  /// Ports that can not be members.
  public static let excluded: Set<UInt16> = [137, 5353, 5355]
  /// Port 53 alone.
  public static let standard = DNSPorts([53])

  /// One bit per port.
  private var bits: [UInt64]

  /// A set of ports; excluded ones are left out.
  public init(_ ports: some Sequence<UInt16>) {
    bits = Array(repeating: 0, count: 1024)
    for port in ports where !Self.excluded.contains(port) {
      bits[Int(port >> 6)] |= 1 << UInt64(port & 63)
    }
  }

  /// True for a member.
  @inline(__always)
  public func contains(_ port: UInt16) -> Bool {
    bits[Int(port >> 6)] >> UInt64(port & 63) & 1 == 1
  }
}
