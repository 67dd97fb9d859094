import DNSWire

/// Decimal numbers of text feeds: integers, fractions and exponents, cut down to whole numbers.
enum TextDecimal {
  enum Fault: Error {
    /// Not a number.
    case malformed
    /// Below zero, or above 2^64 − 1.
    case outOfRange
  }

  /// The whole part of a number written as in JSON, also with leading zeros.
  @inline(__always)
  static func floor(_ text: Span<UInt8>) throws(Fault) -> UInt64 {
    // Ten digits are the times of every feed; the general case follows.
    var value: UInt64 = 0
    var at = 0
    if text.count <= 18 {
      while at < text.count, ASCII.isDigit(text[at]) {
        value = value &* 10 &+ UInt64(text[at] &- ASCII.zero)
        at += 1
      }
      if at == text.count, at > 0 { return value }
    }
    return try floor(text, power: 0)
  }

  /// The whole part of a number times a power of ten.
  static func floor(_ text: Span<UInt8>, power: Int) throws(Fault) -> UInt64 {
    var at = 0
    let isNegative = at < text.count && text[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    var digits = Digits()
    let wholeStart = at
    while at < text.count, ASCII.isDigit(text[at]) {
      digits.append(text[at])
      at += 1
    }
    guard at > wholeStart else { throw .malformed }
    if at < text.count, text[at] == ASCII.dot {
      at += 1
      let start = at
      while at < text.count, ASCII.isDigit(text[at]) {
        digits.append(text[at])
        digits.exponent -= 1
        at += 1
      }
      guard at > start else { throw .malformed }
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      digits.exponent += try exponent(text, at: &at)
    }
    guard at == text.count else { throw .malformed }
    digits.exponent += power
    let value = try digits.floor()
    guard !isNegative || digits.isZero else { throw .outOfRange }
    return value
  }

  /// Reads a signed exponent; beyond ±100,000 more digits make no difference.
  private static func exponent(_ text: Span<UInt8>, at: inout Int) throws(Fault) -> Int {
    var isNegative = false
    if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
      isNegative = text[at] == UInt8(ascii: "-")
      at += 1
    }
    let start = at
    var value = 0
    while at < text.count, ASCII.isDigit(text[at]) {
      value = min(value * 10 + Int(text[at] &- ASCII.zero), 100_000_000)
      at += 1
    }
    guard at > start else { throw .malformed }
    return isNegative ? -value : value
  }

  /// Up to 19 significant digits and a power of ten; further digits only move the power.
  private struct Digits {
    var value: UInt64 = 0
    var significant = 0
    var exponent = 0

    var isZero: Bool { value == 0 }

    mutating func append(_ octet: UInt8) {
      guard significant < 19 else {
        exponent += 1
        return
      }
      value = value * 10 + UInt64(octet &- ASCII.zero)
      if value > 0 { significant += 1 }
    }

    func floor() throws(Fault) -> UInt64 {
      var result = value
      var power = exponent
      while power > 0, result > 0 {
        let (product, overflow) = result.multipliedReportingOverflow(by: 10)
        guard !overflow else { throw .outOfRange }
        result = product
        power -= 1
      }
      while power < 0, result > 0 {
        result /= 10
        power += 1
      }
      return result
    }
  }
}
