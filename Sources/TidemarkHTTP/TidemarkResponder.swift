import HTTPTypes
import Hummingbird
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

  private let circl: CirclRoute
  private let records: RecordsRoute
  private let observations: ObservationsRoute
  private let health: HealthRoute

  init(
    store: any RecordStore, registry: Registry, origin: String,
    clock: @escaping @Sendable () -> UnixSeconds
  ) {
    circl = CirclRoute(store: store, registry: registry, origin: origin)
    records = RecordsRoute(store: store, registry: registry)
    observations = ObservationsRoute(
      store: store, registry: registry, writer: BatchWriter(store: store), clock: clock)
    health = HealthRoute(store: store, started: .now)
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
    if let rest = target.rest(after: "/pdns/query"), rest.first ?? 0x2F == 0x2F {
      return await circl.respond(to: request, rest: rest)
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
    switch String(decoding: target.path, as: UTF8.self) {
    case "/api/v1/records": try await records.respond(to: request, target: target)
    case "/api/v1/observations": try await observations.respond(to: request, target: target)
    case "/health": try await health.respond(to: request)
    default: throw Problem(.notFound, "nothing is served under this path")
    }
  }
}
