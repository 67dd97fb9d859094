import Crypto
import TidemarkModel

/// One batch on disk: its bodies one behind another, each a zstd frame of COF ndjson, then an index
/// that says where they lie and which positions of sources belong to them.
///
/// | part | octets | meaning |
/// | --- | --- | --- |
/// | bodies | any | zstd frames |
/// | index | any | `TMSPOOL1`, parts, state changes, SHA-256 |
/// | length | 4 | octets of the index, big-endian |
///
/// The file gets its final name after all of it is durable, so that records and positions come
/// into being together.
struct SpoolFile: Sendable {
  /// One body.
  struct Part: Sendable, Equatable {
    var offset: UInt64
    var packedOctets: UInt32
    /// Rows, one a record.
    var rows: UInt64
    var dataset: [UInt8]
    var hash: [UInt8]
  }

  static let magic = Array("TMSPOOL1".utf8)
  /// Longest index, octets: far beyond any batch.
  static let indexOctetsMax = 64 << 20
  static let lengthOctets = 4
  private static let nameDigits = 20
  private static let nameEnding = ".batch"

  /// Position in the order of the spool's files.
  var sequence: UInt64
  /// Octets of the whole file.
  var octets: UInt64
  var parts: [Part]
  var changes: [RecordBatch.StateChange]
  /// Parts that the server has, or has refused; known in memory only, as what follows.
  var partsDone = 0
  /// Rows of parts that the server has.
  var rowsDelivered: UInt64 = 0
  /// Rows among them that the server left out.
  var rowsLeftOut: UInt64 = 0
  /// Rows of parts that the server refused.
  var rowsRefused: UInt64 = 0

  /// Rows of all parts.
  var rows: UInt64 { parts.reduce(0) { $0 + $1.rows } }
  /// Rows of parts that are not done.
  var rowsLeft: UInt64 { parts[partsDone...].reduce(0) { $0 + $1.rows } }

  /// The name of a file: so many digits sort as the numbers do.
  static func name(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: nameDigits - digits.utf8.count) + digits + nameEnding
  }

  /// The number in a name; nil for other files.
  static func sequence(ofName name: String) -> UInt64? {
    guard name.utf8.count == nameDigits + nameEnding.utf8.count, name.hasSuffix(nameEnding) else {
      return nil
    }
    return UInt64(name.prefix(nameDigits))
  }

  /// The index and its length, to follow the bodies.
  static func index(parts: [Part], changes: [RecordBatch.StateChange]) -> [UInt8] {
    var encoder = SpoolEncoder(magic: magic)
    encoder.append(UInt32(clamping: parts.count))
    for part in parts {
      encoder.append(part.offset)
      encoder.append(part.packedOctets)
      encoder.append(part.rows)
      encoder.append(part.dataset)
      encoder.append(part.hash)
    }
    encoder.append(UInt32(clamping: changes.count))
    for change in changes { encoder.append(change) }
    let index = encoder.sealed()
    var length = SpoolEncoder(magic: [])
    length.append(UInt32(clamping: index.count))
    return index + length.octets
  }

  /// Reads the index of a file; nil when the file is damaged.
  static func read(
    _ name: String, octets: UInt64, sequence: UInt64, from disk: SpoolDisk
  ) throws(SpoolError) -> SpoolFile? {
    guard octets >= UInt64(lengthOctets),
      let tail = try disk.read(name, at: octets - UInt64(lengthOctets), count: lengthOctets)
    else { return nil }
    let length = tail.reduce(0) { $0 << 8 | UInt64($1) }
    guard length <= indexOctetsMax, length + UInt64(lengthOctets) <= octets else { return nil }
    let bodiesEnd = octets - UInt64(lengthOctets) - length
    guard let index = try disk.read(name, at: bodiesEnd, count: Int(length)),
      var decoder = SpoolDecoder(index, magic: magic),
      let parts = parts(&decoder, bodiesEnd: bodiesEnd), let count = decoder.number()
    else { return nil }
    var changes: [RecordBatch.StateChange] = []
    for _ in 0..<count {
      guard let change = decoder.change() else { return nil }
      changes.append(change)
    }
    guard decoder.isAtEnd else { return nil }
    return SpoolFile(sequence: sequence, octets: octets, parts: parts, changes: changes)
  }

  private static func parts(_ decoder: inout SpoolDecoder, bodiesEnd: UInt64) -> [Part]? {
    guard let count = decoder.number() else { return nil }
    var parts: [Part] = []
    var end: UInt64 = 0
    for _ in 0..<count {
      guard let offset = decoder.longNumber(), let packed = decoder.number(),
        let rows = decoder.longNumber(), let dataset = decoder.bytes(), let hash = decoder.bytes(),
        offset == end, bodiesEnd - offset >= UInt64(packed)
      else { return nil }
      end = offset + UInt64(packed)
      parts.append(
        Part(offset: offset, packedOctets: packed, rows: rows, dataset: dataset, hash: hash))
    }
    return end == bodiesEnd ? parts : nil
  }

  /// A body; nil when it is damaged.
  func body(_ part: Part, from disk: SpoolDisk) throws(SpoolError) -> [UInt8]? {
    let octets = try disk.read(
      SpoolFile.name(sequence), at: part.offset, count: Int(part.packedOctets))
    guard let octets, SHA256.hash(data: octets).elementsEqual(part.hash) else { return nil }
    return octets
  }
}

extension SpoolFile.Part {
  init(_ body: (packed: [UInt8], rows: UInt64, dataset: String), offset: UInt64) {
    self.init(
      offset: offset, packedOctets: UInt32(clamping: body.packed.count), rows: body.rows,
      dataset: Array(body.dataset.utf8), hash: Array(SHA256.hash(data: body.packed)))
  }
}
