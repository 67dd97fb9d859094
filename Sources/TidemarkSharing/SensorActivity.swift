public import D4Wire
public import TidemarkModel

/// What a sensor did since it was noted last.
public struct SensorActivity: Sendable, Equatable {
  /// Who.
  public var uuid: SensorUUID
  /// When that was, by our clock.
  public var seen: UnixSeconds
  /// Packets that were taken.
  public var packets: UInt64
  /// Octets of their payloads.
  public var octets: UInt64
  /// Lines or messages that were read out of the payloads.
  public var records: UInt64
  /// What came and could not be read, and what is known to be missing.
  public var losses: UInt64
  /// The sensor's clock less ours, seconds, by the last packet; nil: as before.
  public var clockOffset: Int64?
  /// Why its connection was refused or closed, one line for people; nil: as before. Packets that
  /// are taken do not undo it: it says what went wrong last.
  public var lastError: String?

  /// Makes an activity.
  public init(
    uuid: SensorUUID, seen: UnixSeconds, packets: UInt64 = 0, octets: UInt64 = 0,
    records: UInt64 = 0, losses: UInt64 = 0, clockOffset: Int64? = nil, lastError: String? = nil
  ) {
    self.uuid = uuid
    self.seen = seen
    self.packets = packets
    self.octets = octets
    self.records = records
    self.losses = losses
    self.clockOffset = clockOffset
    self.lastError = lastError
  }

  /// Adds what the same sensor did before or after. Numbers stop at their greatest value.
  public mutating func add(_ other: SensorActivity) {
    packets = packets.addingClamped(other.packets)
    octets = octets.addingClamped(other.octets)
    records = records.addingClamped(other.records)
    losses = losses.addingClamped(other.losses)
    let (older, newer) = seen <= other.seen ? (self, other) : (other, self)
    seen = newer.seen
    clockOffset = newer.clockOffset ?? older.clockOffset
    lastError = newer.lastError ?? older.lastError
  }
}

/// What a sensor did since it became known.
public struct SensorActivitySum: Sendable, Equatable {
  /// Who.
  public var uuid: SensorUUID
  /// What its records name as their sensor.
  public var name: String
  /// Whether its packets are taken.
  public var state: SensorState
  /// When its first packet was taken; nil before.
  public var firstSeen: UnixSeconds?
  /// When its last packet was taken; nil before.
  public var lastSeen: UnixSeconds?
  /// Packets that were taken.
  public var packets: UInt64 = 0
  /// Octets of their payloads.
  public var octets: UInt64 = 0
  /// Lines or messages that were read out of the payloads.
  public var records: UInt64 = 0
  /// What came and could not be read, and what is known to be missing.
  public var losses: UInt64 = 0
  /// The sensor's clock less ours, seconds, by the last packet.
  public var clockOffset: Int64?
  /// What went wrong last, one line.
  public var lastError: String?
  /// When that was.
  public var lastErrorSeen: UnixSeconds?

  /// Makes the sum of a sensor that did nothing yet.
  public init(uuid: SensorUUID, name: String, state: SensorState) {
    self.uuid = uuid
    self.name = name
    self.state = state
  }

  /// Adds what the sensor did. Numbers stop at their greatest value.
  public mutating func add(_ activity: SensorActivity) {
    packets = packets.addingClamped(activity.packets)
    octets = octets.addingClamped(activity.octets)
    records = records.addingClamped(activity.records)
    losses = losses.addingClamped(activity.losses)
    // Anybody can be refused in a sensor's name.
    if activity.packets > 0 {
      firstSeen = min(firstSeen ?? activity.seen, activity.seen)
      lastSeen = max(lastSeen ?? activity.seen, activity.seen)
    }
    clockOffset = activity.clockOffset ?? clockOffset
    if let error = activity.lastError {
      lastError = error
      lastErrorSeen = activity.seen
    }
  }
}

extension UInt64 {
  fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
