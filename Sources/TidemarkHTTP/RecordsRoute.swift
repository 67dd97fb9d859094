import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/records`: the native look-up.
struct RecordsRoute: Route {
  let service: NativeService

  /// The name that cursors are bound to.
  static let name = "records"

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let all = try exchange.target.parameters()
    var parameters = ParameterReader(all)
    let page = try NativePage(
      RecordsRoute.name, all, &parameters, granted: exchange.caller.datasets, service)
    let request = try LookupRequest(
      &parameters, granted: exchange.datasets(service.registry), now: page.asOf, service)
    let limit = try parameters.number("limit", ServerLimits.limitRange)
    let format = RecordsFormat(
      request, page, showsActivity: try parameters.flag("activity"), registry: service.registry)
    try parameters.finish()
    let source = RowSource(
      request.cursor(limit: limit, after: page.position, store: service.store), format: format)
    return try await Answer(source, exchange.admission).response(
      headers: NativeService.ndjson, isHead: exchange.isHead, isQuick: request.isQuick)
  }
}
