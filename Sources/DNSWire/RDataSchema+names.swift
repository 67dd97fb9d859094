extension RDataSchema {
  /// True when rdata of the type holds names that a sender may have compressed, or that stand at
  /// places the schema knows.
  @inline(__always)
  static func hasDecompressibleNames(_ type: RRType) -> Bool {
    Int(type.rawValue) < withNames.count * 64
      && withNames[Int(type.rawValue) / 64] & 1 << UInt64(type.rawValue % 64) != 0
  }

  /// One bit a type, for types 0–255; later types have no such names.
  private static let withNames: InlineArray<4, UInt64> = {
    var words = InlineArray<4, UInt64>(repeating: 0)
    for number in UInt16(0)..<256 {
      for field in fields(of: RRType(rawValue: number)) where field == .name || field == .keptName {
        words[Int(number) / 64] |= 1 << UInt64(number % 64)
      }
    }
    return words
  }()
}
