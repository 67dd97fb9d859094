import TidemarkModel
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
    /// The callback asked for a pause, or ``RecordCursor/searchMax`` records were searched: more
    /// rows may follow.
    case paused
    /// No more rows: the answer is complete.
    case complete
    /// The query's limit is reached, and at least one more row exists.
    case limited
  }

  /// Records or names that one call of ``next(_:)`` searches at most, give or take a page that
  /// was read ahead: between two calls the caller can see to time and patience.
  public static let searchMax = 16_384

  /// Behind the last row that was shown, or behind the last record searched when the rest was
  /// unwanted; nil before the first. An equal query with this as ``RecordQuery/resumeAfter`` goes
  /// on there, in this process or a later one.
  ///
  /// This and the counts below are brought up to date when ``next(_:)`` returns.
  public private(set) var position: [UInt8]?
  /// Rows shown.
  public private(set) var rows = 0
  /// Rows of the store that were damaged, and left out.
  public private(set) var damaged = 0

  /// Rows of a walk that stay in the store's cache; longer walks would push everything else out.
  private static let firstWalkRows = 1_024

  private let store: any RecordStore
  /// Nil while ``next(_:)`` runs.
  private var builder: RowBuilder?
  /// What is left to walk when the query is about owners in one dataset.
  private var scan: RangeScan?
  private var isFirstWalk = true
  /// One for each dataset otherwise, merged in key order: those with a row at hand, and those
  /// without.
  private var live: [RangeReader] = []
  private var waiting: [RangeReader] = []

  /// Makes a cursor at the start of the query, or behind ``RecordQuery/resumeAfter``.
  public init(_ query: RecordQuery, store: any RecordStore) {
    self.store = store
    builder = RowBuilder(query)
    position = query.resumeAfter
    let after = query.resumeAfter.map { RowPosition($0, mergesTriples: query.mergesTriples) }
    let datasets = Set(query.datasets).sorted()
    for dataset in datasets {
      let plan = QueryPlan(query, dataset: dataset)
      if plan.family == .records, datasets.count == 1 {
        let ranges = after.map { plan.resumed(after: $0, dataset: dataset) } ?? plan.ranges
        scan = RangeScan(.records, ranges, filter: plan.filter)
      } else {
        waiting.append(
          RangeReader(
            store, plan, dataset: dataset, after: after,
            limit: query.isFiltered ? nil : query.limit))
      }
    }
  }

  /// Shows rows until the callback returns false, much was searched or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing RecordRow) -> Bool) throws(StoreError) -> End {
    var budget = RecordCursor.searchMax
    return try next(&budget, show)
  }

  /// Shows rows.
  ///
  /// - Parameter budget: records that may be searched; is lowered by those that were.
  func next(
    _ budget: inout Int, _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> End {
    // The builder leaves the cursor meanwhile: a local variable needs no checks at run time, and
    // the callback may look at the cursor.
    guard var builder = builder.take() else {
      preconditionFailure("next was called by its callback")
    }
    defer {
      rows = builder.rows
      damaged = builder.damaged
      position = builder.donePosition.count == 0 ? nil : builder.donePosition.octets
      self.builder = builder
    }
    if scan != nil, let end = try walk(&builder, &budget, show) { return end }
    if let end = try merge(&builder, &budget, show) { return end }
    return builder.flush(show) == .limited ? .limited : .complete
  }

  /// Takes records where they lie in the store: nothing is copied but what a row needs.
  ///
  /// - Returns: nil when nothing is left.
  private func walk(
    _ builder: inout RowBuilder, _ budget: inout Int, _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> End? {
    guard var scan else { return nil }
    defer { self.scan = scan }
    while budget > 0, !scan.isFinished {
      let limit = isFirstWalk ? min(RecordCursor.firstWalkRows, budget) : budget
      isFirstWalk = false
      var end: End?
      let outcome = try scan.scan(store, limit: limit, budget: &budget) { key, value in
        let orderKey = key.extracting(RecordKey.datasetOctets..<key.count)
        guard
          case .stop(let reason) = builder.take(key: key, value: value, orderKey: orderKey, show)
        else { return .goOn }
        end = reason
        return .stopBefore
      }
      if let end { return end }
      if outcome == .finished { return nil }
    }
    guard !scan.isFinished else { return nil }
    let key = scan.searched
    guard key.count > RecordKey.datasetOctets else { return .paused }
    let searched = key.span.extracting(RecordKey.datasetOctets..<key.count)
    return builder.settle(searched, show) ?? .paused
  }

  /// Takes records of several readers, the lowest first.
  ///
  /// - Returns: nil when nothing is left.
  private func merge(
    _ builder: inout RowBuilder, _ budget: inout Int, _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> End? {
    while true {
      while let reader = waiting.last {
        switch try reader.fill(&budget) {
        case .row: live.append(reader)
        case .finished: break
        case .spent: return pause(&builder, show)
        }
        waiting.removeLast()
      }
      guard !live.isEmpty else { return nil }
      let index = lowest()
      let reader = live[index]
      let step = reader.withRow { key, value, orderKey in
        builder.take(key: key, value: value, orderKey: orderKey, show)
      }
      if case .stop(let end) = step { return end }
      reader.advance()
      if !reader.hasRow { waiting.append(live.remove(at: index)) }
    }
  }

  /// The reader whose row comes first; of equal ones, that of the lower dataset.
  private func lowest() -> Int {
    var best = 0
    for index in live.indices.dropFirst() {
      let order = live[index].withRow { _, _, candidate in
        live[best].withRow { _, _, known in RecordCursor.compare(candidate, known) }
      }
      if order < 0 || (order == 0 && live[index].dataset < live[best].dataset) { best = index }
    }
    return best
  }

  /// Ends a call between two records of several readers.
  private func pause(
    _ builder: inout RowBuilder, _ show: (borrowing RecordRow) -> Bool
  ) -> End {
    // What all of them have searched; a row at hand before that is still to be taken.
    var searched: [UInt8]?
    for reader in waiting {
      guard let key = reader.searched else { return .paused }
      if searched.map({ KeyRange.precedes(key, $0) }) ?? true { searched = key }
    }
    guard let searched else { return .paused }
    for reader in live {
      let isBehind = reader.withRow { _, _, key in RecordCursor.compare(key, searched.span) > 0 }
      if !isBehind { return .paused }
    }
    return builder.settle(searched.span, show) ?? .paused
  }

  /// Below, at or above zero as the left key comes before, with or behind the right one.
  @inline(__always)
  private static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    let shared = min(left.count, right.count)
    for index in 0..<shared where left[index] != right[index] {
      return Int(left[index]) - Int(right[index])
    }
    return left.count - right.count
  }
}
