import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment

/// `GET /api/v1/operations`: every operation with its settings, actions, tables and buttons.
struct OperationsRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    try exchange.requireNoParameters()
    let registry = try desk.service(exchange).registry
    let operations = try await desk.work {
      try registry.operations.map { try OperationJSON.object($0, registry) }
    }
    var json = JSONLine()
    json.add("operations", operations)
    return EnrichmentDesk.answer(json, exchange)
  }
}

/// `GET /api/v1/operations/{id}`: one of them.
struct OperationRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    try exchange.requireNoParameters()
    let registry = try desk.service(exchange).registry
    guard case .operation(let id) = exchange.enrichmentPath else {
      throw Problem(OperationError.unknownOperation)
    }
    return try await desk.operation(id, registry, exchange)
  }
}

/// `PUT /api/v1/operations/{id}/config`: changes settings. Secrets are taken and never shown.
struct OperationConfigurationRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .put else { throw Problem.method(allowed: "PUT") }
    try exchange.requireNoParameters()
    let service = try desk.service(exchange)
    guard case .configuration(let id) = exchange.enrichmentPath else {
      throw Problem(OperationError.unknownOperation)
    }
    let values = try await desk.body([String: SettingValue?].self, exchange)
    let changes = values.mapValues { $0?.text }
    let token = exchange.caller.token
    try await desk.work { try service.configure(id, changes, token: token) }
    return try await desk.operation(id, service.registry, exchange)
  }

  /// A value of a setting: text, a whole number or a flag; null takes a setting back.
  private struct SettingValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        text = flag ? "true" : "false"
      } else if let number = try? value.decode(Int64.self) {
        text = String(number)
      } else {
        text = try value.decode(String.self)
      }
    }
  }
}

/// `POST /api/v1/operations/{id}/enabled`: turns an operation on or off.
struct OperationEnabledRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    try exchange.requireNoParameters()
    let service = try desk.service(exchange)
    guard case .enabled(let id) = exchange.enrichmentPath else {
      throw Problem(OperationError.unknownOperation)
    }
    let body = try await desk.body(Body.self, exchange)
    let token = exchange.caller.token
    try await desk.work { try service.setEnabled(id, body.enabled, token: token) }
    return try await desk.operation(id, service.registry, exchange)
  }

  private struct Body: Decodable {
    let enabled: Bool
  }
}

extension EnrichmentDesk {
  /// Answers with an operation as it is now.
  fileprivate func operation(
    _ id: String, _ registry: OperationRegistry, _ exchange: Exchange
  ) async throws -> Response {
    let json = try await work { try OperationJSON.object(try registry.operation(id), registry) }
    return EnrichmentDesk.answer(json, exchange)
  }
}

extension Exchange {
  /// Refuses a query: a typing slip must not go unnoticed.
  func requireNoParameters() throws(Problem) {
    try ParameterReader(try target.parameters()).finish()
  }
}
