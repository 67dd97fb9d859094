/// Walks the fields of one protocol buffers message (proto2 wire format), without a schema and
/// without allocation. It holds offsets only; the octets are given with every step.
///
///     var fields = ProtobufFields(0..<bytes.byteCount)
///     while let field = try fields.next(in: bytes) {
///       switch field.number {
///       case 10: use(bytes.extracting(field.octets))
///       default: continue
///       }
///     }
///
/// A message inside a message is walked with ``ProtobufFields/init(_:)`` of `field.octets`.
/// Groups, which nothing has used since 2008, are refused.
public struct ProtobufFields: Sendable {
  /// One field.
  public struct Field: Sendable {
    /// The field number, 1 or more.
    public let number: UInt32
    /// The kind of value on the wire.
    public let kind: Kind
    /// The value of a number; 0 for octets.
    public let value: UInt64
    /// Where the octets of a length-delimited field lie; empty for numbers.
    public let octets: Range<Int>
  }

  /// How a value is written.
  public enum Kind: UInt8, Sendable {
    /// Base-128 number.
    case varint = 0
    /// Eight octets, little-endian.
    case fixed64 = 1
    /// A length and that many octets.
    case octets = 2
    /// Four octets, little-endian.
    case fixed32 = 5
  }

  private var at: Int
  private let end: Int

  /// Makes a walk of the message in `range` of the octets given later.
  public init(_ range: Range<Int>) {
    at = range.lowerBound
    end = range.upperBound
  }

  /// Reads the next field; nil behind the last one.
  ///
  /// - Parameter bytes: holds the message's range, the same octets at every step.
  /// - Throws: ``ProtobufError`` when the message is damaged; fields before were good.
  @inline(__always)
  public mutating func next(in bytes: RawSpan) throws(ProtobufError) -> Field? {
    guard at < end else { return nil }
    let tag = try varint(bytes)
    guard let kind = Kind(rawValue: UInt8(tag & 7)) else { throw .badWireType }
    guard let number = UInt32(exactly: tag >> 3), number > 0 else { throw .badFieldNumber }
    switch kind {
    case .varint:
      return Field(number: number, kind: kind, value: try varint(bytes), octets: at..<at)
    case .fixed64:
      let value = try fixed(8, bytes)
      return Field(number: number, kind: kind, value: value, octets: at..<at)
    case .fixed32:
      let value = try fixed(4, bytes)
      return Field(number: number, kind: kind, value: value, octets: at..<at)
    case .octets:
      let length = try varint(bytes)
      guard length <= UInt64(end - at) else { throw .truncated }
      let range = at..<(at + Int(length))
      at = range.upperBound
      return Field(number: number, kind: kind, value: 0, octets: range)
    }
  }

  @inline(__always)
  private mutating func varint(_ bytes: RawSpan) throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < end {
      let octet = bytes.octet(at)
      at += 1
      // What a tenth octet has above bit 63 is cut off, as protoc's readers do.
      value |= UInt64(octet & 0x7F) << shift
      if octet < 0x80 { return value }
      shift += 7
      guard shift < 70 else { throw .badVarint }
    }
    throw .truncated
  }

  @inline(__always)
  private mutating func fixed(_ count: Int, _ bytes: RawSpan) throws(ProtobufError) -> UInt64 {
    guard end - at >= count else { throw .truncated }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes.octet(at + index)) << UInt64(8 * index) }
    at += count
    return value
  }
}

/// Why a protocol buffers message cannot be read.
public enum ProtobufError: UInt8, Error, Sendable, CaseIterable {
  /// It ends inside a field.
  case truncated
  /// A number of more than ten octets.
  case badVarint
  /// A group, or a kind that does not exist.
  case badWireType
  /// Field number 0 or above 2^32.
  case badFieldNumber
}
