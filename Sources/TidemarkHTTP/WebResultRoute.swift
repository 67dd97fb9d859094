import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel
import TidemarkWeb

/// `POST /ui/run`: runs an action on one indicator, and leads to its result. Nothing is added to
/// the library, and a failure is a result like any other.
struct WebRunRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    let form = try await desk.form(exchange)
    let service = try desk.enrichment.service(exchange)
    guard let operation = form.text("operation"), let action = form.text("action") else {
      throw Problem(OperationError.unknownAction)
    }
    let indicator = try EnrichmentDesk.indicator(
      form.value("type") ?? "", form.value("value") ?? "")
    let result = try await desk.enrichment.run(operation, action, on: indicator, service)
    return desk.redirect(LibraryLink.result(result.id), exchange)
  }
}

/// `GET /ui/results/{id}`: a result that is kept; with `csv`, one of its tables as a file.
/// `POST`: adds what ticked rows propose.
struct WebResultRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard let service = try desk.library(exchange) else {
      return desk.noLibrary(.indicators, exchange)
    }
    guard case .result(let id) = exchange.webPath else {
      throw Problem(LibraryError.unknownResult)
    }
    if exchange.request.method == .post { return try await add(id, service, exchange) }
    guard exchange.isHead || exchange.request.method == .get else {
      throw Problem.method(allowed: "GET, HEAD, POST")
    }
    var parameters = try exchange.pageParameters()
    let table = parameters.take("csv")
    try parameters.finish()
    if let table { return try await file(of: table, id, service, exchange) }
    let page = try await page(id, service)
    return desk.answer(page.page, exchange)
  }

  private func page(_ id: String, _ service: EnrichmentService) async throws -> ResultPage {
    let now = desk.clock()
    return try await desk.enrichment.work {
      let library = service.library
      var page = ResultPage(try library.result(id))
      page.operation = try? service.registry.operation(page.result.operation)
      page.raw = try library.rawSummary(ofResult: id, now: now)
      page.selections = try library.selections(ofResult: id)
      return page
    }
  }

  private func file(
    of table: String, _ id: String, _ service: EnrichmentService, _ exchange: Exchange
  ) async throws -> Response {
    let octets = try await desk.enrichment.work {
      try service.library.result(id).table(table).map(ResultTableMarkup.csv)
    }
    guard let octets else { throw Problem(.notFound, "the result has no such table") }
    // The id of a repeated table has words of strangers behind its shape.
    let shape = table.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return desk.download(
      octets, type: "text/csv; charset=utf-8", name: "result-\(id.prefix(8))-\(shape).csv",
      exchange)
  }

  // MARK: Adding

  private func add(
    _ id: String, _ service: EnrichmentService, _ exchange: Exchange
  ) async throws -> Response {
    let form = try await desk.form(exchange)
    guard let table = form.text("table"), let button = form.text("button") else {
      throw Problem(.badRequest, "the form names no table or no button")
    }
    let rows = try WebResultRoute.rows(form)
    guard rows?.isEmpty != true else {
      var page = try await page(id, service)
      page.fault = "Nothing was added: tick rows first, or the box above them for all."
      return desk.answer(page.page, exchange, status: .unprocessableContent)
    }
    let selection = Selection(
      result: id, rows: [Selection.Rows(table: table, rows: rows)], button: button,
      author: exchange.caller.name)
    let (now, token) = (desk.clock(), exchange.caller.token)
    let outcome = try await desk.enrichment.work {
      try service.add(selection, now: now, token: token)
    }
    var page = try await page(id, service)
    page.report = ResultPage.Report(button: button, outcome: outcome)
    return desk.answer(page.page, exchange)
  }

  /// Ticked rows; nil for all.
  private static func rows(_ form: WebForm) throws(Problem) -> [Int]? {
    guard form.value("all") == nil else { return nil }
    var rows: [Int] = []
    for text in form.values("row") {
      guard let row = Int(text) else { throw Problem(.badRequest, "row: not a whole number") }
      rows.append(row)
    }
    return rows
  }
}

/// `GET /ui/results/{id}/raw`: the answer of the service as it came, as a file.
struct WebResultRawRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    try exchange.requireNoParameters()
    let library = try desk.enrichment.service(exchange).library
    guard case .raw(let id) = exchange.webPath else {
      throw Problem(LibraryError.unknownResult)
    }
    var response = try await ResultRawRoute.answer(id, library, desk.enrichment, exchange)
    response.headers[.vary] = RouteFamily.web.vary
    return response
  }
}
