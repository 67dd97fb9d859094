public import D4Wire

/// Whether a sensor's packets are taken.
public enum SensorState: String, Sendable, CaseIterable {
  /// Registered, or seen with the shared secret, and nobody has decided yet.
  case pending
  /// Its packets are taken.
  case approved
  /// Its packets are refused.
  case blocked
}

/// What is known of a sensor, and what may be done with what it sends.
public struct SensorProfile: Sendable, Equatable {
  /// Who it is.
  public var uuid: SensorUUID
  /// What its records name as their sensor (COF `sensor_id`): 1 to ``nameOctetsMax`` octets, and no
  /// other sensor's. The text of the UUID unless somebody named it.
  public var name: String
  /// Whether its packets are taken.
  public var state: SensorState
  /// What it signs its packets with; nil: the secret that the listener shares with all.
  public var key: D4Key?
  /// Whom it belongs to; may be empty.
  public var owner: String
  /// How far its records may travel.
  public var tlp: TLP
  /// The dataset that its records go to.
  public var dataset: String
  /// The class that streams choose contributions by.
  public var mixClass: String

  /// The class of sensors that were given none.
  public static let standardClass = "standard"
  /// The dataset of sensors that were given none.
  public static let standardDataset = "main"
  /// Longest name, octets of UTF-8: what a store's registry takes.
  public static let nameOctetsMax = 255

  /// Makes a profile, as of a sensor that has just registered.
  public init(
    uuid: SensorUUID, name: String? = nil, state: SensorState = .pending, key: D4Key? = nil,
    owner: String = "", tlp: TLP = .amber, dataset: String = SensorProfile.standardDataset,
    mixClass: String = SensorProfile.standardClass
  ) {
    self.uuid = uuid
    self.name = name ?? uuid.description
    self.state = state
    self.key = key
    self.owner = owner
    self.tlp = tlp
    self.dataset = dataset
    self.mixClass = mixClass
  }
}
