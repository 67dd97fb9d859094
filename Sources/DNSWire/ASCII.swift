/// Octets of presentation text, and the few operations on them that every parser of text needs.
public enum ASCII {
  public static let tab = UInt8(ascii: "\t")
  public static let lineFeed = UInt8(ascii: "\n")
  public static let carriageReturn = UInt8(ascii: "\r")
  public static let space = UInt8(ascii: " ")
  public static let quote = UInt8(ascii: "\"")
  public static let dot = UInt8(ascii: ".")
  public static let backslash = UInt8(ascii: "\\")
  public static let zero = UInt8(ascii: "0")

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
