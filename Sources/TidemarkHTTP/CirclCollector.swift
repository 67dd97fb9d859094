import DNSWire
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// Puts a CIRCL or D4 reply together. It has to be complete before the first octet is sent, since
/// the headers tell what was left out and where the next page begins.
///
/// - Concurrency: as ``CirclWalk``.
final class CirclCollector: @unchecked Sendable {
  /// How much of the answer is wanted.
  enum Extent: Sendable, Equatable {
    /// So many rows, and whether there are more.
    case page(rows: Int)
    /// So many rows of every set; so many rows more are counted.
    case sets(rows: Int, counted: Int)
  }

  /// The rows, one line each.
  private(set) var body: [UInt8] = []
  private(set) var rows = 0
  private(set) var isDone = false
  /// Where the next page begins; nil when nothing is left, or no pages are asked for.
  private(set) var next: CirclPlace?
  private(set) var errors = DribbleErrors()

  private let walk: CirclWalk
  private let start: CirclPlace?
  private var writer: COFWriter
  private let extent: Extent
  /// The value asked for.
  private let record: String
  private var budget: AnswerBudget
  private let rowsMax: Int
  private var visitsLeft = 0
  /// Place behind the last row of a full page, while the walk looks for one more.
  private var pageEnd: CirclPlace?
  private var tally = SetTally()
  private var ownerTally = SetTally()
  /// Rows that may still be counted without being shown.
  private var countsLeft: Int
  /// The type whose set is too large to be counted.
  private var skipped: RRType?
  private var isExhausted = false
  /// True when a row was met that the caller may not be sent any more. Rows are counted here and
  /// not by the budget: as many as it allows may be all that there are.
  private var isBeyondRows = false

  init(
    _ walk: CirclWalk, extent: Extent, record: String, writer: COFWriter, limits: QueryLimits
  ) {
    self.walk = walk
    start = walk.place
    self.extent = extent
    self.record = record
    self.writer = writer
    budget = AnswerBudget(limits)
    switch extent {
    case .page(let size):
      rowsMax = max(1, min(size, limits.rows))
      countsLeft = 0
    case .sets(_, let counted):
      rowsMax = limits.rows
      countsLeft = counted
    }
  }

  /// Collects everything: the beginning at once, what takes longer on a scanning thread.
  func run() async throws {
    let connection = ClientConnection.current
    var outcome = ServerMetrics.AnswerOutcome.failed
    defer { connection?.metrics.countAnswer(outcome, rows: rows) }
    try advance(visits: CirclLimits.firstVisits)
    while !isDone {
      if let connection, connection.hasLeft {
        outcome = .cancelled
        throw ClientLeft()
      }
      try await ScanPool.shared.run {
        try self.advance(visits: CirclLimits.sliceVisits)
      }
    }
    outcome = errors.isEmpty && next == nil ? .complete : .limited
  }

  /// Goes on for a while.
  private func advance(visits: Int) throws(StoreError) {
    visitsLeft = visits
    while !isDone, visitsLeft > 0 {
      let (octets, before) = (body.count, visitsLeft)
      let end = try walk.next(expand: expand, show: show)
      // Nothing was found and much was searched for it.
      if visitsLeft == before { visitsLeft = 0 }
      if end == .complete {
        finish()
      } else if pageEnd == nil, isPage, rows == rowsMax {
        pageEnd = walk.place
      } else if next != nil {
        finish()
      } else if let type = skipped.take(), !walk.skip(type) {
        exhaust("counted")
      } else if isExhausted {
        exhaust("counted")
      } else if isBeyondRows {
        exhaust(AnswerBudget.Kind.rows.rawValue)
      } else if body.count >= CirclLimits.answerOctets {
        exhaust("octets")
      } else if let kind = budget.spend(octets: body.count - octets, rows: 0) {
        exhaust(kind.rawValue)
      }
    }
  }

  private var isPage: Bool {
    if case .page = extent { true } else { false }
  }

  private func show(_ row: borrowing RecordRow) -> Bool {
    visitsLeft -= 1
    switch extent {
    case .page:
      guard rows < rowsMax else {
        next = pageEnd
        return false
      }
      write(row)
      return rows < rowsMax && hasRoom
    case .sets(let shownMax, _):
      startSet()
      guard tally.add(row.rrtype) <= shownMax else {
        countsLeft -= 1
        if countsLeft <= 0 {
          skipped = row.rrtype
          tally.cut(row.rrtype)
        }
        return skipped == nil && hasRoom
      }
      guard rows < rowsMax else {
        isBeyondRows = true
        return false
      }
      write(row)
      return hasRoom
    }
  }

  private func expand(_ row: borrowing RecordRow) -> CirclWalk.Decision {
    visitsLeft -= 1
    guard case .sets(let shownMax, _) = extent else { return .expand }
    if ownerTally.add(row.rrtype) > shownMax {
      countsLeft -= 1
      isExhausted = countsLeft <= 0
      if isExhausted { ownerTally.cut(row.rrtype) }
      return isExhausted || visitsLeft <= 0 ? .pause : .pass
    }
    return .expand
  }

  private var hasRoom: Bool { visitsLeft > 0 && body.count < CirclLimits.answerOctets }

  private func write(_ row: borrowing RecordRow) {
    let vantage = row.isLossy ? Vantage.text : row.vantages == [.zone] ? .zone : nil
    let text = TextRow(
      rrtype: row.rrtype, timeFirst: row.value.timeFirst, timeLast: row.value.timeLast,
      count: row.value.count, vantage: vantage)
    writer.append(text, rrname: row.rrname.span, rdata: row.rdata.span, to: &body)
    rows += 1
  }

  /// Tells about the sets behind, when the row to come belongs to another value or side.
  private func startSet() {
    let scope = SetTally.Scope(owner: walk.expandedOwner, side: walk.side)
    guard tally.scope != scope else { return }
    report(tally)
    tally = SetTally(scope: scope)
  }

  private func report(_ tally: SetTally) {
    guard case .sets(let shownMax, _) = extent else { return }
    for (type, total) in tally.totals where total > shownMax {
      let owner = tally.scope?.owner.map { DomainName(canonicalWire: $0).text(finalDot: false) }
      errors.addMaxset(
        record: owner ?? record, shown: shownMax, rrtype: type, total: total,
        isExact: !tally.isCut(type))
    }
  }

  /// Ends the reply before the search is complete. A page then is short, and has a cursor.
  private func exhaust(_ kind: String) {
    finish()
    isExhausted = true
    if isPage { next = walk.place }
    if pageEnd == nil { errors.addBudget(record: record, kind: kind, rows: rows) }
  }

  /// True when a page was searched for until the budget was spent, and the search got nowhere: a
  /// cursor would lead to the same search again.
  var isStuck: Bool { isPage && isExhausted && rows == 0 && next == start }

  private func finish() {
    report(tally)
    report(ownerTally)
    isDone = true
  }
}

/// Rows of each type, for one value and side or for one owner.
struct SetTally {
  /// Whose rows are counted.
  struct Scope: Equatable {
    /// Nil for the value itself.
    let owner: [UInt8]?
    let side: CirclStage.Side
  }

  let scope: Scope?
  private var counts: [RRType: Int] = [:]
  private var cuts: Set<RRType> = []

  init(scope: Scope? = nil) {
    self.scope = scope
  }

  /// By type.
  var totals: [(type: RRType, total: Int)] {
    counts.sorted { $0.key < $1.key }.map { (type: $0.key, total: $0.value) }
  }

  /// Counts a row.
  ///
  /// - Returns: rows of the type so far.
  mutating func add(_ type: RRType) -> Int {
    counts[type, default: 0] += 1
    return counts[type, default: 0]
  }

  /// The rest of a type is not counted.
  mutating func cut(_ type: RRType) { cuts.insert(type) }

  func isCut(_ type: RRType) -> Bool { cuts.contains(type) }
}
