/// What a ``D4Sender`` sends: payload in order, and what was confirmed comes back.
///
/// - Concurrency: called by one sender, one call at a time.
public protocol D4Outbox: Sendable {
  /// The payload behind what was given before in this process.
  ///
  /// - Throws: what keeps it from being read; worth another try.
  func next() async throws -> D4Outgoing

  /// Says that the other side has a parcel and all before it. They are never asked for again.
  ///
  /// - Throws: what keeps that from being remembered; told again later.
  func delivered(_ parcel: D4Parcel) async throws

  /// Takes what is to be called, on any thread, when ``next()`` may have something again.
  func onArrival(_ wake: @escaping @Sendable () -> Void)
}

/// An answer of a ``D4Outbox``.
public enum D4Outgoing: Sendable, Equatable {
  /// Payload to send.
  case parcel(D4Parcel)
  /// Nothing now.
  case nothing
  /// Nothing yet: to be asked again after so many milliseconds, if nothing arrives before.
  case later(milliseconds: Int)
  /// Nothing ever any more.
  case end
}

/// Payload that is confirmed together.
public struct D4Parcel: Sendable, Equatable {
  /// Octets; for line types whole lines.
  public let payload: [UInt8]
  /// What the outbox knows it by.
  public let position: UInt64

  /// Makes a parcel.
  public init(payload: [UInt8], position: UInt64) {
    self.payload = payload
    self.position = position
  }
}
