import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// Bounds on the pages of a look-up.
enum WebLimits {
  /// Rows up to which a look-up is read to its end and shown newest first: some milliseconds, so
  /// that a name with many more opens as fast.
  static let newestRowsMax = 2_000
  /// Rows behind which a sorted answer is not gone on with: those before are searched again for
  /// each page.
  static let sortedRowsMax = 10_000
  /// Octets of rows to keep while others are read; a page whose rows are larger ends there.
  static let keptOctetsMax = 32 << 20
  /// Time after which rows that come at once are read on the threads for searches like others.
  static let quickTime = Duration.milliseconds(1)
  /// Longest time to make a page in the order of the store, seconds; the next page goes on where
  /// it stood.
  static let pageSeconds = 4.0
  /// Longest time to make a sorted page, seconds, if the caller may spend so much.
  static let sortedSeconds = 20.0
  /// Rows of a document that must be whole to be read: STIX, MISP.
  static let documentRowsMax = 100_000
  /// Rows of a page to print.
  static let printRowsMax = 5_000
}

/// Where the rows of a search come from, whichever it is.
struct WebRowSource: Sendable {
  private enum Cursor: Sendable {
    case records(AnswerCursor)
    case names(NameCursor)
    case rdata(RDataPatternCursor)
  }

  /// True when every row met is shown, so that the first come at once.
  let isQuick: Bool
  private let cursor: Cursor
  private let sensor: WebSearch.SensorFilter?

  init(
    _ search: WebSearch, asOf: UnixSeconds, after position: [UInt8]?, store: any RecordStore
  ) throws(Problem) {
    sensor = search.sensor
    switch try search.rows(asOf: asOf, after: position) {
    case .records(let request):
      isQuick = request.isQuick && sensor == nil
      cursor = .records(request.cursor(limit: nil, after: position, store: store))
    case .names(let query):
      isQuick = false
      cursor = .names(NameCursor(query, store: store))
    case .rdata(let query):
      isQuick = false
      cursor = .rdata(RDataPatternCursor(query, store: store))
    }
  }

  /// Where to go on; nil before anything was searched.
  var position: [UInt8]? {
    switch cursor {
    case .records(let cursor): cursor.position?.octets
    case .names(let cursor): cursor.position
    case .rdata(let cursor): cursor.position
    }
  }

  /// Damaged rows, left out.
  var damaged: Int {
    switch cursor {
    case .records(let cursor): cursor.damaged
    case .names(let cursor): cursor.damaged
    case .rdata(let cursor): cursor.damaged
    }
  }

  /// Shows rows until the callback returns false, much was searched, or none is left.
  func next(_ show: (LookupRow) -> Bool) throws(StoreError) -> RecordCursor.End {
    switch cursor {
    case .records(let cursor):
      return try cursor.next { row in
        if let sensor, !sensor.admits(row) { return true }
        return show(.record(copy row))
      }
    case .names(let cursor): return try cursor.next { show(.name(copy $0)) }
    case .rdata(let cursor): return try cursor.next { show(.rdata(copy $0)) }
    }
  }
}

/// Reads the rows of one page.
///
/// Without a wish for an order, a look-up of at most ``WebLimits/newestRowsMax`` rows is shown
/// newest first; of a larger one the first rows are shown as they lie in the store, so that it
/// opens as fast. A wish is fulfilled by reading all rows, within what the caller may spend, and
/// keeping those of the page.
///
/// - Concurrency: one user at a time.
final class WebRowCollector: @unchecked Sendable {
  /// Where the next page begins.
  enum Next {
    case none
    /// Behind so many rows of a sorted answer.
    case offset(Int)
    /// Behind a position in the store.
    case position([UInt8])
  }

  /// What became of a page.
  struct Outcome: Sendable {
    var rows: [LookupRow] = []
    var order = SearchPage.Order.newest
    var next = Next.none
    var summary: RecordSummary?
    /// Rows met, shown or not.
    var met = 0
    /// True when there are no others.
    var isComplete = true
    /// True when time or budget were used up before the search ended.
    var isSpent = false
    var damaged = 0

    var hasNext: Bool { if case .none = next { false } else { true } }
  }

  /// How to read.
  enum Mode: Sendable {
    /// Newest first when all rows are few, otherwise as they come.
    case probe
    /// By a column, from a row on.
    case sorted(SearchFilters.Sort, isDescending: Bool, offset: Int)
    /// As they come, from a position.
    case store
  }

  private let source: WebRowSource
  private let mode: Mode
  private let size: Int
  private let rowsMax: Int
  private let end: ContinuousClock.Instant
  private var outcome = Outcome()
  private var summary = RecordSummary()
  /// Of the row before.
  private var owner: [UInt8] = []
  private var top: TopRows
  private var position: [UInt8]?

  /// - Parameters:
  ///   - size: rows of the page.
  ///   - limits: what the caller may spend on a query.
  init(_ source: WebRowSource, _ mode: Mode, size: Int, limits: QueryLimits) {
    self.source = source
    self.mode = mode
    self.size = size
    rowsMax = limits.rows
    var seconds = WebLimits.pageSeconds
    if case .sorted = mode { seconds = WebLimits.sortedSeconds }
    end = .now + .seconds(min(limits.seconds, seconds))
    switch mode {
    case .probe:
      top = TopRows(.last, isDescending: true, most: WebLimits.newestRowsMax)
    case .sorted(let column, let isDescending, let offset):
      top = TopRows(column, isDescending: isDescending, most: offset + size + 1)
    case .store: top = TopRows(.last, isDescending: true, most: 0)
    }
  }

  /// Reads the page, a slice at a time, on the threads for searches. These yield to everything
  /// else; for rows that come at once no thread is changed.
  ///
  /// - Throws: `StoreError`, and ``ClientLeft``.
  func collect() async throws -> Outcome {
    let quickEnd = ContinuousClock.now + WebLimits.quickTime
    while true {
      if isQuick, ContinuousClock.now < quickEnd {
        if try advance() { break }
      } else if try await ScanPool.shared.turn({ try self.advance() }) {
        break
      }
    }
    outcome.damaged = source.damaged
    return outcome
  }

  /// Goes on for a slice; true when the page is there.
  private func advance() throws -> Bool {
    let end: RecordCursor.End
    switch mode {
    case .probe: end = try probe()
    case .sorted: end = try source.next(sort)
    case .store: end = try readStore()
    }
    if end != .paused || isFull {
      // The row that is one too many may be the last one.
      finish(isComplete: end != .paused && !isFull)
      return true
    }
    if outcome.met >= rowsMax || ContinuousClock.now >= self.end
      || top.octets > WebLimits.keptOctetsMax
    {
      outcome.isSpent = true
      finish(isComplete: false)
      return true
    }
    return false
  }

  /// True when a slice is a page of rows, or those that are read to show the newest first.
  private var isQuick: Bool {
    if case .sorted = mode { return false }
    return source.isQuick
  }

  /// True when more rows are there than are read without a wish for an order, or than fit.
  private var isFull: Bool {
    switch mode {
    case .probe:
      outcome.met > WebLimits.newestRowsMax || top.octets > WebLimits.keptOctetsMax
    case .sorted: false
    case .store: outcome.met > size
    }
  }

  /// Reads on; notes where the first page ends, should the rows turn out to be many.
  private func probe() throws(StoreError) -> RecordCursor.End {
    let most = outcome.met < size ? size : WebLimits.newestRowsMax + 1
    let end = try source.next { row in
      outcome.met += 1
      add(row)
      if outcome.rows.count < size { outcome.rows.append(row) }
      top.add(row)
      return outcome.met < most && top.octets <= WebLimits.keptOctetsMax
    }
    if outcome.met == size, end == .paused { position = source.position }
    return end
  }

  private func sort(_ row: LookupRow) -> Bool {
    outcome.met += 1
    add(row)
    top.add(row)
    return top.octets <= WebLimits.keptOctetsMax
  }

  private func readStore() throws(StoreError) -> RecordCursor.End {
    let most = outcome.met < size ? size : size + 1
    let end = try source.next { row in
      outcome.met += 1
      if outcome.rows.count < size { outcome.rows.append(row) }
      return outcome.met < most
    }
    if outcome.met == size, end == .paused { position = source.position }
    return end
  }

  private func add(_ row: LookupRow) {
    guard case .record(let record) = row else { return }
    // Cursors of a look-up number their owners alike; where one follows another, its owner differs.
    let isOther = record.rrname != owner
    if isOther { owner = record.rrname }
    summary.add(record, isOtherCursor: isOther)
  }

  private func finish(isComplete: Bool) {
    outcome.isComplete = isComplete
    switch mode {
    case .probe:
      outcome.summary = summary
      guard isComplete else { return finishInStoreOrder() }
      outcome.order = .newest
      outcome.rows = top.take(0..<size)
      if outcome.met > size { outcome.next = .offset(size) }
    case .sorted(let column, _, let offset):
      outcome.summary = summary
      outcome.order = .sorted(column)
      outcome.rows = top.take(offset..<(offset + size))
      let after = offset + size
      if outcome.met > after, after < WebLimits.sortedRowsMax { outcome.next = .offset(after) }
    case .store:
      if isComplete {
        outcome.order = .store
      } else {
        finishInStoreOrder()
      }
    }
  }

  private func finishInStoreOrder() {
    outcome.order = .store
    // Fewer rows than a page when time ran out: the search goes on where it stood.
    if let position = outcome.met >= size ? position : source.position {
      outcome.next = .position(position)
    }
  }
}
