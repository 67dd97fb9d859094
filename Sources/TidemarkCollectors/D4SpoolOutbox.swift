import Synchronization

/// What a ``D4Spool`` holds, for a ``D4Sender``. Packets that are not full wait a moment for more.
public final class D4SpoolOutbox: D4Outbox {
  /// Octets of a parcel.
  private static let parcelOctets = 256 << 10

  private struct State {
    /// The offset behind the last parcel.
    var cursor: UInt64
    /// Since when less than a packet waits.
    var waitingSince: ContinuousClock.Instant?
  }

  private let spool: D4Spool
  private let cutter: D4PayloadCutter
  private let snapOctets: Int
  private let flush: Duration
  private let state: Mutex<State>

  /// Makes an outbox that begins with what is not delivered.
  ///
  /// - Parameters:
  ///   - flush: how long a packet that is not full waits for more.
  public init(
    _ spool: D4Spool, snapOctets: Int, isLines: Bool, flush: Duration = .seconds(1)
  ) {
    self.spool = spool
    self.snapOctets = snapOctets
    self.flush = flush
    cutter = D4PayloadCutter(snapOctets: snapOctets, isLines: isLines)
    state = Mutex(State(cursor: spool.delivered))
  }

  /// See ``D4Outbox``.
  public func next() async throws -> D4Outgoing { try await DiskWork.run { [self] in try take() } }

  private func take() throws -> D4Outgoing {
    try state.withLock { state in
      let isClosed = spool.isClosed
      let available = spool.end - state.cursor
      guard available > 0 else { return isClosed ? .end : .nothing }
      if available < UInt64(snapOctets), !isClosed {
        let now = ContinuousClock.now
        let since = state.waitingSince ?? now
        state.waitingSince = since
        let left = flush - (now - since)
        if left > .zero {
          return .later(
            milliseconds: 1 + Int(left.components.attoseconds / 1_000_000_000_000_000)
              + Int(left.components.seconds) * 1_000)
        }
      }
      state.waitingSince = nil
      let payload = try payload(from: state.cursor)
      state.cursor += UInt64(payload.count)
      return .parcel(D4Parcel(payload: payload, position: state.cursor))
    }
  }

  /// Whole lines where there are any; a line that is longer than all bounds comes in pieces.
  private func payload(from cursor: UInt64) throws -> [UInt8] {
    for octetsMax in [D4SpoolOutbox.parcelOctets, 2 * D4PayloadCutter.payloadOctetsMax] {
      var octets = try spool.read(from: cursor, octetsMax: octetsMax)
      let whole = cutter.whole(of: octets.span)
      guard whole > 0 || octets.count < octetsMax else { continue }
      if whole > 0 { octets.removeSubrange(whole...) }
      return octets
    }
    return try spool.read(from: cursor, octetsMax: D4PayloadCutter.payloadOctetsMax)
  }

  /// See ``D4Outbox``.
  public func delivered(_ parcel: D4Parcel) async throws {
    try await DiskWork.run { [spool] in try spool.deliver(through: parcel.position) }
  }

  /// See ``D4Outbox``.
  public func onArrival(_ wake: @escaping @Sendable () -> Void) { spool.onChange(wake) }
}
