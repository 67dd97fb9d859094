import TidemarkModel
import TidemarkStore

/// Streams that a store has and that are not mixed any more. Their pools are dropped and their
/// accounts stay; what they let out is served again if they come back, and is kept until then as
/// their settings said last.
struct EndedStreams: Sendable {
  private struct Ended: Sendable {
    let log: StreamLog
    /// Of these, what they say of retention.
    let settings: MixSettings
  }

  private var streams: [Ended] = []
  /// What ends those that were mixed until now, to be written.
  private(set) var rows: [RecordBatch.StateChange] = []

  /// Finds the streams of a store.
  ///
  /// - Parameter names: those that are mixed.
  init(of store: any RecordStore, except names: [String]) throws(StoreError) {
    var page = KeyValuePage()
    _ = try store.read(.state, MixKey.states, limit: .max, into: &page)
    for index in 0..<page.count {
      let name = String(decoding: page.keys[index].dropFirst(2), as: UTF8.self)
      guard !names.contains(name), let state = try MixState.load(name, from: store) else {
        continue
      }
      var settings = MixSettings(name: name)
      settings.retentionSeconds = state.retentionSeconds
      settings.retentionOctets = state.retentionOctets
      streams.append(Ended(log: try StreamLog(name: name, store: store), settings: settings))
      if !state.isAbandoned { try end(name, state, store) }
    }
  }

  /// Drops the pool of a stream.
  private mutating func end(
    _ name: String, _ state: MixState, _ store: any RecordStore
  ) throws(StoreError) {
    var state = state
    let (pool, parts) = try MixStream.loadPool(name, recordsMax: .max, store)
    state.totals.drop(pool.sightings, records: UInt64(pool.count), .policy)
    state.isAbandoned = true
    rows.append(.init(key: MixKey.state(name), value: state.encoded()))
    for part in 0..<parts { rows.append(.init(key: MixKey.pool(name, part), value: nil)) }
  }

  /// Removes chunks that were kept for their time.
  func expire(now: UnixSeconds, in store: any RecordStore) throws(StoreError) {
    for ended in streams where ended.log.hasExpired(now: now, settings: ended.settings) {
      let change = ended.log.append([], now: now, settings: ended.settings)
      let batch = RecordBatch()
      batch.stateChanges = change.rows
      try store.apply(batch)
      ended.log.made(change)
    }
  }
}
