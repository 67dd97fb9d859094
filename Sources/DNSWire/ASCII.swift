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

  /// The octets that hexadecimal digits in either case stand for; nil for an odd number of digits
  /// and for any other character.
  public static func octets(hexadecimal text: Span<UInt8>) -> [UInt8]? {
    guard text.count.isMultiple(of: 2) else { return nil }
    var octets: [UInt8] = []
    octets.reserveCapacity(text.count / 2)
    for at in stride(from: 0, to: text.count, by: 2) {
      guard let high = hexValue(text[at]), let low = hexValue(text[at + 1]) else { return nil }
      octets.append(high << 4 | low)
    }
    return octets
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
    out.append(addingCapacity: OutputSpan<UInt8>.decimalOctetsMax) { $0.appendDecimal(value) }
  }

  /// Appends a text of the program.
  @inline(__always)
  public static func append(_ text: StaticString, to out: inout [UInt8]) {
    unsafe out.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
