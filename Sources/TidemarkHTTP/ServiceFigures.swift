import TidemarkMetrics
import TidemarkWeb

/// What the service page shows of the numbers of `/metrics`, taken once.
struct ServiceFigures {
  private let families: [String: MetricFamily]

  init(_ registry: PrometheusRegistry) {
    families = Dictionary(registry.families().map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  /// Open connections; nil when nobody counts them.
  var connections: UInt64? {
    families["tidemark_http_connections"]?.samples.first.map(ServiceFigures.whole)
  }

  /// Requests answered, by API family.
  var requests: [(family: String, count: UInt64)] {
    sums(of: "tidemark_http_requests_total", by: "family")
  }

  /// Accounts of sources, in the order of their names.
  var sources: [ServiceSource] {
    var sources: [String: ServiceSource] = [:]
    func add(_ family: String, _ take: (inout ServiceSource, MetricFamily.Sample, UInt64) -> Void) {
      for sample in families[family]?.samples ?? [] {
        guard let name = ServiceFigures.label("source", of: sample) else { continue }
        take(
          &sources[name, default: ServiceSource(name: name)], sample, ServiceFigures.whole(sample))
      }
    }
    add("tidemark_items_read_total") { $0.read = $2 }
    add("tidemark_responses_total") { $0.responses = $2 }
    add("tidemark_records_offered_total") { $0.offered = $2 }
    add("tidemark_records_total") { source, sample, count in
      if let outcome = ServiceFigures.label("outcome", of: sample) {
        source.outcomes[outcome, default: 0] += count
      }
    }
    add("tidemark_records_refused_total") { source, sample, count in
      source.reasons.append(
        ServiceSource.Reason(
          outcome: ServiceFigures.label("outcome", of: sample) ?? "",
          reason: ServiceFigures.label("reason", of: sample) ?? "", count: count))
    }
    add("tidemark_source_events_total") { source, sample, count in
      source.events.append((ServiceFigures.label("event", of: sample) ?? "", count))
    }
    return sources.values.sorted { $0.name < $1.name }
  }

  /// Streams that this process mixes, in the order of their names.
  var streams: [ServiceSharing.Stream] {
    var streams: [String: ServiceSharing.Stream] = [:]
    let prefix = "tidemark_share_"
    for (name, family) in families where name.hasPrefix(prefix) {
      let number = String(name.dropFirst(prefix.count))
      for sample in family.samples {
        guard let stream = ServiceFigures.label("stream", of: sample) else { continue }
        var known = streams[stream] ?? ServiceSharing.Stream(name: stream)
        switch number {
        case "sightings_total":
          known.sightings[ServiceFigures.label("outcome", of: sample) ?? ""] = ServiceFigures.whole(
            sample)
        case "dropped_records_total":
          known.dropped.append(
            (ServiceFigures.label("reason", of: sample) ?? "", ServiceFigures.whole(sample)))
        default:
          if sample.labels.count == 1 { known.numbers[number] = ServiceFigures.whole(sample) }
        }
        streams[stream] = known
      }
    }
    return streams.values.sorted { $0.name < $1.name }
  }

  /// The sums of a family's samples by a label, greatest first.
  private func sums(of family: String, by name: String) -> [(family: String, count: UInt64)] {
    var sums: [String: UInt64] = [:]
    for sample in families[family]?.samples ?? [] {
      guard let label = ServiceFigures.label(name, of: sample) else { continue }
      sums[label, default: 0] += ServiceFigures.whole(sample)
    }
    return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { (family: $0.key, count: $0.value) }
  }

  private static func label(_ name: String, of sample: MetricFamily.Sample) -> String? {
    sample.labels.first { $0.name == name }?.value
  }

  /// A metric as a whole number: 0 for what is none, the greatest one for what is greater.
  private static func whole(_ sample: MetricFamily.Sample) -> UInt64 {
    guard sample.value > 0 else { return 0 }
    return sample.value < 1.8e19 ? UInt64(sample.value) : .max
  }
}
