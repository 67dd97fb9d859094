import D4Wire
import TidemarkHTTP
import TidemarkMetrics
import TidemarkSharing
import TidemarkStore
import Testing

/// What `/metrics` says of sensors.
@Suite(.timeLimit(.minutes(10)))
struct SensorMetricsTests {
  private func metrics(_ shelf: SensorShelf) async throws -> Set<String> {
    let registry = TidemarkServer.Settings().metrics
    var settings = TidemarkServer.Settings()
    settings.sensors = shelf
    settings.metrics = registry
    _ = TidemarkServer(settings: settings)
    return Set(registry.text().split(separator: "\n").map(String.init))
  }

  @Test func numbersOfASensorStandUnderItsName() async throws {
    let shelf = SensorShelf()
    var sum = SensorActivitySum(uuid: .random(), name: "office \"1\"\n", state: .approved)
    sum.add(
      SensorActivity(
        uuid: sum.uuid, seen: 1_700_000_000, packets: 2, octets: 300, records: 40, losses: 5,
        clockOffset: -7, lastError: "the HMAC does not match"))
    shelf.add(sum)
    shelf.add(SensorActivitySum(uuid: .random(), name: "silent", state: .pending))
    let lines = try await metrics(shelf)
    let label = "{sensor=\"office \\\"1\\\"\\n\"}"
    for (name, value) in [
      ("packets_total", "2"), ("octets_total", "300"), ("records_total", "40"),
      ("losses_total", "5"), ("clock_offset_seconds", "-7"),
      ("last_seen_timestamp_seconds", "1700000000"),
    ] {
      #expect(lines.contains("tidemark_sensor_\(name)\(label) \(value)"), "\(name)")
    }
    #expect(lines.contains("tidemark_sensor_packets_total{sensor=\"silent\"} 0"))
    // A time that is not known is no time.
    #expect(!lines.contains { $0.hasPrefix("tidemark_sensor_last_seen") && $0.contains("silent") })
    #expect(lines.contains("tidemark_sensors{state=\"approved\"} 1"))
    #expect(lines.contains("tidemark_sensors{state=\"blocked\"} 0"))
    #expect(lines.contains("tidemark_sensors_unknown_total 0"))
  }

  @Test func beyondAThousandSensorsTheRestIsSummed() async throws {
    let shelf = SensorShelf()
    for index in 0..<1_003 {
      var sum = SensorActivitySum(uuid: .random(), name: "s\(index)", state: .approved)
      sum.add(SensorActivity(uuid: sum.uuid, seen: 1, packets: 1, octets: 10))
      shelf.add(sum)
    }
    let lines = try await metrics(shelf)
    let packets = lines.filter { $0.hasPrefix("tidemark_sensor_packets_total") }
    #expect(packets.count == 1_001)
    #expect(packets.contains("tidemark_sensor_packets_total{sensor=\"s999\"} 1"))
    #expect(packets.contains("tidemark_sensor_packets_total 3"))
    #expect(lines.contains("tidemark_sensor_octets_total 30"))
    #expect(lines.filter { $0.hasPrefix("tidemark_sensor_last_seen") }.count == 1_000)
  }
}
