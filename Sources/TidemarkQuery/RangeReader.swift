import DNSWire
import TidemarkModel
import TidemarkStore

/// Reads the records of one dataset that a query's subject leads to, page by page, in the order of
/// rows.
final class RangeReader {
  /// What ``fill(_:)`` came to.
  enum Filled {
    /// A row is at hand.
    case row
    /// The budget is spent, and no row is at hand yet.
    case spent
    case finished
  }

  /// Rows of the first page: most look-ups have fewer rows, and a first page must be quick.
  private static let firstPageRows = 32
  /// The same when each row is a record of its own place, which may have to come from the disk.
  private static let firstPageRowsOfInverse = 4
  /// Rows of the largest page.
  private static let largestPageRows = 4_096

  /// Whose records.
  let dataset: DatasetNumber
  /// The last order key that was searched, without the dataset; nil before the first page.
  private(set) var searched: [UInt8]?

  private var page = RowPage()
  private var next = 0
  private var pageRows: Int
  /// What is left, unless `owners` says it.
  private var scan: RangeScan
  private var owners: OwnerScan?
  private let plan: QueryPlan
  private let store: any RecordStore

  /// - Parameters:
  ///   - position: to go on behind.
  ///   - limit: rows that the query may show, when no filter can take any away: one more tells
  ///     whether the answer is complete.
  init(
    _ store: any RecordStore, _ plan: QueryPlan, dataset: DatasetNumber,
    after position: RowPosition?,
    limit: Int?
  ) {
    pageRows =
      plan.family == .inverse ? RangeReader.firstPageRowsOfInverse : RangeReader.firstPageRows
    if let limit, limit < pageRows { pageRows = limit + 1 }
    self.store = store
    self.plan = plan
    self.dataset = dataset
    let isNames = plan.family == .names
    let ranges = position.map { plan.resumed(after: $0, dataset: dataset) } ?? plan.ranges
    scan = RangeScan(plan.family, isNames ? [] : ranges, filter: plan.filter)
    if isNames {
      owners =
        position.map { OwnerScan(plan.ranges, after: $0, dataset: dataset) }
        ?? OwnerScan(plan.ranges)
    }
  }

  /// True when a row is at hand.
  @inline(__always)
  var hasRow: Bool { next < page.count }

  /// Goes to the row behind the current one, if the page has it.
  @inline(__always)
  func advance() { next += 1 }

  /// Reads pages until a row is at hand, nothing is left or the budget is spent.
  ///
  /// - Parameter budget: rows that may be searched; is lowered by those that were.
  func fill(_ budget: inout Int) throws(StoreError) -> Filled {
    while !hasRow {
      guard !(owners?.isFinished ?? scan.isFinished) else { return .finished }
      guard budget > 0 else { return .spent }
      page.removeAll()
      next = 0
      try readPage(&budget)
      pageRows = min(pageRows * 4, RangeReader.largestPageRows)
    }
    return .row
  }

  /// Calls `body` with the current row and its place in the order, without the dataset.
  @inline(__always)
  func withRow<R>(
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>, _ orderKey: Span<UInt8>) -> R
  ) -> R {
    page.withRow(next) { key, value, orderKey in
      body(key, value, orderKey.extracting(RecordKey.datasetOctets..<orderKey.count))
    }
  }

  private func readPage(_ budget: inout Int) throws(StoreError) {
    // The closures may not touch self while the store runs them.
    var page = RowPage()
    swap(&page, &self.page)
    defer { swap(&page, &self.page) }
    switch plan.family {
    case .names:
      try owners?.fill(&page, rows: pageRows, store, budget: &budget)
      if page.count > 0 { setSearched(page.orderKeys[page.count - 1]) }
    case .inverse:
      try readInverse(&page, &budget)
    default:
      let rows = pageRows
      var scan = scan
      defer { self.scan = scan }
      _ = try scan.scan(store, limit: searchMax(budget), budget: &budget) { key, value in
        page.append(record: key, value: value)
        return page.count < rows && !page.isFull ? .goOn : .stopBehind
      }
      setSearched(scan.searched)
    }
  }

  private func setSearched(_ key: [UInt8]) {
    if key.count > RecordKey.datasetOctets {
      searched = Array(key.dropFirst(RecordKey.datasetOctets))
    }
  }

  /// Without a filter every row counts; a limit tells the store how many are wanted.
  private func searchMax(_ budget: Int) -> Int {
    plan.filter == .all ? min(pageRows, budget) : budget
  }
}

/// The inverse family: from index keys to the records behind them.
extension RangeReader {
  private func readInverse(_ page: inout RowPage, _ budget: inout Int) throws(StoreError) {
    var keys = OctetStrings()
    var scan = scan
    defer { self.scan = scan }
    let rows = pageRows
    _ = try scan.scan(store, limit: searchMax(budget), budget: &budget) { key, _ in
      keys.append(key)
      return keys.count < rows ? .goOn : .stopBehind
    }
    setSearched(scan.searched)
    var records = OctetStrings()
    var origins: [Int] = []
    for index in 0..<keys.count {
      var record: [UInt8] = []
      switch keys.withSpan(index, { InverseKey.appendRecordKey(of: $0, to: &record) }) {
      case .record:
        if plan.isRepeatable, !isFirst(keys[index], ofRecord: record) { continue }
        records.append(record)
        origins.append(index)
      case .candidatePrefix:
        try appendCandidates(record, of: keys[index]) {
          records.append($0)
          origins.append(index)
        }
      case nil: continue
      }
    }
    try store.values(ofRecords: records) { index, value in
      keys.withSpan(origins[index]) { order in
        records.withSpan(index) { page.append(order: order, record: $0, value: value) }
      }
    }
  }

  /// Finds the records whose long rdata has the hash that an index key holds.
  private func appendCandidates(
    _ prefix: [UInt8], of key: [UInt8], _ append: ([UInt8]) -> Void
  ) throws(StoreError) {
    try store.scan(.records, .prefix(prefix), limit: .max) { candidate, _ in
      if InverseKey.isKey(key, ofRecord: candidate) {
        var record: [UInt8] = []
        record.append(span: candidate)
        if !plan.isRepeatable || isFirst(key, ofRecord: record) { append(record) }
      }
      return true
    }
  }

  /// True when no lower index key of the record is wanted: taken only then, a record is met once
  /// although it may have several keys in the ranges.
  private func isFirst(_ key: [UInt8], ofRecord record: [UInt8]) -> Bool {
    var keys = OctetStrings()
    guard InverseKey.appendKeys(ofRecord: record.span, to: &keys), keys.count > 1 else {
      return true
    }
    return !(0..<keys.count).contains { index in
      let other = keys[index]
      return KeyRange.precedes(other, key) && plan.filter.admits(other.span)
        && plan.ranges.contains { $0.contains(other) }
    }
  }
}
