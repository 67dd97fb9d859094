public import TidemarkStore

/// Walks the rows of a query in key order, in pieces as large as the caller likes.
///
/// ```swift
/// let cursor = RecordCursor(query, store: store)
/// let end = try cursor.next { row in writer.append(row); return writer.hasRoom }
/// ```
///
/// - Concurrency: one caller at a time; it may be handed from one to the next. It holds nothing of
///   the store between calls, so leaving it behind costs nothing.
public final class RecordCursor: @unchecked Sendable {
  /// How a call of ``next(_:)`` ended.
  public enum End: Sendable, Equatable {
    /// The callback asked for a pause: more rows may follow.
    case paused
    /// No more rows: the answer is complete.
    case complete
    /// The query's limit is reached, and at least one more row exists.
    case limited
  }

  /// Behind the last row that was shown; nil before the first. An equal query with this as
  /// ``RecordQuery/resumeAfter`` goes on there, in this process or a later one.
  public var position: [UInt8]? { rows > 0 ? shownPosition : nil }
  /// Rows shown.
  public private(set) var rows = 0
  /// Rows of the store that were damaged, and left out.
  public private(set) var damaged = 0

  private let query: RecordQuery
  private var readers: [RangeReader] = []
  /// Readers that have a row at hand: indexes into `readers`.
  private var live: [Int] = []
  private var hasStarted = false
  private var pending: PendingRow
  private var shownPosition: [UInt8] = []

  /// Makes a cursor at the start of the query, or behind ``RecordQuery/resumeAfter``.
  public init(_ query: RecordQuery, store: any RecordStore) {
    self.query = query
    pending = PendingRow(query)
    for dataset in Set(query.datasets).sorted() {
      let plan = QueryPlan(query, dataset: dataset)
      let ranges = query.resumeAfter.map { plan.resumed(after: $0, dataset: dataset) }
      readers.append(RangeReader(store: store, plan: plan, ranges: ranges ?? plan.ranges))
    }
  }

  /// Shows rows until the callback returns false or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing RecordRow) -> Bool) throws(StoreError) -> End {
    if !hasStarted {
      hasStarted = true
      for index in readers.indices where try readers[index].advance() { live.append(index) }
    }
    while !live.isEmpty {
      let reader = lowest()
      switch readers[reader].withRecord({ key, _ in pending.judge(key: key) }) {
      case .damaged: damaged += 1
      case .unwanted: break
      case .sameRow: take(reader)
      case .newRow:
        if let end = flush(show) { return end }
        take(reader)
      }
      if try !readers[reader].advance() { live.removeAll { $0 == reader } }
    }
    return flush(show) == .limited ? .limited : .complete
  }

  /// The reader whose row comes first.
  private func lowest() -> Int {
    var best = live[0]
    for index in live.dropFirst() {
      let isLower = readers[index].withOrderKey { candidate in
        readers[best].withOrderKey { RecordCursor.precedes(candidate, $0) }
      }
      if isLower { best = index }
    }
    return best
  }

  /// Adds the reader's current record to the pending row.
  private func take(_ reader: Int) {
    let isSound = readers[reader].withRecord { key, value in pending.add(key: key, value: value) }
    if !isSound { damaged += 1 }
    readers[reader].withOrderKey { pending.setPosition($0) }
  }

  /// Shows the pending row, if there is one that the query admits.
  private func flush(_ show: (borrowing RecordRow) -> Bool) -> End? {
    guard pending.isReady else { return nil }
    if let limit = query.limit, rows >= limit { return .limited }
    pending.isReady = false
    rows += 1
    // Copied octet by octet: sharing the array would cost an allocation per row.
    shownPosition.removeAll(keepingCapacity: true)
    shownPosition.append(contentsOf: pending.position)
    return show(pending.row) ? nil : .paused
  }

  private static func precedes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    let shared = min(left.count, right.count)
    for index in 0..<shared where left[index] != right[index] { return left[index] < right[index] }
    return left.count < right.count
  }
}
