import DNSWire

/// Addresses of one family from a first through a last one.
public struct AddressRange: Sendable, Hashable {
  /// Four or sixteen octets.
  public let first: [UInt8]
  /// As many octets, not below ``first``.
  public let last: [UInt8]

  /// Makes a range; nil when the octets are not addresses of one family, or `last` is below
  /// `first`.
  public init?(first: [UInt8], last: [UInt8]) {
    guard first.count == 4 || first.count == 16, first.count == last.count,
      !last.lexicographicallyPrecedes(first)
    else { return nil }
    self.first = first
    self.last = last
  }

  /// Reads `192.0.2.1-192.0.2.9`; nil for anything else.
  public init?(text: String) {
    guard let ends = AddressRange.ends(Array(text.utf8)) else { return nil }
    self.init(first: ends.first, last: ends.last)
  }

  /// The two addresses around a hyphen, in any order and of any families.
  static func ends(_ text: [UInt8]) -> (first: [UInt8], last: [UInt8])? {
    let hyphen = UInt8(ascii: "-")
    let parts = text.split(separator: hyphen, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = IPAddressText.parse(Array(parts[0]).span),
      let last = IPAddressText.parse(Array(parts[1]).span)
    else { return nil }
    var ends: (first: [UInt8], last: [UInt8]) = ([], [])
    first.appendOctets(to: &ends.first)
    last.appendOctets(to: &ends.last)
    return ends
  }
}
