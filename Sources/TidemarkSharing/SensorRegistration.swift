public import D4Wire

/// What a sensor, or who rolls it out, tells of it.
public struct SensorRegistration: Sendable, Equatable {
  /// Who it is; version 4.
  public var uuid: SensorUUID
  /// What it will sign its packets with.
  public var key: D4Key
  /// Whom to ask about it; may be empty.
  public var mail: String
  /// True when it belongs to somebody else than who runs the server.
  public var isThirdParty: Bool

  /// Makes a registration.
  public init(uuid: SensorUUID, key: D4Key, mail: String = "", isThirdParty: Bool = false) {
    self.uuid = uuid
    self.key = key
    self.mail = mail
    self.isThirdParty = isThirdParty
  }
}

/// What became of a registration.
public enum SensorRegistrationOutcome: Sendable, Equatable {
  /// It is known now, and pending.
  case registered
  /// It was known before; nothing was changed.
  case alreadyRegistered
  /// More than enough wait to be approved; nothing was changed.
  case tooManyPending
}
