import TidemarkAccess
import TidemarkMetrics

/// What became of requests at the gate, as metrics. No token and no name of one is a label.
enum AccessMetrics {
  static func families(_ counts: AccessCounts) -> [MetricFamily] {
    [
      MetricFamily(
        "tidemark_access_requests_total", .counter,
        help: "Requests that needed a token, by what became of them.",
        samples: counts.outcomes.map {
          MetricFamily.Sample(Double($0.requests), labels: [("outcome", $0.name)])
        }),
      MetricFamily(
        "tidemark_access_directory_failures_total", .counter,
        help: "Times that the control database could not be read or written.",
        samples: [MetricFamily.Sample(Double(counts.failures))]),
      MetricFamily(
        "tidemark_access_running", .gauge, help: "Requests of tokens under way.",
        samples: [MetricFamily.Sample(Double(counts.running))]),
      MetricFamily(
        "tidemark_access_tokens", .gauge, help: "Valid tokens.",
        samples: [MetricFamily.Sample(Double(counts.tokens))]),
    ]
  }
}
