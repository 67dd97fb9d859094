public import TidemarkModel

/// What a simulated stream let out, and what that tells.
public struct MixReport: Sendable {
  /// What an attacker who runs some of the sensors can tell of what was released.
  public struct Exposed: Sendable, Equatable {
    /// Sensors that the attacker runs.
    public var attackers: Int
    /// Releases of a record behind which stands exactly one sensor that is not the attacker's: it
    /// alone saw what was released.
    public var toOne: UInt64 = 0
    /// Releases of records that only the attacker's sensors saw: they tell nothing.
    public var ownOnly: UInt64 = 0
    /// Registered domains of which everything that was released comes from one sensor that is not
    /// the attacker's.
    public var domainsToOne: UInt64 = 0
  }

  /// Records of the store that were run, and those left out because no sensor is known.
  public internal(set) var records: UInt64 = 0
  /// Records that no named sensor saw: they are never shared.
  public internal(set) var recordsWithoutSensor: UInt64 = 0
  /// What became of the sightings.
  public internal(set) var totals = MixTotals()
  /// Sightings that still wait at the end.
  public internal(set) var pending: UInt64 = 0
  /// Seconds that each release waited in the pool, from the first sighting in it; ascending.
  public internal(set) var waits: [UnixSeconds] = []
  /// For an attacker with 0, 1, 2, … sensors.
  public internal(set) var exposed: [Exposed] = []
  /// Registered domains of what was released.
  public internal(set) var domains = 0

  /// The wait that a share of the releases stays below, from 0 to 1; nil without a release.
  public func wait(quantile: Double) -> UnixSeconds? {
    waits.isEmpty ? nil : waits[min(Int(Double(waits.count) * quantile), waits.count - 1)]
  }

  mutating func finish(_ stream: MixStream, _ exposure: MixExposure) {
    totals = stream.state.totals
    pending = stream.pool.sightings
    waits.sort()
    exposed = exposure.exposed
    domains = exposure.domains.count
  }
}

/// Sums what releases tell attackers of growing strength.
struct MixExposure {
  private let attackers: [SensorNumber]
  private var releases: [MixReport.Exposed]
  private(set) var domains: [[UInt8]: SensorSet] = [:]

  /// - Parameter attackers: the first of them, the first two, and so on.
  init(attackers: [SensorNumber]) {
    self.attackers = attackers
    releases = (0...attackers.count).map { MixReport.Exposed(attackers: $0) }
  }

  mutating func note(_ sensors: SensorSet, domain: [UInt8]?) {
    if let domain { domains[domain, default: SensorSet()].formUnion(sensors) }
    var honest = sensors.count
    for count in releases.indices {
      if count > 0, sensors.contains(attackers[count - 1]) { honest -= 1 }
      if honest == 1 { releases[count].toOne += 1 }
      if honest == 0 { releases[count].ownOnly += 1 }
    }
  }

  var exposed: [MixReport.Exposed] {
    var result = releases
    for sensors in domains.values {
      var honest = sensors.count
      for count in result.indices {
        if count > 0, sensors.contains(attackers[count - 1]) { honest -= 1 }
        if honest == 1 { result[count].domainsToOne += 1 }
      }
    }
    return result
  }
}
