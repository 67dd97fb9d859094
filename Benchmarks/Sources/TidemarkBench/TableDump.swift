import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkRocksDB

/// What `baselines/mtbl-lookup.c` makes a table of: every record of a store as dnstable keys RRsets
/// (dnstable-encoding(5)), each by itself and with the root as bailiwick, and the names to look up.
enum TableDump {
  /// Writes PREFIX.entries, keys and values, and PREFIX.keys, what keys of the names begin with;
  /// each behind its length (16 bits, big-endian).
  static func write(_ store: RocksDBStore, names: [DomainName], prefix: String) throws {
    var entries: [UInt8] = []
    var key: [UInt8] = []
    var value: [UInt8] = []
    let cursor = RecordCursor(RecordQuery(.all), store: store)
    var end = RecordCursor.End.paused
    while end == .paused {
      end = try cursor.next { row in
        key.removeAll(keepingCapacity: true)
        appendOwner(row.rrname, to: &key)
        Varint.append(UInt64(row.rrtype.rawValue), to: &key)
        key.append(0)
        Varint.append(UInt64(row.rdata.count), to: &key)
        key += row.rdata
        value.removeAll(keepingCapacity: true)
        Varint.append(UInt64(row.value.timeFirst), to: &value)
        Varint.append(UInt64(row.value.timeLast), to: &value)
        Varint.append(row.value.count, to: &value)
        append(key, to: &entries)
        append(value, to: &entries)
        return true
      }
    }
    try BenchFile.write(entries, to: "\(prefix).entries")
    var keys: [UInt8] = []
    for name in names {
      key.removeAll(keepingCapacity: true)
      appendOwner(name.wire, to: &key)
      append(key, to: &keys)
    }
    try BenchFile.write(keys, to: "\(prefix).keys")
  }

  /// Type 0 (RRset) and the owner, its labels from the root's child down.
  private static func appendOwner(_ wire: [UInt8], to key: inout [UInt8]) {
    var labels: [Range<Int>] = []
    var at = 0
    while wire[at] != 0 {
      labels.append(at..<at + 1 + Int(wire[at]))
      at += 1 + Int(wire[at])
    }
    key.append(0)
    for label in labels.reversed() { key += wire[label] }
    key.append(0)
  }

  private static func append(_ octets: [UInt8], to out: inout [UInt8]) {
    out.append(UInt8(truncatingIfNeeded: octets.count >> 8))
    out.append(UInt8(truncatingIfNeeded: octets.count))
    out += octets
  }
}
