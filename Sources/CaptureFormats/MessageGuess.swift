/// Decides whether a DNS message may start at a place in a TCP stream.
enum MessageGuess {
  /// Length prefix and DNS header.
  static let octetsNeeded = 14

  /// Checks the length prefix and the header at `at` against each other; ``octetsNeeded`` octets
  /// must be there.
  static func isPlausible(_ bytes: RawSpan, at: Int) -> Bool {
    let length = Int(bytes.big(at, as: UInt16.self))
    let flags = bytes.big(at + 4, as: UInt16.self)
    let questions = Int(bytes.big(at + 6, as: UInt16.self))
    var records = 0
    for section in 0..<3 { records += Int(bytes.big(at + 8 + 2 * section, as: UInt16.self)) }
    let opcode = flags >> 11 & 15
    guard opcode == 0 || opcode == 4 || opcode == 5 || opcode == 6, flags & 0x40 == 0 else {
      return false
    }
    // The shortest question is 5 octets, the shortest record 11 (RFC 1035 section 4.1).
    return questions <= 1 && 12 + 5 * questions + 11 * records <= length
  }
}
