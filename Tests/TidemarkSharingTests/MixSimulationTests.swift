import Testing
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import TidemarkTesting

/// What simulations say of records whose fate is plain.
struct MixSimulationTests {
  private typealias Row = (owner: String, count: UInt64, sensors: [SensorNumber])

  private func run(
    _ records: [Row], colluders: Int = 2, _ change: (inout MixSettings) -> Void = { _ in }
  ) throws -> MixReport {
    let rig = try MixRig()
    var settings = MixRig.settings("simulated")
    settings.pendingSecondsMax = 86_400
    settings.windowSeconds = 600
    change(&settings)
    var simulation = MixSimulation(settings: settings, registry: rig.registry, seed: 7)
    for record in records {
      var sensors = SensorSet()
      for sensor in record.sensors { sensors.insert(sensor) }
      simulation.add(
        key: Sighting(record.owner, 1).key.span,
        value: RecordValue(
          timeFirst: MixRig.start, timeLast: MixRig.start + 10, count: record.count,
          sensors: sensors))
    }
    return try simulation.run(colluders: colluders) { _ in 0..<2 }
  }

  @Test func releasesWhatEnoughSensorsSaw() throws {
    let report = try run([("a", 10, [1, 2]), ("b", 5, [3]), ("c", 7, [0])])
    #expect(report.records == 2 && report.recordsWithoutSensor == 1)
    #expect(report.totals.pooled == 15 && report.totals.released == 10 && report.pending == 5)
    #expect(report.totals.recordsReleased == 1)
    #expect(report.domains == 1)
  }

  @Test func oneSightingPerSensorAtLeast() throws {
    let report = try run([("a", 3, [1, 2, 3])])
    #expect(report.totals.released == 3 && report.totals.recordsReleased == 1)
  }

  @Test func attackersSeeBehindWhatTheirSensorsShare() throws {
    // Sensor 1 contributes most, then 2: those are the attacker's.
    let report = try run([
      ("a", 100, [1, 3]), ("b", 600, [1, 2]), ("c", 6, [3, 4]), ("d", 30, [2, 3, 4]),
    ])
    #expect(report.totals.recordsReleased == 4)
    #expect(report.exposed.map(\.attackers) == [0, 1, 2])
    #expect(report.exposed.map(\.toOne) == [0, 2, 1])
    #expect(report.exposed.map(\.ownOnly) == [0, 0, 1])
    #expect(report.exposed.map(\.domainsToOne) == [0, 0, 0])
  }

  @Test func sightingsOfOneSensorExposeItWithoutAnyAttacker() throws {
    let report = try run([("a", 50, [1])], colluders: 0) {
      $0.sightingsMin = 50
      $0.sensorsMin = 1
    }
    #expect(report.exposed.map(\.toOne) == [1])
    #expect(report.exposed.map(\.domainsToOne) == [1])
  }

  @Test func theSameSeedGivesTheSame() throws {
    let records = (0..<200).map { index -> Row in
      ("o\(index)", UInt64(index % 9 + 1), Array(1...SensorNumber(index % 4 + 1)))
    }
    let one = try run(records)
    let other = try run(records)
    #expect(one.waits == other.waits && one.totals == other.totals)
    #expect(one.totals.released > 0)
  }
}
