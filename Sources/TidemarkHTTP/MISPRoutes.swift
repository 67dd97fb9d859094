import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel
import TidemarkStore

/// The module protocol of MISP: `GET /modules`, `POST /query`, `GET /healthcheck` and
/// `GET /version`. Served only where the operator asked for it.
struct MISPRoutes: Sendable {
  private let table: [String: Endpoint]

  init(_ route: MISPQueryRoute) {
    var modules: [UInt8] = [UInt8(ascii: "[")]
    for (index, module) in MISPModule.allCases.enumerated() {
      if index > 0 { modules.append(UInt8(ascii: ",")) }
      modules += module.json.finished().dropLast()
    }
    modules += Array("]\n".utf8)
    var health = JSONLine()
    health.add("status", true)
    var version = JSONLine()
    version.add("version", TidemarkServer.version)
    // MISP sends no credentials along in this family: what each path needs it asks for itself.
    table = [
      "/modules": Endpoint(MISPFixedRoute(body: modules), .native, scope: nil),
      "/healthcheck": Endpoint(MISPFixedRoute(body: health.finished()), .native, scope: nil),
      "/version": Endpoint(MISPFixedRoute(body: version.finished()), .native, scope: nil),
      "/query": Endpoint(route, .native, scope: nil),
    ]
  }

  /// The route of a path; nil when it is none of these.
  func endpoint(_ path: String) -> Endpoint? { table[path] }

  /// Every route.
  var all: [(path: String, endpoint: Endpoint)] { table.map { ($0.key, $0.value) } }
}

/// An answer that is always the same: MISP waits one second for the list of modules.
struct MISPFixedRoute: Route {
  let body: [UInt8]

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    return Response(
      status: .ok, headers: [.contentType: "application/json"], octets: body,
      isHead: exchange.isHead)
  }
}

/// `POST /query`: asks a module. Whatever goes wrong is told in a 200, because MISP shows the text
/// of no other answer.
///
/// Who may ask: where the server asks for tokens, those with one of the scope `query`, in the
/// header or in the module's setting; where it asks for none, the machine itself.
struct MISPQueryRoute: Route {
  let desk: MISPDesk
  let registry: Registry
  let gate: Gate
  private let places = EnrichmentPlaces(most: MISPLimits.questionsMax, of: "questions")
  private let bodies = EnrichmentPlaces(most: MISPLimits.bodiesMax, of: "requests")

  init(desk: MISPDesk, registry: Registry, gate: Gate) {
    self.desk = desk
    self.registry = registry
    self.gate = gate
  }

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    var octets: [UInt8]
    do {
      octets = try await answer(exchange)
    } catch let fault as MISPFault {
      octets = MISPAnswer.refusal(fault.text)
    } catch let problem as Problem {
      octets = MISPAnswer.refusal(problem.text)
    }
    return Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      octets: octets, isHead: false)
  }

  private func answer(_ exchange: Exchange) async throws -> [UInt8] {
    // Before anything of a stranger is read at length.
    try refuseStrangers(exchange.request)
    let body = try await bodies.work {
      try await exchange.request.octets(most: MISPLimits.bodyOctetsMax)
    }
    let question = try MISPQuestion(body)
    let admission = try admit(question, exchange.request)
    // What is not of a dataset is for those alone who may read them all.
    guard question.module == .records || admission.caller.datasets == nil else {
      throw MISPFault("a token for some datasets only cannot use this module")
    }
    let asking = Exchange(
      request: exchange.request, target: exchange.target, admission: admission)
    let datasets = asking.datasets(registry)
    let answer = try await places.work { [desk] in
      try await ScanPool.shared.run { try desk.answer(question, datasets: datasets) }
    }
    return withExtendedLifetime(admission) { answer.octets }
  }

  /// Refuses those who can show nothing: without tokens everybody but the machine itself, and pages
  /// that a browser on it shows.
  private func refuseStrangers(_ request: Request) throws(MISPFault) {
    guard !gate.access.requiresTokens else { return }
    let client = ClientConnection.current?.channel.remoteAddress?.ipAddress ?? ""
    guard ListenAddress.isLoopback(client) else {
      throw MISPFault("this server asks for no tokens, and so answers its own machine only")
    }
    guard request.headers[.origin] == nil else {
      throw MISPFault("web pages are not answered")
    }
  }

  private func admit(
    _ question: MISPQuestion, _ request: Request
  ) throws(MISPFault) -> Admission {
    let secret: String?
    switch Credentials(request.headers, field: gate.field) {
    case .none: secret = question.token
    case .token(let text): secret = text
    case .contradicting: throw MISPFault("the request holds two tokens that differ")
    }
    do {
      return try gate.access.admit(secret: secret, for: .scope(.query))
    } catch {
      throw MISPFault(MISPQueryRoute.words(error))
    }
  }

  private static func words(_ denial: AccessDenial) -> String {
    switch denial {
    case .missing:
      "a token is needed: set the module's \(MISPModule.tokenSetting) in MISP, or an authkey"
    default: RouteFamily.native.problem(denial).text
    }
  }
}
