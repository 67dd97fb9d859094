import DNSWire
import TidemarkIngest
import TidemarkModel

/// What the store remembers of a zone snapshot: a row of the `state` family (see
/// docs/formats/storage.md). It makes a second import of the same serial a no-op, whatever form the
/// zone comes in.
struct ZoneSnapshotState: Equatable {
  /// First octet of a key, `z`.
  static let keyKind: UInt8 = 0x7A
  static let form: UInt8 = 1
  private static let valueOctets = 1 + 1 + 4 + 8 + 8

  /// True when everything of the snapshot is stored.
  var isComplete: Bool
  /// The snapshot's time; an import that goes on uses it again.
  var time: UnixSeconds
  /// Items stored.
  var items: UInt64
  /// Hash of what was read of included files up to there.
  var includedDigest: UInt64

  init(isComplete: Bool, time: UnixSeconds, items: UInt64, includedDigest: UInt64) {
    self.isComplete = isComplete
    self.time = time
    self.items = items
    self.includedDigest = includedDigest
  }

  /// The key of a snapshot: kind, dataset, sensor, apex, serial, and the time if it is part of the
  /// identity, otherwise 0.
  static func key(
    dataset: DatasetNumber, sensor: SensorNumber, apex: DomainName, serial: UInt32,
    time: UnixSeconds?
  ) -> [UInt8] {
    [keyKind] + octets(UInt64(dataset), 2) + octets(UInt64(sensor), 4) + apex.wire
      + octets(UInt64(serial), 4) + octets(UInt64(time ?? 0), 4)
  }

  /// Reads a stored value; nil when the octets are none.
  init?(decoding value: [UInt8]) {
    guard value.count == ZoneSnapshotState.valueOctets, value[0] == ZoneSnapshotState.form,
      value[1] <= 1
    else { return nil }
    func number(_ range: Range<Int>) -> UInt64 {
      value[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.init(
      isComplete: value[1] == 1, time: UnixSeconds(truncatingIfNeeded: number(2..<6)),
      items: number(6..<14), includedDigest: number(14..<22))
  }

  /// The stored value.
  var encoded: [UInt8] {
    [ZoneSnapshotState.form, isComplete ? 1 : 0] + ZoneSnapshotState.octets(UInt64(time), 4)
      + ZoneSnapshotState.octets(items, 8) + ZoneSnapshotState.octets(includedDigest, 8)
  }

  private static func octets(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
  }
}
