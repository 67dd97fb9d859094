import CRocksDB
import TidemarkStore

/// Walks over keys of one family between two bounds, forwards.
///
/// Keys and values stay where they are until the iterator moves.
@safe final class KeyIterator {
  private let family: StoreFamily
  private let options: OpaquePointer?
  private let iterator: OpaquePointer?
  /// RocksDB reads the upper bound where it lies as long as the iterator lives.
  private let upper: UnsafeMutableBufferPointer<CChar>

  /// Stands at the first key.
  ///
  /// - Parameters:
  ///   - upper: first key that is not shown.
  ///   - keepsBlocks: what is read stays in the cache.
  init(
    _ handle: RocksDBHandle, _ family: StoreFamily, lower: [UInt8], upper: [UInt8]?,
    keepsBlocks: Bool
  ) {
    self.family = family
    let bound = UnsafeMutableBufferPointer<CChar>.allocate(capacity: upper?.count ?? 0)
    let options = unsafe rocksdb_readoptions_create()
    unsafe rocksdb_readoptions_set_fill_cache(options, keepsBlocks ? 1 : 0)
    if let upper {
      _ = unsafe bound.initialize(from: upper.lazy.map { CChar(bitPattern: $0) })
      unsafe rocksdb_readoptions_set_iterate_upper_bound(options, bound.baseAddress, bound.count)
    }
    unsafe self.upper = bound
    unsafe self.options = options
    unsafe iterator = rocksdb_create_iterator_cf(handle.database, options, handle[family])
    seek(lower)
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
  func seek(_ key: [UInt8]) {
    unsafe key.span.withUnsafeBytes { key in
      unsafe rocksdb_iter_seek(
        iterator, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count)
    }
  }

  /// Goes to the last key at or before `key`, wherever that is: the lower bound does not hold.
  func seekBack(_ key: [UInt8]) {
    unsafe key.span.withUnsafeBytes { key in
      unsafe rocksdb_iter_seek_for_prev(
        iterator, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count)
    }
  }

  /// Calls `body` with the key at hand.
  @inline(__always)
  func withKey<R>(_ body: (Span<UInt8>) throws(StoreError) -> R) throws(StoreError) -> R {
    var count = 0
    let key = unsafe rocksdb_iter_key(iterator, &count)
    return unsafe try body(octets(key, count).span)
  }

  /// A copy of the key at hand.
  func key() throws(StoreError) -> [UInt8] {
    try withKey { key in unsafe key.withUnsafeBufferPointer { unsafe Array($0) } }
  }

  /// Calls `body` with the value at hand.
  @inline(__always)
  func withValue<R>(_ body: (Span<UInt8>) throws(StoreError) -> R) throws(StoreError) -> R {
    var count = 0
    let value = unsafe rocksdb_iter_value(iterator, &count)
    return unsafe try body(octets(value, count).span)
  }

  /// Throws what ended the walk, if it was not the last key.
  func check() throws(StoreError) {
    unsafe try RocksDBFailure.check(family) { unsafe rocksdb_iter_get_error(iterator, $0) }
  }
}
