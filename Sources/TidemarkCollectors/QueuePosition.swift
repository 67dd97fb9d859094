import Crypto
import TidemarkModel

/// How far a queue of a Redis server is stored: rows of the `state` family.
///
/// The keys are `q`, the first 16 octets of SHA-256 of the source's identity, and what the row is:
/// 0 the id of the consumer, 1 the batch that was stored last.
struct QueuePosition: Sendable, Equatable {
  /// First octet of the keys, `q`.
  static let keyKind: UInt8 = 0x71
  private static let form: UInt8 = 1
  private static let offsetOctets = 8

  /// What a row is.
  enum Row: UInt8 {
    case consumer = 0
    case batch = 1
  }

  /// The token of the batch.
  var token: [UInt8]
  /// Octets of the batch that are stored.
  var offset: UInt64

  /// What all keys of a source begin with.
  static func prefix(identity: String) -> [UInt8] {
    [keyKind] + SHA256.hash(data: Array(identity.utf8)).prefix(16)
  }

  init(token: [UInt8], offset: UInt64) {
    self.token = token
    self.offset = offset
  }

  /// Reads a stored value; nil when the octets are none.
  init?(decoding octets: [UInt8]) {
    let count = 1 + RedisQueue.tokenOctets + QueuePosition.offsetOctets
    guard octets.count == count, octets[0] == QueuePosition.form else { return nil }
    token = Array(octets[1...RedisQueue.tokenOctets])
    offset = octets[(1 + RedisQueue.tokenOctets)...].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The stored value.
  var encoded: [UInt8] {
    let number = (0..<8).map { UInt8(truncatingIfNeeded: offset >> UInt64(56 - 8 * $0)) }
    return [QueuePosition.form] + token + number
  }

  /// Writes it with the next batch of records.
  func change(prefix: [UInt8]) -> RecordBatch.StateChange {
    RecordBatch.StateChange(key: prefix + [Row.batch.rawValue], value: encoded)
  }
}
