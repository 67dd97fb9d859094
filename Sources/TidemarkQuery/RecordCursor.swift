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
    /// The callback asked for a pause: more rows may follow.
    case paused
    /// No more rows: the answer is complete.
    case complete
    /// The query's limit is reached, and at least one more row exists.
    case limited
  }

  /// Behind the last row that was shown; nil before the first. An equal query with this as
  /// ``RecordQuery/resumeAfter`` goes on there, in this process or a later one.
  ///
  /// This and the counts below are brought up to date when ``next(_:)`` returns.
  public private(set) var position: [UInt8]?
  /// Rows shown.
  public private(set) var rows = 0
  /// Rows of the store that were damaged, and left out.
  public private(set) var damaged = 0

  /// Rows of a walk that stay in the store's cache; longer walks would push everything else out.
  private static let firstWalkRows = 1_024
  /// Rows of later walks, after which the store's snapshot is renewed.
  private static let walkRows = 65_536

  private let store: any RecordStore
  /// Nil while ``next(_:)`` runs.
  private var builder: RowBuilder?
  /// What is left to walk when the query is about owners in one dataset.
  private var ranges: ArraySlice<KeyRange> = []
  private var walkRows = RecordCursor.firstWalkRows
  /// One for each dataset otherwise, merged in key order.
  private var readers: [RangeReader] = []
  /// Readers that have a row at hand: indexes into `readers`.
  private var live: [Int]?

  /// Makes a cursor at the start of the query, or behind ``RecordQuery/resumeAfter``.
  public init(_ query: RecordQuery, store: any RecordStore) {
    self.store = store
    builder = RowBuilder(query)
    let datasets = Set(query.datasets).sorted()
    for dataset in datasets {
      let plan = QueryPlan(query, dataset: dataset)
      let ranges =
        query.resumeAfter.map { plan.resumed(after: $0, dataset: dataset) } ?? plan.ranges
      if plan.family == .records, datasets.count == 1 {
        self.ranges = ranges[...]
      } else {
        readers.append(
          RangeReader(
            store: store, plan: plan, ranges: ranges, limit: query.isFiltered ? nil : query.limit))
      }
    }
  }

  /// Shows rows until the callback returns false or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing RecordRow) -> Bool) throws(StoreError) -> End {
    // The builder leaves the cursor meanwhile: a local variable needs no checks at run time, and
    // the callback may look at the cursor.
    guard var builder = builder.take() else {
      preconditionFailure("next was called by its callback")
    }
    defer {
      rows = builder.rows
      damaged = builder.damaged
      position = rows > 0 ? builder.shownPosition : nil
      self.builder = builder
    }
    if !ranges.isEmpty, let end = try walk(&builder, show) { return end }
    if !readers.isEmpty, let end = try merge(&builder, show) { return end }
    return builder.flush(show) == .limited ? .limited : .complete
  }

  /// Takes records where they lie in the store: nothing is copied but what a row needs.
  private func walk(
    _ builder: inout RowBuilder, _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> End? {
    while let range = ranges.first {
      var walked = 0
      var end: End?
      // Behind the last record taken, or at the first one that was not.
      var resume: [UInt8] = []
      let limit = walkRows
      try store.scan(.records, range, limit: limit) { key, value in
        walked += 1
        let orderKey = key.extracting(RecordKey.datasetOctets..<key.count)
        if case .stop(let reason) = builder.take(
          key: key, value: value, orderKey: orderKey, show)
        {
          end = reason
          RecordCursor.copy(key, to: &resume)
          return false
        }
        if walked == limit { RecordCursor.copy(key, to: &resume) }
        return true
      }
      if let end {
        ranges[ranges.startIndex].lower = resume
        return end
      }
      if walked < limit {
        ranges.removeFirst()
      } else {
        ranges[ranges.startIndex] = range.after(resume)
        walkRows = RecordCursor.walkRows
      }
    }
    return nil
  }

  /// Takes records of several readers, the lowest first.
  private func merge(
    _ builder: inout RowBuilder, _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> End? {
    var live = self.live ?? []
    if self.live == nil {
      for index in readers.indices where try readers[index].advance() { live.append(index) }
    }
    defer { self.live = live }
    while !live.isEmpty {
      let index = lowest(live)
      let reader = readers[index]
      let step = reader.withRow { key, value, orderKey in
        builder.take(key: key, value: value, orderKey: orderKey, show)
      }
      if case .stop(let end) = step { return end }
      if try !reader.advance() { live.removeAll { $0 == index } }
    }
    return nil
  }

  /// The reader whose row comes first.
  private func lowest(_ live: [Int]) -> Int {
    var best = live[0]
    for index in live.dropFirst() {
      let isLower = readers[index].withRow { _, _, candidate in
        readers[best].withRow { _, _, known in RecordCursor.precedes(candidate, known) }
      }
      if isLower { best = index }
    }
    return best
  }

  private static func copy(_ span: Span<UInt8>, to out: inout [UInt8]) {
    out.removeAll(keepingCapacity: true)
    unsafe span.withUnsafeBufferPointer { unsafe out.append(contentsOf: $0) }
  }

  private static func precedes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    let shared = min(left.count, right.count)
    for index in 0..<shared where left[index] != right[index] { return left[index] < right[index] }
    return left.count < right.count
  }
}
