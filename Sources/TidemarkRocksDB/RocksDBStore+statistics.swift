import CRocksDB
public import TidemarkStore

extension RocksDBStore {
  /// Sizes; see ``RecordStore/statistics()``. Keys are RocksDB's estimates.
  public func statistics() throws(StoreError) -> StoreStatistics {
    StoreStatistics(
      format: try state(StateKey.format).flatMap(StoreFormat.decode) ?? 0,
      families: StoreFamily.allCases.map { family in
        StoreStatistics.Family(
          family: family,
          keys: handle.number(family, "rocksdb.estimate-num-keys"),
          octetsOnDisk: handle.number(family, "rocksdb.live-sst-files-size"),
          octetsInMemory: handle.number(family, "rocksdb.cur-size-all-mem-tables"),
          levels: levels(family))
      },
      octetsFree: Files.octetsFree(path))
  }

  private func levels(_ family: StoreFamily) -> [StoreStatistics.Level] {
    let metadata = unsafe rocksdb_get_column_family_metadata_cf(handle.database, handle[family])
    defer { unsafe rocksdb_column_family_metadata_destroy(metadata) }
    var levels: [StoreStatistics.Level] = []
    for index in 0..<(unsafe rocksdb_column_family_metadata_get_level_count(metadata)) {
      let level = unsafe rocksdb_column_family_metadata_get_level_metadata(metadata, index)
      defer { unsafe rocksdb_level_metadata_destroy(level) }
      let files = unsafe rocksdb_level_metadata_get_file_count(level)
      guard files > 0 else { continue }
      levels.append(
        StoreStatistics.Level(
          level: Int(unsafe rocksdb_level_metadata_get_level(level)), files: files,
          octets: unsafe rocksdb_level_metadata_get_size(level)))
    }
    return levels
  }
}

extension RocksDBHandle {
  /// A property of a family that is a number; 0 when there is none.
  func number(_ family: StoreFamily, _ property: String) -> UInt64 {
    var value: UInt64 = 0
    unsafe rocksdb_property_int_cf(database, self[family], property, &value)
    return value
  }

  /// Flushes and merges that failed since the database was opened.
  var backgroundFailures: UInt64 {
    var value: UInt64 = 0
    unsafe rocksdb_property_int(database, "rocksdb.background-errors", &value)
    return value
  }

  /// Octets that a range of keys takes on disk, about.
  func octetsOnDisk(_ family: StoreFamily, from first: [UInt8], to end: [UInt8]) -> UInt64 {
    var size: UInt64 = 0
    unsafe first.withUnsafeBytes { first in
      unsafe end.withUnsafeBytes { end in
        var start = unsafe first.baseAddress?.assumingMemoryBound(to: CChar.self)
        var limit = unsafe end.baseAddress?.assumingMemoryBound(to: CChar.self)
        var (startCount, limitCount) = (first.count, end.count)
        unsafe rocksdb_approximate_sizes_cf(
          database, self[family], 1, &start, &startCount, &limit, &limitCount, &size, nil)
      }
    }
    return size
  }
}
