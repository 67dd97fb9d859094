/// The 16 octets by which a sensor of a D4 network calls itself (RFC 9562).
public struct SensorUUID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Octets of a UUID.
  public static let octetCount = 16

  private let high: UInt64
  private let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Takes octets in the order of RFC 9562.
  ///
  /// - Parameter octets: exactly ``octetCount``.
  public init(octets: Span<UInt8>) {
    precondition(octets.count == SensorUUID.octetCount, "a UUID has 16 octets")
    high = D4Octets.bigEndian(octets, at: 0)
    low = D4Octets.bigEndian(octets, at: 8)
  }

  /// Reads 32 hexadecimal digits of any case, with the four usual dashes or without any.
  ///
  /// - Returns: nil for anything else.
  public init?(text: String) {
    let characters = Array(text.utf8)
    let hasDashes = characters.count == 36
    guard hasDashes || characters.count == 32 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for (index, character) in characters.enumerated() {
      if hasDashes, SensorUUID.dashes.contains(index) {
        guard character == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = SensorUUID.value(ofDigit: character) else { return nil }
      high = high << 4 | low >> 60
      low = low << 4 | digit
    }
    self.init(high: high, low: low)
  }

  /// Makes a version 4 UUID of 122 random bits.
  public static func random() -> SensorUUID {
    var generator = SystemRandomNumberGenerator()
    let (high, low) = (generator.next(), generator.next())
    return SensorUUID(
      high: high & ~0xF000 | 0x4000, low: low & ~(0b11 << 62) | 0b10 << 62)
  }

  /// True for version 4 of the usual variant (RFC 9562 section 5.4), the only one that D4 allows.
  public var isVersion4: Bool { high >> 12 & 0xF == 4 && low >> 62 == 0b10 }

  /// The 16 octets.
  public var octets: [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(SensorUUID.octetCount)
    append(to: &octets)
    return octets
  }

  /// Lower-case digits with dashes.
  public var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for index in 0..<32 {
      if SensorUUID.dashes.contains(text.count) { text.append(UInt8(ascii: "-")) }
      let word = index < 16 ? high : low
      let digit = UInt8(word >> (60 - 4 * UInt64(index % 16)) & 0xF)
      text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Compares the octets in their order.
  public static func < (one: SensorUUID, other: SensorUUID) -> Bool {
    (one.high, one.low) < (other.high, other.low)
  }

  func append(to out: inout [UInt8]) {
    D4Octets.appendBigEndian(high, to: &out)
    D4Octets.appendBigEndian(low, to: &out)
  }

  /// Places of the dashes in the text form.
  private static let dashes = [8, 13, 18, 23]

  private static func value(ofDigit character: UInt8) -> UInt64? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
