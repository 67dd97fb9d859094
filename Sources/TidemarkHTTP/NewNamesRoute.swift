import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkDomains
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/new`: registered domains or host names that were not seen before a time.
struct NewNamesRoute: Route {
  private let service: NativeService
  /// Nil where the system has no list: host names can still be asked for.
  private let suffixes: PublicSuffixList?

  init(service: NativeService) {
    self.service = service
    suffixes = try? PublicSuffixList.standard()
  }

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let all = try exchange.target.parameters()
    var parameters = ParameterReader(all)
    let page = try NativePage("new", all, &parameters, granted: exchange.caller.datasets, service)
    let kind = try kind(parameters.take("kind"))
    guard let since = try parameters.time("since", now: page.asOf) else {
      throw Problem(.badRequest, "since: is needed")
    }
    var query = NewNamesQuery(
      kind, since: since, below: try parameters.name("below") ?? .root)
    query.datasets = try service.datasets(&parameters, exchange.datasets(service.registry))
    query.limit = try parameters.number("limit", ServerLimits.limitRange)
    query.resumeAfter = page.position
    try parameters.finish()
    let source = NameAnswer(.new(NewNamesCursor(query, store: service.store)), page)
    return try await Answer(source, exchange.admission).response(
      headers: NativeService.ndjson, isHead: exchange.isHead, isQuick: false)
  }

  private func kind(_ text: String?) throws(Problem) -> NewNamesQuery.Kind {
    switch text {
    case "hosts": return .hosts
    case nil, "domains":
      guard let suffixes else {
        throw Problem(
          .serviceUnavailable, "no public suffix list here; install the package publicsuffix")
      }
      return .domains(suffixes)
    default: throw Problem(.badRequest, "kind: neither domains nor hosts")
    }
  }
}
