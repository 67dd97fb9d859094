public import D4Wire
import Glibc
public import TidemarkModel
public import TidemarkSharing

/// A sensor as the control database keeps it.
public struct SensorRecord: Sendable, Equatable {
  /// Who it is, and what may be done with what it sends.
  public var profile: SensorProfile
  /// Whom to ask about it; may be empty.
  public var mail: String
  /// True when it belongs to somebody else than who runs the server.
  public var isThirdParty: Bool
  /// What its operator wants to remember; may be empty.
  public var note: String
  /// When it became known, seconds since 1970.
  public private(set) var registered: UnixSeconds
  /// What it did.
  public private(set) var activity: SensorActivitySum
  /// Records a second, mostly of the minute before ``SensorActivitySum/lastSeen``.
  private(set) var rate: Double

  /// Longest text about a sensor, octets of UTF-8.
  public static let textOctetsMax = 255
  /// Time over which a rate is averaged, seconds: what is older counts for less than 1/e.
  static let rateSeconds = 60.0

  /// Makes a sensor that did nothing yet.
  public init(
    profile: SensorProfile, mail: String = "", isThirdParty: Bool = false, note: String = "",
    registered: UnixSeconds
  ) {
    self.init(
      profile: profile, mail: mail, isThirdParty: isThirdParty, note: note,
      registered: registered,
      activity: SensorActivitySum(uuid: profile.uuid, name: profile.name, state: profile.state),
      rate: 0)
  }

  init(
    profile: SensorProfile, mail: String, isThirdParty: Bool, note: String,
    registered: UnixSeconds, activity: SensorActivitySum, rate: Double
  ) {
    self.profile = profile
    self.mail = mail
    self.isThirdParty = isThirdParty
    self.note = note
    self.registered = registered
    self.activity = activity
    self.rate = rate
  }

  /// Records a second at some moment; falls by itself while nothing comes.
  public func rate(at now: UnixSeconds) -> Double {
    guard let last = activity.lastSeen, now > last else { return rate }
    return rate * exp(-Double(now - last) / SensorRecord.rateSeconds)
  }

  /// Adds what the sensor did.
  mutating func add(_ activity: SensorActivity) {
    if activity.packets > 0 {
      rate = rate(at: activity.seen) + Double(activity.records) / SensorRecord.rateSeconds
    }
    self.activity.add(activity)
  }

  /// Refuses what nobody could name, and what a store or the protocol cannot take.
  func check() throws(ControlError) {
    guard profile.uuid.isVersion4 else {
      throw .badSensor("\(profile.uuid): sensors have UUIDs of version 4")
    }
    try SensorRecord.check(profile.name, "name", isNeeded: true)
    try SensorRecord.check(profile.dataset, "dataset", isNeeded: true)
    try SensorRecord.check(profile.mixClass, "class", isNeeded: true)
    try SensorRecord.check(profile.owner, "owner")
    try SensorRecord.check(mail, "mail")
    try SensorRecord.check(note, "note")
    if let other = SensorUUID(text: profile.name), other != profile.uuid {
      throw .badSensor("\(profile.name): a name is not another sensor's UUID")
    }
  }

  private static func check(
    _ text: String, _ what: String, isNeeded: Bool = false
  ) throws(ControlError) {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
    }
    guard isPlain, text.utf8.count <= textOctetsMax, !isNeeded || !text.isEmpty else {
      throw .badSensor(
        "\(what): \(isNeeded ? 1 : 0) to \(textOctetsMax) octets and no control characters")
    }
  }
}

/// Somebody who tried to send and is not known.
public struct UnknownSensor: Sendable, Equatable {
  /// Who they said they were.
  public var uuid: SensorUUID
  /// How often they tried.
  public var attempts: UInt64
  /// When they tried first.
  public var firstSeen: UnixSeconds
  /// When they tried last.
  public var lastSeen: UnixSeconds
}
