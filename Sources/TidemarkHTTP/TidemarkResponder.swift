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
  private let gate: Gate
  private let health: Endpoint
  private let metrics: Endpoint
  private let whoami: Endpoint

  init(routes: StoreRoutes?, gate: Gate, metrics: PrometheusRegistry) {
    self.routes = routes
    self.gate = gate
    health = Endpoint(HealthRoute(store: routes?.store, started: .now), .native, scope: nil)
    self.metrics = Endpoint(MetricsRoute(registry: metrics), .native, scope: .admin)
    whoami = Endpoint(WhoamiRoute(), .native, need: .token)
    let access = gate.access
    metrics.addCollector { AccessMetrics.families(access.counts) }
  }

  /// Every route. What is not in here is not served.
  var all: [ServedRoute] {
    [
      ServedRoute("/health", health), ServedRoute("/metrics", metrics),
      ServedRoute("/api/v1/whoami", whoami),
    ] + (routes?.all.map { ServedRoute($0.path, $0.endpoint) } ?? [])
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    let start = ContinuousClock.now
    let target = RequestTarget(request.head.path ?? "")
    let endpoint = endpoint(target, request.method)
    let response = try await respond(to: request, target, endpoint)
    return count(response, endpoint?.family, since: start)
  }

  private func respond(
    to request: Request, _ target: RequestTarget, _ endpoint: Endpoint?
  ) async throws -> Response {
    let path = request.head.path ?? ""
    let isHead = request.method == .head
    guard path.utf8.count <= ServerLimits.targetOctetsMax else {
      return Problem(
        .uriTooLong, "the request target has more than \(ServerLimits.targetOctetsMax) octets"
      ).plainResponse(isHead: isHead)
    }
    guard let endpoint else {
      return Problem(.notFound, "nothing is served under this path").jsonResponse(isHead: isHead)
    }
    do {
      let admission = try gate.admit(request, endpoint)
      askForBody(request)
      var response = try await endpoint.route.respond(
        to: Exchange(request: request, target: target, admission: admission))
      gate.mark(&response, admission, endpoint)
      return response.packed(for: request)
    } catch let problem as Problem {
      return endpoint.family.response(problem, isHead: isHead)
    } catch let error as StoreError {
      return endpoint.family.response(Problem(error), isHead: isHead)
    } catch is ClientLeft {
      let problem = Problem(
        .init(code: 499, reasonPhrase: "Client Closed Request"), "the client left")
      return endpoint.family.response(problem, isHead: isHead)
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
    case "/api/v1/whoami": whoami
    case let path: routes?.endpoint(target, path: path, method: method)
    }
  }

  /// Lets a client that waits for leave to send its body begin.
  private func askForBody(_ request: Request) {
    guard let expected = request.headers[.expect], expected.lowercased() == "100-continue" else {
      return
    }
    ClientConnection.current?.channel.triggerUserOutboundEvent(BodyIsWelcome(), promise: nil)
  }

  /// Counts a request when its answer is made; one that is streamed, when it is sent.
  private func count(
    _ response: Response, _ family: RouteFamily?, since start: ContinuousClock.Instant
  ) -> Response {
    guard let metrics = ClientConnection.current?.metrics else { return response }
    let status = response.status.code
    guard response.body.contentLength == nil else {
      metrics.countRequest(family, status: status, duration: ContinuousClock.now - start)
      return response
    }
    var counted = response
    counted.body = ResponseBody { [body = response.body] writer in
      defer { metrics.countRequest(family, status: status, duration: ContinuousClock.now - start) }
      try await body.write(writer)
    }
    return counted
  }
}
