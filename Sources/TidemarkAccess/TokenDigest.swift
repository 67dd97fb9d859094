import Crypto

/// SHA-256 of a token: what is kept of it. A token has 256 bits of chance, so neither salt nor a
/// slow hash would make it harder to find.
public struct TokenDigest: Sendable, Hashable {
  /// Octets of a digest.
  public static let octetCount = 32

  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The digest of a text, whatever it is.
  public init(of text: String) {
    var text = text
    let digest = text.withUTF8 { octets in
      var hash = SHA256()
      unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(octets))
      return hash.finalize()
    }
    words = unsafe digest.withUnsafeBytes { octets in
      func word(_ index: Int) -> UInt64 {
        unsafe octets.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self).bigEndian
      }
      return (word(0), word(1), word(2), word(3))
    }
  }

  /// Takes a stored digest.
  ///
  /// - Returns: nil unless there are ``octetCount`` octets.
  public init?(octets: [UInt8]) {
    guard octets.count == TokenDigest.octetCount else { return nil }
    func word(_ index: Int) -> UInt64 {
      octets[(index * 8)..<(index * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// The octets to store.
  public var octets: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// Where a table keeps the token. Whoever measures how long a look-up takes learns at most
  /// something about digests, of which none can be chosen.
  var bucket: UInt64 { words.0 }

  /// Compares all octets however many are equal: there is no branch on any of them.
  public static func == (one: TokenDigest, other: TokenDigest) -> Bool {
    (one.words.0 ^ other.words.0) | (one.words.1 ^ other.words.1)
      | (one.words.2 ^ other.words.2) | (one.words.3 ^ other.words.3) == 0
  }

  /// Hashes by the first octets, which are as good as chance.
  public func hash(into hasher: inout Hasher) { hasher.combine(bucket) }
}
