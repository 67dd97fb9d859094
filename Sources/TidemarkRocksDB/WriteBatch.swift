import CRocksDB
import TidemarkStore

/// Rows that RocksDB writes in one atomic step.
@safe final class WriteBatch {
  let pointer: OpaquePointer?
  private let handle: RocksDBHandle

  init(_ handle: RocksDBHandle) {
    self.handle = handle
    unsafe pointer = rocksdb_writebatch_create()
  }

  deinit { unsafe rocksdb_writebatch_destroy(pointer) }

  @inline(__always)
  func put(_ family: StoreFamily, key: Span<UInt8>, value: Span<UInt8>) {
    unsafe key.withUnsafeBytes { key in
      unsafe value.withUnsafeBytes { value in
        unsafe rocksdb_writebatch_put_cf(
          pointer, handle[family], key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count,
          value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count)
      }
    }
  }

  func delete(_ family: StoreFamily, key: Span<UInt8>) {
    unsafe key.withUnsafeBytes { key in
      unsafe rocksdb_writebatch_delete_cf(
        pointer, handle[family], key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count)
    }
  }

  /// Removes the rows of keys from `first` on and before `end`.
  func deleteRange(_ family: StoreFamily, from first: Span<UInt8>, to end: Span<UInt8>) {
    unsafe first.withUnsafeBytes { first in
      unsafe end.withUnsafeBytes { end in
        unsafe rocksdb_writebatch_delete_range_cf(
          pointer, handle[family], first.baseAddress?.assumingMemoryBound(to: CChar.self),
          first.count, end.baseAddress?.assumingMemoryBound(to: CChar.self), end.count)
      }
    }
  }

  func removeAll() { unsafe rocksdb_writebatch_clear(pointer) }

  /// Writes the rows.
  ///
  /// - Parameter isSynced: return only when they, and all earlier writes, are on disk.
  func write(isSynced: Bool) throws(StoreError) {
    let options = unsafe rocksdb_writeoptions_create()
    defer { unsafe rocksdb_writeoptions_destroy(options) }
    unsafe rocksdb_writeoptions_set_sync(options, isSynced ? 1 : 0)
    unsafe try RocksDBFailure.check(nil) {
      unsafe rocksdb_write(handle.database, options, pointer, $0)
    }
  }
}
