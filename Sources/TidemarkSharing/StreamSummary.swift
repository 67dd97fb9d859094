public import TidemarkStore

/// What a store tells of a stream, mixed now or not, beside the collector that mixes it.
public struct StreamSummary: Sendable, Equatable {
  /// The stream's name.
  public let name: String
  /// False when the stream is not in the configuration any more.
  public let isMixed: Bool
  /// What became of everything, as of the last step that was written.
  public let totals: MixTotals
  /// Lowest and highest number of the chunks that are kept.
  public let first: UInt64?
  /// The number of the newest chunk; 0 when nothing was ever let out.
  public let last: UInt64
  /// Octets of the chunks that are kept.
  public let octets: UInt64

  /// Sightings that wait in the pool.
  public var pending: UInt64 { totals.pooled &- totals.released &- totals.dropped }

  /// The streams of a store, by name.
  ///
  /// - Throws: ``StoreError``.
  public static func all(of store: any RecordStore) throws(StoreError) -> [StreamSummary] {
    var page = KeyValuePage()
    _ = try store.read(.state, MixKey.states, limit: .max, into: &page)
    var streams: [StreamSummary] = []
    for index in 0..<page.count {
      let name = String(decoding: page.keys[index].dropFirst(2), as: UTF8.self)
      guard let state = try MixState.load(name, from: store) else { continue }
      let log = try StreamLog(name: name, store: store)
      streams.append(
        StreamSummary(
          name: name, isMixed: !state.isAbandoned, totals: state.totals, first: log.bounds?.first,
          last: log.nextSequence - 1, octets: log.size.octets))
    }
    return streams
  }
}
