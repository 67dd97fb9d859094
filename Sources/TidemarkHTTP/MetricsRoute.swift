import HTTPTypes
import Hummingbird
import TidemarkMetrics

/// `GET /metrics`: the metrics of this process as Prometheus text.
struct MetricsRoute: Sendable {
  let registry: PrometheusRegistry

  func respond(to request: Request) throws(Problem) -> Response {
    let isHead = request.method == .head
    guard isHead || request.method == .get else { throw Problem.method(allowed: "GET, HEAD") }
    return Response(
      status: .ok,
      headers: [.contentType: PrometheusRegistry.contentType, .cacheControl: "no-store"],
      octets: Array(registry.text().utf8), isHead: isHead)
  }
}
