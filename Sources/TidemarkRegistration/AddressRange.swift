import DNSWire

/// Addresses from a first to a last one, of one family.
struct AddressRange: Hashable {
  let isIPv6: Bool
  /// In host order.
  let first: UInt128
  /// Not before ``first``.
  let last: UInt128

  private var width: Int { isIPv6 ? 128 : 32 }

  /// Reads `192.0.2.0 - 192.0.2.255`, `192.0.2.0/24`, `2001:db8::/32` and `192.0.2/24`.
  init?(_ text: String) {
    if let slash = text.firstIndex(of: "/") {
      let base = String(text[..<slash]).trimmedText
      guard let length = Int(text[text.index(after: slash)...].trimmedText), length >= 0,
        let address = AddressRange.value(AddressRange.completed(base))
      else { return nil }
      let width = address.isIPv6 ? 128 : 32
      guard length <= width else { return nil }
      isIPv6 = address.isIPv6
      let host = AddressRange.ones(width - length)
      first = address.value & ~host
      last = address.value | host
      return
    }
    // A hyphen between blanks, because IPv6 addresses have none either way.
    let ends = text.split(separator: "-", maxSplits: 1).map(\.trimmedText)
    guard let low = ends.first.flatMap(AddressRange.value),
      let high = ends.last.flatMap(AddressRange.value), low.isIPv6 == high.isIPv6,
      low.value <= high.value
    else { return nil }
    isIPv6 = low.isIPv6
    first = low.value
    last = high.value
  }

  /// Addresses of the range, less one.
  var span: UInt128 { last - first }

  var firstText: String { text(of: first) }
  var lastText: String { text(of: last) }

  /// The fewest prefixes that make up the range, at most ``RegistrationLimits/valuesMax``.
  var prefixes: [String] {
    var prefixes: [String] = []
    var at = first
    while prefixes.count < RegistrationLimits.valuesMax {
      var hostBits = min(at.trailingZeroBitCount, width)
      while hostBits > 0, AddressRange.ones(hostBits) > last - at { hostBits -= 1 }
      prefixes.append("\(text(of: at))/\(width - hostBits)")
      let end = at + AddressRange.ones(hostBits)
      guard end < last else { break }
      at = end + 1
    }
    return prefixes
  }

  private func text(of value: UInt128) -> String {
    HostText.text(of: isIPv6 ? .v6(value) : .v4(UInt32(truncatingIfNeeded: value)))
  }

  /// As many bits as given, set from the lowest on.
  private static func ones(_ count: Int) -> UInt128 {
    count >= 128 ? UInt128.max : (UInt128(1) << count) - 1
  }

  private static func value(_ text: String) -> (isIPv6: Bool, value: UInt128)? {
    let octets = Array(text.utf8)
    switch IPAddressText.parse(octets.span) {
    case .v4(let value)?: return (false, UInt128(value))
    case .v6(let value)?: return (true, value)
    case nil: return nil
    }
  }

  /// LACNIC leaves octets of zero out: `200.57.128`.
  private static func completed(_ text: String) -> String {
    let count = text.utf8.count { $0 == UInt8(ascii: ".") }
    guard !text.contains(":"), count < 3 else { return text }
    return text + String(repeating: ".0", count: 3 - count)
  }
}
