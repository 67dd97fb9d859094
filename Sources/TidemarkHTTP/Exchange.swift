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
}

/// Answers the requests below one path.
protocol Route: Sendable {
  /// Answers a request.
  ///
  /// - Throws: ``Problem`` and `StoreError` become what the route's family has for them.
  func respond(to exchange: Exchange) async throws -> Response
}

/// A route, how its family words a refusal, and the scope that it needs.
struct Endpoint: Sendable {
  let route: any Route
  let family: RouteFamily
  /// Nil: served to everybody.
  let scope: Scope?

  init(_ route: any Route, _ family: RouteFamily, scope: Scope? = .query) {
    self.route = route
    self.family = family
    self.scope = scope
  }
}
