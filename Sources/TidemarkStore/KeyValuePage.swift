/// Rows of one read, copied into two pieces of memory that are reused between reads.
public struct KeyValuePage: Sendable {
  /// Keys in the order in which they were read.
  public private(set) var keys = OctetStrings()
  /// The value of each key.
  public private(set) var values = OctetStrings()

  /// Makes an empty page.
  public init() {}

  /// Rows in the page.
  public var count: Int { keys.count }
  /// True when the page holds no row.
  public var isEmpty: Bool { keys.isEmpty }
  /// Octets of all keys and values.
  public var octetCount: Int { keys.octets.count + values.octets.count }
  /// The last key, to resume behind it; nil when the page is empty.
  public var lastKey: [UInt8]? { isEmpty ? nil : keys[count - 1] }

  /// Adds a row.
  @inline(__always)
  public mutating func append(key: Span<UInt8>, value: Span<UInt8>) {
    keys.append(key)
    values.append(value)
  }

  /// Empties the page and keeps its memory.
  public mutating func removeAll() {
    keys.removeAll()
    values.removeAll()
  }
}
