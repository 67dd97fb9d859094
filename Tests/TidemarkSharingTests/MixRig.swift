import D4Wire
import DNSWire
import Synchronization
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import TidemarkTesting

/// A mixer on a store in memory, short to drive. Sensors are named `s1`, `s2`, …, and have these
/// numbers.
struct MixRig {
  static let start: UnixSeconds = 1_750_000_000

  let store: FaultyStore
  let registry: Registry
  let settings: [MixSettings]
  let directory: (any SensorDirectory)?
  private(set) var mixer: Mixer
  private let journalOctetsMax: Int

  init(
    _ settings: [MixSettings], sensors: Int = 8, directory: (any SensorDirectory)? = nil,
    journalOctetsMax: Int = Mixer.journalOctetsMax
  ) throws {
    store = FaultyStore()
    registry = try Registry(store: store)
    for number in 1...sensors { _ = try registry.addSensor("s\(number)") }
    self.settings = settings
    self.directory = directory
    self.journalOctetsMax = journalOctetsMax
    mixer = try Mixer(
      store: store, registry: registry, settings: settings, directory: directory,
      now: MixRig.start, journalOctetsMax: journalOctetsMax)
  }

  init(
    _ settings: MixSettings = MixRig.settings(), sensors: Int = 8,
    directory: (any SensorDirectory)? = nil
  ) throws {
    try self.init([settings], sensors: sensors, directory: directory)
  }

  /// m = k = 2, windows of 10 seconds, times as they are, everybody taken.
  static func settings(_ name: String = "mix") -> MixSettings {
    var settings = MixSettings(name: name)
    settings.tlpMax = .green
    settings.tlpDefault = .green
    settings.sensorsMin = 2
    settings.sensorsPerRecordMin = 2
    settings.windowSeconds = 10
    settings.coarsenSeconds = 1
    settings.pendingSecondsMax = 100
    return settings
  }

  /// The mixer dies, and a new one comes in its place.
  mutating func restart(with other: [MixSettings]? = nil) throws {
    mixer = try Mixer(
      store: store, registry: registry, settings: other ?? settings, directory: directory,
      now: MixRig.start, journalOctetsMax: journalOctetsMax)
  }

  /// One batch of sightings.
  func add(_ sightings: Sighting..., at now: UnixSeconds) throws {
    try add(sightings, at: now)
  }

  func add(_ sightings: [Sighting], at now: UnixSeconds) throws {
    _ = try mixer.apply(Sighting.batch(sightings), now: MixRig.start + now)
  }

  func tick(_ now: UnixSeconds) throws { try mixer.tick(now: MixRig.start + now) }

  /// What a stream let out, chunk by chunk, as text of owners: sorted inside a chunk.
  func owners(_ stream: String = "mix") throws -> [[String]] {
    try chunks(stream).map { $0.records.map { Sighting.owner(of: $0.key) }.sorted() }
  }

  func chunks(_ stream: String = "mix") throws -> [SharedChunk] {
    guard let log = mixer.log(named: stream) else { return [] }
    var chunks: [SharedChunk] = []
    while let chunk = try log.next(after: chunks.last?.sequence ?? 0) { chunks.append(chunk) }
    return chunks
  }

  var account: MixAccount { mixer.accounts[0] }
}

/// A sensor saw a record.
struct Sighting: Hashable {
  var owner: String
  var sensor: SensorNumber
  var time: UnixSeconds
  var count: UInt64
  var dataset: DatasetNumber

  /// - Parameter time: seconds behind the start of the test.
  init(
    _ owner: String, _ sensor: SensorNumber, time: UnixSeconds = 0, count: UInt64 = 1,
    dataset: DatasetNumber = .main
  ) {
    self.owner = owner
    self.sensor = sensor
    self.time = MixRig.start + time
    self.count = count
    self.dataset = dataset
  }

  var key: [UInt8] {
    StoreSample(owner + ".example.com", .a, [192, 0, 2, 1], dataset: dataset).key
  }

  static func owner(of key: [UInt8]) -> String {
    var wire: [UInt8] = []
    guard let view = RecordKeyView(key.span),
      RecordKeyView.appendWireName(reversed: key.span.extracting(view.reversedName), to: &wire),
      let length = wire.first
    else { return "?" }
    return String(decoding: wire.dropFirst().prefix(Int(length)), as: UTF8.self)
  }

  static func batch(_ sightings: [Sighting]) -> RecordBatch {
    let batch = RecordBatch(keepsSensorsApart: true)
    for sighting in sightings {
      batch.add(
        key: sighting.key.span, timeFirst: sighting.time, timeLast: sighting.time,
        count: sighting.count, sensor: sighting.sensor)
    }
    return batch
  }
}

/// A store in memory that fails when it is told to.
final class FaultyStore: RecordStore {
  /// What happens to a batch.
  enum Fault { case refused, writtenThenLost }

  private let base = MemoryStore()
  private let plan = Mutex<(left: Int, fault: Fault)?>(nil)
  private let count = Mutex(0)

  /// Lets `applies` batches pass, and then one fail.
  func fail(after applies: Int, _ fault: Fault) { plan.withLock { $0 = (applies, fault) } }

  /// Batches that came.
  var applies: Int { count.withLock { $0 } }

  @discardableResult
  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary {
    count.withLock { $0 += 1 }
    let fault = plan.withLock { plan -> Fault? in
      guard let (left, fault) = plan else { return nil }
      plan = left == 0 ? nil : (left - 1, fault)
      return left == 0 ? fault : nil
    }
    if fault == .refused { throw .diskFull(detail: "as the test wants it") }
    let summary = try base.apply(batch)
    if fault == .writtenThenLost { throw .io(detail: "as the test wants it") }
    return summary
  }

  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) { try base.scan(family, range, limit: limit, row) }

  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) { try base.values(ofRecords: keys, found) }

  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try base.state(key) }
  func statistics() throws(StoreError) -> StoreStatistics { try base.statistics() }
}

/// Sensors by name.
final class KnownSensors: SensorDirectory {
  private let profiles = Mutex<[String: SensorProfile]>([:])

  func set(
    _ name: String, tlp: TLP = .green, state: SensorState = .approved,
    mixClass: String = "standard", owner: String = ""
  ) {
    let profile = SensorProfile(
      uuid: SensorUUID.random(), name: name, state: state, owner: owner, tlp: tlp,
      mixClass: mixClass)
    profiles.withLock { $0[name] = profile }
  }

  func profile(of uuid: SensorUUID) -> SensorProfile? {
    profiles.withLock { $0.values.first { $0.uuid == uuid } }
  }
  func profile(named sensor: String) -> SensorProfile? { profiles.withLock { $0[sensor] } }
  func register(_ request: SensorRegistration) throws -> SensorRegistrationOutcome { .registered }
  func noteUnknown(_ uuid: SensorUUID) {}
  func note(_ activity: SensorActivity) {}
  func activities() -> [SensorActivitySum] { [] }
}
