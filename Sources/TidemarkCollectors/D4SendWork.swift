import NIOCore

/// What a sender has under way.
struct D4SendWork: ~Copyable {
  /// A parcel that was sent.
  struct Sent {
    let parcel: D4Parcel
    /// The position on the wire behind it; nil when it is to be sent.
    var end: UInt64?
    var acknowledgedAt: NIODeadline?
  }

  /// What the outbox could not take down as delivered yet.
  struct Unremembered {
    /// The last parcel; those before it are told with it.
    var parcel: D4Parcel
    /// Octets of all of them.
    var octets: Int
    /// When the outbox is told again.
    var retriesAt: NIODeadline
  }

  /// Time between two looks at what was acknowledged.
  static let pollMilliseconds = 2...200
  /// Time between two looks at the clock while the outbox rests.
  static let restMilliseconds = 1_000

  /// What is under way. What was delivered is not among it, remembered or not: it must not be sent
  /// again because a disk here has a fault.
  var parcels: [Sent] = []
  var isAtEnd = false
  /// How often something was delivered.
  var delivered: UInt64 = 0
  var unremembered: Unremembered?
  /// The outbox could not be read and is not asked before.
  var asksAt = NIODeadline.distantPast
  private var waiter: AsyncStream<Void>.AsyncIterator

  init(waiter: AsyncStream<Void>.AsyncIterator) {
    self.waiter = waiter
  }

  /// True when something was sent and not confirmed.
  var isUnderWay: Bool { parcels.contains { $0.end != nil } }

  /// True when there is nothing to do any more, nor to be remembered.
  var isDone: Bool { isAtEnd && parcels.isEmpty && unremembered == nil }

  func takesMore(_ options: D4Sender.Options, now: NIODeadline) -> Bool {
    guard !isAtEnd, now >= asksAt else { return false }
    // What is not remembered is doubled by a restart, and outboxes may hold it.
    let octets = parcels.reduce(unremembered?.octets ?? 0) {
      $0 + max(1, $1.parcel.payload.count)
    }
    return octets < options.windowOctets
  }

  mutating func note(acknowledged position: UInt64, at now: NIODeadline) {
    for index in parcels.indices where parcels[index].acknowledgedAt == nil {
      guard let end = parcels[index].end, end <= position else { return }
      parcels[index].acknowledgedAt = now
    }
  }

  /// Takes out what was acknowledged long enough ago.
  ///
  /// - Returns: octets of payload; nil when nothing was.
  mutating func takeDelivered(acknowledgedBefore rested: NIODeadline, now: NIODeadline) -> Int? {
    let last = parcels.lastIndex { ($0.acknowledgedAt ?? .distantFuture) <= rested }
    guard let last else { return nil }
    let octets = parcels[...last].reduce(0) { $0 + $1.parcel.payload.count }
    unremembered = Unremembered(
      parcel: parcels[last].parcel, octets: octets + (unremembered?.octets ?? 0),
      retriesAt: unremembered?.retriesAt ?? now)
    parcels.removeSubrange(...last)
    delivered += 1
    return octets
  }

  /// The connection is gone: everything is to be sent again.
  ///
  /// - Returns: how many octets.
  mutating func rewind() -> Int {
    for index in parcels.indices {
      parcels[index].end = nil
      parcels[index].acknowledgedAt = nil
    }
    return parcels.reduce(0) { $0 + $1.parcel.payload.count }
  }

  mutating func wait() async { _ = await waiter.next() }
}

/// What a sender did. Octets are those of payload.
public struct D4SendAccount: Sendable, Equatable {
  /// Octets sent, those that were sent again included.
  public internal(set) var octets: UInt64 = 0
  /// Octets that were sent again.
  public internal(set) var octetsAgain: UInt64 = 0
  /// Octets that the other side has.
  public internal(set) var octetsDelivered: UInt64 = 0
  /// Packets.
  public internal(set) var packets: UInt64 = 0
  /// Connections.
  public internal(set) var connections: UInt64 = 0
  /// Connections that failed or ended before all was sent.
  public internal(set) var failures: UInt64 = 0

  /// Makes an empty account.
  public init() {}
}
