import Synchronization
public import TidemarkModel

/// The store in its plainest form: four sorted arrays. It is what every other store is compared
/// with, and it serves tests and small one-shot work. Nothing outlives the process.
public final class MemoryStore: RecordStore {
  private struct Family {
    var keys: [[UInt8]] = []
    var values: [[UInt8]] = []
  }

  private let families: Mutex<[StoreFamily: Family]>

  /// Makes an empty store.
  public init() {
    var families: [StoreFamily: Family] = [:]
    for family in StoreFamily.allCases { families[family] = Family() }
    families[.state]?.keys = [StateKey.format]
    families[.state]?.values = [StoreFormat.encode(StoreFormat.current)]
    self.families = Mutex(families)
  }

  /// Merges a batch; see ``RecordStore/apply(_:)``.
  @discardableResult
  public func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary {
    batch.sort()
    // The protocol's promise is all or nothing: work on a copy, put it in place at the end.
    let result: Result<ApplySummary, StoreError> = families.withLock { families in
      var changed = families
      do throws(StoreError) {
        let summary = try MemoryStore.merge(batch, into: &changed)
        families = changed
        return .success(summary)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Shows rows; see ``RecordStore/scan(_:_:limit:_:)``.
  public func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    // A copy costs nothing until a writer changes the original, and lets `row` call the store.
    let rows = families.withLock { $0[family] ?? Family() }
    var at = MemoryStore.position(of: range.lower, in: rows.keys)
    var shown = 0
    while at < rows.keys.count, shown < limit, range.contains(rows.keys[at]) {
      let key = rows.keys[at]
      let value = rows.values[at]
      guard row(key.span, value.span) else { return }
      at += 1
      shown += 1
    }
  }

  /// Shows values; see ``RecordStore/values(ofRecords:_:)``.
  public func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) {
    let rows = families.withLock { $0[.records] ?? Family() }
    for index in 0..<keys.count {
      let key = keys[index]
      let at = MemoryStore.position(of: key, in: rows.keys)
      guard at < rows.keys.count, rows.keys[at] == key else { continue }
      let value = rows.values[at]
      found(index, value.span)
    }
  }

  /// The value of a state key, or nil.
  public func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    families.withLock { families in
      guard let rows = families[.state] else { return nil }
      let at = MemoryStore.position(of: key, in: rows.keys)
      return at < rows.keys.count && rows.keys[at] == key ? rows.values[at] : nil
    }
  }

  /// Exact numbers of keys; nothing is on disk.
  public func statistics() throws(StoreError) -> StoreStatistics {
    let families = self.families.withLock { $0 }
    return StoreStatistics(
      format: StoreFormat.current,
      families: StoreFamily.allCases.map { family in
        let rows = families[family] ?? Family()
        let octets = (rows.keys + rows.values).reduce(0) { $0 + UInt64($1.count) }
        return StoreStatistics.Family(
          family: family, keys: UInt64(rows.keys.count), octetsOnDisk: 0, octetsInMemory: octets,
          levels: [])
      })
  }

  private static func merge(
    _ batch: RecordBatch, into families: inout [StoreFamily: Family]
  ) throws(StoreError) -> ApplySummary {
    var summary = ApplySummary()
    var indexRows = OctetStrings()
    for entry in batch.entries {
      let key = batch.withKey(of: entry) { span in
        var copy: [UInt8] = []
        copy.append(span: span)
        return copy
      }
      var value = batch.value(of: entry)
      if let old = get(key, in: families[.records]) {
        guard let stored = try? RecordValue(decoding: old.span) else {
          throw .corrupt(family: .records, detail: "a record's value is damaged")
        }
        value.merge(stored)
        summary.updated += 1
      } else {
        guard InverseKey.appendKeys(ofRecord: key.span, to: &indexRows) else {
          throw .corrupt(family: .records, detail: "the batch holds a key that is no record key")
        }
        for index in 0..<indexRows.count { put(indexRows[index], [], in: &families[.inverse]) }
        indexRows.removeAll()
        if let name = NamesKey.key(ofRecord: key.span) { put(name, [], in: &families[.names]) }
        summary.created += 1
      }
      var octets: [UInt8] = []
      value.encode(into: &octets)
      put(key, octets, in: &families[.records])
    }
    for change in batch.stateChanges { put(change.key, change.value, in: &families[.state]) }
    return summary
  }

  private static func get(_ key: [UInt8], in family: Family?) -> [UInt8]? {
    guard let family else { return nil }
    let at = position(of: key, in: family.keys)
    return at < family.keys.count && family.keys[at] == key ? family.values[at] : nil
  }

  /// Puts a row in its place, or removes it when the value is nil.
  private static func put(_ key: [UInt8], _ value: [UInt8]?, in family: inout Family?) {
    let at = position(of: key, in: family?.keys ?? [])
    let present = family.map { at < $0.keys.count && $0.keys[at] == key } ?? false
    switch (value, present) {
    case (let value?, true):
      family?.values[at] = value
    case (let value?, false):
      family?.keys.insert(key, at: at)
      family?.values.insert(value, at: at)
    case (nil, true):
      family?.keys.remove(at: at)
      family?.values.remove(at: at)
    case (nil, false):
      break
    }
  }

  /// The index of the first key that is not before `key`.
  private static func position(of key: [UInt8], in keys: [[UInt8]]) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if KeyRange.precedes(keys[middle], key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
