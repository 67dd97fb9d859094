import DNSWire

/// Blocks of addresses by their ends.
enum AddressBlock {
  /// Whether an answer about one block is about the other, which is in it, both by their ends.
  static func covers(
    _ outer: (first: String, last: String), _ inner: (first: String, last: String)
  ) -> Bool {
    let ends = [outer.first, inner.first, inner.last, outer.last].map { text in
      let octets = Array(text.utf8)
      return IPAddressText.parse(octets.span)
    }
    var values: [UInt128] = []
    for case .v4(let value)? in ends { values.append(UInt128(value)) }
    if values.isEmpty { for case .v6(let value)? in ends { values.append(value) } }
    return values.count == ends.count && values == values.sorted()
  }

  /// The length of the prefix that is exactly the block; nil when no prefix is.
  static func prefixLength(first: String, last: String) -> Int? {
    let (low, high) = (Array(first.utf8), Array(last.utf8))
    switch (IPAddressText.parse(low.span), IPAddressText.parse(high.span)) {
    case (.v4(let first)?, .v4(let last)?): return length(UInt128(first), UInt128(last), of: 32)
    case (.v6(let first)?, .v6(let last)?): return length(first, last, of: 128)
    default: return nil
    }
  }

  private static func length(_ first: UInt128, _ last: UInt128, of width: Int) -> Int? {
    let host = first ^ last
    // Ones from the lowest bit on, all of them 0 in the first address.
    guard host & (host &+ 1) == 0, first & host == 0 else { return nil }
    return width - (128 - host.leadingZeroBitCount)
  }
}
