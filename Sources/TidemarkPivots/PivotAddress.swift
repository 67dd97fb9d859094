public import DNSWire
import TidemarkQuery

/// An address to pivot from, in its canonical form: an IPv4-mapped IPv6 address
/// (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is the IPv4 address.
public struct PivotAddress: Sendable, Hashable {
  /// Four or sixteen octets in network order.
  public let octets: [UInt8]

  /// Takes octets; nil unless they are four or sixteen.
  public init?(octets: [UInt8]) {
    guard octets.count == 4 || octets.count == 16 else { return nil }
    let isMapped =
      octets.count == 16 && octets[..<10].allSatisfy { $0 == 0 } && octets[10] == 0xFF
      && octets[11] == 0xFF
    self.octets = isMapped ? Array(octets[12...]) : octets
  }

  /// Reads an address; nil for anything else, networks included.
  public init?(text: String) {
    guard let address = IPAddressText.parse(Array(text.utf8).span) else { return nil }
    var octets: [UInt8] = []
    address.appendOctets(to: &octets)
    self.init(octets: octets)
  }

  /// RFC 5952, or dotted decimal.
  public var text: String {
    var out: [UInt8] = []
    IPAddressText.append(octets: octets.span, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// The type of records with such an address.
  public var rrtype: RRType { octets.count == 4 ? .a : .aaaa }
}

extension AddressPrefix {
  /// The network around an address that one customer usually has: /24 or /48.
  var neighbourhood: AddressPrefix? {
    AddressPrefix(octets: octets, bits: octets.count == 4 ? 24 : 48)?.masked
  }

  /// The same network with 0 in every bit that does not count.
  var masked: AddressPrefix? {
    var masked = octets
    for index in masked.indices {
      let kept = Swift.min(Swift.max(bits - index * 8, 0), 8)
      masked[index] &= UInt8(truncatingIfNeeded: 0xFF00 >> kept)
    }
    return AddressPrefix(octets: masked, bits: bits)
  }

  /// An address of the family, and the prefix length.
  var text: String {
    var out: [UInt8] = []
    IPAddressText.append(octets: octets.span, to: &out)
    return String(decoding: out, as: UTF8.self) + "/\(bits)"
  }
}
