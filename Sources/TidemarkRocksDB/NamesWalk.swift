import TidemarkStore

/// Shows the names family as if every name had a row of its own: runs, and the late names that are
/// in none yet, merged in key order.
///
/// Sealing (``NamesSealing``) moves late names into runs. The late ones are looked at first, so
/// that a name that is moved meanwhile is met twice rather than never, and shown once.
struct NamesWalk {
  private let late: KeyIterator
  private let runs: KeyIterator
  private let upper: [UInt8]?
  private var reader = NameRunReader()
  /// The reader has a name at hand, and it is below the upper bound.
  private var hasName = false
  /// The whole run at hand is below the upper bound.
  private var isInside = true

  init(_ handle: RocksDBHandle, _ range: KeyRange, keepsBlocks: Bool) throws(StoreError) {
    let lower = KeyRange.precedes(range.lower, NameRun.end) ? NameRun.end : range.lower
    upper = range.upper
    late = KeyIterator(
      handle, .names, KeyRange(lower: lower, upper: range.upper), keepsBlocks: keepsBlocks)
    runs = KeyIterator(
      handle, .names, KeyRange(lower: NameRun.prefix + lower, upper: NameRun.end),
      keepsBlocks: keepsBlocks)
    try beginRun()
    while hasName, reader.withName({ KeyOrder.compare($0, lower.span) }) < 0 { try nextOfRun() }
  }

  /// Shows names until `show` returns false, `limit` (at least 1) were shown or none is left.
  mutating func show(limit: Int, _ show: (Span<UInt8>) -> Bool) throws(StoreError) {
    var left = limit
    while late.isValid {
      var order = -1
      if hasName {
        order = late.withKey { key in reader.withName { KeyOrder.compare(key, $0) } }
      }
      guard order > 0 ? reader.withName(show) : late.withKey(show) else { return }
      left -= 1
      // What comes behind the last one wanted may be damaged.
      if left == 0 { return }
      if order <= 0 { late.next() }
      if order >= 0 { try nextOfRun() }
    }
    try late.check()
    while hasName {
      guard reader.withName(show) else { return }
      left -= 1
      if left == 0 { return }
      try nextOfRun()
    }
  }

  private mutating func nextOfRun() throws(StoreError) {
    if try reader.next() {
      hasName = isInside || isBelowUpper()
    } else if isInside {
      runs.next()
      try beginRun()
    } else {
      // No later run begins below the bound.
      hasName = false
    }
  }

  private mutating func beginRun() throws(StoreError) {
    guard runs.isValid else {
      hasName = false
      return try runs.check()
    }
    let upper = upper
    isInside = runs.withKey { key in
      let last = key.extracting(NameRun.prefix.count..<key.count)
      return upper.map { KeyOrder.compare(last, $0.span) < 0 } ?? true
    }
    try runs.withValue { value throws(StoreError) in try reader.begin(value) }
    hasName = isInside || isBelowUpper()
  }

  private func isBelowUpper() -> Bool {
    upper.map { bound in reader.withName { KeyOrder.compare($0, bound.span) } < 0 } ?? true
  }
}
