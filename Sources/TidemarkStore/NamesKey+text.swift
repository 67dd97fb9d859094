import DNSWire
import TidemarkModel

/// From names keys to presentation text, fast enough to search every name of a store.
extension NamesKey {
  /// Longest text of a name, octets: each of 255 escaped as `\DDD`, and the final dot.
  public static let textOctetsMax = 4 * DNSLimits.nameOctetsMax + 1

  /// Writes the presentation text of a key's name, with the final dot.
  ///
  /// - Parameter out: has room for ``textOctetsMax``.
  /// - Returns: how many octets were written; nil when the octets are no names key.
  @inline(__always)
  public static func writeText(of key: Span<UInt8>, to out: inout MutableSpan<UInt8>) -> Int? {
    plainText(of: key, to: &out) ?? escapedText(of: key, to: &out)
  }

  /// Names without octets that need an escape: the key's labels already are the text, but for the
  /// octet between them. Eight octets at a time.
  @inline(__always)
  private static func plainText(of key: Span<UInt8>, to out: inout MutableSpan<UInt8>) -> Int? {
    let start = RecordKey.datasetOctets
    let count = key.count - start - 1
    guard count >= 8, count < DNSLimits.nameOctetsMax, key[key.count - 1] == 0,
      key[key.count - 2] == 0, key[start] != 0
    else { return nil }
    let octets = unsafe key.bytes
    var text = unsafe out.mutableBytes
    var at = 0
    while at < count {
      // The last word overlaps the one before: it is written twice, the same.
      let from = min(at, count - 8)
      let word = unsafe octets.unsafeLoadUnaligned(fromByteOffset: start + from, as: UInt64.self)
      guard let dotted = dotted(word) else { return nil }
      text.storeBytes(of: dotted, toByteOffset: from, as: UInt64.self)
      at = from + 8
    }
    return count
  }

  /// Eight octets of a key with a dot for each 00; nil when one of them needs an escape.
  @inline(__always)
  private static func dotted(_ word: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops = ones &* 0x80
    // With no top bit set, no sum below carries into the next octet.
    let zeros = ~((word & ~tops) &+ ones &* 0x7F) & tops
    let result = word | (zeros >> 7) &* 0x2E
    let above20 = result &+ ones &* 0x5F
    let is7F = result &+ ones
    let notDot = (word ^ ones &* 0x2E) &+ ones &* 0x7F
    let notBackslash = (word ^ ones &* 0x5C) &+ ones &* 0x7F
    let isPlain = above20 & notDot & notBackslash & ~is7F & ~word & tops
    return isPlain == tops ? result : nil
  }

  @inline(never)
  private static func escapedText(
    of key: Span<UInt8>, to out: inout MutableSpan<UInt8>
  ) -> Int? {
    var wire: [UInt8] = []
    guard appendName(of: key, to: &wire) else { return nil }
    var text: [UInt8] = []
    DomainName.appendText(of: wire.span, finalDot: true, to: &text)
    for index in text.indices { out[index] = text[index] }
    return text.count
  }
}
