import Synchronization
import TidemarkModel
import TidemarkStore

/// A store that counts the rows it shows.
final class CountingStore: RecordStore {
  private let store: MemoryStore
  private let counter = Mutex(0)

  init(_ store: MemoryStore) { self.store = store }

  /// Rows of scans since the last call.
  func takeCount() -> Int {
    counter.withLock { count in
      defer { count = 0 }
      return count
    }
  }

  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary { try store.apply(batch) }

  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    var shown = 0
    defer { counter.withLock { [shown] in $0 += shown } }
    try store.scan(family, range, limit: limit) { key, value in
      shown += 1
      return row(key, value)
    }
  }

  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) {
    try store.values(ofRecords: keys, found)
  }

  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try store.state(key) }

  func statistics() throws(StoreError) -> StoreStatistics { try store.statistics() }
}
