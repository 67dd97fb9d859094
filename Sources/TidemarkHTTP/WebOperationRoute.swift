import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment
import TidemarkWeb

/// `GET /ui/operations`: every operation and how it is set up.
struct WebOperationsRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    guard let service = try desk.library(exchange) else {
      return desk.noLibrary(.operations, exchange)
    }
    try exchange.requireNoParameters()
    let states = try await desk.enrichment.work {
      try service.registry.operations.map { try OperationState($0.id, in: service.registry) }
    }
    return desk.answer(OperationListPage(states).page, exchange)
  }
}

/// `GET /ui/operations/{id}`: one of them.
/// `POST`: turns it on or off, or changes its settings. Secrets are taken and never shown.
struct WebOperationRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard let service = try desk.library(exchange) else {
      return desk.noLibrary(.operations, exchange)
    }
    guard case .operation(let id) = exchange.webPath else {
      throw Problem(OperationError.unknownOperation)
    }
    if exchange.request.method == .post { return try await change(id, service, exchange) }
    guard exchange.isHead || exchange.request.method == .get else {
      throw Problem.method(allowed: "GET, HEAD, POST")
    }
    var parameters = try exchange.pageParameters()
    let notice = parameters.take("done").flatMap { WebOperationRoute.notices[$0] }
    try parameters.finish()
    var page = try await page(id, service)
    page.notice = notice
    return desk.answer(page.page, exchange)
  }

  private static let notices = [
    "enabled": "The operation is enabled.", "disabled": "The operation is disabled.",
    "saved": "The settings are saved.", "same": "Nothing differs from what holds already.",
  ]

  private func page(_ id: String, _ service: EnrichmentService) async throws -> OperationPage {
    OperationPage(
      try await desk.enrichment.work { try OperationState(id, in: service.registry) })
  }

  private func change(
    _ id: String, _ service: EnrichmentService, _ exchange: Exchange
  ) async throws -> Response {
    try exchange.requireScope(.admin)
    let form = try await desk.form(exchange)
    switch form.value("do") {
    case "enable": return try await setEnabled(true, id, service, exchange)
    case "disable": return try await setEnabled(false, id, service, exchange)
    case "configure": return try await configure(id, form, service, exchange)
    default: throw Problem(.badRequest, "do: one of enable, disable, configure")
    }
  }

  private func setEnabled(
    _ isEnabled: Bool, _ id: String, _ service: EnrichmentService, _ exchange: Exchange
  ) async throws -> Response {
    let token = exchange.caller.token
    try await desk.enrichment.work { try service.setEnabled(id, isEnabled, token: token) }
    return done(isEnabled ? "enabled" : "disabled", id, exchange)
  }

  private func configure(
    _ id: String, _ form: WebForm, _ service: EnrichmentService, _ exchange: Exchange
  ) async throws -> Response {
    let token = exchange.caller.token
    var page = try await page(id, service)
    var changes = OperationChanges(page.state.settings) { form.values($0) }
    guard !changes.isEmpty else { return done("same", id, exchange) }
    var refusal: (fault: String?, status: HTTPResponse.Status)?
    if changes.faults.isEmpty {
      let values = changes.values
      do {
        // By itself: its errors are told beside the fields, not as a page of their own.
        let error = try await desk.enrichment.work { () throws -> OperationError? in
          do {
            try service.configure(id, values, token: token)
            return nil
          } catch let error as OperationError {
            guard error.isAboutSettings else { throw error }
            return error
          }
        }
        guard let error else { return done("saved", id, exchange) }
        refusal = (changes.add(error) ? nil : error.description, .unprocessableContent)
      } catch let problem as Problem where problem.status == .forbidden {
        refusal = (problem.text, problem.status)
      }
    }
    page.draft = changes.draft
    page.takenBack = changes.takenBack
    page.faults = changes.faults
    page.fault = refusal?.fault
    return desk.answer(page.page, exchange, status: refusal?.status ?? .unprocessableContent)
  }

  private func done(_ word: String, _ id: String, _ exchange: Exchange) -> Response {
    desk.redirect(WebLink(LibraryLink.operation(id), [("done", word)]).text, exchange)
  }
}

extension OperationError {
  /// True for what whoever filled in a form can mend.
  fileprivate var isAboutSettings: Bool {
    switch self {
    case .badValue, .secretsNeeded, .unknownParameter, .missing: true
    case .unknownOperation, .unknownAction, .notOffered, .library: false
    }
  }
}
