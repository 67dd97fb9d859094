public import TidemarkModel

/// What a stream holds and what became of everything, for people and `/metrics`.
public struct MixAccount: Sendable, Equatable {
  /// The stream's name.
  public var name: String
  /// What became of everything since the stream was made.
  public var totals: MixTotals
  /// Records in the pool.
  public var recordsPending: UInt64
  /// Their sightings.
  public var pending: UInt64
  /// Whether a window is open, and when it closes; beyond 32 bits for very long windows.
  public var windowClosesAt: UInt64?
  /// Sensors that contributed since it opened.
  public var windowSensors: Int
  /// When what waits longest came into the pool.
  public var oldestPooledAt: UnixSeconds?
  /// Lowest and highest number of the log's chunks.
  public var first: UInt64?
  /// The highest number of a chunk that was ever released; 0 for none.
  public var last: UInt64
  /// Octets of the log's chunks.
  public var logOctets: UInt64

  init(_ stream: MixStream) {
    name = stream.settings.name
    totals = stream.state.totals
    recordsPending = UInt64(stream.pool.count)
    pending = stream.pool.sightings
    windowClosesAt = stream.state.window?.closesAt
    windowSensors = stream.state.window?.sensors.count ?? 0
    oldestPooledAt = stream.pool.records.first?.pooledAt
    first = stream.log.bounds?.first
    last = stream.log.nextSequence - 1
    logOctets = stream.log.size.octets
  }

  /// `pooled = released + pending + dropped`, in sightings, modulo 2⁶⁴.
  public var isBalanced: Bool {
    totals.pooled == totals.released &+ pending &+ totals.dropped
  }
}
