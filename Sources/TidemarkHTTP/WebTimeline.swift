import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// The bars of a look-up: for its page, and for the page's script.
struct WebTimeline: Sendable {
  /// Rows read for the newest ones. A name with more is shown in part, and opens as fast.
  static let rowsReadMax = 20_000

  /// The newest rows that were read, at most ``TimelineJSON/barsMax``.
  let bars: [TimelineBar]
  /// True when the look-up has other rows.
  let hasMore: Bool
  private let search: WebSearch
  private let after: UnixSeconds?
  private let before: UnixSeconds?
  private let now: UnixSeconds

  /// Reads the rows of a look-up, on the threads for searches.
  ///
  /// - Parameters:
  ///   - now: what relative times count from.
  ///   - limits: what the caller may spend on a query.
  ///   - time: after which the rows that were read are enough.
  /// - Throws: ``Problem`` for patterns and for what cannot be looked up; `StoreError`, and
  ///   ``ClientLeft``.
  static func read(
    _ search: WebSearch, now: UnixSeconds, limits: QueryLimits, store: any RecordStore,
    for time: Duration = .seconds(WebLimits.pageSeconds)
  ) async throws -> WebTimeline {
    let times = try search.request(asOf: now).query.times
    let source = try WebRowSource(search, asOf: now, after: nil, store: store)
    let collector = TimelineCollector(source, limits: limits, for: time)
    while try await !ScanPool.shared.turn({ try collector.advance() }) {}
    return WebTimeline(
      bars: collector.bars, hasMore: collector.hasMore, search: search, after: times.lastAfter,
      before: times.firstBefore, now: now)
  }

  /// What `{{> timeline}}` shows.
  var values: PageValues {
    TimelinePanel(
      bars, hasMore: hasMore, asked: search.input.value, filters: search.filters
    ).values(after: after, before: before, now: now)
  }

  /// What the script draws.
  var json: [UInt8] {
    let value = search.input.value
    let trail = search.filters.trail.appending(value)
    return TimelineJSON(
      bars, asked: value, after: after, before: before, now: now, hasMore: hasMore,
      trail: trail.text
    ).octets
  }
}

/// Reads rows a slice at a time, and keeps the newest.
///
/// - Concurrency: one user at a time.
private final class TimelineCollector: @unchecked Sendable {
  private(set) var bars: [TimelineBar] = []
  private(set) var hasMore = false
  private let source: WebRowSource
  private let rowsMax: Int
  private let end: ContinuousClock.Instant
  private var newest = TopRows(.last, isDescending: true, most: TimelineJSON.barsMax)
  private var met = 0

  init(_ source: WebRowSource, limits: QueryLimits, for time: Duration) {
    self.source = source
    rowsMax = min(limits.rows, WebTimeline.rowsReadMax)
    end = .now + min(time, .seconds(limits.seconds))
  }

  private var isFull: Bool { met > rowsMax || newest.octets > WebLimits.keptOctetsMax }

  /// Goes on for a slice; true when the bars are there.
  func advance() throws(StoreError) -> Bool {
    let end = try source.next { row in
      met += 1
      newest.add(row)
      return !isFull
    }
    guard end != .paused || isFull || ContinuousClock.now >= self.end else { return false }
    hasMore = end == .paused || met > TimelineJSON.barsMax
    bars = newest.take(0..<TimelineJSON.barsMax).compactMap { row in
      guard case .record(let record) = row else { return nil }
      return TimelineBar(record)
    }
    return true
  }
}
