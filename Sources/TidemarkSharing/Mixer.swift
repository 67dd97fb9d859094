import Synchronization
public import TidemarkModel
public import TidemarkStore

/// Mixes what many sensors saw into streams (docs/notes/0007-mixing.md).
///
/// Every batch goes to the store through ``apply(_:now:)``, which writes what the streams will pool
/// of it in the same atomic step. What a stream lets out, what stays in its pool, its account and
/// the end of what it needs of the journal are one atomic step, too: a crash at any moment neither
/// loses a sighting nor lets one out twice.
///
/// - Concurrency: any thread; calls wait for each other. No timer of its own: somebody calls
///   ``tick(now:)`` every second or so.
public final class Mixer: Sendable {
  /// Octets of the journal at which the pools are written, so that it can be cut.
  public static let journalOctetsMax = 256 << 20
  /// Most streams.
  public static let streamsMax = 32

  private struct State {
    var streams: [MixStream] = []
    var journal: MixJournal
    /// What went wrong since the last tick.
    var failure: StoreError?
  }

  private let store: any RecordStore
  private let journalOctetsMax: Int
  private let ended: EndedStreams
  private let state: Mutex<State>
  private let published = Mutex<[MixAccount]>([])

  /// What the streams let out.
  public let logs: [StreamLog]

  /// True when a store has streams, mixed or not. Then somebody has to end those that are not
  /// configured any more, and to keep what they let out for its time only: a mixer, if need be one
  /// without streams.
  public static func hasStreams(_ store: any RecordStore) throws(StoreError) -> Bool {
    var page = KeyValuePage()
    _ = try store.read(.state, MixKey.states, limit: 1, into: &page)
    return !page.isEmpty
  }

  /// Opens the streams of a store, as they were when it was written last, and ends all others.
  ///
  /// - Parameters:
  ///   - store: open for writing; what is applied to it by others is not mixed.
  ///   - settings: at most ``streamsMax``, each with another name; none mixes nothing.
  ///   - directory: who the sensors are; nil when none is registered.
  ///   - now: by the clock that the other functions are called with.
  ///   - journalOctetsMax: for tests.
  /// - Throws: ``StoreError``.
  public init(
    store: any RecordStore, registry: Registry, settings: [MixSettings],
    directory: (any SensorDirectory)?, now: UnixSeconds,
    journalOctetsMax: Int = Mixer.journalOctetsMax
  ) throws(StoreError) {
    precondition(settings.count <= Mixer.streamsMax, "too many streams")
    self.store = store
    self.journalOctetsMax = journalOctetsMax
    var journal = try MixJournal(store: store)
    var streams: [MixStream] = []
    for settings in settings {
      let standing = MixStanding(settings: settings, registry: registry, directory: directory)
      streams.append(
        try MixStream(settings, store: store, standing: standing, journalEnd: journal.end))
    }
    ended = try EndedStreams(of: store, except: settings.map(\.name))
    var rows = ended.rows
    // A stream that takes something before it is written would begin anew after a crash.
    for index in streams.indices where streams[index].isNew { rows += streams[index].rows() }
    // Where nothing is mixed, nothing else ever cuts the journal.
    let needed = streams.map(\.keepsJournalFrom).min() ?? journal.end
    rows += journal.removals(before: needed)
    let batch = RecordBatch()
    batch.stateChanges = rows
    if !rows.isEmpty { try store.apply(batch) }
    journal.remove(before: needed)
    logs = streams.map(\.log)
    state = Mutex(State(streams: streams, journal: journal))
    let failure: StoreError? = state.withLock { state in
      do throws(StoreError) {
        for index in state.streams.indices { try catchUp(index, [:], now: now, &state) }
        publish(state.streams)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// The log of a stream; nil when there is none of this name.
  public func log(named name: String) -> StreamLog? { logs.first { $0.name == name } }

  /// What became of everything, stream by stream, as of the last call of the others.
  public var accounts: [MixAccount] { published.withLock { $0 } }

  /// Writes a batch, and pools it.
  ///
  /// - Throws: what the store throws; nothing of the batch is stored or pooled then.
  public func apply(_ batch: RecordBatch, now: UnixSeconds) throws(StoreError) -> ApplySummary {
    // What holds no records is none of our business, and may come from within a registry.
    guard !batch.entries.isEmpty, !logs.isEmpty else { return try store.apply(batch) }
    let result: Result<ApplySummary, StoreError> = state.withLock { state in
      do throws(StoreError) {
        return .success(try apply(batch, now: now, &state))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Does what is due: closes windows, drops what waited too long, cuts logs and journal.
  ///
  /// - Parameter now: by the clock that ``apply(_:now:)`` is called with.
  /// - Throws: what the store throws; everything is as it was, and is tried again the next time.
  public func tick(now: UnixSeconds) throws(StoreError) {
    let failure: StoreError? = state.withLock { state in
      var failure = state.failure
      state.failure = nil
      for index in state.streams.indices {
        do throws(StoreError) {
          state.streams[index].standing.beginRound()
          try catchUp(index, [:], now: now, &state)
          if let step = state.streams[index].due(now: now) {
            try perform(step, on: index, now: now, &state)
          }
        } catch {
          failure = error
        }
      }
      do throws(StoreError) {
        try saveIfLong(now: now, &state)
        try ended.expire(now: now, in: store)
      } catch {
        failure = error
      }
      publish(state.streams)
      return failure
    }
    if let failure { throw failure }
  }

  private func apply(
    _ batch: RecordBatch, now: UnixSeconds, _ state: inout State
  ) throws(StoreError) -> ApplySummary {
    batch.sort()
    for index in state.streams.indices { state.streams[index].standing.beginRound() }
    let parts = MixJournalPart.parts(of: batch, now: now) { dataset, sensor in
      state.streams.indices.contains { index in
        state.streams[index].standing.takes(dataset)
          && state.streams[index].standing.marking(of: sensor) != nil
      }
    }
    let start = state.journal.end
    let changes = batch.stateChanges
    defer { batch.stateChanges = changes }
    for (index, part) in parts.enumerated() {
      batch.stateChanges.append(.init(key: MixKey.journal(start + UInt64(index)), value: part))
    }
    let summary = try store.apply(batch)
    state.journal.append(parts)
    var fresh: [UInt64: MixJournalPart] = [:]
    for (index, part) in parts.enumerated() {
      fresh[start + UInt64(index)] = try? MixJournalPart(decoding: part)
    }
    for index in state.streams.indices {
      do throws(StoreError) {
        try catchUp(index, fresh, now: now, &state)
      } catch {
        // The batch is written: what is left to pool of it is in the journal, for the next tick.
        state.failure = error
      }
    }
    publish(state.streams)
    return summary
  }

  /// Brings a stream to the end of the journal.
  private func catchUp(
    _ index: Int, _ fresh: [UInt64: MixJournalPart], now: UnixSeconds, _ state: inout State
  ) throws(StoreError) {
    while state.streams[index].state.journal < state.journal.end {
      let sequence = state.streams[index].state.journal
      let part: MixJournalPart
      if let known = fresh[sequence] {
        part = known
      } else {
        part = try MixJournal.part(sequence, of: store)
      }
      while !state.streams[index].take(part) {
        try perform(.makeRoom, on: index, now: now, &state)
      }
    }
  }

  /// Writes a step of a stream, then makes it.
  private func perform(
    _ step: MixStream.Step, on index: Int, now: UnixSeconds, _ state: inout State
  ) throws(StoreError) {
    let plan = state.streams[index].plan(step, now: now)
    let needed = state.streams.indices.reduce(plan.stream.keepsJournalFrom) { least, other in
      other == index ? least : min(least, state.streams[other].keepsJournalFrom)
    }
    let batch = RecordBatch()
    batch.stateChanges = plan.rows + state.journal.removals(before: needed)
    try store.apply(batch)
    state.journal.remove(before: needed)
    state.streams[index] = plan.stream
    plan.stream.log.made(plan.log)
  }

  /// A window that stays open for long must not make the journal grow for as long.
  private func saveIfLong(now: UnixSeconds, _ state: inout State) throws(StoreError) {
    guard state.journal.octets > journalOctetsMax else { return }
    for index in state.streams.indices where state.streams[index].isBehind(state.journal.end) {
      try perform(.save, on: index, now: now, &state)
    }
  }

  private func publish(_ streams: [MixStream]) {
    let accounts = streams.map(MixAccount.init)
    published.withLock { $0 = accounts }
  }
}
