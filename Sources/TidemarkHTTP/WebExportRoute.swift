import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `GET /ui/export`: the rows of a look-up as a file, or as a page to print.
struct WebExportRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    let (search, others) = try WebSearch.read(exchange, desk.native, also: ["format", "cursor"])
    let known = SearchExport.all(for: search.kind)
    guard let format = others["format"].flatMap(SearchExport.init(rawValue:)),
      known.contains(format)
    else {
      let words = known.map(\.rawValue).joined(separator: ", ")
      throw Problem(.badRequest, "format: one of \(words)")
    }
    let asOf = desk.clock()
    guard format != .print else { return try await pageToPrint(search, asOf: asOf, exchange) }
    let source = try await source(search, format, asOf: asOf, exchange)
    let name = WebExportRoute.fileName(search.input.value, format)
    return try await Answer(source, exchange.admission).response(
      headers: WebDesk.downloadHeaders(type: format.mediaType, name: name),
      isHead: exchange.isHead, isQuick: false)
  }

  private func source(
    _ search: WebSearch, _ format: SearchExport, asOf: UnixSeconds, _ exchange: Exchange
  ) async throws -> any AnswerSource {
    let store = desk.native.store
    switch try search.rows(asOf: asOf) {
    case .records(let request):
      if format.isDocument { try await checkSize(request, exchange.caller.limits) }
      let cursor = request.cursor(limit: nil, after: nil, store: store)
      if format == .ndjson {
        let native = RecordsFormat(
          request, search.nativePage(asOf: asOf), showsActivity: true,
          registry: desk.native.registry)
        return RowSource(cursor, format: SensorFormat(native, search.sensor))
      }
      return RowSource(
        cursor, format: SensorFormat(WebExportFormat(format, now: asOf), search.sensor))
    case .names(let query) where format == .ndjson:
      // What the interface for programs answers, cursor and all.
      return NameAnswer(
        .names(NameCursor(query, store: store)), try search.page(cursor: nil))
    case .names, .rdata:
      let source = try WebRowSource(search, asOf: asOf, after: nil, store: store)
      return WebPatternExport(source, of: search.kind, as: format)
    }
  }

  /// Counts the rows of a document that nobody can read in part.
  ///
  /// - Throws: ``Problem`` for too many; ``BudgetSpent`` when counting takes too long.
  private func checkSize(_ request: LookupRequest, _ limits: QueryLimits) async throws {
    let most = min(WebLimits.documentRowsMax, limits.rows)
    let latest = ContinuousClock.now + .seconds(limits.seconds)
    let search = RowSearch(request, rowsMax: most, store: desk.native.store)
    var end = RecordCursor.End.paused
    while end == .paused {
      guard ContinuousClock.now < latest else { throw BudgetSpent(kind: .time) }
      end = try await ScanPool.shared.turn { try search.next { _, _ in } }
    }
    if end == .limited {
      throw Problem(
        .unprocessableContent,
        "more than \(most) rows do not go into one document: narrow the search, or take COF or CSV")
    }
  }

  private func pageToPrint(
    _ search: WebSearch, asOf: UnixSeconds, _ exchange: Exchange
  ) async throws -> Response {
    let filters = search.filters
    let source = try WebRowSource(search, asOf: asOf, after: nil, store: desk.native.store)
    let mode = WebRowCollector.Mode.sorted(
      filters.sort ?? .last, isDescending: filters.isDescending, offset: 0)
    let collector = WebRowCollector(
      source, mode, size: WebLimits.printRowsMax, limits: exchange.caller.limits)
    let outcome = try await collector.collect()
    var page = SearchPage(search.input, filters)
    page.datasets = search.datasets.map(\.name)
    page.order = filters.sort == nil ? .newest : outcome.order
    page.summary = search.kind == .records ? outcome.summary : nil
    page.rowsRead = outcome.met
    page.isComplete = outcome.isComplete
    if outcome.met > outcome.rows.count {
      page.notes.append(
        "The first \(WebFigures.grouped(UInt64(outcome.rows.count))) rows of this order.")
    }
    if outcome.isSpent { page.notes.append("Not all rows could be read in the time there is.") }
    page.table = try await search.table(of: outcome.rows)
    var framed = page.page
    framed.template = "print"
    framed.scripts = []
    framed.values["made"] = WebTime.minute(asOf)
    return desk.answer(framed, exchange)
  }

  /// A name for the file of letters, digits, dots and hyphens.
  private static func fileName(_ value: String, _ format: SearchExport) -> String {
    let plain = value.utf8.drop { "*+./\"".utf8.contains($0) }
    let kept = plain.prefix(80).map { octet -> UInt8 in
      let isKept =
        octet &- 0x30 < 10 || (octet | 0x20) &- 0x61 < 26 || octet == UInt8(ascii: ".")
        || octet == UInt8(ascii: "-")
      return isKept ? octet : UInt8(ascii: "-")
    }
    return "tidemark-\(String(decoding: kept, as: UTF8.self)).\(format.fileEnding)"
  }
}

extension SearchExport {
  /// True for a format that is one document.
  var isDocument: Bool { self == .stix || self == .misp }

  var mediaType: String {
    switch self {
    case .cof, .ndjson: "application/x-ndjson"
    case .csv: "text/csv; charset=utf-8"
    case .stix: "application/stix+json;version=2.1"
    case .misp: "application/json"
    case .names: "text/plain; charset=utf-8"
    case .print: "text/html; charset=utf-8"
    }
  }

  var fileEnding: String {
    switch self {
    case .cof: "cof.ndjson"
    case .ndjson: "ndjson"
    case .csv: "csv"
    case .stix: "stix.json"
    case .misp: "misp.json"
    case .names: "txt"
    case .print: "html"
    }
  }
}
