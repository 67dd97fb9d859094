import DNSWire
import TidemarkQuery

/// The place in an answer at which a later request goes on, as text.
///
/// Base64url (RFC 4648 section 5, no padding) of: one octet version, eight octets that tell the
/// query, then ``LookupPosition/octets``. The position is one in key order, so rows that come
/// between two pages are neither skipped nor repeated. It is not secret and needs no protection: a
/// position outside the query's ranges reads nothing that the query would not read.
struct PageCursor {
  private static let version: UInt8 = 1

  /// The text of a position; nil when it is too long for a request target.
  static func text(_ position: LookupPosition, query: UInt64) -> String? {
    var octets = [version]
    appendUInt64(query, to: &octets)
    octets += position.octets
    var text: [UInt8] = []
    var at = 0
    while at < octets.count {
      let group = octets[at..<min(at + 3, octets.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32((3 - group.count) * 8)
      for index in 0...group.count {
        text.append(alphabet[Int(bits >> UInt32(18 - index * 6) & 63)])
      }
      at += 3
    }
    guard text.count <= ServerLimits.cursorCharactersMax else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads what ``text(_:query:)`` wrote for an equal query; nil for anything else.
  static func position(_ text: String, query: UInt64) -> LookupPosition? {
    guard let octets = decode(Array(text.utf8)), octets.count > 9, octets[0] == version else {
      return nil
    }
    var expected: [UInt8] = []
    appendUInt64(query, to: &expected)
    guard Array(octets[1..<9]) == expected else { return nil }
    return LookupPosition(octets: Array(octets[9...]))
  }

  /// Tells queries apart: FNV-1a over the parameters in alphabetical order, without those that only
  /// say how much is shown.
  static func fingerprint(_ parameters: [(name: String, value: String)]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for parameter in parameters.sorted(by: { $0.name < $1.name }) {
      for octet in Array(parameter.name.utf8) + [0] + Array(parameter.value.utf8) + [0] {
        hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3
      }
    }
    return hash
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static func decode(_ text: [UInt8]) -> [UInt8]? {
    var octets: [UInt8] = []
    var bits: UInt32 = 0
    var held = 0
    for character in text {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = (bits << 6 | UInt32(value)) & 0xFFFF
      held += 6
      if held >= 8 {
        held -= 8
        octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    return held < 6 ? octets : nil
  }

  private static func appendUInt64(_ value: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
