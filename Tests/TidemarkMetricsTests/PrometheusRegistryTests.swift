import CoreMetrics
import Testing
import TidemarkMetrics

@Suite struct PrometheusRegistryTests {
  @Test func countsThroughTheFacade() {
    let registry = PrometheusRegistry()
    let counter = Counter(
      label: "tidemark_events_total", dimensions: [("kind", "rotated")], factory: registry)
    counter.increment()
    counter.increment(by: 4)
    #expect(
      registry.text() == """
        # TYPE tidemark_events_total counter
        tidemark_events_total{kind="rotated"} 5

        """)
  }

  @Test func timersAreShownInSeconds() {
    let registry = PrometheusRegistry()
    let timer = CoreMetrics.Timer(label: "write_seconds", dimensions: [], factory: registry)
    timer.recordNanoseconds(1_500_000_000)
    timer.recordNanoseconds(500_000_000)
    #expect(
      registry.text() == """
        # TYPE write_seconds summary
        write_seconds_sum 2
        write_seconds_count 2

        """)
  }

  @Test func labelsCannotBreakOutOfTheirQuotes() {
    let registry = PrometheusRegistry()
    registry.addCollector {
      [
        MetricFamily(
          "x", .gauge, help: "a\nb",
          samples: [.init(1, labels: [("source", "a\"} 9\nfake 1\\")])])
      ]
    }
    #expect(
      registry.text() == #"""
        # HELP x a\nb
        # TYPE x gauge
        x{source="a\"} 9\nfake 1\\"} 1

        """#)
  }

  @Test func seriesBeyondTheLimitAreCountedAndNotKept() {
    let registry = PrometheusRegistry()
    for index in 0..<(PrometheusRegistry.seriesMax + 3) {
      Counter(label: "n", dimensions: [("i", "\(index)")], factory: registry).increment()
    }
    let text = registry.text()
    #expect(text.contains("tidemark_metrics_refused_total 3\n"))
    #expect(text.split(separator: "\n").count < PrometheusRegistry.seriesMax + 10)
  }

  @Test func destroyedSeriesAreGone() {
    let registry = PrometheusRegistry()
    let counter = Counter(label: "gone_total", dimensions: [], factory: registry)
    counter.increment()
    counter.destroy()
    #expect(registry.text().isEmpty)
  }

  @Test func namesAreMadeLegal() {
    let registry = PrometheusRegistry()
    Counter(label: "9http.requests-x", dimensions: [], factory: registry).increment()
    #expect(registry.text().hasPrefix("# TYPE _9http_requests_x counter\n"))
  }
}
