import CRocksDB
import Synchronization
import TidemarkModel
public import TidemarkStore

/// A store on disk: RocksDB through its C API, one column family for each ``StoreFamily``
/// (docs/formats/storage.md).
///
/// - Concurrency: one process writes; others read beside it as secondaries. Inside a process any
///   thread may read, writers wait for each other.
@safe public final class RocksDBStore: RecordStore, @unchecked Sendable {
  /// What a store is opened for.
  public enum Mode: Hashable, Sendable {
    /// To read and write; makes the store if it is not there and `create` is true.
    case write(create: Bool)
    /// To read beside a process that writes; shows what was there when it was opened or last
    /// ``RocksDBStore/catchUp()`` with the writer.
    case secondary
    /// To read what can be read of a store that no other process writes, damaged or not.
    case readOnly
  }

  /// Where the store is.
  public let path: String
  /// What it was opened for.
  public let mode: Mode

  let handle: RocksDBHandle
  let tuning: RocksDBTuning
  /// Held while a batch is applied.
  let writer = Mutex(NamesSealing())

  /// Opens a store.
  ///
  /// - Parameter path: its directory; the directory above must exist.
  /// - Throws: ``StoreError``: `notFound`, `notAStore`, `locked`, `formatTooNew`, `corrupt`, `io`.
  public init(
    path: String, mode: Mode = .write(create: true), tuning: RocksDBTuning = RocksDBTuning()
  ) throws(StoreError) {
    self.path = path
    self.mode = mode
    self.tuning = tuning
    handle = try RocksDBHandle(path: path, mode: mode, tuning: tuning)
    if case .write = mode {
      SortedFile.removeLeftovers(in: path)
      try writeFormatIfNew()
    }
    try StoreFormat.check(self, path: path)
    if case .write = mode { try raiseFormat() }
  }

  /// Shows rows; see ``RecordStore/scan(_:_:limit:_:)``.
  public func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    guard limit > 0, !range.isEmpty else { return }
    let keepsBlocks = limit <= RocksDBStore.cachedRowsMax
    if family == .names {
      var walk = try NamesWalk(handle, range, keepsBlocks: keepsBlocks)
      let nothing: [UInt8] = []
      return try walk.show(limit: limit) { row($0, nothing.span) }
    }
    let rows = KeyIterator(handle, family, range, keepsBlocks: keepsBlocks)
    var shown = 0
    while shown < limit, rows.isValid {
      guard rows.withKey({ key in rows.withValue { row(key, $0) } }) else { return }
      shown += 1
      if shown < limit { rows.next() }
    }
    try rows.check()
  }

  /// Shows values; see ``RecordStore/values(ofRecords:_:)``.
  public func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) {
    let options = unsafe rocksdb_readoptions_create()
    defer { unsafe rocksdb_readoptions_destroy(options) }
    let lookup = unsafe MultiGet(handle, options: options)
    try unsafe keys.octets.span.withUnsafeBytes { base throws(StoreError) in
      var start = 0
      while start < keys.count {
        let end = min(start + MultiGet.keysMax, keys.count)
        for index in start..<end {
          let range = keys.range(index)
          unsafe lookup.append(
            base.baseAddress?.advanced(by: range.lowerBound), count: range.count)
        }
        try lookup.run(isSorted: keys.isAscending(start..<end)) { found(start + $0, $1) }
        start = end
      }
    }
  }

  /// The value of a state key, or nil.
  public func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    let options = unsafe rocksdb_readoptions_create()
    defer { unsafe rocksdb_readoptions_destroy(options) }
    let slice = try unsafe key.span.withUnsafeBytes { key throws(StoreError) in
      unsafe try RocksDBFailure.check(.state) { message in
        unsafe rocksdb_get_pinned_cf(
          handle.database, options, handle[.state],
          key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count, message)
      }
    }
    guard let slice = unsafe slice else { return nil }
    defer { unsafe rocksdb_pinnableslice_destroy(slice) }
    var count = 0
    let value = unsafe rocksdb_pinnableslice_value(slice, &count)
    return unsafe Array(octets(value, count))
  }

  /// Shows a secondary what the writer has done since; other modes are always current.
  public func catchUp() throws(StoreError) {
    guard mode == .secondary else { return }
    unsafe try RocksDBFailure.check(nil) {
      unsafe rocksdb_try_catch_up_with_primary(handle.database, $0)
    }
  }

  /// Writes memory tables to files and merges all files of every family into the last level. Takes
  /// as long as rewriting the store; reads and writes go on meanwhile.
  ///
  /// - Throws: ``StoreError``; nothing is lost then, and what was merged stays so.
  public func compact() throws(StoreError) {
    guard case .write = mode else { throw .readOnly }
    try sealNames()
    let failures = handle.backgroundFailures
    let flush = unsafe rocksdb_flushoptions_create()
    defer { unsafe rocksdb_flushoptions_destroy(flush) }
    let options = unsafe rocksdb_compactoptions_create()
    defer { unsafe rocksdb_compactoptions_destroy(options) }
    // 3, "force optimized": also rewrites the last level, but not what this call put there.
    unsafe rocksdb_compactoptions_set_bottommost_level_compaction(options, 3)
    for family in StoreFamily.allCases {
      unsafe try RocksDBFailure.check(family) {
        unsafe rocksdb_flush_cf(handle.database, flush, handle[family], $0)
      }
      unsafe rocksdb_compact_range_cf_opt(
        handle.database, handle[family], options, nil, 0, nil, 0)
    }
    guard handle.backgroundFailures == failures else {
      let room = Files.octetsFree(path).map { "; \($0) octets are free" } ?? ""
      throw .io(detail: "\(path): files could not be merged\(room)")
    }
  }

  /// Longest walk whose blocks stay in the cache, rows.
  private static let cachedRowsMax = 4_096
}

/// Octets that RocksDB owns.
@inline(__always)
func octets(_ start: UnsafePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
  unsafe UnsafeBufferPointer(
    start: start.map { unsafe UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) },
    count: start == nil ? 0 : count)
}
