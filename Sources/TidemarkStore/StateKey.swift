public import TidemarkModel

/// Keys of the `state` family (docs/formats/storage.md, "State"). The first octet says what a key
/// is about.
public enum StateKey {
  /// The store's format number: four octets, big-endian.
  public static let format: [UInt8] = [UInt8(ascii: "f")]

  /// The key by which cursors of the HTTP interface are authenticated: 32 octets.
  public static let cursorKey: [UInt8] = [UInt8(ascii: "k")]

  /// All names of datasets.
  public static let datasets = KeyRange.prefix([UInt8(ascii: "d")])
  /// All names of sensors.
  public static let sensors = KeyRange.prefix([UInt8(ascii: "s")])
  /// All checkpoints of sources. What follows the first octet is the importer's.
  public static let checkpoints = KeyRange.prefix([UInt8(ascii: "c")])

  /// All positions of followed files. What follows the first octet is the follower's.
  public static let followedFiles = KeyRange.prefix([UInt8(ascii: "t")])
  /// All zone snapshots that were imported, complete or not. What follows the first octet is the
  /// importer's.
  public static let zoneSnapshots = KeyRange.prefix([UInt8(ascii: "z")])

  /// The key whose value is a dataset's name.
  public static func dataset(_ number: DatasetNumber) -> [UInt8] {
    [UInt8(ascii: "d"), UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
  }

  /// The key whose value is a sensor's name.
  public static func sensor(_ number: SensorNumber) -> [UInt8] {
    [UInt8(ascii: "s")] + StoreFormat.encode(number)
  }

  /// The key of a source's checkpoint.
  ///
  /// - Parameter identity: what identifies the source; the importer's choice.
  public static func checkpoint(_ identity: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "c")] + identity
  }
}

/// The number of the layout that docs/formats/storage.md describes.
public enum StoreFormat {
  /// What this program writes.
  public static let current: UInt32 = 2

  /// Four octets, big-endian: the form of numbers in the `state` family.
  public static func encode(_ number: UInt32) -> [UInt8] {
    [
      UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16),
      UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number),
    ]
  }

  /// Reads what ``encode(_:)`` wrote; nil for anything but four octets.
  public static func decode(_ octets: [UInt8]) -> UInt32? {
    guard octets.count == 4 else { return nil }
    return octets.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Reads the format of a store and refuses what this program cannot understand.
  ///
  /// - Parameter path: for the message.
  /// - Throws: ``StoreError/formatTooNew(path:found:known:)``;
  ///   ``StoreError/notAStore(path:detail:)`` when there is no format number.
  public static func check(_ store: any RecordStore, path: String) throws(StoreError) {
    guard let octets = try store.state(StateKey.format), let found = decode(octets), found > 0
    else { throw .notAStore(path: path, detail: "it has no format number") }
    guard found <= current else {
      throw .formatTooNew(path: path, found: found, known: current)
    }
  }
}
