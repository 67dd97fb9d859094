import Testing
import TidemarkConfiguration
import TidemarkSharing

/// The section `share`.
struct ShareConfigurationTests {
  private func read(_ share: String) throws -> [MixSettings] {
    let lines = share.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    let text = "http:\n  listen: 127.0.0.1:0\nshare:\n" + lines + "\n"
    return try CollectConfiguration(yaml: text).streams
  }

  @Test func readsEverySetting() throws {
    let streams = try read(
      """
      streams:
        - name: community
          datasets: [main, lab]
          tlp_max: amber
          default_tlp: clear
          classes: [standard, quiet]
          exclude_sensors: [s1, s2]
          distinct: owners
          sensors_min: 7
          k: 4
          n: 100
          window: 15m
          coarsen: 1d
          pending_max: 2h
          pool_max_records: 5000
          retention: 30d
          retention_octets: 2G
        - name: b
      """)
    var wanted = MixSettings(name: "community", datasets: ["main", "lab"])
    wanted.tlpMax = .amber
    wanted.tlpDefault = .clear
    wanted.classes = ["standard", "quiet"]
    wanted.excludedSensors = ["s1", "s2"]
    wanted.voice = .owners
    wanted.sensorsMin = 7
    wanted.sensorsPerRecordMin = 4
    wanted.sightingsMin = 100
    wanted.windowSeconds = 900
    wanted.coarsenSeconds = 86_400
    wanted.pendingSecondsMax = 7_200
    wanted.poolRecordsMax = 5_000
    wanted.retentionSeconds = 30 * 86_400
    wanted.retentionOctets = 2 << 30
    #expect(streams == [wanted, MixSettings(name: "b")])
  }

  @Test func standardSettingsAreCautious() throws {
    let stream = try #require(try read("streams:\n  - name: s").first)
    #expect(stream.tlpMax < stream.tlpDefault, "who is not registered is not shared")
    #expect(stream.sensorsPerRecordMin >= 3 && stream.sightingsMin == 0)
    #expect(stream.sensorsMin >= stream.sensorsPerRecordMin && stream.coarsenSeconds >= 3_600)
  }

  @Test func anotherServerMustNotNameTheSensorsThatStreamsCount() throws {
    let source = "sources:\n  - {name: p, format: cof, fetch: 'https://h.example.net/x'"
    let share = "share:\n  streams:\n    - name: s\n"
    let error = try #require(throws: ConfigurationError.self) {
      try CollectConfiguration(yaml: share + source + "}\n")
    }
    #expect(error.path == "sources[0].sensor" && error.reason.contains("streams count sensors"))
    let named = try CollectConfiguration(yaml: share + source + ", sensor: p}\n")
    #expect(named.sources.map(\.letsOthersNameSensors) == [false])
    let alone = try CollectConfiguration(yaml: source + "}\n")
    #expect(alone.sources.map(\.letsOthersNameSensors) == [true])
  }

  @Test(arguments: [
    "name: Upper", "name: a/b", "name: ''", "name: s\n    k: 0", "name: s\n    n: -1",
    "name: s\n    window: 0", "name: s\n    window: 10x", "name: s\n    tlp_max: pink",
    "name: s\n    datasets: []", "name: s\n    pool_max_records: 10", "name: s\n    unknown: 1",
    "name: s\n    distinct: cats", "name: s\n  - name: s",
    "name: a23456789012345678901234567890123",
  ])
  func refusesWhatMakesNoSense(_ lines: String) {
    #expect(throws: ConfigurationError.self) { try read("streams:\n  - " + lines) }
  }
}
