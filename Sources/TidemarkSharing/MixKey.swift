import D4Wire
import TidemarkStore

/// Keys of the `state` family that sharing owns (docs/formats/storage.md, "Sharing").
enum MixKey {
  private static let mixing = UInt8(ascii: "m")
  private static let origin = UInt8(ascii: "o")

  /// All parts of the journal.
  static let journal = KeyRange.prefix([mixing, UInt8(ascii: "j")])
  /// All states of streams.
  static let states = KeyRange.prefix([mixing, UInt8(ascii: "s")])
  /// This store's id and those learnt.
  static let origins = KeyRange.prefix([origin])
  /// The id of this store.
  static let ownOrigin: [UInt8] = [origin]

  static func origin(_ id: SensorUUID) -> [UInt8] { [origin] + id.octets }

  static func journal(_ sequence: UInt64) -> [UInt8] {
    numbered([mixing, UInt8(ascii: "j")], sequence)
  }

  static func state(_ stream: String) -> [UInt8] {
    [mixing, UInt8(ascii: "s")] + Array(stream.utf8)
  }

  /// The parts of a stream's pool.
  static func pool(_ stream: String) -> KeyRange { .prefix(head("p", stream)) }

  static func pool(_ stream: String, _ part: UInt64) -> [UInt8] {
    numbered(head("p", stream), part)
  }

  /// The chunks of a stream's log.
  static func chunks(_ stream: String) -> KeyRange { .prefix(head("l", stream)) }

  static func chunk(_ stream: String, _ sequence: UInt64) -> [UInt8] {
    numbered(head("l", stream), sequence)
  }

  /// Time and size of each chunk of a stream's log.
  static func marks(_ stream: String) -> KeyRange { .prefix(head("i", stream)) }

  static func mark(_ stream: String, _ sequence: UInt64) -> [UInt8] {
    numbered(head("i", stream), sequence)
  }

  /// The number at the end of a key; nil when the key is too short for one.
  static func number(of key: [UInt8]) -> UInt64? {
    key.count < 10 ? nil : key.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Names of streams hold no zero octet, so that no head is the beginning of another.
  private static func head(_ kind: Unicode.Scalar, _ stream: String) -> [UInt8] {
    [mixing, UInt8(ascii: kind)] + Array(stream.utf8) + [0]
  }

  private static func numbered(_ head: [UInt8], _ number: UInt64) -> [UInt8] {
    var key = head
    MixWriter.appendBigEndian(number, octets: 8, to: &key)
    return key
  }
}
