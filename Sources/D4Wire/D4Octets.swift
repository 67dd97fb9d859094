/// Numbers in headers. Every read is bounds-checked.
enum D4Octets {
  static func bigEndian(_ octets: Span<UInt8>, at start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in start..<(start + 8) { word = word << 8 | UInt64(octets[index]) }
    return word
  }

  static func littleEndian(_ octets: Span<UInt8>, at start: Int, count: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in (start..<(start + count)).reversed() { word = word << 8 | UInt64(octets[index]) }
    return word
  }

  static func appendBigEndian(_ word: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: word >> shift))
    }
  }

  static func appendLittleEndian(_ word: UInt64, count: Int, to out: inout [UInt8]) {
    for index in 0..<UInt64(count) { out.append(UInt8(truncatingIfNeeded: word >> (8 * index))) }
  }
}
