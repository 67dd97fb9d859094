import TidemarkMetrics
import TidemarkSharing

/// What partners have open and what became of their rows, as metrics. Labels are names that the
/// operator gave.
enum ShareMetrics {
  static func families(_ hub: PartnerHub) -> [MetricFamily] {
    let names = Dictionary(
      hub.directory.partners.map { ($0.id, $0.name) }, uniquingKeysWith: { $1 })
    func labels(_ partner: Int64, _ name: String, _ value: String) -> [(String, String)] {
      [("partner", names[partner] ?? String(partner)), (name, value)]
    }
    let streams = hub.streams
    return [
      MetricFamily(
        "tidemark_share_rows_total", .counter,
        help: "Rows of streams offered to partners, by what became of them.",
        samples: sums(
          hub.ledger.totals.map { (labels($0.partner, "rule", $0.rule.rawValue), $0.rows) })),
      MetricFamily(
        "tidemark_share_streams", .gauge, help: "Streams of partners that are open.",
        samples: sums(
          streams.map { (labels($0.partner, "outlet", $0.outlet.rawValue), UInt64($0.open)) })),
      MetricFamily(
        "tidemark_share_streams_total", .counter, help: "Streams of partners that were opened.",
        samples: sums(streams.map { (labels($0.partner, "outlet", $0.outlet.rawValue), $0.opened) })
      ),
    ]
  }

  /// A partner that was revoked and its successor may have one name: one series for both.
  private static func sums(
    _ counts: [(labels: [(String, String)], count: UInt64)]
  ) -> [MetricFamily.Sample] {
    var samples: [MetricFamily.Sample] = []
    for (labels, count) in counts {
      let known = samples.firstIndex { sample in
        sample.labels.map(\.value) == labels.map(\.1)
      }
      if let known {
        samples[known].value += Double(count)
      } else {
        samples.append(.init(Double(count), labels: labels.map { (name: $0.0, value: $0.1) }))
      }
    }
    return samples
  }
}
