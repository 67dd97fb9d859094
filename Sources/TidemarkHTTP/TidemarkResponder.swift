import HTTPTypes
import Hummingbird
import TidemarkIngest
import TidemarkMetrics
import TidemarkModel
import TidemarkStore

/// Sends each request to its route.
///
/// It takes the place of a router and of middleware: values of `/pdns/query` hold slashes, raw and
/// encoded, that a router would take apart, and a small look-up costs less than either.
struct TidemarkResponder: HTTPResponder {
  /// Nothing is kept for a request.
  struct Context: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
  }

  /// Routes that need a store; nil in a relay, which has none.
  private let routes: StoreRoutes?
  private let health: HealthRoute
  private let metrics: MetricsRoute

  init(routes: StoreRoutes?, metrics: PrometheusRegistry) {
    self.routes = routes
    health = HealthRoute(store: routes?.store, started: .now)
    self.metrics = MetricsRoute(registry: metrics)
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    let path = request.head.path ?? ""
    let isHead = request.method == .head
    guard path.utf8.count <= ServerLimits.targetOctetsMax else {
      return Problem(
        .uriTooLong, "the request target has more than \(ServerLimits.targetOctetsMax) octets"
      ).plainResponse(isHead: isHead)
    }
    let target = RequestTarget(path)
    if let routes, let rest = target.rest(after: "/pdns/query"), rest.first ?? 0x2F == 0x2F {
      return await routes.circl.respond(to: request, rest: rest)
    }
    do {
      return try await respond(to: request, target: target)
    } catch let problem as Problem {
      return problem.jsonResponse(isHead: isHead)
    } catch let error as StoreError {
      return Problem(error).jsonResponse(isHead: isHead)
    }
  }

  private func respond(to request: Request, target: RequestTarget) async throws -> Response {
    let path = String(decoding: target.path, as: UTF8.self)
    switch path {
    case "/health": return try await health.respond(to: request)
    case "/metrics": return try metrics.respond(to: request)
    default:
      if let answer = try await routes?.respond(to: request, target: target, path: path) {
        return answer
      }
      throw Problem(.notFound, "nothing is served under this path")
    }
  }
}

/// The routes that read or write a store.
struct StoreRoutes: Sendable {
  let store: any RecordStore
  let circl: CirclRoute
  private let records: RecordsRoute
  private let observations: ObservationsRoute
  private let submit: SubmitRoute

  init(
    store: any RecordStore, registry: Registry, origin: String, metrics: PrometheusRegistry,
    filter: RecordFilter?, clock: @escaping @Sendable () -> UnixSeconds
  ) {
    self.store = store
    circl = CirclRoute(store: store, registry: registry, origin: origin)
    records = RecordsRoute(store: store, registry: registry)
    let writer = BatchWriter(store: store)
    observations = ObservationsRoute(registry: registry, writer: writer, clock: clock)
    submit = SubmitRoute(
      store: store, registry: registry, writer: writer, filter: filter, clock: clock)
    metrics.addCollector {
      AccountingMetrics.families([(source: StoreRoutes.sourceName, writer.accounting)])
    }
  }

  /// What posted records are called in metrics. No configured source can have a capital letter.
  static let sourceName = "HTTP"

  /// The answer of the route of a path; nil when there is none.
  func respond(
    to request: Request, target: RequestTarget, path: String
  ) async throws -> Response? {
    switch path {
    case "/api/v1/records": try await records.respond(to: request, target: target)
    case "/api/v1/observations": try await observations.respond(to: request, target: target)
    case "/submit": try await submit.respond(to: request, target: target)
    default: nil
    }
  }
}
