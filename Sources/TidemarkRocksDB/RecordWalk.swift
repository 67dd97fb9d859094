import CRocksDB
import Glibc
import TidemarkStore

/// Finds ascending record keys by walking over the family beside them.
///
/// A step costs a small part of a look-up (docs/notes/0002-store-write-path.md), so a walk wins as
/// long as the store has not many times more records than keys are asked for; see
/// ``isWorthwhile(keys:records:)``.
@safe final class RecordWalk {
  /// Steps towards a key before it is sought instead.
  private static let stepsMax = 24
  /// Most records a key for a walk: a look-up costs about as much as ten steps. The exact place of
  /// the border was not measured, and a walk that is too long costs at most ``stepsMax`` a key.
  private static let recordsPerKeyMax: UInt64 = 12

  private let options: OpaquePointer?
  private let iterator: OpaquePointer?
  private var hasStarted = false

  init(_ handle: RocksDBHandle) {
    unsafe options = rocksdb_readoptions_create()
    unsafe rocksdb_readoptions_set_total_order_seek(options, 1)
    // A walk would push everything else out of the cache.
    unsafe rocksdb_readoptions_set_fill_cache(options, 0)
    unsafe iterator = rocksdb_create_iterator_cf(handle.database, options, handle[.records])
  }

  deinit {
    unsafe rocksdb_iter_destroy(iterator)
    unsafe rocksdb_readoptions_destroy(options)
  }

  /// True when walking is faster than looking keys up one by one.
  static func isWorthwhile(keys: Int, records: UInt64) -> Bool {
    records < UInt64(keys) * recordsPerKeyMax
  }

  /// Shows the value of a key, if there is one.
  ///
  /// - Parameter key: above the one asked for before.
  func find(
    _ key: UnsafeRawBufferPointer, _ found: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    guard try unsafe move(to: key) else { return }
    var count = 0
    let value = unsafe rocksdb_iter_value(iterator, &count)
    unsafe try found(octets(value, count).span)
  }

  /// Moves to the first record at or behind a key; true when it is the key's.
  private func move(to key: UnsafeRawBufferPointer) throws(StoreError) -> Bool {
    var steps = hasStarted ? 0 : RecordWalk.stepsMax
    hasStarted = true
    while true {
      if steps == RecordWalk.stepsMax {
        unsafe rocksdb_iter_seek(
          iterator, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count)
      }
      guard unsafe rocksdb_iter_valid(iterator) != 0 else {
        unsafe try RocksDBFailure.check(.records) { unsafe rocksdb_iter_get_error(iterator, $0) }
        return false
      }
      let order = unsafe compare(key)
      if order >= 0 { return order == 0 }
      steps += 1
      if steps < RecordWalk.stepsMax { unsafe rocksdb_iter_next(iterator) }
    }
  }

  /// Below 0 when the current record's key is below `key`, 0 when they are equal.
  private func compare(_ key: UnsafeRawBufferPointer) -> Int {
    var count = 0
    let current = unsafe rocksdb_iter_key(iterator, &count)
    guard let current = unsafe current, let wanted = key.baseAddress else { return count }
    let order = unsafe memcmp(current, wanted, min(count, key.count))
    return order != 0 ? Int(order) : count - key.count
  }
}
