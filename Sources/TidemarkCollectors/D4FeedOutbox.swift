import Synchronization

/// Payload that somebody else makes and remembers the position of, for a ``D4Sender``: the outlet
/// of a stream to a partner that speaks D4.
///
///     let outbox = D4FeedOutbox(
///       next: { try feed.next().map { (lines(of: $0), $0.sequence) } },
///       delivered: { try partner.remember($0) })
///     let sender = D4Sender(options, outbox: outbox, group: group)
///
/// Lines come from ``PassiveDNSLogWriter`` for type 8, from a writer of COF rows for type 254,
/// whose meta header is `D4MetaHeader.passivednsCOF(origins:)`. What a position stands for is
/// delivered as a whole; behind the last position that was delivered everything is sent again after
/// a restart.
public final class D4FeedOutbox: D4Outbox {
  /// Payload and the position behind it, nil when there is nothing now. An error ends nothing: the
  /// sender tells and asks again.
  public typealias Next = @Sendable () async throws -> (lines: [UInt8], position: UInt64)?
  /// Remembers a position.
  public typealias Delivered = @Sendable (_ position: UInt64) async throws -> Void

  private struct State {
    var wake: [@Sendable () -> Void] = []
    var hasEnded = false
  }

  private let make: Next
  private let remember: Delivered
  private let state = Mutex(State())

  /// Makes an outbox.
  ///
  /// - Parameters:
  ///   - next: whole lines; empty ones only move the position.
  public init(next: @escaping Next, delivered: @escaping Delivered) {
    make = next
    remember = delivered
  }

  /// Something new is there.
  public func arrived() {
    let callbacks = state.withLock { $0.wake }
    for callback in callbacks { callback() }
  }

  /// Nothing more will be given: what was is delivered, and the sender ends.
  public func end() {
    state.withLock { $0.hasEnded = true }
    arrived()
  }

  /// See ``D4Outbox``.
  public func next() async throws -> D4Outgoing {
    if state.withLock({ $0.hasEnded }) { return .end }
    guard let (lines, position) = try await make() else { return .nothing }
    return .parcel(D4Parcel(payload: lines, position: position))
  }

  /// See ``D4Outbox``.
  public func delivered(_ parcel: D4Parcel) async throws { try await remember(parcel.position) }

  /// See ``D4Outbox``.
  public func onArrival(_ wake: @escaping @Sendable () -> Void) {
    state.withLock { $0.wake.append(wake) }
  }
}
