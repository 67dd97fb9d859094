import Crypto

/// What a source is, by its content: the hash of its first octets and of the options it is read
/// with. Names and inodes say nothing about a file that was copied, rotated or compressed.
///
/// A source that grows keeps its identity: its first octets stay. So that this holds for short
/// sources too, the head of a source of fewer than 256 octets is its longest part of 1, 2, 4, …
/// octets, and looking up tries all of these.
public struct SourceIdentity: Sendable, Equatable {
  /// Octets of the head at most.
  public static let headOctetsMax = 256
  /// Octets of a key: kind, head length, head hash, options hash, index.
  public static let keyOctets = 1 + 2 + 32 + 16 + 2
  /// First octet of a checkpoint's key in the `state` family, `c`.
  public static let keyKind: UInt8 = 0x63

  /// Key prefixes to scan for checkpoints of this source, the longest head first: 1–9 of them.
  /// Everything but the index.
  public let keyPrefixes: [[UInt8]]

  /// Makes the identity of a source.
  ///
  /// - Parameters:
  ///   - head: the first 256 unpacked octets, fewer only if the source has no more.
  ///   - options: a canonical text of everything that changes what the source says (format, layout,
  ///     dataset, vantage, sensor, filters).
  /// - Returns: nil for an empty source, which has nothing to remember.
  public init?(head: Span<UInt8>, options: String) {
    guard !head.isEmpty else { return nil }
    let optionsHash = SHA256.hash(data: Array(options.utf8)).prefix(16)
    var length = SourceIdentity.headOctetsMax
    while length > head.count { length /= 2 }
    var prefixes: [[UInt8]] = []
    while length > 0 {
      var octets: [UInt8] = []
      for index in 0..<length { octets.append(head[index]) }
      var key = [SourceIdentity.keyKind, UInt8(length >> 8), UInt8(length & 0xFF)]
      key.append(contentsOf: SHA256.hash(data: octets))
      key.append(contentsOf: optionsHash)
      prefixes.append(key)
      length /= 2
    }
    keyPrefixes = prefixes
  }

  /// The key under which a new checkpoint of this source goes.
  ///
  /// - Parameter index: a number that no other source with the same prefix has.
  public func key(index: UInt16) -> [UInt8] {
    (keyPrefixes.first ?? []) + [UInt8(index >> 8), UInt8(index & 0xFF)]
  }

  /// The index in a checkpoint's key; nil when the octets are no such key.
  public static func index(ofKey key: [UInt8]) -> UInt16? {
    guard key.count == keyOctets, key[0] == keyKind else { return nil }
    return UInt16(key[keyOctets - 2]) << 8 | UInt16(key[keyOctets - 1])
  }
}

/// How far a source is stored: a value of the `state` family.
public struct SourceCheckpoint: Sendable, Equatable {
  /// Octets of a value: form, offset, hash, items.
  public static let valueOctets = 1 + 8 + 32 + 8
  static let form: UInt8 = 1

  /// Unpacked octets that were consumed.
  public let offset: UInt64
  /// SHA-256 of exactly these octets.
  public let prefixHash: [UInt8]
  /// Items (see the importer) that came from them and are stored.
  public let items: UInt64

  /// Makes a checkpoint.
  ///
  /// - Parameter prefixHash: 32 octets.
  public init(offset: UInt64, prefixHash: [UInt8], items: UInt64) {
    precondition(prefixHash.count == 32, "not a SHA-256 hash")
    self.offset = offset
    self.prefixHash = prefixHash
    self.items = items
  }

  /// Reads a stored value; nil when the octets are none.
  public init?(decoding octets: [UInt8]) {
    guard octets.count == SourceCheckpoint.valueOctets, octets[0] == SourceCheckpoint.form else {
      return nil
    }
    func number(_ range: Range<Int>) -> UInt64 {
      octets[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.init(offset: number(1..<9), prefixHash: Array(octets[9..<41]), items: number(41..<49))
  }

  /// The stored value.
  public var encoded: [UInt8] {
    func octets(_ value: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
    return [SourceCheckpoint.form] + octets(offset) + prefixHash + octets(items)
  }
}

/// The running hash of a source while it is read.
public struct SourceHasher: Sendable {
  private var hash = SHA256()
  /// Octets hashed.
  public private(set) var offset: UInt64 = 0

  /// Makes a hasher at the start of a source.
  public init() {}

  /// Takes the next octets of the source.
  public mutating func update(_ octets: Span<UInt8>) {
    unsafe octets.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    offset += UInt64(octets.count)
  }

  /// The checkpoint at ``offset``; the hasher goes on from there.
  public func checkpoint(items: UInt64) -> SourceCheckpoint {
    SourceCheckpoint(offset: offset, prefixHash: Array(hash.finalize()), items: items)
  }
}
