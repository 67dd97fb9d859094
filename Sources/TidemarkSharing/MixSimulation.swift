public import TidemarkModel
public import TidemarkStore

/// What a stream would have let out of the records that a store holds, and what that would have
/// told an attacker (docs/notes/0007-mixing.md, "Simulation").
///
/// The records of a store are sums. Each is taken apart again into sightings: one on each of its
/// days at least, by as many of its sensors as its count allows, the first at time_first, the last
/// at time_last, the others at random times of their days. They run through the pool, the windows
/// and the rule of a stream as they would in a collector.
public struct MixSimulation {
  /// Sightings that are held at once, some 24 octets each.
  public static let sightingsMax = 50_000_000

  /// One sighting, or several of a sensor and a day.
  private struct Sighting {
    let time: UnixSeconds
    let sensor: UInt16
    let record: UInt32
    let count: UInt64
  }

  private var sightings: [Sighting] = []
  private var keys = OctetStrings()
  private var random: MixRandom
  private let settings: MixSettings
  private let registry: Registry
  private let span: ClosedRange<UnixSeconds>
  private(set) var report = MixReport()

  /// Begins a simulation.
  ///
  /// - Parameters:
  ///   - settings: marking, classes and retention make no difference.
  ///   - registry: of the store that the records come from.
  ///   - span: days outside are left out.
  ///   - seed: decides where sightings lie that the store does not tell.
  public init(
    settings: MixSettings, registry: Registry,
    span: ClosedRange<UnixSeconds> = 0...UnixSeconds.max, seed: UInt64
  ) {
    var settings = settings
    settings.tlpMax = .red
    settings.tlpDefault = .clear
    settings.classes = [SensorProfile.standardClass]
    self.settings = settings
    self.registry = registry
    self.span = span
    random = MixRandom(state: seed)
  }

  /// True when no further record may be added.
  public var isFull: Bool {
    sightings.count >= MixSimulation.sightingsMax || keys.count >= Int(UInt32.max)
  }

  /// Adds a record of the store.
  public mutating func add(key: Span<UInt8>, value: RecordValue) {
    let days = value.daysSeen.filter { day in
      let start = UInt64(day) * UInt64(TimeLimits.secondsPerDay)
      return start + UInt64(TimeLimits.secondsPerDay) > UInt64(span.lowerBound)
        && start <= UInt64(span.upperBound)
    }
    guard !days.isEmpty else { return }
    let sensors = value.sensors.numbers.filter { $0 > 0 }
    guard !sensors.isEmpty else {
      report.recordsWithoutSensor += 1
      return
    }
    report.records += 1
    let record = UInt32(keys.count)
    keys.append(key)
    let perDay = min(sensors.count, Int(clamping: max(value.count / UInt64(days.count), 1)))
    // Every sensor is there at least once, also when there are more of them than days have room.
    let total = max(perDay * days.count, sensors.count)
    let each = max(value.count / UInt64(total), 1)
    let rest = value.count - min(value.count, each * UInt64(total))
    let turn = Int(random.below(UInt64(sensors.count)))
    for index in 0..<total {
      let day = days[index * days.count / total]
      sightings.append(
        Sighting(
          time: time(on: day, of: value, isFirst: index == 0, isLast: index == total - 1),
          sensor: UInt16(sensors[(index + turn) % sensors.count]), record: record,
          count: index == 0 ? each + rest : each))
    }
  }

  /// Runs everything that was added through the stream.
  ///
  /// - Parameters:
  ///   - colluders: for how many sensors of an attacker, at most, exposure is worked out; the
  ///     attacker has those that contribute most.
  ///   - domain: the octets of a key that name the registered domain, or nil when there is none.
  public mutating func run(
    colluders: Int, domain: (_ key: Span<UInt8>) -> Range<Int>?
  ) throws(StoreError) -> MixReport {
    var report = report
    sightings.sort { ($0.time, $0.record, $0.sensor) < ($1.time, $1.record, $1.sensor) }
    var exposure = MixExposure(attackers: MixSimulation.strongest(colluders, of: sightings))
    let standing = MixStanding(settings: settings, registry: registry, directory: nil)
    var stream = try MixStream(settings, store: MemoryStore(), standing: standing, journalEnd: 1)
    func perform(_ step: MixStream.Step, _ stream: inout MixStream, at now: UnixSeconds) {
      stream.perform(step, now: now) { record, key, _ in
        report.waits.append(now - min(now, record.pooledAt))
        exposure.note(
          record.sensors, domain: domain(key).map { Array(copying: key.extracting($0)) })
      }
    }
    for sighting in sightings {
      while let window = stream.state.window, window.closesAt <= UInt64(sighting.time),
        let step = stream.due(now: UnixSeconds(clamping: window.closesAt))
      {
        // Nothing comes before the sighting: a window that stays open does so until then.
        let end = step == .extend ? sighting.time : UnixSeconds(clamping: window.closesAt)
        perform(step, &stream, at: end)
      }
      let contribution = RecordBatch.Contribution(
        sensor: SensorNumber(sighting.sensor), timeFirst: sighting.time, timeLast: sighting.time,
        count: sighting.count)
      keys.withSpan(Int(sighting.record)) { key in
        let hash = RecordBatch.hash(of: key)
        while !stream.take(contribution, to: key, hash: hash, at: sighting.time) {
          perform(.makeRoom, &stream, at: sighting.time)
        }
      }
    }
    // The last window ends like any other; nothing comes after it.
    if let window = stream.state.window {
      let end = UnixSeconds(clamping: window.closesAt)
      if let step = stream.due(now: end) { perform(step, &stream, at: end) }
    }
    report.finish(stream, exposure)
    return report
  }

  /// The sensors with most sightings, most first.
  private static func strongest(_ count: Int, of sightings: [Sighting]) -> [SensorNumber] {
    var sums: [SensorNumber: UInt64] = [:]
    for sighting in sightings { sums[SensorNumber(sighting.sensor), default: 0] &+= sighting.count }
    let order = sums.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    return order.prefix(count).map(\.key)
  }

  private mutating func time(
    on day: UnixDay, of value: RecordValue, isFirst: Bool, isLast: Bool
  ) -> UnixSeconds {
    let start = day * TimeLimits.secondsPerDay
    let first = max(start, value.timeFirst)
    let last = min(start + (TimeLimits.secondsPerDay - 1), value.timeLast)
    if isFirst, day == value.dayFirst { return value.timeFirst }
    if isLast, day == value.dayLast { return value.timeLast }
    return first + UnixSeconds(random.below(UInt64(last - first) + 1))
  }
}

/// Numbers that are the same for the same seed (splitmix64).
struct MixRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number below `bound`, which is 1 or more.
  mutating func below(_ bound: UInt64) -> UInt64 { UInt64.random(in: 0..<bound, using: &self) }
}
