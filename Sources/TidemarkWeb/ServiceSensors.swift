public import TidemarkModel
public import TidemarkSharing

/// A sensor as the service page shows it. Its key is not in here.
public struct ServiceSensor: Sendable {
  /// What its records name as their sensor.
  public var name: String
  /// Its UUID.
  public var uuid: String
  /// Whether its packets are taken.
  public var state: SensorState
  /// Whom it belongs to; may be empty.
  public var owner = ""
  /// How far its records may travel; nil when that is not known.
  public var tlp: TLP?
  /// The dataset that its records go to; may be empty.
  public var dataset = ""
  /// When its last packet was taken; nil before.
  public var lastSeen: UnixSeconds?
  /// Packets that were taken.
  public var packets: UInt64 = 0
  /// Lines or messages that were read out of them.
  public var records: UInt64 = 0
  /// What could not be read, or is known to be missing.
  public var losses: UInt64 = 0
  /// Records a minute of late; nil when that is not known yet.
  public var recordsPerMinute: Double?
  /// Its clock less ours, seconds.
  public var clockOffset: Int64?
  /// What went wrong last; empty for nothing.
  public var lastError = ""
  /// When that was.
  public var lastErrorSeen: UnixSeconds?

  /// Makes a sensor that did nothing yet.
  public init(name: String, uuid: String, state: SensorState) {
    self.name = name
    self.uuid = uuid
    self.state = state
  }

  /// A sensor from which nothing came for so long is silent, seconds: even those in quiet networks
  /// send something within a quarter of an hour.
  static let silentSeconds: UnixSeconds = 900
  /// A clock that is off by more than this makes times of sightings wrong by minutes.
  static let offsetMax: Int64 = 60

  /// What is to be seen to first, in words and as a badge.
  func condition(now: UnixSeconds) -> (words: String, badge: String) {
    switch state {
    case .blocked: return ("blocked", "bad")
    case .pending: return ("waits for approval", "warn")
    case .approved: break
    }
    guard let lastSeen else { return ("never seen", "warn") }
    guard now <= lastSeen || now - lastSeen < ServiceSensor.silentSeconds else {
      return ("silent", "bad")
    }
    return ("sends", "good")
  }
}

/// All sensors.
public struct ServiceSensors: Sendable {
  /// Sensors that a page shows; there are more in `/metrics` and `tidemark sensor list`.
  public static let shownMax = 1_000

  /// In the order in which they became known; at most ``shownMax`` are shown, those that need to be
  /// seen to first.
  public var sensors: [ServiceSensor]
  /// Attempts to send by sensors that are not known.
  public var unknownAttempts: UInt64
  /// False when nothing is known of sensors here.
  public var isKnown: Bool

  /// Makes a list.
  public init(_ sensors: [ServiceSensor], unknownAttempts: UInt64, isKnown: Bool = true) {
    self.sensors = sensors
    self.unknownAttempts = unknownAttempts
    self.isKnown = isKnown
  }

  func values(now: UnixSeconds) -> PageValues {
    let order = ["bad": 0, "warn": 1]
    let conditions = sensors.map { ($0, $0.condition(now: now)) }
    let sorted = conditions.enumerated().sorted { one, other in
      let ranks = [one, other].map { order[$0.element.1.badge] ?? 2 }
      return ranks[0] == ranks[1] ? one.offset < other.offset : ranks[0] < ranks[1]
    }.map(\.element)
    let sums = ["sends", "silent", "never seen", "waits for approval", "blocked"].compactMap {
      words -> PageValues? in
      let count = conditions.count { $0.1.words == words }
      return count > 0 ? ["words": words, "count": WebFigures.grouped(UInt64(count))] : nil
    }
    return [
      "is_known": isKnown, "is_empty": sensors.isEmpty,
      "unknown": WebFigures.grouped(unknownAttempts), "has_unknown": unknownAttempts > 0,
      "sums": sums, "is_cut": sensors.count > ServiceSensors.shownMax,
      "shown": WebFigures.grouped(UInt64(ServiceSensors.shownMax)),
      "rows": sorted.prefix(ServiceSensors.shownMax).map {
        ServiceSensors.values($0, $1, now: now)
      },
    ]
  }

  private static func values(
    _ sensor: ServiceSensor, _ condition: (words: String, badge: String), now: UnixSeconds
  ) -> PageValues {
    let offset = sensor.clockOffset ?? 0
    let isOff = offset.magnitude > ServiceSensor.offsetMax.magnitude
    return [
      "name": sensor.name, "uuid": sensor.uuid, "is_named": sensor.name != sensor.uuid,
      "condition": condition.words, "badge": condition.badge, "owner": sensor.owner,
      "tlp": sensor.tlp.map { "TLP:\($0.description.uppercased())" } ?? "",
      "dataset": sensor.dataset, "seen": ServicePage.values(sensor.lastSeen, now: now),
      "rate": sensor.recordsPerMinute.map(ServicePage.decimal) ?? "",
      "packets": WebFigures.grouped(sensor.packets),
      "records": WebFigures.grouped(sensor.records),
      "losses": WebFigures.grouped(sensor.losses), "loses": sensor.losses > 0,
      "loss": ServicePage.percent(
        sensor.losses, of: sensor.records.addingReportingOverflow(sensor.losses).partialValue),
      "has_offset": sensor.clockOffset != nil, "is_off": isOff,
      "offset": (offset > 0 ? "+" : offset < 0 ? "−" : "") + "\(offset.magnitude) s",
      "has_error": !sensor.lastError.isEmpty, "error": sensor.lastError,
      "error_seen": ServicePage.values(sensor.lastErrorSeen, now: now),
    ]
  }
}
