import TidemarkStore

/// Finds ascending record keys by walking over the family beside them.
///
/// A step costs a small part of a look-up (docs/notes/0002-store-write-path.md), so a walk wins as
/// long as the store has not many times more records than keys are asked for; see
/// ``isWorthwhile(keys:records:)``.
struct RecordWalk {
  /// Steps towards a key before it is sought instead.
  private static let stepsMax = 24
  /// Most records a key for a walk: a look-up costs about as much as ten steps. The exact place of
  /// the border was not measured, and a walk that is too long costs at most ``stepsMax`` a key.
  private static let recordsPerKeyMax: UInt64 = 12

  private let records: KeyIterator
  private var hasStarted = false

  init(_ handle: RocksDBHandle) {
    records = KeyIterator(handle, .records, .all, keepsBlocks: false)
  }

  /// True when walking is faster than looking keys up one by one.
  static func isWorthwhile(keys: Int, records: UInt64) -> Bool {
    records < UInt64(keys) * recordsPerKeyMax
  }

  /// Shows the value of a key, if there is one.
  ///
  /// - Parameter key: above the one asked for before.
  mutating func find(
    _ key: Span<UInt8>, _ found: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    if try move(to: key) { try records.withValue(found) }
  }

  /// Moves to the first record at or behind a key; true when it is the key's.
  private mutating func move(to key: Span<UInt8>) throws(StoreError) -> Bool {
    var steps = hasStarted ? 0 : RecordWalk.stepsMax
    hasStarted = true
    while true {
      if steps == RecordWalk.stepsMax { records.seek(key) }
      guard records.isValid else {
        try records.check()
        return false
      }
      let order = records.withKey { KeyOrder.compare($0, key) }
      if order >= 0 { return order == 0 }
      steps += 1
      if steps < RecordWalk.stepsMax { records.next() }
    }
  }
}
