import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkMetrics
import TidemarkSharing
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
  private let registration: Endpoint

  init(
    routes: StoreRoutes?, gate: Gate, metrics: PrometheusRegistry,
    sensors: (any SensorDirectory)?
  ) {
    self.routes = routes
    self.gate = gate
    health = Endpoint(
      HealthRoute(store: routes?.store, gate: gate, started: .now), .native, scope: nil)
    self.metrics = Endpoint(MetricsRoute(registry: metrics), .native, scope: .admin)
    whoami = Endpoint(WhoamiRoute(), .native, need: .token)
    registration = Endpoint(
      SensorRegistrationRoute(sensors: sensors), .d4core, scope: .register)
    let access = gate.access
    metrics.addCollector { AccessMetrics.families(access.counts) }
    if let sensors { metrics.addCollector { SensorMetrics.families(sensors) } }
  }

  /// Every route. What is not in here is not served.
  var all: [ServedRoute] {
    [
      ServedRoute("/health", health), ServedRoute("/metrics", metrics),
      ServedRoute("/api/v1/whoami", whoami),
      ServedRoute("/api/v1/add/sensor/register", registration),
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
      let family = endpoint?.family ?? .native
      var response = Problem(
        .uriTooLong, "the request target has more than \(ServerLimits.targetOctetsMax) octets"
      ).plainResponse(isHead: isHead, headers: [.vary: family.vary])
      gate.markField(&response)
      return response
    }
    guard let endpoint else {
      if target.rest(after: "/ui/") != nil, let desk = routes?.web.desk {
        return desk.refusal(Problem(.notFound, "there is no page at this address"), request)
      }
      var response = RouteFamily.native.response(
        Problem(.notFound, "nothing is served under this path"), isHead: isHead)
      gate.markField(&response)
      return response
    }
    do {
      var form: [UInt8] = []
      if endpoint.takesForm {
        askForBody(request)
        form = try await DomainToolsForm.read(request)
      }
      let admission = try gate.admit(request, endpoint, form: form)
      if !endpoint.takesForm { askForBody(request) }
      var exchange = Exchange(request: request, target: target, admission: admission)
      exchange.form = form
      if endpoint.asksForToken { exchange.credentials = gate.credentials(request, endpoint) }
      var response = try await endpoint.route.respond(to: exchange)
      gate.mark(&response, admission, endpoint)
      return response.packed(for: request)
    } catch {
      let problem = try TidemarkResponder.problem(error)
      var response = endpoint.family.response(problem, isHead: isHead)
      if endpoint.family == .web, let desk = routes?.web.desk {
        response = desk.refusal(problem, request)
      }
      gate.markField(&response)
      return response.packed(for: request)
    }
  }

  /// What is said of an error of a route.
  ///
  /// - Throws: the error, when there are no words for it.
  private static func problem(_ error: any Error) throws -> Problem {
    switch error {
    case let problem as Problem: problem
    case let error as StoreError: Problem(error)
    case is ClientLeft:
      Problem(.init(code: 499, reasonPhrase: "Client Closed Request"), "the client left")
    case is BudgetSpent:
      Problem(
        .serviceUnavailable, "the query costs more than it may; ask for less, or page by page")
    default: throw error
    }
  }

  private func endpoint(_ target: RequestTarget, _ method: HTTPRequest.Method) -> Endpoint? {
    switch String(decoding: target.path, as: UTF8.self) {
    case "/health": health
    case "/metrics": metrics
    case "/api/v1/whoami": whoami
    case "/api/v1/add/sensor/register": registration
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
