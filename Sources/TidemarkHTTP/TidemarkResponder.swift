import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkMetrics
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
  private let access: AccessControl
  private let health: Endpoint
  private let metrics: Endpoint

  init(routes: StoreRoutes?, access: AccessControl, metrics: PrometheusRegistry) {
    self.routes = routes
    self.access = access
    health = Endpoint(HealthRoute(store: routes?.store, started: .now), .native, scope: nil)
    self.metrics = Endpoint(MetricsRoute(registry: metrics), .native, scope: .admin)
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
    guard let endpoint = endpoint(target, request.method) else {
      return Problem(.notFound, "nothing is served under this path").jsonResponse(isHead: isHead)
    }
    do {
      let admission = try admit(request, endpoint)
      let response = try await endpoint.route.respond(
        to: Exchange(request: request, target: target, admission: admission))
      return response.packed(for: request)
    } catch let problem as Problem {
      return endpoint.family.response(problem, isHead: isHead)
    } catch let error as StoreError {
      return endpoint.family.response(Problem(error), isHead: isHead)
    } catch is BudgetSpent {
      let problem = Problem(
        .serviceUnavailable, "the query costs more than it may; ask for less, or page by page")
      return endpoint.family.response(problem, isHead: isHead)
    }
  }

  private func endpoint(_ target: RequestTarget, _ method: HTTPRequest.Method) -> Endpoint? {
    switch String(decoding: target.path, as: UTF8.self) {
    case "/health": health
    case "/metrics": metrics
    case let path: routes?.endpoint(target, path: path, method: method)
    }
  }

  private func admit(_ request: Request, _ endpoint: Endpoint) throws(Problem) -> Admission {
    guard let scope = endpoint.scope else { return Admission(caller: .anonymous) }
    do {
      return try access.admit(secret: nil, scope: scope)
    } catch {
      throw endpoint.family.problem(error)
    }
  }
}
