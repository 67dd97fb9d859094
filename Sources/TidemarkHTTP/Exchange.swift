import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkStore

/// A request on its way through a route, and who asks.
struct Exchange: Sendable {
  let request: Request
  let target: RequestTarget
  /// Keeps the caller's place until the last piece of the answer was sent: answers hold it.
  let admission: Admission
  /// What the request showed; read for endpoints that ask for a token themselves only.
  var credentials = Credentials.none
  /// The body of an endpoint whose requests show who asks in it; empty for others.
  var form: [UInt8] = []

  var caller: Caller { admission.caller }
  var isHead: Bool { request.method == .head }

  /// Refuses every method but GET and HEAD.
  func requireGet() throws(Problem) {
    guard isHead || request.method == .get else { throw Problem.method(allowed: "GET, HEAD") }
  }

  /// The datasets that the caller may read.
  func datasets(_ registry: Registry) -> [DatasetNumber] {
    guard let granted = caller.datasets else { return registry.datasets.map(\.number) }
    return registry.datasets.filter { granted.contains($0.name) }.map(\.number)
  }

  /// The dataset that a request writes to, a new one for a new name.
  ///
  /// - Throws: ``Problem`` when the caller's token is for other datasets, and `StoreError`.
  func datasetToWrite(_ name: String, _ registry: Registry) throws -> DatasetNumber {
    guard caller.datasets?.contains(name) ?? true else {
      throw Problem(.forbidden, "the token is not for dataset \(name)")
    }
    return try registry.addDataset(name)
  }
}

/// Answers the requests below one path.
protocol Route: Sendable {
  /// Answers a request.
  ///
  /// - Throws: ``Problem`` and `StoreError` become what the route's family has for them.
  func respond(to exchange: Exchange) async throws -> Response
}

/// A route, how its family words a refusal, and what it asks for.
struct Endpoint: Sendable {
  let route: any Route
  let family: RouteFamily
  let need: AccessNeed
  /// True for a route that asks for a token also where the server asks for none.
  var asksForToken = false
  /// True where a token may stand in the query as `access_token`: for WebSocket clients that send
  /// no header fields of their own.
  var takesTokenInQuery = false
  /// True where the body is a form that may show who asks; it is read before anybody is let in.
  var takesForm = false

  /// Makes an endpoint.
  ///
  /// - Parameter scope: what the caller must hold; nil serves everybody.
  init(_ route: any Route, _ family: RouteFamily, scope: Scope? = .query) {
    self.init(route, family, need: scope.map { .scope($0) } ?? .nothing)
  }

  init(_ route: any Route, _ family: RouteFamily, need: AccessNeed) {
    self.route = route
    self.family = family
    self.need = need
  }
}
