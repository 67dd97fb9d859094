import CRocksDB
import TidemarkStore

/// Looks up many record keys at once, without allocation per key on this side.
@safe final class MultiGet {
  /// Keys of one call. RocksDB works through 32 at a time; more only saves calls.
  static let keysMax = 256

  private let handle: RocksDBHandle
  private let options: OpaquePointer?
  private let keys: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private let counts: UnsafeMutablePointer<Int>
  private let slices: UnsafeMutablePointer<OpaquePointer?>
  private let errors: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private var count = 0

  /// - Parameter options: read options, to be kept by the caller as long as this.
  init(_ handle: RocksDBHandle, options: OpaquePointer?) {
    self.handle = handle
    unsafe self.options = unsafe options
    unsafe keys = .allocate(capacity: MultiGet.keysMax)
    unsafe counts = .allocate(capacity: MultiGet.keysMax)
    unsafe slices = .allocate(capacity: MultiGet.keysMax)
    unsafe errors = .allocate(capacity: MultiGet.keysMax)
  }

  deinit {
    unsafe keys.deallocate()
    unsafe counts.deallocate()
    unsafe slices.deallocate()
    unsafe errors.deallocate()
  }

  /// Adds a key; at most ``keysMax`` until ``run(isSorted:_:)``. The octets must stay until then.
  func append(_ key: UnsafeRawPointer?, count keyCount: Int) {
    precondition(count < MultiGet.keysMax, "too many keys")
    unsafe (keys + count).initialize(to: key?.assumingMemoryBound(to: CChar.self))
    unsafe (counts + count).initialize(to: keyCount)
    count += 1
  }

  /// Looks the keys up, shows the values of those that exist, in order, and forgets the keys.
  func run(
    isSorted: Bool, _ found: (_ index: Int, _ value: Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    unsafe slices.initialize(repeating: nil, count: count)
    unsafe errors.initialize(repeating: nil, count: count)
    unsafe rocksdb_batched_multi_get_cf(
      handle.database, options, handle[.records], count, keys, counts, slices, errors, isSorted)
    let asked = count
    count = 0
    var failure: StoreError?
    for index in 0..<asked {
      if let message = unsafe errors[index] {
        failure = unsafe RocksDBFailure.take(message, .records)
      }
      guard let slice = unsafe slices[index] else { continue }
      defer { unsafe rocksdb_pinnableslice_destroy(slice) }
      guard failure == nil else { continue }
      var valueCount = 0
      let value = unsafe rocksdb_pinnableslice_value(slice, &valueCount)
      do throws(StoreError) {
        try unsafe found(index, octets(value, valueCount).span)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
