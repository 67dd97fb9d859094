import HTTPTypes
import Hummingbird
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/records`: the native look-up.
struct RecordsRoute: Route {
  let store: any RecordStore
  let registry: Registry

  private static let headers: HTTPFields = [
    .contentType: "application/x-ndjson", .vary: RouteFamily.native.vary,
  ]

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let records = try RecordsRequest(
      exchange.target.parameters(), registry: registry, granted: exchange.datasets(registry))
    let source = RowSource(
      records.cursor(store: store), format: RecordsFormat(records, registry: registry))
    return try await Answer(source, exchange.admission).response(
      headers: RecordsRoute.headers, isHead: exchange.isHead, isQuick: records.isQuick)
  }
}
