import DNSWire

/// Octets as text that needs no escapes in a request target: base64url (RFC 4648 section 5)
/// without padding.
enum CursorText {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ octets: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(octets.count / 3 * 4 + 4)
    var at = 0
    while at < octets.count {
      let group = octets[at..<min(at + 3, octets.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32((3 - group.count) * 8)
      for index in 0...group.count {
        text.append(alphabet[Int(bits >> UInt32(18 - index * 6) & 63)])
      }
      at += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads what ``encode(_:)`` wrote; nil for any other text, so that octets have one text only.
  static func decode(_ text: String) -> [UInt8]? {
    var octets: [UInt8] = []
    octets.reserveCapacity(text.utf8.count / 4 * 3 + 3)
    var bits: UInt32 = 0
    var held = 0
    for character in text.utf8 {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 & 0xFFFF | value
      held += 6
      if held >= 8 {
        held -= 8
        octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    guard held < 6, bits & (1 << UInt32(held) - 1) == 0 else { return nil }
    return octets
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case ASCII.zero...UInt8(ascii: "9"): UInt32(character - ASCII.zero) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}

/// What a cursor holds: one octet version, four octets of time, the position, the tag.
struct CursorParts: Equatable {
  static let version: UInt8 = 2
  static let tagOctets = 16

  /// The time against which the first page read relative times, seconds since 1970: later pages
  /// keep to it.
  var asOf: UInt32
  /// A place in key order; only an equal query makes sense of it.
  var position: [UInt8]
  /// Proves that this server made the cursor for the query that comes with it.
  var tag: [UInt8]

  init(asOf: UInt32, position: [UInt8], tag: [UInt8] = []) {
    self.asOf = asOf
    self.position = position
    self.tag = tag
  }

  /// Everything before the tag.
  var sealed: [UInt8] {
    [CursorParts.version]
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: asOf >> UInt32($0)) } + position
  }

  /// The text of the whole.
  var text: String { CursorText.encode(sealed + tag) }

  /// Takes a text apart; nil for one that is no cursor of this version.
  init?(text: String) {
    guard let octets = CursorText.decode(text), octets.count >= 5 + CursorParts.tagOctets,
      octets[0] == CursorParts.version
    else { return nil }
    asOf = octets[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
    position = Array(octets[5..<(octets.count - CursorParts.tagOctets)])
    tag = Array(octets.suffix(CursorParts.tagOctets))
  }
}
