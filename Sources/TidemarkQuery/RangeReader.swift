import DNSWire
import TidemarkModel
import TidemarkStore

/// Reads the records of one dataset that a query's subject leads to, page by page, in key order.
///
/// Nothing of the store is held between pages: a page resumes behind the last key of the one
/// before, so rows that come or go meanwhile are neither skipped nor repeated.
final class RangeReader {
  /// Rows of the first page: most look-ups have fewer rows, and a first page must be quick.
  static let firstPageRows = 32
  /// Rows of the largest page.
  static let largestPageRows = 4_096
  /// A page ends behind the row with which it reaches this size.
  static let pageOctetsMax = 1 << 20

  /// Keys of the scanned family: the order of rows.
  private(set) var orderKeys = OctetStrings()
  /// Record keys; unused when the scanned family is `records`.
  private var recordKeys = OctetStrings()
  /// Stored values. For the inverse family, `valueIndex` says whose.
  private var values = OctetStrings()
  private var valueIndex: [Int] = []
  private var next = -1
  private var ranges: ArraySlice<KeyRange>
  /// The ranges before anything of them was read: what counts as a record's first key.
  private let wholeRanges: [KeyRange]
  private var pageRows = RangeReader.firstPageRows
  private let family: StoreFamily
  private let isRepeatable: Bool
  private let store: any RecordStore

  /// - Parameter limit: rows that the query may show, when no filter can take any away: one more
  ///   tells whether the answer is complete.
  init(store: any RecordStore, plan: QueryPlan, ranges: [KeyRange], limit: Int?) {
    if let limit, limit < pageRows { pageRows = limit + 1 }
    self.store = store
    family = plan.family
    isRepeatable = plan.isRepeatable
    self.ranges = ranges[...]
    wholeRanges = plan.ranges
  }

  /// Makes sure that a row is at hand.
  ///
  /// - Returns: false at the end.
  func advance() throws(StoreError) -> Bool {
    next += 1
    while next >= rowCount {
      guard !ranges.isEmpty else { return false }
      try readPage()
      next = 0
    }
    return true
  }

  private var rowCount: Int { family == .records ? values.count : valueIndex.count }

  /// Calls `body` with the current record and its place in the order, without the dataset.
  @inline(__always)
  func withRow<R>(
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>, _ orderKey: Span<UInt8>) -> R
  ) -> R {
    let place = family == .records ? next : valueIndex[next]
    return orderKeys.withSpan(place) { orderKey in
      let order = orderKey.extracting(RecordKey.datasetOctets..<orderKey.count)
      return values.withSpan(next) { value in
        if family == .records { return body(orderKey, value, order) }
        return recordKeys.withSpan(place) { body($0, value, order) }
      }
    }
  }

  private func readPage() throws(StoreError) {
    guard let range = ranges.first else { return }
    orderKeys.removeAll()
    recordKeys.removeAll()
    values.removeAll()
    valueIndex.removeAll(keepingCapacity: true)
    var rows = 0
    var octets = 0
    let isRecords = family == .records
    // The closure may not touch self while the store runs it.
    var (keys, found) = (orderKeys, values)
    try store.scan(family, range, limit: pageRows) { key, value in
      keys.append(key)
      if isRecords { found.append(value) }
      rows += 1
      octets += key.count + value.count
      return octets < RangeReader.pageOctetsMax
    }
    swap(&orderKeys, &keys)
    swap(&values, &found)
    if rows < pageRows && octets < RangeReader.pageOctetsMax {
      ranges.removeFirst()
    } else {
      ranges[ranges.startIndex] = range.after(orderKeys[orderKeys.count - 1])
    }
    pageRows = min(pageRows * 4, RangeReader.largestPageRows)
    if !isRecords { try fetchRecords(range) }
  }

  /// Looks up the records that a page of inverse keys stands for.
  private func fetchRecords(_ rest: KeyRange) throws(StoreError) {
    // Reading moves the lower end only.
    let range = wholeRanges.first { $0.upper == rest.upper } ?? rest
    var fetched = OctetStrings()
    var order = OctetStrings()
    for index in 0..<orderKeys.count {
      var key: [UInt8] = []
      guard
        let rebuilt = orderKeys.withSpan(index, { InverseKey.appendRecordKey(of: $0, to: &key) })
      else { continue }
      switch rebuilt {
      case .record:
        if isRepeatable, !InverseKey.isFirst(orderKeys[index], ofRecord: key.span, in: range) {
          continue
        }
        fetched.append(key)
        order.append(orderKeys[index])
      case .candidatePrefix:
        try appendCandidates(prefix: key, orderKey: orderKeys[index], &fetched, &order, range)
      }
    }
    var (found, indexes) = (values, valueIndex)
    try store.values(ofRecords: fetched) { index, value in
      found.append(value)
      indexes.append(index)
    }
    values = found
    valueIndex = indexes
    recordKeys = fetched
    orderKeys = order
  }

  /// Finds the records whose long rdata has the hash that an index key holds.
  private func appendCandidates(
    prefix: [UInt8], orderKey: [UInt8], _ fetched: inout OctetStrings,
    _ order: inout OctetStrings, _ range: KeyRange
  ) throws(StoreError) {
    var candidates = OctetStrings()
    try store.scan(.records, .prefix(prefix), limit: .max) { key, _ in
      candidates.append(key)
      return true
    }
    for index in 0..<candidates.count {
      let key = candidates[index]
      guard InverseKey.isKey(orderKey, ofRecord: key.span),
        !isRepeatable || InverseKey.isFirst(orderKey, ofRecord: key.span, in: range)
      else { continue }
      fetched.append(key)
      order.append(orderKey)
    }
  }
}
