public import TidemarkPivots

/// Addresses that nobody reaches from outside: a name on one says nothing about its neighbours.
///
/// The ranges for documentation (192.0.2.0/24 and others) are not among them: examples use them as
/// the public addresses that they stand for.
public enum PrivateAddress {
  /// Why an address is not a public one; nil when it is.
  public static func reason(_ address: PivotAddress) -> String? {
    let octets = address.octets
    let ranges = octets.count == 4 ? rangesIPv4 : rangesIPv6
    return ranges.first { holds($0.octets, $0.bits, octets) }?.reason
  }

  private typealias Range = (octets: [UInt8], bits: Int, reason: String)

  private static let rangesIPv4: [Range] = [
    ([0], 8, "this network (RFC 791)"),
    ([10], 8, "private network (RFC 1918)"),
    ([100, 64], 10, "shared by a provider's customers (RFC 6598)"),
    ([127], 8, "the host itself (RFC 1122)"),
    ([169, 254], 16, "link-local (RFC 3927)"),
    ([172, 16], 12, "private network (RFC 1918)"),
    ([192, 0, 0], 24, "protocol assignments (RFC 6890)"),
    ([192, 168], 16, "private network (RFC 1918)"),
    ([198, 18], 15, "benchmarks (RFC 2544)"),
    ([224], 4, "multicast (RFC 5771)"),
    ([240], 4, "reserved (RFC 1112)"),
  ]

  private static let rangesIPv6: [Range] = [
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 128, "no address (RFC 4291)"),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, "the host itself (RFC 4291)"),
    ([0x01, 0, 0, 0, 0, 0, 0, 0], 64, "discarded (RFC 6666)"),
    ([0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01], 48, "translation within a network (RFC 8215)"),
    ([0xFC], 7, "private network (RFC 4193)"),
    ([0xFE, 0x80], 10, "link-local (RFC 4291)"),
    ([0xFF], 8, "multicast (RFC 4291)"),
  ]

  private static func holds(_ prefix: [UInt8], _ bits: Int, _ address: [UInt8]) -> Bool {
    for (index, octet) in prefix.enumerated() where index < address.count {
      let kept = min(max(bits - index * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> kept)
      guard address[index] & mask == octet & mask else { return false }
    }
    return true
  }
}
