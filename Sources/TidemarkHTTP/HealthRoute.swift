import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkStore

/// `GET /health`: whether the store can be read, and about how much it holds. Without a store it
/// only says that the process answers. Where tokens are asked for, callers without one are told the
/// status and nothing else.
struct HealthRoute: Route {
  let store: (any RecordStore)?
  let gate: Gate
  let started: ContinuousClock.Instant

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var status = HTTPResponse.Status.ok
    var json = JSONLine()
    let isKnown = gate.knows(exchange.request)
    do {
      let statistics = try await NIOThreadPool.singleton.runIfActive { [store] in
        _ = try store?.state(StateKey.format)
        return try store?.statistics()
      }
      json.add("status", "ok")
      if isKnown, let statistics {
        json.add("format", UInt64(statistics.format))
        json.add("records", statistics.families.first { $0.family == .records }?.keys ?? 0)
      }
    } catch let error as StoreError {
      status = .serviceUnavailable
      json.add("status", "failed")
      if isKnown { json.add("error", error.description) }
    }
    let uptime = (ContinuousClock.now - started).components.seconds
    if isKnown { json.add("uptime_seconds", UInt64(clamping: uptime)) }
    return Response(
      status: status,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .vary: RouteFamily.native.vary,
      ],
      octets: json.finished(), isHead: exchange.isHead)
  }
}
