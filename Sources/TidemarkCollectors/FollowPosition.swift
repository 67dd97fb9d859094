import Crypto

/// How far a followed file is stored: a value of the `state` family. It knows the file by its
/// content, because names and inodes change when files are rotated, copied and compressed.
///
/// Octets, integers big-endian: form 01 · flags (01: read to its end) · offset u64 · length of the
/// head u16 · SHA-256 of the head · length of the tail u16 · SHA-256 of the tail · items u64 · time
/// of last change i64. The head is the part of the first 1,024 unpacked octets that lies before the
/// offset, the tail the last 256 octets before it, or as many as there are.
struct FollowPosition: Equatable, Sendable {
  /// Octets of a value.
  static let valueOctets = 2 + 8 + 2 + 32 + 2 + 32 + 8 + 8
  /// Octets of the head at most: more than the headers that log files begin alike with.
  static let headOctetsMax = 1_024
  /// Octets of the tail at most.
  static let tailOctetsMax = 256

  /// A hash and how many octets it is of.
  struct Digest: Hashable, Sendable {
    let count: Int
    let hash: [UInt8]

    init(of octets: [UInt8]) {
      count = octets.count
      hash = Array(SHA256.hash(data: octets))
    }

    fileprivate init(count: Int, hash: [UInt8]) {
      self.count = count
      self.hash = hash
    }
  }

  /// Unpacked octets that were consumed.
  var offset: UInt64 = 0
  var head = Digest(of: [])
  var tail = Digest(of: [])
  /// Items that came from them.
  var items: UInt64 = 0
  /// When the file was last changed, nanoseconds since the epoch.
  var modified: Int64 = 0
  /// The file was read to its end, and is not expected to grow.
  var isAtEnd = false

  init() {}

  /// Reads a stored value; nil when the octets are none.
  init?(decoding octets: [UInt8]) {
    guard octets.count == FollowPosition.valueOctets, octets[0] == 1 else { return nil }
    func number(_ at: Int, _ count: Int) -> UInt64 {
      octets[at..<(at + count)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    isAtEnd = octets[1] & 1 != 0
    offset = number(2, 8)
    head = Digest(count: Int(number(10, 2)), hash: Array(octets[12..<44]))
    tail = Digest(count: Int(number(44, 2)), hash: Array(octets[46..<78]))
    items = number(78, 8)
    modified = Int64(bitPattern: number(86, 8))
    guard head.count <= FollowPosition.headOctetsMax, UInt64(tail.count) <= offset,
      tail.count <= FollowPosition.tailOctetsMax, UInt64(head.count) <= offset
    else { return nil }
  }

  /// The stored value.
  var encoded: [UInt8] {
    var octets: [UInt8] = [1, isAtEnd ? 1 : 0]
    func append(_ value: UInt64, _ count: Int) {
      for index in (0..<count).reversed() {
        octets.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
      }
    }
    append(offset, 8)
    append(UInt64(head.count), 2)
    octets.append(contentsOf: head.hash)
    append(UInt64(tail.count), 2)
    octets.append(contentsOf: tail.hash)
    append(items, 8)
    append(UInt64(bitPattern: modified), 8)
    return octets
  }
}

/// Keys of a follower in the `state` family: `t` · 16 octets of the SHA-256 of the follower's
/// identity · number u32. Number FFFFFFFF is the follower itself; its value is form 01 · time of
/// the first start i64.
public enum FollowKey {
  /// First octet of the keys.
  public static let kind: UInt8 = 0x74
  static let follower: UInt32 = .max

  /// What the keys of a follower begin with.
  ///
  /// - Parameter identity: a canonical text of everything that changes what the files say (name of
  ///   the source, format, dataset, vantage, sensor, filters).
  public static func prefix(identity: String) -> [UInt8] {
    [kind] + SHA256.hash(data: Array(identity.utf8)).prefix(16)
  }

  static func key(_ number: UInt32, prefix: [UInt8]) -> [UInt8] {
    prefix + (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
  }

  static func number(_ key: [UInt8], prefix: [UInt8]) -> UInt32? {
    guard key.count == prefix.count + 4, key.starts(with: prefix) else { return nil }
    return key.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  static func encode(start: Int64) -> [UInt8] {
    let bits = UInt64(bitPattern: start)
    return [1] + (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
  }

  static func start(_ value: [UInt8]) -> Int64? {
    guard value.count == 9, value[0] == 1 else { return nil }
    return Int64(bitPattern: value.dropFirst().reduce(0) { $0 << 8 | UInt64($1) })
  }
}
