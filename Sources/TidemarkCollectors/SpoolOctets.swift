import Crypto
import TidemarkModel

/// Builds the index of a spool file or the state of a spool: numbers big-endian, octets with their
/// length in front, SHA-256 of everything at the end.
struct SpoolEncoder {
  private(set) var octets: [UInt8]

  init(magic: [UInt8]) {
    octets = magic
  }

  mutating func append(_ value: UInt32) {
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      octets.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(_ value: UInt64) {
    append(UInt32(truncatingIfNeeded: value >> 32))
    append(UInt32(truncatingIfNeeded: value))
  }

  mutating func append(_ value: [UInt8]) {
    append(UInt32(clamping: value.count))
    octets.append(contentsOf: value)
  }

  mutating func append(_ change: RecordBatch.StateChange) {
    append(change.key)
    append(UInt32(change.value == nil ? 0 : 1))
    append(change.value ?? [])
  }

  func sealed() -> [UInt8] { octets + Array(SHA256.hash(data: octets)) }
}

/// Reads what ``SpoolEncoder`` wrote. Nil for anything that does not fit.
struct SpoolDecoder {
  static let sealOctets = 32

  private let octets: [UInt8]
  private var at: Int
  private let end: Int

  /// Checks the seal and the magic.
  init?(_ octets: [UInt8], magic: [UInt8]) {
    let end = octets.count - SpoolDecoder.sealOctets
    guard end >= magic.count, octets.starts(with: magic),
      SHA256.hash(data: octets[..<end]).elementsEqual(octets[end...])
    else { return nil }
    self.octets = octets
    self.end = end
    at = magic.count
  }

  var isAtEnd: Bool { at == end }

  mutating func number() -> UInt32? {
    guard end - at >= 4 else { return nil }
    defer { at += 4 }
    return octets[at..<(at + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func longNumber() -> UInt64? {
    guard let high = number(), let low = number() else { return nil }
    return UInt64(high) << 32 | UInt64(low)
  }

  mutating func bytes() -> [UInt8]? {
    guard let count = number(), Int(count) <= end - at else { return nil }
    defer { at += Int(count) }
    return Array(octets[at..<(at + Int(count))])
  }

  mutating func change() -> RecordBatch.StateChange? {
    guard let key = bytes(), let flag = number(), flag <= 1, let value = bytes() else {
      return nil
    }
    return RecordBatch.StateChange(key: key, value: flag == 1 ? value : nil)
  }
}
