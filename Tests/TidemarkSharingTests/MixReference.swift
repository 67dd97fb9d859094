import TidemarkModel
import TidemarkSharing
import TidemarkTesting

/// The mixing rule in its plainest form, for histories that fit into any pool: dictionaries, and
/// nothing is written.
struct MixReference {
  struct Entry: Equatable {
    var timeFirst: UnixSeconds
    var timeLast: UnixSeconds
    var count: UInt64
    var sensors: Set<SensorNumber>
    var pooledAt: UnixSeconds
  }

  struct Release: Hashable {
    var owner: String
    var timeFirst: UnixSeconds
    var timeLast: UnixSeconds
    var count: UInt64
  }

  let settings: MixSettings
  private(set) var pool: [String: Entry] = [:]
  private(set) var released: [[Release]] = []
  private(set) var dropped: UInt64 = 0
  private var closesAt: UnixSeconds?
  private var contributors: Set<SensorNumber> = []

  init(_ settings: MixSettings) {
    self.settings = settings
  }

  mutating func add(_ sightings: [Sighting], at now: UnixSeconds) {
    for sighting in sightings where sighting.sensor > 0 {
      if closesAt == nil { closesAt = now + UnixSeconds(settings.windowSeconds) }
      contributors.insert(sighting.sensor)
      var entry =
        pool[sighting.owner]
        ?? Entry(
          timeFirst: sighting.time, timeLast: sighting.time, count: 0, sensors: [], pooledAt: now)
      entry.timeFirst = min(entry.timeFirst, sighting.time)
      entry.timeLast = max(entry.timeLast, sighting.time)
      entry.count += sighting.count
      entry.sensors.insert(sighting.sensor)
      pool[sighting.owner] = entry
    }
  }

  mutating func tick(_ now: UnixSeconds) {
    guard let end = closesAt else {
      let oldest = pool.values.map(\.pooledAt).min() ?? now
      let patience = settings.pendingSecondsMax + max(settings.windowSeconds, 60)
      if Int(now) - Int(oldest) > patience { dropOld(now) }
      return
    }
    guard now >= end else { return }
    if contributors.count < settings.sensorsMin {
      var next = end
      while next <= now { next += UnixSeconds(settings.windowSeconds) }
      closesAt = next
      return dropOld(now)
    }
    closesAt = nil
    contributors = []
    let step = UnixSeconds(settings.coarsenSeconds)
    var release: [Release] = []
    for (owner, entry) in pool where isSafe(entry) {
      release.append(
        Release(
          owner: owner, timeFirst: entry.timeFirst / step * step,
          timeLast: entry.timeLast / step * step, count: entry.count))
      pool[owner] = nil
    }
    if !release.isEmpty { released.append(release.sorted { $0.owner < $1.owner }) }
    dropOld(now)
  }

  private mutating func dropOld(_ now: UnixSeconds) {
    for (owner, entry) in pool where Int(now) - Int(entry.pooledAt) > settings.pendingSecondsMax {
      dropped += entry.count
      pool[owner] = nil
    }
  }

  private func isSafe(_ entry: Entry) -> Bool {
    entry.sensors.count >= settings.sensorsPerRecordMin
      || settings.sightingsMin > 0 && entry.count >= settings.sightingsMin
  }
}

/// A random history: batches and ticks at rising times.
struct MixHistory {
  enum Event {
    case batch([Sighting], at: UnixSeconds)
    case tick(at: UnixSeconds)
  }

  var settings: MixSettings
  var events: [Event] = []

  init(seed: UInt64, events count: Int) {
    var random = SeededGenerator(seed: seed)
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    settings = MixRig.settings()
    settings.sensorsMin = 1 + below(4)
    settings.sensorsPerRecordMin = 1 + below(4)
    settings.sightingsMin = [0, 0, 20, 5][below(4)]
    settings.windowSeconds = [1, 10, 60][below(3)]
    settings.coarsenSeconds = [1, 60, 3_600][below(3)]
    settings.pendingSecondsMax = [0, 30, 300][below(3)]
    let owners = 3 + below(30)
    let sensors = 2 + below(7)
    var now: UnixSeconds = 0
    for _ in 0..<count {
      now += UnixSeconds([0, 1, 3, 20][below(4)])
      if below(3) == 0 {
        events.append(.tick(at: now))
      } else {
        let sightings = (0..<(1 + below(6))).map { _ in
          Sighting(
            "o\(below(owners))", SensorNumber(below(sensors)),
            time: UnixSeconds(below(Int(now) + 1)), count: UInt64(1 + below(5)))
        }
        events.append(.batch(sightings, at: now))
      }
    }
  }
}

extension MixRig {
  /// What was let out, chunk by chunk, as the reference says it.
  func releases() throws -> [[MixReference.Release]] {
    try chunks().map { chunk in
      chunk.records.map {
        MixReference.Release(
          owner: Sighting.owner(of: $0.key), timeFirst: $0.timeFirst, timeLast: $0.timeLast,
          count: $0.count)
      }.sorted { $0.owner < $1.owner }
    }
  }
}
