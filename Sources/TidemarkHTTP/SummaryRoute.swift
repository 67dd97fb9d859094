import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/summary`: how much a look-up would give, of what, and what hangs on it.
struct SummaryRoute: Route {
  let service: NativeService

  func respond(to exchange: Exchange) async throws -> Response {
    let (request, rowsMax, left) = try service.countedSearch(exchange)
    var parameters = left
    let wantsHints = try parameters.flag("hints", default: true)
    try parameters.finish()
    let source = SummarySource(
      request, rowsMax: rowsMax, wantsHints: wantsHints, store: service.store)
    return try await Answer(source, exchange.admission).response(
      headers: NativeService.json, isHead: exchange.isHead, isQuick: false)
  }
}

/// One JSON object, made when the search has ended.
final class SummarySource: AnswerSource, @unchecked Sendable {
  private let request: LookupRequest
  private let search: RowSearch
  private let store: any RecordStore
  private let wantsHints: Bool
  private var summary = RecordSummary()
  private var pivots = NewestPivots(max: ServerLimits.hintsMax)
  private var hints: [(pivot: Pivot, count: PivotCount?)] = []
  private let subjects: [RecordQuery.Subject]
  private var lastStage = -1

  init(_ request: LookupRequest, rowsMax: Int?, wantsHints: Bool, store: any RecordStore) {
    self.request = request
    self.wantsHints = wantsHints
    self.store = store
    subjects = request.queries.map(\.subject)
    search = RowSearch(request, rowsMax: rowsMax, store: store)
  }

  /// Rows summed up: they cost what rows sent do.
  var rows: Int { search.rows }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    let end = try search.next { row, stage in
      summary.add(row, isOtherCursor: stage != lastStage)
      lastStage = stage
      if wantsHints { pivots.add(row, of: subjects[stage]) }
    }
    if end != .paused { try countHints() }
    return end
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    var json = JSONLine()
    json.add(end)
    if case .limited = end { json.add("reason", "max_rows") }
    json.add("rows", summary.rows)
    json.add("count", summary.count)
    if let first = summary.timeFirst, let last = summary.timeLast {
      json.add("time_first", UInt64(first))
      json.add("time_last", UInt64(last))
    }
    json.add("owners", SummarySource.json(summary.owners))
    json.add("values", SummarySource.json(summary.values))
    json.add(
      "rrtypes",
      summary.rrtypes.map { type in
        var object = JSONLine()
        object.add("rrtype", type.rrtype.mnemonic)
        object.add("rows", type.rows)
        object.add("count", type.count)
        return object
      })
    json.add("months", summary.months.map(SummarySource.json))
    if wantsHints { json.add("hints", hints.map(SummarySource.json)) }
    if search.damaged > 0 { json.add("damaged", UInt64(search.damaged)) }
    out += json.finished()
    return true
  }

  /// Counts what hangs on the newest values, as long as there is time.
  private func countHints() throws(StoreError) {
    let end = ContinuousClock.now + .milliseconds(ServerLimits.hintMilliseconds)
    for pivot in pivots.pivots {
      let count =
        ContinuousClock.now < end
        ? try PivotCount(
          pivot, besides: subjects, datasets: request.query.datasets, store: store) : nil
      hints.append((pivot, count))
    }
  }

  private static func json(_ count: DistinctCount) -> JSONLine {
    var object = JSONLine()
    object.add("distinct", UInt64(count.count))
    object.add("more", !count.isExact)
    return object
  }

  private static func json(_ month: (index: UInt32, rows: UInt64)) -> JSONLine {
    var object = JSONLine()
    let number = month.index % 12 + 1
    object.add("month", "\(1970 + month.index / 12)-\(number < 10 ? "0" : "")\(number)")
    object.add("rows", month.rows)
    return object
  }

  private static func json(_ hint: (pivot: Pivot, count: PivotCount?)) -> JSONLine {
    var object = JSONLine()
    object.add(hint.pivot.isOwner ? "rrname" : "rdata", hint.pivot.text)
    if !hint.pivot.isOwner { object.add("rrtype", hint.pivot.rrtype.mnemonic) }
    object.add("time_last", UInt64(hint.pivot.timeLast))
    if let count = hint.count {
      object.add("others", UInt64(count.others))
      object.add("more", count.hasMore)
    }
    return object
  }
}

extension Pivot {
  /// The name or rdata as rows show it.
  fileprivate var text: String {
    var out: [UInt8] = []
    if isOwner {
      DomainName.appendText(of: octets.span, finalDot: false, to: &out)
    } else if isLossy {
      out = octets
    } else {
      RDataText.append(octets.span, type: rrtype, style: .circl, to: &out)
    }
    return String(decoding: out, as: UTF8.self)
  }
}
