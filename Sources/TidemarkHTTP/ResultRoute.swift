import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment

/// `GET /api/v1/results/{id}`: a result that is kept, and who added what from it.
struct ResultRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    try exchange.requireNoParameters()
    let library = try desk.service(exchange).library
    guard case .result(let id) = exchange.enrichmentPath else {
      throw Problem(LibraryError.unknownResult)
    }
    let json = try await desk.work {
      var json = ResultJSON.object(try library.result(id))
      json.add(
        "selections",
        try library.selections(ofResult: id).map { selection in
          var json = JSONLine()
          json.add("by", selection.author)
          json.add("at", time: selection.time)
          json.add("button", optional: selection.button)
          json.add("added", count: selection.added)
          return json
        })
      return json
    }
    return EnrichmentDesk.answer(json, exchange)
  }
}

/// `GET /api/v1/results/{id}/raw`: the answer of the service as it came, without credentials.
///
/// These are octets of strangers: they are never shown as a page of this server.
struct ResultRawRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    try exchange.requireNoParameters()
    let library = try desk.service(exchange).library
    guard case .raw(let id) = exchange.enrichmentPath else {
      throw Problem(LibraryError.unknownResult)
    }
    return try await ResultRawRoute.answer(id, library, desk, exchange)
  }

  /// A raw answer as a file that no browser shows.
  static func answer(
    _ id: String, _ library: Library, _ desk: EnrichmentDesk, _ exchange: Exchange
  ) async throws -> Response {
    let now = desk.clock()
    let raw = try await desk.work { try library.raw(ofResult: id, now: now) }
    var headers = HTTPFields()
    headers[.contentType] = "application/octet-stream"
    headers[.contentDisposition] = "attachment; filename=\"raw-answer\""
    headers[.xContentTypeOptions] = "nosniff"
    headers[.contentSecurityPolicy] = "sandbox; default-src 'none'"
    headers[.cacheControl] = "no-store"
    headers[.vary] = RouteFamily.native.vary
    if let name = HTTPField.Name("Tidemark-Raw-Type"), ResultRawRoute.isPlain(raw.contentType) {
      headers[name] = raw.contentType
    }
    if let name = HTTPField.Name("Tidemark-Raw-Cut") { headers[name] = "\(raw.isCut)" }
    return Response(
      headers: headers, octets: raw.octets, isHead: exchange.isHead, holding: exchange.admission)
  }

  /// What may stand in a header: printable, and not long.
  private static func isPlain(_ type: String) -> Bool {
    (1...100).contains(type.utf8.count) && type.utf8.allSatisfy { (0x20...0x7E).contains($0) }
  }
}

/// `POST /api/v1/results/{id}/selections`: adds what ticked rows propose.
struct ResultSelectionsRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    try exchange.requireNoParameters()
    let service = try desk.service(exchange)
    guard case .selections(let id) = exchange.enrichmentPath else {
      throw Problem(LibraryError.unknownResult)
    }
    let body = try await desk.body(Body.self, exchange)
    let selection = Selection(
      result: id, rows: body.tables.map { Selection.Rows(table: $0.table, rows: $0.rows.ids) },
      button: body.button, author: exchange.caller.name)
    let (now, token) = (desk.clock(), exchange.caller.token)
    let outcome = try await desk.work {
      try service.add(selection, now: now, token: token)
    }
    return EnrichmentDesk.answer(ResultJSON.object(outcome), exchange)
  }

  private struct Body: Decodable {
    let tables: [Ticked]
    let button: String?
  }

  private struct Ticked: Decodable {
    let table: String
    let rows: Rows
  }

  /// Ids of rows, or the word `all`.
  private struct Rows: Decodable {
    let ids: [Int]?

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if (try? value.decode(String.self)) == "all" {
        ids = nil
      } else {
        ids = try value.decode([Int].self)
      }
    }
  }
}
