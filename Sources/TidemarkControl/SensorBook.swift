public import D4Wire
import Synchronization
public import TidemarkModel
public import TidemarkSharing

/// The sensors of a control database, in memory.
///
/// Whoever makes a book calls ``synchronize()`` about every second, by a ``ControlKeeper``: by
/// that, what was decided elsewhere becomes known, and what sensors did is written down.
///
/// - Concurrency: any thread. Only ``register(_:)`` and ``synchronize()`` may wait.
public final class SensorBook: SensorDirectory {
  /// Sensors that are not known and tried within one second; further ones are only counted.
  static let unknownPerSecondMax = 256
  /// What is kept of an error, characters.
  static let errorCharactersMax = 200

  private let database: ControlDatabase
  private let clock: @Sendable () -> UnixSeconds
  private let state = Mutex(State())
  /// Held for the time of ``synchronize()``.
  private let synchronizing = Mutex<Int64?>(nil)

  fileprivate struct State {
    var records: [SensorUUID: SensorRecord] = [:]
    var uuids: [String: SensorUUID] = [:]
    /// In the order in which they became known.
    var order: [SensorUUID] = []
    /// What was not written yet.
    var unwritten: [SensorUUID: SensorActivity] = [:]
    /// What is being written.
    var writing: [SensorUUID: SensorActivity] = [:]
    var newcomers: [SensorUUID: SensorActivity] = [:]
    var unknown: [SensorUUID: UnknownSensor] = [:]
    var attempts: UInt64 = 0
  }

  /// Reads the sensors.
  ///
  /// - Parameter clock: seconds since 1970.
  /// - Throws: ``ControlError``.
  public init(
    _ database: ControlDatabase, clock: @escaping @Sendable () -> UnixSeconds
  ) throws(ControlError) {
    self.database = database
    self.clock = clock
    try synchronize()
  }

  /// See `SensorDirectory`.
  public func profile(of uuid: SensorUUID) -> SensorProfile? {
    state.withLock { $0.records[uuid]?.profile }
  }

  /// See `SensorDirectory`.
  public func profile(named sensor: String) -> SensorProfile? {
    state.withLock { state in
      state.uuids[sensor].flatMap { state.records[$0]?.profile }
    }
  }

  /// See `SensorDirectory`. Throws ``ControlError``.
  public func register(_ request: SensorRegistration) throws -> SensorRegistrationOutcome {
    try database.registerSensor(request, now: clock())
  }

  /// See `SensorDirectory`.
  public func noteUnknown(_ uuid: SensorUUID) {
    let now = clock()
    state.withLock { $0.noteUnknown(uuid, now) }
  }

  /// See `SensorDirectory`.
  public func note(_ activity: SensorActivity) {
    var activity = activity
    activity.lastError = activity.lastError.map(SensorBook.line)
    state.withLock { $0.note(activity) }
  }

  /// See `SensorDirectory`.
  public func activities() -> [SensorActivitySum] {
    state.withLock { state in
      state.order.compactMap { uuid in
        guard var sum = state.records[uuid]?.activity else { return nil }
        if let activity = state.writing[uuid] { sum.add(activity) }
        if let activity = state.unwritten[uuid] { sum.add(activity) }
        return sum
      }
    }
  }

  /// Attempts of sensors that are not known, since the process began.
  public var unknownAttempts: UInt64 { state.withLock { $0.attempts } }

  /// Writes down what sensors did, and learns what was decided about them.
  ///
  /// When this fails, what was known before stays, and nothing is forgotten.
  ///
  /// - Throws: ``ControlError``.
  public func synchronize() throws(ControlError) {
    try synchronizing.withLock { version throws(ControlError) in
      // First what was decided: it must be known also where nothing can be written.
      try exchange(SensorUses(), &version)
      let uses = state.withLock { $0.takeUses() }
      guard !uses.isEmpty else { return }
      do throws(ControlError) {
        try exchange(uses, &version)
      } catch {
        state.withLock { $0.giveBack(uses) }
        throw error
      }
    }
  }

  private func exchange(_ uses: SensorUses, _ version: inout Int64?) throws(ControlError) {
    let news = try database.exchangeSensors(uses, since: version)
    state.withLock { $0.learn(news, uses) }
    version = news.version
  }

  /// One line without control characters: it is printed for people.
  private static func line(_ text: String) -> String {
    String(
      text.unicodeScalars.prefix(errorCharactersMax).map {
        $0.properties.generalCategory == .control ? "?" : Character($0)
      })
  }
}

extension SensorBook.State {
  mutating func note(_ activity: SensorActivity) {
    let uuid = activity.uuid
    if records[uuid] != nil {
      unwritten.add(activity)
    } else {
      noteNewcomer(activity)
    }
  }

  private mutating func noteNewcomer(_ activity: SensorActivity) {
    guard
      newcomers[activity.uuid] != nil || newcomers.count < ControlDatabase.pendingSensorsMax
    else { return }
    newcomers.add(activity)
  }

  mutating func noteUnknown(_ uuid: SensorUUID, _ now: UnixSeconds) {
    attempts &+= 1
    if unknown[uuid] == nil {
      guard unknown.count < SensorBook.unknownPerSecondMax else { return }
      unknown[uuid] = UnknownSensor(uuid: uuid, attempts: 0, firstSeen: now, lastSeen: now)
    }
    unknown[uuid]?.attempts &+= 1
    unknown[uuid]?.lastSeen = now
  }

  /// What has to be written. Readers still see it, in ``writing``.
  mutating func takeUses() -> SensorUses {
    var uses = SensorUses()
    for activity in unwritten.values {
      // Nobody who was forgotten comes back by what it did before.
      guard var record = records[activity.uuid] else { continue }
      record.add(activity)
      uses.known.append((activity, record.rate))
      writing.add(activity)
    }
    uses.newcomers = Array(newcomers.values)
    uses.unknown = Array(unknown.values)
    (unwritten, newcomers, unknown) = ([:], [:], [:])
    return uses
  }

  mutating func learn(_ news: SensorNews, _ uses: SensorUses) {
    writing = [:]
    guard let sensors = news.sensors else {
      for use in uses.known { records[use.activity.uuid]?.add(use.activity) }
      return
    }
    order = sensors.map(\.profile.uuid)
    records = Dictionary(sensors.map { ($0.profile.uuid, $0) }) { first, _ in first }
    uuids = Dictionary(sensors.map { ($0.profile.name, $0.profile.uuid) }) { first, _ in first }
  }

  /// Takes back what could not be written. However long that lasts, there is no more of those whom
  /// nobody knows than in a second.
  mutating func giveBack(_ uses: SensorUses) {
    writing = [:]
    for use in uses.known { unwritten.add(use.activity) }
    for activity in uses.newcomers { noteNewcomer(activity) }
    for sensor in uses.unknown {
      let later = unknown[sensor.uuid]
      guard later != nil || unknown.count < SensorBook.unknownPerSecondMax else { continue }
      unknown[sensor.uuid] = UnknownSensor(
        uuid: sensor.uuid, attempts: sensor.attempts &+ (later?.attempts ?? 0),
        firstSeen: sensor.firstSeen, lastSeen: later?.lastSeen ?? sensor.lastSeen)
    }
  }
}

extension [SensorUUID: SensorActivity] {
  fileprivate mutating func add(_ activity: SensorActivity) {
    if self[activity.uuid]?.add(activity) == nil { self[activity.uuid] = activity }
  }
}
