import TidemarkMetrics
import TidemarkSharing

/// Sensors in metrics. The label is the name that the operator gave, or the UUID.
enum SensorMetrics {
  /// Sensors that have samples of their own: those that became known first, so that a counter never
  /// changes its place. The others are summed up in a sample without label.
  static let sensorsMax = 1_000

  static func families(_ directory: any SensorDirectory) -> [MetricFamily] {
    let sums = directory.activities()
    return [states(sums), unknown(directory.unknownAttempts)] + counters(sums) + gauges(sums)
  }

  private static func states(_ sums: [SensorActivitySum]) -> MetricFamily {
    MetricFamily(
      "tidemark_sensors", .gauge, help: "Sensors, by what was decided about them.",
      samples: SensorState.allCases.map { state in
        .init(
          Double(sums.count { $0.state == state }), labels: [("state", state.rawValue)])
      })
  }

  private static func unknown(_ attempts: UInt64) -> MetricFamily {
    MetricFamily(
      "tidemark_sensors_unknown_total", .counter,
      help: "Attempts to send by sensors that are not known.", samples: [.init(Double(attempts))])
  }

  /// Numbers since a sensor became known: a restart does not begin them anew.
  private static func counters(_ sums: [SensorActivitySum]) -> [MetricFamily] {
    func family(
      _ name: String, _ help: String, _ value: (SensorActivitySum) -> UInt64
    ) -> MetricFamily {
      var family = MetricFamily("tidemark_sensor_\(name)_total", .counter, help: help)
      family.samples = sums.prefix(sensorsMax).map {
        .init(Double(value($0)), labels: [("sensor", $0.name)])
      }
      if sums.count > sensorsMax {
        let rest = sums.dropFirst(sensorsMax).reduce(0.0) { $0 + Double(value($1)) }
        family.samples.append(.init(rest))
      }
      return family
    }
    return [
      family("packets", "Packets taken, by sensor.") { $0.packets },
      family("octets", "Octets of the packets' payloads, by sensor.") { $0.octets },
      family("records", "Lines and messages read out of packets, by sensor.") { $0.records },
      family("losses", "What came and could not be read, or is known to be missing, by sensor.") {
        $0.losses
      },
    ]
  }

  private static func gauges(_ sums: [SensorActivitySum]) -> [MetricFamily] {
    var seen = MetricFamily(
      "tidemark_sensor_last_seen_timestamp_seconds", .gauge,
      help: "When a sensor's last packet was taken.")
    var offsets = MetricFamily(
      "tidemark_sensor_clock_offset_seconds", .gauge,
      help: "A sensor's clock less ours, by its last packet.")
    for sum in sums.prefix(sensorsMax) {
      let label = (name: "sensor", value: sum.name)
      if let time = sum.lastSeen { seen.samples.append(.init(Double(time), labels: [label])) }
      if let offset = sum.clockOffset {
        offsets.samples.append(.init(Double(offset), labels: [label]))
      }
    }
    return [seen, offsets]
  }
}
