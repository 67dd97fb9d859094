import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/activity`: the days on which the records of a look-up were seen.
struct ActivityRoute: Route {
  let service: NativeService

  func respond(to exchange: Exchange) async throws -> Response {
    let (request, rowsMax, parameters) = try service.countedSearch(exchange)
    try parameters.finish()
    let source = ActivitySource(request, rowsMax: rowsMax, store: service.store)
    return try await Answer(source, exchange.admission).response(
      headers: NativeService.ndjson, isHead: exchange.isHead, isQuick: false)
  }
}

/// A line for each day, made when the search has ended, and a marker line.
final class ActivitySource: AnswerSource, @unchecked Sendable {
  private let search: RowSearch
  private var counts = ActivityCounts()
  private var isFull = false
  /// Why the days are those of some rows only.
  private var reason: String?
  /// Set when the search has ended.
  private var days: [ActivityCounts.Day]?
  private var shown = 0

  init(_ request: LookupRequest, rowsMax: Int?, store: any RecordStore) {
    search = RowSearch(request, rowsMax: rowsMax, store: store)
  }

  /// Rows counted: they cost what rows sent do.
  var rows: Int { search.rows }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    if days == nil {
      let end = try search.next { row, _ in
        if !isFull, !counts.add(row) { isFull = true }
      }
      if end == .paused, !isFull { return .paused }
      if end == .limited { reason = "max_rows" }
      if isFull { reason = "days" }
      days = counts.days
    }
    showDays(octetsMax: ServerLimits.pageOctets, &piece.octets)
    guard shown == days?.count else { return .paused }
    return reason == nil ? .complete : .limited
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    if case .exhausted = end, days == nil { days = counts.days }
    showDays(octetsMax: .max, &out)
    var line = JSONLine()
    line.add(end)
    if case .limited = end, let reason { line.add("reason", reason) }
    line.add("days", UInt64(shown))
    line.add("rows", UInt64(search.rows))
    if search.damaged > 0 { line.add("damaged", UInt64(search.damaged)) }
    out += line.finished()
    return true
  }

  private func showDays(octetsMax: Int, _ out: inout [UInt8]) {
    guard let days else { return }
    while shown < days.count, out.count < octetsMax {
      let day = days[shown]
      var text: [UInt8] = []
      TextDay.append(day.day, to: &text)
      var line = JSONLine()
      line.add("day", String(decoding: text, as: UTF8.self))
      line.add("rows", day.rows)
      line.add("rrtypes", day.rrtypes.map { (name: $0.rrtype.mnemonic, count: $0.rows) })
      out += line.finished()
      shown += 1
    }
  }
}
