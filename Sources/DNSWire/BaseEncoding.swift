/// Hexadecimal, base64 (RFC 4648 section 4) and base32hex (section 7), as rdata text uses them.
enum BaseEncoding {
  private static func digit(_ value: UInt8, letters: UInt8) -> UInt8 {
    value < 10 ? ASCII.zero + value : letters + value - 10
  }

  static let upper = UInt8(ascii: "A")
  static let lower = UInt8(ascii: "a")

  /// Appends two hexadecimal digits; `letters` is ``upper`` or ``lower``.
  @inline(__always)
  static func appendHex(_ octet: UInt8, letters: UInt8, to out: inout [UInt8]) {
    out.append(digit(octet >> 4, letters: letters))
    out.append(digit(octet & 15, letters: letters))
  }

  static func appendHex(_ octets: Span<UInt8>, letters: UInt8, to out: inout [UInt8]) {
    for index in 0..<octets.count { appendHex(octets[index], letters: letters, to: &out) }
  }

  private static func base64Digit(_ value: UInt32) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value & 63)
    return switch value {
    case 0..<26: 0x41 + value
    case 26..<52: 0x61 + value - 26
    case 52..<62: ASCII.zero + value - 52
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }

  /// Appends one word with padding.
  static func appendBase64(_ octets: Span<UInt8>, to out: inout [UInt8]) {
    var at = 0
    while at < octets.count {
      let left = octets.count - at
      let second = left > 1 ? UInt32(octets[at + 1]) : 0
      let third = left > 2 ? UInt32(octets[at + 2]) : 0
      let bits = UInt32(octets[at]) << 16 | second << 8 | third
      out.append(base64Digit(bits >> 18))
      out.append(base64Digit(bits >> 12))
      out.append(left > 1 ? base64Digit(bits >> 6) : UInt8(ascii: "="))
      out.append(left > 2 ? base64Digit(bits) : UInt8(ascii: "="))
      at += 3
    }
  }

  private static func base64Value(_ octet: UInt8) -> UInt32? {
    switch octet {
    case 0x41...0x5A: UInt32(octet - 0x41)
    case 0x61...0x7A: UInt32(octet - 0x61 + 26)
    case 0x30...0x39: UInt32(octet - 0x30 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  /// Collects digits of one encoding over several words.
  struct Decoder {
    private var bits: UInt32 = 0
    private var bitCount = 0
    private var digits = 0
    private var padding = 0

    /// Adds a base64 digit or `=`; false when it cannot stand here.
    mutating func addBase64(_ octet: UInt8, to out: inout [UInt8]) -> Bool {
      if octet == UInt8(ascii: "=") {
        padding += 1
        return padding <= 2
      }
      guard padding == 0, let value = base64Value(octet) else { return false }
      add(value, width: 6, to: &out)
      return true
    }

    /// True when the digits so far are a whole number of octets; padding may be missing.
    var isCompleteBase64: Bool {
      switch digits % 4 {
      case 0: padding == 0
      case 2: padding == 0 || padding == 2
      case 3: padding == 0 || padding == 1
      default: false
      }
    }

    /// Adds a base32hex digit in either case.
    mutating func addBase32(_ octet: UInt8, to out: inout [UInt8]) -> Bool {
      let lower = octet | 0x20
      if ASCII.isDigit(octet) {
        add(UInt32(octet - ASCII.zero), width: 5, to: &out)
      } else if lower >= 0x61, lower <= 0x76 {
        add(UInt32(lower - 0x61 + 10), width: 5, to: &out)
      } else {
        return false
      }
      return true
    }

    /// True when less than a digit is left over.
    var isCompleteBase32: Bool { bitCount < 5 }

    /// Adds a hexadecimal digit in either case.
    mutating func addHex(_ octet: UInt8, to out: inout [UInt8]) -> Bool {
      guard let value = ASCII.hexValue(octet) else { return false }
      add(UInt32(value), width: 4, to: &out)
      return true
    }

    /// True after an even number of hexadecimal digits.
    var isCompleteHex: Bool { bitCount == 0 }

    private mutating func add(_ value: UInt32, width: Int, to out: inout [UInt8]) {
      bits = bits << UInt32(width) | value
      bitCount += width
      digits &+= 1
      if bitCount >= 8 {
        bitCount -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
  }

  private static func base32Digit(_ value: UInt32) -> UInt8 {
    digit(UInt8(truncatingIfNeeded: value & 31), letters: upper)
  }

  /// Appends base32hex digits in upper case, without padding.
  static func appendBase32Hex(_ octets: Span<UInt8>, to out: inout [UInt8]) {
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for index in 0..<octets.count {
      bits = bits << 8 | UInt32(octets[index])
      bitCount += 8
      while bitCount >= 5 {
        bitCount -= 5
        out.append(base32Digit(bits >> bitCount))
      }
    }
    if bitCount > 0 { out.append(base32Digit(bits << (5 - bitCount))) }
  }
}
