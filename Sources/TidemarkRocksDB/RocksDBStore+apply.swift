import CRocksDB
import Dispatch
import Synchronization
public import TidemarkModel
public import TidemarkStore

/// The write path (docs/notes/0002-store-write-path.md): look up what is there, write the index
/// rows of new records, then records and state in one synced step. A crash before that step leaves
/// index rows without a record, which readers skip, and nothing else.
extension RocksDBStore {
  /// Merges a batch; see ``RecordStore/apply(_:)``.
  ///
  /// - Throws: ``StoreError/readOnly`` unless opened for writing.
  @discardableResult
  public func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary {
    guard case .write = mode else { throw .readOnly }
    batch.sort()
    let result: Result<ApplySummary, StoreError> = writer.withLock { sealing in
      do throws(StoreError) {
        let merge = try BatchMerge(batch, handle)
        try writeIndexRows(of: merge.created, in: batch)
        for change in batch.stateChanges {
          if let value = change.value {
            merge.rows.put(.state, key: change.key.span, value: value.span)
          } else {
            merge.rows.delete(.state, key: change.key.span)
          }
        }
        try merge.rows.write(isSynced: true)
        // The batch is in. What keeps names from being sealed is met by the next batch too.
        try? sealing.follow(merge.created.count, handle, tuning)
        return .success(merge.summary)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Moves every late name into a run.
  func sealNames() throws(StoreError) {
    writer.withLock { $0.begin() }
    var isRunning = true
    while isRunning {
      let result: Result<Bool, StoreError> = writer.withLock { sealing in
        do throws(StoreError) {
          try sealing.seal(handle, tuning)
          return .success(sealing.isRunning)
        } catch {
          return .failure(error)
        }
      }
      isRunning = try result.get()
    }
  }

  /// Writes the format number into a store that was just made.
  func writeFormatIfNew() throws(StoreError) {
    guard try state(StateKey.format) == nil else { return }
    for family in StoreFamily.allCases {
      var isEmpty = true
      try scan(family, .all, limit: 1) { _, _ in
        isEmpty = false
        return false
      }
      guard isEmpty else { return }
    }
    try writeFormat()
  }

  /// Makes a store of an older format one of this program's: everything in it means the same, and
  /// older programs would misread what is written from now on.
  func raiseFormat() throws(StoreError) {
    guard try state(StateKey.format) != StoreFormat.encode(StoreFormat.current) else { return }
    try writeFormat()
  }

  private func writeFormat() throws(StoreError) {
    let rows = WriteBatch(handle)
    let value = StoreFormat.encode(StoreFormat.current)
    let key = StateKey.format
    rows.put(.state, key: key.span, value: value.span)
    try rows.write(isSynced: true)
  }

  private func writeIndexRows(of created: [Int], in batch: RecordBatch) throws(StoreError) {
    guard !created.isEmpty else { return }
    guard created.count >= tuning.ingestRowsMin else {
      try writeRows(.inverse, IndexRows.inverse(of: created, in: batch))
      try writeRows(.names, IndexRows.names(of: created, in: batch))
      return
    }
    let failure = Mutex<StoreError?>(nil)
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      do throws(StoreError) {
        if index == 0 {
          try writeRows(.inverse, IndexRows.inverse(of: created, in: batch))
        } else {
          try writeRows(.names, IndexRows.names(of: created, in: batch))
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private func writeRows(_ family: StoreFamily, _ rows: IndexRows) throws(StoreError) {
    if rows.count >= tuning.ingestRowsMin, handle.takesFiles {
      try SortedFile.ingest(rows, into: family, of: handle, directory: path)
      return
    }
    let batch = WriteBatch(handle)
    let nothing: [UInt8] = []
    rows.forEach { batch.put(family, key: $0, value: nothing.span) }
    try batch.write(isSynced: false)
  }
}

/// The records of a batch merged with what the store holds of them.
private struct BatchMerge {
  let rows: WriteBatch
  /// Indices of the batch's entries that are new, in key order.
  private(set) var created: [Int] = []
  private(set) var summary = ApplySummary()

  private var octets: [UInt8] = []

  init(_ batch: RecordBatch, _ handle: RocksDBHandle) throws(StoreError) {
    rows = WriteBatch(handle)
    created.reserveCapacity(batch.count)
    let records = handle.number(.records, "rocksdb.estimate-num-keys")
    if RecordWalk.isWorthwhile(keys: batch.count, records: records) {
      try mergeWalking(batch, handle)
    } else {
      try mergeLookingUp(batch, handle)
    }
  }

  private mutating func mergeWalking(
    _ batch: RecordBatch, _ handle: RocksDBHandle
  ) throws(StoreError) {
    var walk = RecordWalk(handle)
    let entries = batch.entries
    for index in entries.indices {
      var old: RecordValue?
      let failure: StoreError? = batch.withKey(of: entries[index]) { key in
        do throws(StoreError) {
          try walk.find(key) { value throws(StoreError) in old = try BatchMerge.decode(value) }
          return nil
        } catch {
          return error
        }
      }
      if let failure { throw failure }
      add(index, of: batch, to: old)
    }
  }

  private mutating func mergeLookingUp(
    _ batch: RecordBatch, _ handle: RocksDBHandle
  ) throws(StoreError) {
    let options = unsafe rocksdb_readoptions_create()
    defer { unsafe rocksdb_readoptions_destroy(options) }
    let lookup = unsafe MultiGet(handle, options: options)
    var stored: [RecordValue?] = []
    let entries = batch.entries
    var start = 0
    while start < entries.count {
      let end = min(start + MultiGet.keysMax, entries.count)
      stored = [RecordValue?](repeating: nil, count: end - start)
      for index in start..<end {
        batch.withKey(of: entries[index]) { key in
          // The batch keeps its keys in place while it is not changed.
          unsafe key.withUnsafeBytes { unsafe lookup.append($0.baseAddress, count: $0.count) }
        }
      }
      try lookup.run(isSorted: true) { (index, value) throws(StoreError) in
        stored[index] = try BatchMerge.decode(value)
      }
      for index in start..<end { add(index, of: batch, to: stored[index - start]) }
      start = end
    }
  }

  /// Writes an entry, merged with what the store holds of it.
  private mutating func add(_ index: Int, of batch: RecordBatch, to old: RecordValue?) {
    let entry = batch.entries[index]
    var value = batch.value(of: entry)
    if let old {
      value.merge(old)
      summary.updated += 1
    } else {
      created.append(index)
      summary.created += 1
    }
    octets.removeAll(keepingCapacity: true)
    value.encode(into: &octets)
    batch.withKey(of: entry) { rows.put(.records, key: $0, value: octets.span) }
  }

  private static func decode(_ octets: Span<UInt8>) throws(StoreError) -> RecordValue {
    do {
      return try RecordValue(decoding: octets)
    } catch {
      throw .corrupt(family: .records, detail: "a record's value is damaged")
    }
  }
}
