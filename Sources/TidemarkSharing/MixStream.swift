import TidemarkModel
import TidemarkStore

/// One stream: its window, its pool, and what it decides. Decides without doing: ``plan(_:now:)``
/// says what would be written and what the stream would be then; the mixer writes, and only then
/// puts the new stream in the place of the old.
struct MixStream {
  /// What happens to a stream beside taking contributions.
  enum Step: Equatable {
    /// The window ends, and what is safe is let out.
    case close
    /// The window stays open for another one: too few contributed.
    case extend
    /// The pool is full: the window ends early if it may, else what waits longest is dropped.
    case makeRoom
    /// What waited too long is dropped, and what the log kept long enough.
    case expire
    /// Nothing changes; what was in the journal is written as a pool.
    case save
  }

  /// What becomes of a record when a window closes.
  enum Verdict: Equatable {
    case released(TLP)
    case waits
    case dropped(MixTotals.Reason)
  }

  /// What a step would do.
  struct Plan {
    var stream: MixStream
    var rows: [RecordBatch.StateChange]
    var log: StreamLog.Change
  }

  let settings: MixSettings
  let log: StreamLog
  var standing: MixStanding
  private(set) var pool: MixPool
  private(set) var state: MixState
  /// The journal from here on has to be kept: what was written last needs it.
  private(set) var keepsJournalFrom: UInt64
  /// True until it was written for the first time.
  private(set) var isNew: Bool
  /// Parts of the pool in the store.
  private var poolParts: UInt64 = 0

  /// Opens a stream as it was written last; a new one begins behind the journal's end.
  init(
    _ settings: MixSettings, store: any RecordStore, standing: MixStanding, journalEnd: UInt64
  ) throws(StoreError) {
    self.settings = settings
    self.standing = standing
    log = try StreamLog(
      name: settings.name, store: store,
      coarsenSeconds: UnixSeconds(clamping: max(settings.coarsenSeconds, 1)))
    pool = MixPool(recordsMax: settings.poolRecordsMax)
    let stored = try MixState.load(settings.name, from: store)
    state = stored ?? MixState(journal: journalEnd, settings)
    state.retentionSeconds = settings.retentionSeconds
    state.retentionOctets = settings.retentionOctets
    isNew = stored?.isAbandoned ?? true
    if isNew { state.journal = journalEnd }
    state.logNext = log.nextSequence
    keepsJournalFrom = state.journal
    let name = settings.name
    (pool, poolParts) = try MixStream.loadPool(name, recordsMax: settings.poolRecordsMax, store)
  }

  /// Takes what the stream wants of a part of the journal.
  ///
  /// - Returns: true when the part is done; false when the pool is full. Then make room and come
  ///   again.
  mutating func take(_ part: MixJournalPart) -> Bool {
    while state.entries < UInt64(part.entries.count) {
      let entry = part.entries[Int(state.entries)]
      guard take(entry, of: part) else { return false }
      state.entries += 1
    }
    state.entries = 0
    state.journal += 1
    return true
  }

  private mutating func take(_ entry: MixJournalPart.Entry, of part: MixJournalPart) -> Bool {
    part.withKey(of: entry) { key in
      let hash = RecordBatch.hash(of: key)
      // The first contribution makes the record, so that the others never find the pool full.
      for contribution in part.contributions[entry.contributions] {
        guard take(contribution, to: key, hash: hash, at: part.committedAt) else { return false }
      }
      return true
    }
  }

  /// Takes what a sensor contributed to a record, if the stream wants it.
  ///
  /// - Returns: false when the pool is full.
  mutating func take(
    _ contribution: RecordBatch.Contribution, to key: Span<UInt8>, hash: UInt64,
    at now: UnixSeconds
  ) -> Bool {
    guard key.count > RecordKey.datasetOctets,
      standing.takes(DatasetNumber(key[0]) << 8 | DatasetNumber(key[1])),
      let tlp = standing.marking(of: contribution.sensor)
    else { return true }
    if pool.isFull, !pool.contains(key: key, hash: hash) { return false }
    add(contribution, key, hash, tlp, at: now)
    return true
  }

  private mutating func add(
    _ contribution: RecordBatch.Contribution, _ key: Span<UInt8>, _ hash: UInt64, _ tlp: TLP,
    at now: UnixSeconds
  ) {
    if state.window == nil {
      state.window = MixWindow(closesAt: UInt64(now) + UInt64(max(settings.windowSeconds, 0)))
    }
    state.window?.sensors.insert(contribution.sensor)
    state.totals.pooled &+= contribution.count
    let surplus = pool.add(key: key, hash: hash, contribution, tlp: tlp, at: now)
    if surplus > 0 { state.totals.drop(surplus, records: 0, .saturated) }
  }

  /// What is due; nil when nothing is.
  mutating func due(now: UnixSeconds) -> Step? {
    if let window = state.window {
      guard UInt64(now) >= window.closesAt else { return nil }
      return mayClose ? .close : .extend
    }
    if let first = pool.records.first,
      Int(now) - Int(first.pooledAt) > settings.pendingSecondsMax + graceSeconds
    {
      return .expire
    }
    return log.hasExpired(now: now, settings: settings) ? .expire : nil
  }

  /// True when enough sensors contributed since the window opened.
  private var mayClose: Bool {
    mutating get {
      guard let window = state.window else { return false }
      return standing.voices(of: window.sensors) >= settings.sensorsMin
    }
  }

  /// True when records of the pool, or of the journal before it, are not in the store as a pool.
  func isBehind(_ journalEnd: UInt64) -> Bool { keepsJournalFrom < journalEnd }

  /// What becomes of a record now.
  ///
  /// A record that holds anything of a sensor that the stream does not take any more is dropped:
  /// what one sensor gave cannot be taken out of a sum.
  mutating func verdict(_ record: MixPool.Record, now: UnixSeconds, lets: Bool) -> Verdict {
    guard let marking = standing.marking(of: record.sensors) else { return .dropped(.policy) }
    let tlp = max(marking, record.tlp)
    guard tlp <= settings.tlpMax else { return .dropped(.policy) }
    let isSafe =
      standing.voices(of: record.sensors) >= settings.sensorsPerRecordMin
      || (settings.sightingsMin > 0 && record.count >= settings.sightingsMin)
    if lets, isSafe { return .released(tlp) }
    return isTooOld(record, now: now) ? .dropped(.tooOld) : .waits
  }

  /// How much longer what waited too long stays while nobody contributes, seconds: each time that
  /// something is dropped, the whole pool is written.
  private var graceSeconds: Int { max(settings.windowSeconds, 60) }

  private func isTooOld(_ record: MixPool.Record, now: UnixSeconds) -> Bool {
    Int(now) - Int(record.pooledAt) > settings.pendingSecondsMax
  }

  /// What a step would do. Changes nothing but what is remembered of sensors.
  mutating func plan(_ step: Step, now: UnixSeconds) -> Plan {
    var next = self
    var released: [SharedRecord] = []
    next.perform(step, now: now) { record, key, tlp in
      released.append(
        SharedRecord(
          key: Array(copying: key), timeFirst: coarse(record.timeFirst),
          timeLast: coarse(record.timeLast), count: record.count, tlp: tlp))
    }
    // The order must not be guessed from earlier ones: the system's generator is unpredictable.
    var generator = SystemRandomNumberGenerator()
    released.shuffle(using: &generator)
    let change = log.append(released, now: now, settings: settings)
    next.state.logNext = change.nextSequence
    let rows = change.rows + next.rows()
    return Plan(stream: next, rows: rows, log: change)
  }

  /// Does a step in memory.
  ///
  /// - Parameter release: told of every record that is let out.
  mutating func perform(
    _ step: Step, now: UnixSeconds,
    release: (MixPool.Record, _ key: Span<UInt8>, TLP) -> Void
  ) {
    let lets = step == .close || (step == .makeRoom && mayClose)
    if step != .save { sift(now: now, lets: lets, release) }
    if step == .makeRoom { dropOldest() }
    if lets {
      state.window = nil
      state.totals.windows &+= 1
      if step == .makeRoom { state.totals.windowsEarly &+= 1 }
    } else if step == .extend, let window = state.window {
      let length = UInt64(max(settings.windowSeconds, 1))
      let late = UInt64(now) - min(UInt64(now), window.closesAt)
      state.window?.closesAt = window.closesAt + (late / length + 1) * length
      state.totals.windowsExtended &+= 1
    }
  }

  /// Takes everything out of the pool that does not wait any longer.
  private mutating func sift(
    now: UnixSeconds, lets: Bool,
    _ release: (MixPool.Record, _ key: Span<UInt8>, TLP) -> Void
  ) {
    var rest = MixPool(recordsMax: settings.poolRecordsMax)
    for record in pool.records {
      switch verdict(record, now: now, lets: lets) {
      case .released(let tlp):
        state.totals.released &+= record.count
        state.totals.recordsReleased &+= 1
        pool.withKey(of: record) { release(record, $0, tlp) }
      case .waits: pool.withKey(of: record) { rest.append(record, key: $0) }
      case .dropped(let reason): state.totals.drop(record.count, reason)
      }
    }
    pool = rest
  }

  private mutating func dropOldest() {
    guard pool.isCrowded else { return }
    var rest = MixPool(recordsMax: settings.poolRecordsMax)
    let kept = pool.suffixWithRoom
    for record in pool.records[..<kept] { state.totals.drop(record.count, .poolFull) }
    for record in pool.records[kept...] {
      pool.withKey(of: record) { rest.append(record, key: $0) }
    }
    pool = rest
  }

  private func coarse(_ time: UnixSeconds) -> UnixSeconds {
    time - time % log.coarsenSeconds
  }

  /// Rows of the state and the pool, in the place of those that are there.
  mutating func rows() -> [RecordBatch.StateChange] {
    keepsJournalFrom = state.journal
    isNew = false
    var rows = [
      RecordBatch.StateChange(key: MixKey.state(settings.name), value: state.encoded())
    ]
    let parts = pool.encodedParts()
    for (index, part) in parts.enumerated() {
      rows.append(.init(key: MixKey.pool(settings.name, UInt64(index)), value: part))
    }
    let before = poolParts
    poolParts = UInt64(parts.count)
    for index in poolParts..<max(before, poolParts) {
      rows.append(.init(key: MixKey.pool(settings.name, index), value: nil))
    }
    return rows
  }

  /// The pool as it was written, and in how many parts.
  static func loadPool(
    _ name: String, recordsMax: Int, _ store: any RecordStore
  ) throws(StoreError) -> (MixPool, UInt64) {
    var pool = MixPool(recordsMax: recordsMax)
    var parts: UInt64 = 0
    var isDamaged = false
    try store.scan(.state, MixKey.pool(name), limit: .max) { _, value in
      do throws(MixDamage) {
        try pool.append(part: Array(copying: value))
        parts += 1
      } catch {
        isDamaged = true
      }
      return !isDamaged
    }
    guard !isDamaged else {
      throw .corrupt(family: .state, detail: "the pool of stream \(name) is damaged")
    }
    return (pool, parts)
  }
}
