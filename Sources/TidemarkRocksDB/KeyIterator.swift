import CRocksDB
import TidemarkStore

/// Walks over keys of one family.
///
/// Keys and values stay where they are until the iterator moves.
@safe final class KeyIterator {
  private let family: StoreFamily
  private let options: OpaquePointer?
  private let iterator: OpaquePointer?
  /// RocksDB reads the upper bound where it lies as long as the iterator lives.
  private let upper: UnsafeMutableBufferPointer<CChar>

  /// Stands at the first key of a range, and ends behind its last one.
  ///
  /// - Parameter keepsBlocks: what is read stays in the cache; a long walk would push everything
  ///   else out of it.
  init(_ handle: RocksDBHandle, _ family: StoreFamily, _ range: KeyRange, keepsBlocks: Bool) {
    self.family = family
    let bound = UnsafeMutableBufferPointer<CChar>.allocate(capacity: range.upper?.count ?? 0)
    let options = unsafe rocksdb_readoptions_create()
    if family == .records, !OwnerPrefix.isOneOwner(lower: range.lower, upper: range.upper) {
      unsafe rocksdb_readoptions_set_total_order_seek(options, 1)
    }
    if !keepsBlocks { unsafe rocksdb_readoptions_set_fill_cache(options, 0) }
    if let upper = range.upper {
      _ = unsafe bound.initialize(from: upper.lazy.map { CChar(bitPattern: $0) })
      unsafe rocksdb_readoptions_set_iterate_upper_bound(options, bound.baseAddress, bound.count)
    }
    unsafe self.upper = bound
    unsafe self.options = options
    unsafe iterator = rocksdb_create_iterator_cf(handle.database, options, handle[family])
    seek(range.lower.span)
  }

  deinit {
    unsafe rocksdb_iter_destroy(iterator)
    unsafe rocksdb_readoptions_destroy(options)
    unsafe upper.deallocate()
  }

  /// True when there is a key at hand.
  @inline(__always)
  var isValid: Bool { unsafe rocksdb_iter_valid(iterator) != 0 }

  /// Goes to the next key.
  @inline(__always)
  func next() { unsafe rocksdb_iter_next(iterator) }

  /// Goes to the first key at or behind `key`.
  func seek(_ key: Span<UInt8>) {
    unsafe key.withUnsafeBytes { key in
      unsafe rocksdb_iter_seek(
        iterator, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count)
    }
  }

  /// Goes to the last key at or before `key`, also before the range's first one.
  func seekBack(_ key: Span<UInt8>) {
    unsafe key.withUnsafeBytes { key in
      unsafe rocksdb_iter_seek_for_prev(
        iterator, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count)
    }
  }

  /// Calls `body` with the key at hand.
  @inline(__always)
  func withKey<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    var count = 0
    let key = unsafe rocksdb_iter_key(iterator, &count)
    return unsafe try body(octets(key, count).span)
  }

  /// A copy of the key at hand.
  var key: [UInt8] { withKey { key in unsafe key.withUnsafeBufferPointer { unsafe Array($0) } } }

  /// Calls `body` with the value at hand.
  @inline(__always)
  func withValue<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    var count = 0
    let value = unsafe rocksdb_iter_value(iterator, &count)
    return unsafe try body(octets(value, count).span)
  }

  /// Throws what ended the walk, if it was not the last key.
  func check() throws(StoreError) {
    unsafe try RocksDBFailure.check(family) { unsafe rocksdb_iter_get_error(iterator, $0) }
  }
}
