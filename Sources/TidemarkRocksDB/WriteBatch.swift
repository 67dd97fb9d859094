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

  func removeAll() { unsafe rocksdb_writebatch_clear(pointer) }

  /// Writes the rows.
  ///
  /// - Parameter isSynced: return only when they, and all earlier writes, are on disk.
  func write(isSynced: Bool) throws(StoreError) {
    let options = unsafe rocksdb_writeoptions_create()
    defer { unsafe rocksdb_writeoptions_destroy(options) }
    unsafe rocksdb_writeoptions_set_sync(options, isSynced ? 1 : 0)
    do throws(StoreError) {
      unsafe try RocksDBFailure.check(nil) {
        unsafe rocksdb_write(handle.database, options, pointer, $0)
      }
    } catch {
      handle.noteFailedWrite()
      throw error
    }
  }
}
