/// Octets of presentation text, and the few operations on them that every parser of text needs.
///
/// They are computed, not stored: a stored constant costs a call per use in other modules.
public enum ASCII {
  /// Horizontal tab.
  @inline(__always) public static var tab: UInt8 { UInt8(ascii: "\t") }
  /// Line feed.
  @inline(__always) public static var lineFeed: UInt8 { UInt8(ascii: "\n") }
  /// Carriage return.
  @inline(__always) public static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
  /// Blank.
  @inline(__always) public static var space: UInt8 { UInt8(ascii: " ") }
  /// Double quote.
  @inline(__always) public static var quote: UInt8 { UInt8(ascii: "\"") }
  /// Full stop, which separates labels.
  @inline(__always) public static var dot: UInt8 { UInt8(ascii: ".") }
  /// Backslash, which starts an escape.
  @inline(__always) public static var backslash: UInt8 { UInt8(ascii: "\\") }
  /// The digit 0.
  @inline(__always) public static var zero: UInt8 { UInt8(ascii: "0") }

  /// A–Z as a–z, any other octet unchanged.
  @inline(__always)
  public static func lowered(_ octet: UInt8) -> UInt8 {
    octet &- 0x41 < 26 ? octet | 0x20 : octet
  }

  /// True for 0–9.
  @inline(__always)
  public static func isDigit(_ octet: UInt8) -> Bool { octet &- zero < 10 }

  /// The value of a hexadecimal digit in either case, or nil.
  public static func hexValue(_ octet: UInt8) -> UInt8? {
    if isDigit(octet) { return octet &- zero }
    let lower = octet | 0x20
    guard lower &- 0x61 < 6 else { return nil }
    return lower &- 0x61 &+ 10
  }

  /// Appends `\DDD`.
  public static func appendDecimalEscape(_ octet: UInt8, to out: inout [UInt8]) {
    out.append(backslash)
    out.append(zero + octet / 100)
    out.append(zero + octet / 10 % 10)
    out.append(zero + octet % 10)
  }

  /// Appends `value` in decimal without leading zeros.
  public static func appendDecimal(_ value: UInt64, to out: inout [UInt8]) {
    guard value >= 10 else {
      out.append(zero + UInt8(truncatingIfNeeded: value))
      return
    }
    var divisor: UInt64 = 10
    while value / divisor >= 10 { divisor *= 10 }
    var rest = value
    while divisor > 0 {
      out.append(zero + UInt8(truncatingIfNeeded: rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }
}
