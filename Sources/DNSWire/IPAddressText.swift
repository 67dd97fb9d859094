/// Text of IP addresses: RFC 5952 out, strict RFC 4291 section 2.2 in.
public enum IPAddressText {
  /// An address by its value in host order.
  public enum Address: Hashable, Sendable {
    /// Four octets, the first in the highest bits.
    case v4(UInt32)
    /// Sixteen octets, the first in the highest bits.
    case v6(UInt128)

    /// Appends the 4 or 16 octets in network order.
    public func appendOctets(to out: inout [UInt8]) {
      switch self {
      case .v4(let value):
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
          out.append(UInt8(truncatingIfNeeded: value >> shift))
        }
      case .v6(let value):
        for shift in stride(from: UInt128(120), through: 0, by: -8) {
          out.append(UInt8(truncatingIfNeeded: value >> shift))
        }
      }
    }
  }

  /// Reads an address of either family; no zone, no prefix length, no blanks around it.
  ///
  /// - Returns: nil when the text is not exactly one address.
  public static func parse(_ text: Span<UInt8>) -> Address? {
    if let value = parseIPv4(text) { return .v4(value) }
    return parseIPv6(text).map { .v6($0) }
  }

  /// Reads four decimal numbers without leading zeros, which some programs take for octal.
  public static func parseIPv4(_ text: Span<UInt8>) -> UInt32? {
    parseIPv4(text, from: 0)
  }

  private static func parseIPv4(_ text: Span<UInt8>, from start: Int) -> UInt32? {
    guard text.count - start >= 7, text.count - start <= 15 else { return nil }
    var value: UInt32 = 0
    var part: UInt32 = 0
    var digits = 0
    var dots = 0
    for index in start..<text.count {
      let octet = text[index]
      if octet == ASCII.dot {
        guard digits > 0, dots < 3 else { return nil }
        value = value << 8 | part
        part = 0
        digits = 0
        dots += 1
      } else {
        guard ASCII.isDigit(octet), digits == 0 || part > 0 else { return nil }
        part = part * 10 + UInt32(octet &- ASCII.zero)
        digits += 1
        guard part <= 255 else { return nil }
      }
    }
    return dots == 3 && digits > 0 ? value << 8 | part : nil
  }

  /// Reads eight groups of 1–4 hexadecimal digits, `::` at most once for one group or more, the
  /// last two groups also as an IPv4 address.
  public static func parseIPv6(_ text: Span<UInt8>) -> UInt128? {
    guard text.count >= 2, text.count <= 45 else { return nil }
    let colon = UInt8(ascii: ":")
    var value: UInt128 = 0
    var groups = 0
    var groupsBeforeGap = -1
    var at = 0
    if text[0] == colon {
      guard text[1] == colon else { return nil }
      groupsBeforeGap = 0
      at = 2
    }
    while at < text.count {
      guard groups < 8 else { return nil }
      let start = at
      var group: UInt128 = 0
      while at < text.count, at - start < 5, let digit = ASCII.hexValue(text[at]) {
        group = group << 4 | UInt128(digit)
        at += 1
      }
      if at < text.count, text[at] == ASCII.dot {
        guard groups <= 6, let tail = parseIPv4(text, from: start) else { return nil }
        value = value << 32 | UInt128(tail)
        groups += 2
        break
      }
      guard at > start, at - start <= 4 else { return nil }
      value = value << 16 | group
      groups += 1
      guard at < text.count else { break }
      guard text[at] == colon, at + 1 < text.count else { return nil }
      at += 1
      if text[at] == colon {
        guard groupsBeforeGap < 0 else { return nil }
        groupsBeforeGap = groups
        at += 1
      }
    }
    return filled(value, groups: groups, groupsBeforeGap: groupsBeforeGap)
  }

  /// Widens the gap that `::` left.
  private static func filled(
    _ value: UInt128, groups: Int, groupsBeforeGap: Int
  ) -> UInt128? {
    guard groupsBeforeGap >= 0 else { return groups == 8 ? value : nil }
    guard groups < 8 else { return nil }
    let tailBits = UInt128((groups - groupsBeforeGap) * 16)
    let tail = value & ((1 << tailBits) - 1)
    guard groupsBeforeGap > 0 else { return tail }
    return (value >> tailBits) << UInt128((8 - groupsBeforeGap) * 16) | tail
  }

  /// Appends the text of an address.
  public static func append(_ address: Address, to out: inout [UInt8]) {
    switch address {
    case .v4(let value): appendIPv4(value, to: &out)
    case .v6(let value): appendIPv6(value, to: &out)
    }
  }

  /// Appends dotted decimal text.
  public static func appendIPv4(_ value: UInt32, to out: inout [UInt8]) {
    appendOctet(UInt8(truncatingIfNeeded: value >> 24), to: &out)
    out.append(ASCII.dot)
    appendOctet(UInt8(truncatingIfNeeded: value >> 16), to: &out)
    out.append(ASCII.dot)
    appendOctet(UInt8(truncatingIfNeeded: value >> 8), to: &out)
    out.append(ASCII.dot)
    appendOctet(UInt8(truncatingIfNeeded: value), to: &out)
  }

  @inline(__always)
  private static func appendOctet(_ value: UInt8, to out: inout [UInt8]) {
    if value >= 100 { out.append(ASCII.zero + value / 100) }
    if value >= 10 { out.append(ASCII.zero + value / 10 % 10) }
    out.append(ASCII.zero + value % 10)
  }

  /// Appends RFC 5952 text; `::ffff:0:0/96` ends in dotted decimal (section 5).
  public static func appendIPv6(_ value: UInt128, to out: inout [UInt8]) {
    if value >> 32 == 0xFFFF {
      out.append(contentsOf: "::ffff:".utf8)
      appendIPv4(UInt32(truncatingIfNeeded: value), to: &out)
      return
    }
    let gap = longestZeroRun(value)
    var index = 0
    while index < 8 {
      if index == gap.lowerBound, !gap.isEmpty {
        out.append(UInt8(ascii: ":"))
        index = gap.upperBound
        if index == 8 { out.append(UInt8(ascii: ":")) }
        continue
      }
      if index > 0 { out.append(UInt8(ascii: ":")) }
      appendGroup(group(index, of: value), to: &out)
      index += 1
    }
  }

  @inline(__always)
  private static func group(_ index: Int, of value: UInt128) -> UInt16 {
    UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * index))
  }

  /// The first of the longest runs of two zero groups or more.
  private static func longestZeroRun(_ value: UInt128) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(index, of: value) != 0 {
        start = index + 1
      } else if index + 1 - start > max(best.count, 1) {
        best = start..<(index + 1)
      }
    }
    return best
  }

  private static func appendGroup(_ group: UInt16, to out: inout [UInt8]) {
    var shift: UInt16 = group >= 0x1000 ? 12 : group >= 0x100 ? 8 : group >= 0x10 ? 4 : 0
    while true {
      let digit = UInt8(truncatingIfNeeded: group >> shift & 15)
      out.append(digit < 10 ? ASCII.zero + digit : BaseEncoding.lower + digit - 10)
      guard shift > 0 else { return }
      shift -= 4
    }
  }

  /// Appends the text of 4 or 16 octets in network order.
  ///
  /// - Returns: false, with `out` unchanged, for any other number of octets.
  @discardableResult
  public static func append(octets: Span<UInt8>, to out: inout [UInt8]) -> Bool {
    switch octets.count {
    case 4: appendIPv4(UInt32(bigEndian: octets, at: 0), to: &out)
    case 16: appendIPv6(UInt128(bigEndian: octets, at: 0), to: &out)
    default: return false
    }
    return true
  }
}

/// Numbers in network order.
extension FixedWidthInteger where Self: UnsignedInteger {
  /// Reads this type's width from `octets`, which must hold it from `at`.
  @inline(__always)
  init(bigEndian octets: Span<UInt8>, at: Int) {
    self = 0
    for index in at..<(at + Self.bitWidth / 8) {
      self = (Self.bitWidth > 8 ? self << 8 : 0) | Self(truncatingIfNeeded: octets[index])
    }
  }

  /// Appends this type's width.
  @inline(__always)
  func appendBigEndian(to out: inout [UInt8]) {
    for shift in stride(from: Self.bitWidth - 8, through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: self >> Self(truncatingIfNeeded: shift)))
    }
  }
}
