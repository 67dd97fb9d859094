import TidemarkQuery
import TidemarkStore

/// Walks the rows of a request that are summed up rather than sent, a slice at a time.
///
/// - Concurrency: as ``AnswerSource``.
final class RowSearch: @unchecked Sendable {
  /// Rows met.
  private(set) var rows = 0
  /// Damaged rows of the store that were left out.
  var damaged: Int { finishedDamage + (current?.damaged ?? 0) }

  private let queries: [RecordQuery]
  private var stage = 0
  private let rowsMax: Int?
  private let store: any RecordStore
  private var current: RecordCursor?
  private var finishedDamage = 0

  /// - Parameter rowsMax: most rows to meet; nil for all.
  init(_ request: LookupRequest, rowsMax: Int?, store: any RecordStore) {
    queries = request.queries
    self.rowsMax = rowsMax
    self.store = store
  }

  /// Goes on for a slice: as many records as a cursor searches at once.
  ///
  /// - Parameter take: a row, and which of the request's queries found it.
  /// - Returns: `limited` when there are more rows than may be met.
  func next(
    _ take: (borrowing RecordRow, Int) -> Void
  ) throws(StoreError) -> RecordCursor.End {
    while stage < queries.count {
      let cursor = current ?? open()
      current = cursor
      let before = cursor.rows
      let result = Result { () throws(StoreError) in
        try cursor.next { row in
          take(row, stage)
          return true
        }
      }
      rows += cursor.rows - before
      let end = try result.get()
      guard end == .complete else { return end }
      finishedDamage += cursor.damaged
      stage += 1
      current = nil
    }
    return .complete
  }

  private func open() -> RecordCursor {
    var query = queries[stage]
    query.limit = rowsMax.map { $0 - rows }
    return RecordCursor(query, store: store)
  }
}
