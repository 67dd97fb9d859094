/// Copies of short runs, eight octets at a time, from a bounds-checked source into memory that the
/// caller has made sure of.
enum OctetCopy {
  /// Copies `source[at ..< at + count]`.
  ///
  /// - Parameters:
  ///   - count: the range must lie in the source; a range that does not traps.
  ///   - lowered: turn A–Z into a–z. Label lengths (0–63) are below the letters and stay.
  ///   - target: room for `count` octets.
  @inline(__always)
  static func copy(
    _ source: RawSpan, at: Int, count: Int, lowered: Bool, to target: UnsafeMutablePointer<UInt8>
  ) {
    let run = source.extracting(at..<(at + count))
    let out = UnsafeMutableRawPointer(target)
    if count >= 8 {
      var index = 0
      while true {
        let word = unsafe run.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        unsafe out.storeBytes(
          of: lowered ? lower(word) : word, toByteOffset: index, as: UInt64.self)
        if index == count - 8 { return }
        // The last word overlaps the one before it, which costs less than single octets.
        index = min(index + 8, count - 8)
      }
    }
    if count >= 4 {
      let head = unsafe run.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let tail = unsafe run.unsafeLoadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      unsafe out.storeBytes(of: lowered ? lower(head) : head, as: UInt32.self)
      unsafe out.storeBytes(
        of: lowered ? lower(tail) : tail, toByteOffset: count - 4, as: UInt32.self)
      return
    }
    for index in 0..<count {
      let octet = unsafe run.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      unsafe out.storeBytes(
        of: lowered ? ASCII.lowered(octet) : octet, toByteOffset: index, as: UInt8.self)
    }
  }

  /// A–Z as a–z in each of four octets.
  @inline(__always)
  private static func lower(_ word: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: lower(UInt64(word)))
  }

  /// A–Z as a–z in each of eight octets.
  @inline(__always)
  static func lower(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let low7 = word & ~highs
    let fromA = low7 &+ ones &* (0x80 - 0x41)
    let aboveZ = low7 &+ ones &* (0x80 - 0x5B)
    let letters = (fromA ^ aboveZ) & ~word & highs
    return word | letters >> 2
  }
}
