import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel
import TidemarkWeb

/// `GET /ui/indicators/{type}/{value}`: what is known about an indicator, and what can be asked.
/// `POST`: adds it, or tags, or says what analysts think of it.
struct WebIndicatorRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard let service = try desk.library(exchange) else {
      return desk.noLibrary(.indicators, exchange)
    }
    guard case .indicator(let type, let value) = exchange.webPath else {
      throw Problem(.notFound, "there is no such indicator")
    }
    let key = try EnrichmentDesk.indicator(type, value)
    if exchange.request.method == .post { return try await change(key, service, exchange) }
    guard exchange.isHead || exchange.request.method == .get else {
      throw Problem.method(allowed: "GET, HEAD, POST")
    }
    var parameters = try exchange.pageParameters()
    let showsAll = try parameters.flag("all")
    let notice = parameters.take("done").flatMap { WebIndicatorRoute.notices[$0] }
    try parameters.finish()
    var page = try await desk.enrichment.work { try IndicatorPage.read(key, service) }
    page.showsAll = showsAll
    page.notice = notice
    return desk.answer(page.page, exchange)
  }

  private static let notices = [
    "added": "It is in the library.", "status": "The status is set.",
  ]

  private func change(
    _ key: IndicatorKey, _ service: EnrichmentService, _ exchange: Exchange
  ) async throws -> Response {
    let form = try await desk.form(exchange)
    let (now, token) = (desk.clock(), exchange.caller.token)
    let done: String
    switch form.value("do") {
    case "status":
      guard let status = try form.choice("status", IndicatorStatus.self) else {
        throw Problem(.badRequest, "status: none is given")
      }
      let isThere = try await desk.enrichment.work {
        try service.setStatus(status, of: key, now: now, token: token)
      }
      guard isThere else { throw Problem(.notFound, "the indicator is not in the library") }
      done = "status"
    case "add":
      var entry = LibraryEntry(key)
      entry.tags = IndicatorDraft.words(form.value("tags") ?? "")
      let row = LibraryRow(number: 1, entry: .success(entry))
      let source = IndicatorImport.source(of: exchange.caller)
      let report = try await desk.enrichment.work {
        try service.library.add([row], source: source, now: now)
      }
      service.noteImport(report, token: token)
      if let refusal = report.refusals.first {
        var page = try await desk.enrichment.work { try IndicatorPage.read(key, service) }
        page.fault = "Nothing was added: \(refusal.reason)."
        return desk.answer(page.page, exchange, status: .unprocessableContent)
      }
      done = "added"
    default: throw Problem(.badRequest, "do: one of add, status")
    }
    return desk.redirect(
      WebLink(LibraryLink.indicator(key), [("done", done)]).text, exchange)
  }
}

extension IndicatorPage {
  /// Reads all that the page shows.
  ///
  /// - Throws: ``LibraryError``, ``OperationError``.
  fileprivate static func read(
    _ key: IndicatorKey, _ service: EnrichmentService
  ) throws -> IndicatorPage {
    let library = service.library
    var page = IndicatorPage(key)
    page.found = try library.indicator(key)
    if let found = page.found {
      page.attributes = try library.attributes(of: found)
      page.relations = try library.relations(of: found)
    }
    page.operations = try service.registry.operations.map {
      try OperationState($0.id, in: service.registry)
    }
    page.results = try library.results(about: key)
    for result in page.results where result.outcome == .ok {
      page.additions += try library.selections(ofResult: result.id).map { Addition(result, $0) }
    }
    return page
  }
}
