import Crypto
import Synchronization
public import TidemarkModel

/// How far a stream of another server is stored: a value of the `state` family, `h` · 16 octets of
/// the SHA-256 of the source's name, a line feed and its URL. The value is form 01 · position u64.
public struct PullPosition: Sendable, Equatable {
  /// First octet of the keys.
  public static let kind = UInt8(ascii: "h")
  static let valueOctets = 9

  /// The key of one source.
  public let key: [UInt8]

  /// Makes the key of a source.
  ///
  /// - Parameters:
  ///   - source: its name in the configuration.
  ///   - url: as in the configuration. Another address is another stream, with positions of its
  ///     own.
  public init(source: String, url: String) {
    let identity = Array("\(source)\n\(url)".utf8)
    key = [PullPosition.kind] + SHA256.hash(data: identity).prefix(16)
  }

  /// The change that stores a position.
  public func change(_ position: UInt64) -> RecordBatch.StateChange {
    let octets = (0..<8).map { UInt8(truncatingIfNeeded: position >> UInt64(56 - 8 * $0)) }
    return RecordBatch.StateChange(key: key, value: [1] + octets)
  }

  /// Reads a stored value; nil when the octets are none.
  public static func position(_ value: [UInt8]) -> UInt64? {
    guard value.count == valueOctets, value[0] == 1 else { return nil }
    return value.dropFirst().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// Where a source stands: what its intake has taken, written or not.
final class PullProgress: Sendable {
  struct Values: Sendable {
    /// The last position; nil asks for all that the server keeps.
    var position: UInt64?
    /// The server is known to send positions.
    var hasPositions: Bool
  }

  private let state: Mutex<Values>

  init(position: UInt64?, hasPositions: Bool) {
    state = Mutex(Values(position: position, hasPositions: hasPositions))
  }

  var values: Values { state.withLock { $0 } }

  /// Everything up to the position was taken.
  func reached(_ position: UInt64) {
    state.withLock {
      $0.position = position
      $0.hasPositions = true
    }
  }

  /// The server does not know the position: what it has is taken from its start.
  func forget() { state.withLock { $0.position = nil } }
}
