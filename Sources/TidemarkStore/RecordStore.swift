public import TidemarkModel

/// A place that keeps records: one merge per batch, reads by key range.
///
/// ``MemoryStore`` is the specification that can be run; every other store passes the same
/// conformance suite (`TidemarkTesting`). Key layouts are in docs/formats/storage.md.
///
/// - Concurrency: every function may be called from any thread. Writers wait for each other;
///   readers never wait for writers.
public protocol RecordStore: Sendable {
  /// Merges a batch into the store.
  ///
  /// Records and ``RecordBatch/stateChanges`` become visible and durable together or not at all:
  /// after a crash at any moment either both are there or neither. Index rows of new records are
  /// written before them, so that a record is never without its rows; a crash may leave rows
  /// without a record, which readers skip.
  ///
  /// - Parameter batch: is sorted by the call, otherwise unchanged; may hold state changes only.
  /// - Returns: how many records were new and how many were merged into.
  /// - Throws: ``StoreError``; nothing of the batch is visible then.
  @discardableResult
  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary

  /// Calls `row` for the rows of a range in key order, until it returns false or `limit` rows
  /// were shown.
  ///
  /// No position is kept between calls: to go on later, read ``KeyRange/after(_:)`` the last key.
  ///
  /// - Parameters:
  ///   - limit: most rows to show; 0 shows none.
  ///   - row: the octets are valid during the call only. May call the store.
  /// - Throws: ``StoreError/corrupt(family:detail:)`` at the first unreadable row, after every
  ///   readable row before it was shown.
  /// - Concurrency: shows the store as it was at one moment of the call, and of names that come
  ///   meanwhile some or none.
  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError)

  /// Calls `found` with the values of records, in the order of `keys`; keys without a record are
  /// left out.
  ///
  /// - Parameters:
  ///   - keys: record keys; ascending order makes it fastest, any order is right.
  ///   - found: index into `keys`, and the stored value, valid during the call only.
  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError)

  /// The value of a key of the `state` family (see ``StateKey``), or nil.
  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]?

  /// Sizes, for people: estimates where exact numbers would cost a scan.
  func statistics() throws(StoreError) -> StoreStatistics
}

extension RecordStore {
  /// Copies rows of a range into a page, after those that it holds.
  ///
  /// - Parameters:
  ///   - limit: most rows to add.
  ///   - maxOctets: stops behind the row with which the page reaches this size; at least one row
  ///     is read.
  /// - Returns: true when the range may hold more rows behind the last one read.
  public func read(
    _ family: StoreFamily, _ range: KeyRange, limit: Int, maxOctets: Int = .max,
    into page: inout KeyValuePage
  ) throws(StoreError) -> Bool {
    var rows = 0
    var full = false
    try scan(family, range, limit: limit) { key, value in
      page.append(key: key, value: value)
      rows += 1
      full = page.octetCount >= maxOctets
      return !full
    }
    return full || (rows == limit && rows > 0)
  }

  /// The merged value of one record, or nil.
  ///
  /// - Throws: ``StoreError/corrupt(family:detail:)`` when the stored value is damaged.
  public func value(ofRecord key: [UInt8]) throws(StoreError) -> RecordValue? {
    var keys = OctetStrings()
    keys.append(key)
    var value: RecordValue?
    var damaged = false
    try values(ofRecords: keys) { _, octets in
      do {
        value = try RecordValue(decoding: octets)
      } catch {
        damaged = true
      }
    }
    guard !damaged else { throw .corrupt(family: .records, detail: "a record's value is damaged") }
    return value
  }
}

/// The ordered key spaces of a store.
public enum StoreFamily: String, CaseIterable, Sendable, CustomStringConvertible {
  /// ``RecordKey`` to ``RecordValue``: rows by owner name.
  case records
  /// ``InverseKey`` to nothing: rows by address, embedded name or rdata.
  case inverse
  /// ``NamesKey`` to nothing: owner names as they are written, left to right.
  case names
  /// ``StateKey`` to small values: format, registries, checkpoints.
  case state

  /// The name used on disk and in messages.
  public var description: String { rawValue }
}

/// What a batch did to a store.
public struct ApplySummary: Hashable, Sendable {
  /// Records that were not there before.
  public var created: Int
  /// Records that were merged into.
  public var updated: Int

  /// Makes a summary.
  public init(created: Int = 0, updated: Int = 0) {
    self.created = created
    self.updated = updated
  }
}
