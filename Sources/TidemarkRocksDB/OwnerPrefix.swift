import CRocksDB
import TidemarkModel

/// Tells RocksDB's filters what the owner name of a record key is: dataset and closed reversed
/// name. Its name is stored with the files and must change when the meaning does.
enum OwnerPrefix {
  /// Makes the transform; the options that it is given to own it.
  static func makeTransform() -> OpaquePointer {
    unsafe rocksdb_slicetransform_create(
      nil,
      { _ in },
      { _, key, length, prefixLength in
        // Only called for keys in the domain.
        unsafe prefixLength?.pointee = OwnerPrefix.length(key, length) ?? length
        return unsafe UnsafeMutablePointer(mutating: key)
      },
      { _, key, length in unsafe OwnerPrefix.length(key, length) == nil ? 0 : 1 },
      { _, _, _ in 0 },
      { _ in
        unsafe OwnerPrefix.name.utf8Start.withMemoryRebound(to: CChar.self, capacity: 17) {
          unsafe $0
        }
      })
  }

  private static let name: StaticString = "tidemark.owner.1"

  /// Octets up to and with the name's final 00; nil when there is none.
  private static func length(_ key: UnsafePointer<CChar>?, _ count: Int) -> Int? {
    guard let key = unsafe key else { return nil }
    let raw = unsafe UnsafeRawBufferPointer(start: key, count: count)
    return unsafe raw.withMemoryRebound(to: UInt8.self) { octets in
      unsafe RecordKeyView.reversedNameEnd(octets.span, from: RecordKey.datasetOctets)
    }
  }

  /// True when every key of a range has the same owner, so that filters may be asked for it.
  static func isOneOwner(lower: [UInt8], upper: [UInt8]?) -> Bool {
    guard let end = RecordKeyView.reversedNameEnd(lower.span, from: RecordKey.datasetOctets),
      let upper, upper.count >= end - 1
    else { return false }
    // The owner's last octet is 00, so no key beyond it is below the same octets ending in 01.
    let owner = lower[..<(end - 1)]
    guard upper[..<(end - 1)].elementsEqual(owner) else { return false }
    if upper.count == end - 1 { return true }
    return upper[end - 1] == 0 || (upper[end - 1] == 1 && upper.count == end)
  }
}
