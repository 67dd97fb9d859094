import DNSWire
import TidemarkModel
public import TidemarkStore

/// Walks the answer to a query as RRsets, as the DNSDB API does.
///
/// The store keeps single records, so RRsets are put together again: rdata of one owner, type and
/// bailiwick that have the same times and count were seen together, whatever the vantage; zone
/// data stays apart from what was seen in answers. Memory is bounded: very large RRsets come as
/// several rows.
///
/// Rows of an owner and type come together, in the order of their first rdata.
///
/// - Concurrency: as ``RecordCursor``.
public final class RRsetCursor: @unchecked Sendable {
  /// What a row is.
  public enum Grouping: Sendable {
    /// All rdata that were seen together: for look-ups by owner.
    case rrsets
    /// One rdata of an owner and type, over all bailiwicks: for look-ups by rdata.
    case rdata
  }

  /// Rows shown; those skipped by the offset are not counted.
  public private(set) var rows = 0
  /// Rows of the store that were damaged, and left out.
  public var damaged: Int { records.damaged }

  private let records: RecordCursor
  /// Nil while ``next(_:)`` runs.
  private var builder: RRsetBuilder?
  private var skip: Int
  private let limit: Int
  /// True when all records were taken.
  private var isExhausted = false

  /// Makes a cursor at the start.
  ///
  /// - Parameters:
  ///   - query: its limit and times apply to rows, everything else to records.
  ///   - offset: rows to leave out before the first is shown.
  public init(
    _ query: RecordQuery, grouping: Grouping, offset: Int = 0, store: any RecordStore
  ) {
    var records = query
    records.mergesTriples = false
    records.limit = nil
    records.times = TimeFences()
    records.resumeAfter = nil
    self.records = RecordCursor(records, store: store)
    builder = RRsetBuilder(grouping, query.times)
    skip = max(offset, 0)
    limit = query.limit ?? .max
  }

  /// Shows rows until the callback returns false, ``RecordCursor/searchMax`` records were searched
  /// or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(
    _ show: (borrowing RRsetRow) -> Bool
  ) throws(StoreError) -> RecordCursor.End {
    // As in RecordCursor: the callback may look at the cursor.
    guard var builder = builder.take() else {
      preconditionFailure("next was called by its callback")
    }
    defer { self.builder = builder }
    if let end = drain(&builder, show) { return end }
    if !isExhausted {
      var end: RecordCursor.End?
      let inner = try records.next { row in
        builder.add(row)
        guard builder.hasRows else { return true }
        end = drain(&builder, show)
        return end == nil
      }
      if let end { return end }
      if inner == .paused { return .paused }
      isExhausted = true
      builder.finish()
    }
    return drain(&builder, show) ?? .complete
  }

  /// Shows the rows that are complete.
  ///
  /// - Returns: why to end, or nil when all were shown.
  private func drain(
    _ builder: inout RRsetBuilder, _ show: (borrowing RRsetRow) -> Bool
  ) -> RecordCursor.End? {
    while let row = builder.takeRow() {
      guard skip == 0 else {
        skip -= 1
        continue
      }
      guard rows < limit else {
        builder.putBack()
        return .limited
      }
      rows += 1
      if !show(row) { return .paused }
    }
    return nil
  }
}
