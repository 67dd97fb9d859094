import HTTPTypes
import Hummingbird
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/records`: the native look-up.
struct RecordsRoute: Sendable {
  let store: any RecordStore
  let registry: Registry

  private static let headers: HTTPFields = [
    .contentType: "application/x-ndjson", .vary: "Authorization, Accept-Encoding",
  ]

  func respond(to request: Request, target: RequestTarget) async throws -> Response {
    let isHead = request.method == .head
    guard isHead || request.method == .get else { throw Problem.method(allowed: "GET, HEAD") }
    let records = try RecordsRequest(target.parameters(), registry: registry)
    let answer = Answer(
      records.cursor(store: store), format: RecordsFormat(records, registry: registry))
    return try await answer.response(
      headers: RecordsRoute.headers, isHead: isHead, isQuick: records.isQuick)
  }
}
