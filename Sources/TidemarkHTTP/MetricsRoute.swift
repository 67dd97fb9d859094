import HTTPTypes
import Hummingbird
import TidemarkMetrics

/// `GET /metrics`: counters of this process as Prometheus text.
struct MetricsRoute: Route {
  let registry: PrometheusRegistry

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    return Response(
      status: .ok,
      headers: [.contentType: PrometheusRegistry.contentType, .cacheControl: "no-store"],
      octets: Array(registry.text().utf8), isHead: exchange.isHead)
  }
}
