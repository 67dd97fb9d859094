import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel
import TidemarkWeb

/// `GET /ui/indicators`: the library, filtered, sorted, page by page.
/// `POST /ui/indicators`: adds a list, and says what became of each line.
struct WebIndicatorsRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    if exchange.request.method == .post { return try await add(exchange) }
    guard exchange.isHead || exchange.request.method == .get else {
      throw Problem.method(allowed: "GET, HEAD, POST")
    }
    guard let service = try desk.library(exchange) else {
      return desk.noLibrary(.indicators, exchange)
    }
    let query = try IndicatorListQuery(try exchange.pageParameters())
    let page = try await page(query, service.library)
    return desk.answer(page.page, exchange)
  }

  private func page(
    _ query: IndicatorListQuery, _ library: Library
  ) async throws -> IndicatorListPage {
    let rows = IndicatorListQuery.pageRows
    let slice = try await desk.enrichment.work {
      try library.browse(
        matching: query.filter, by: query.order, isDescending: query.isDescending,
        offset: (query.page - 1) * rows, limit: rows)
    }
    return IndicatorListPage(query, slice)
  }

  // MARK: Adding

  private func add(_ exchange: Exchange) async throws -> Response {
    let service = try desk.enrichment.service(exchange)
    let library = service.library
    let form = try await desk.form(exchange)
    var draft = IndicatorDraft()
    draft.lines = form.value("lines") ?? ""
    draft.tags = form.value("tags") ?? ""
    draft.type = try form.choice("type", IndicatorType.self)
    draft.status = try form.choice("status", IndicatorStatus.self) ?? .active
    let count = draft.values.count
    guard count > 0, count <= IndicatorDraft.linesMax else {
      var page = try await page(IndicatorListQuery(), library)
      page.draft = draft
      page.fault =
        count == 0
        ? "Write at least one line."
        : "Nothing was added: there are \(count) lines, and a form may have"
          + " \(IndicatorDraft.linesMax). Import longer lists as a file."
      return desk.answer(page.page, exchange, status: .unprocessableContent)
    }
    let (wanted, now) = (draft, desk.clock())
    let source = IndicatorImport.source(of: exchange.caller)
    let (report, added) = try await desk.enrichment.imports.work {
      try await desk.enrichment.work { try library.add(wanted, source: source, now: now) }
    }
    service.noteImport(report, token: exchange.caller.token)
    var page = try await page(IndicatorListQuery(), library)
    page.added = added
    // What was refused stays in the form.
    page.draft = draft
    page.draft.lines = added.filter(\.isRefused).map(\.text).joined(separator: "\n")
    return desk.answer(page.page, exchange)
  }
}

extension AddedLine {
  fileprivate var isRefused: Bool {
    if case .refused = outcome { true } else { false }
  }
}

extension Library {
  /// Adds the lines of a form in one transaction.
  ///
  /// - Returns: what was added, and what became of each line, in order.
  /// - Throws: ``LibraryError``; then nothing was added.
  fileprivate func add(
    _ draft: IndicatorDraft, source: String, now: UnixSeconds
  ) throws -> (AddReport, [AddedLine]) {
    var known: Set<IndicatorKey> = []
    var rows: [LibraryRow] = []
    var read: [(text: String, key: IndicatorKey?, wasThere: Bool)] = []
    for text in draft.values {
      let entry = LibraryEntry.read(text, draft)
      rows.append(LibraryRow(number: rows.count, entry: entry))
      let key = (try? entry.get())?.indicator
      var wasThere = false
      if let key { wasThere = try !known.insert(key).inserted || indicator(key) != nil }
      read.append((text, key, wasThere))
    }
    let report = try add(rows, source: source, now: now)
    let reasons = Dictionary(report.refusals.map { ($0.row, $0.reason) }) { first, _ in first }
    let lines = read.enumerated().map { index, line in
      let outcome: AddedLine.Outcome =
        reasons[index].map { .refused($0) } ?? (line.wasThere ? .alreadyThere : .added)
      return AddedLine(text: line.text, key: line.key, outcome: outcome)
    }
    return (report, lines)
  }
}

extension LibraryEntry {
  /// A line of a form as an entry, or why it is none.
  fileprivate static func read(
    _ text: String, _ draft: IndicatorDraft
  ) -> Result<LibraryEntry, RowRefusal> {
    do throws(IndicatorFault) {
      let key = try IndicatorKey(typed: text, oneOf: draft.type.map { [$0] })
      var entry = LibraryEntry(key)
      entry.status = draft.status
      entry.tags = draft.words
      return .success(entry)
    } catch {
      return .failure(RowRefusal(error.description))
    }
  }
}

extension IndicatorListQuery {
  /// Reads the address of a list.
  ///
  /// - Throws: ``Problem`` for words that nothing has, and for parameters that there are none.
  init(_ parameters: consuming ParameterReader) throws(Problem) {
    self.init()
    text = parameters.take("q") ?? ""
    source = parameters.take("source") ?? ""
    tag = parameters.take("tag") ?? ""
    type = try parameters.choice("type", IndicatorType.self)
    status = try parameters.choice("status", IndicatorStatus.self)
    order = try parameters.choice("sort", IndicatorOrder.self) ?? .added
    switch parameters.take("dir") {
    case nil: isDescending = IndicatorListQuery.fallsAtFirst(order)
    case "asc": isDescending = false
    case "desc": isDescending = true
    default: throw Problem(.badRequest, "dir: one of asc, desc")
    }
    page = try parameters.number("page", 1...IndicatorListQuery.pagesMax) ?? 1
    try parameters.finish()
  }
}

extension ParameterReader {
  /// One of several words; nil when the parameter was not given.
  ///
  /// - Throws: ``Problem`` for another word.
  fileprivate mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ type: Choice.Type
  ) throws(Problem) -> Choice? {
    guard let word = take(name) else { return nil }
    guard let choice = Choice(rawValue: word) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.badRequest, "\(name): one of \(known)")
    }
    return choice
  }
}

/// `GET /ui/indicators/export?format=…`: the whole library as a file.
struct WebIndicatorExportRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let library = try desk.enrichment.service(exchange).library
    var response = try await IndicatorExportRoute.answer(library, desk.enrichment, exchange)
    response.headers[.vary] = RouteFamily.web.vary
    response.headers[.xContentTypeOptions] = "nosniff"
    return response
  }
}
