/// What a stream pools, and when it lets a record out (docs/notes/0007-mixing.md).
///
/// The standard values err on the side of silence: nothing leaves that fewer than three sensors
/// saw, and nothing of a sensor whose owner did not say that it may be shared with a community.
public struct MixSettings: Equatable, Sendable {
  /// What a record must have been seen by, to count as one.
  public enum Voice: String, CaseIterable, Sendable {
    /// A sensor.
    case sensors
    /// An owner of sensors: many sensors of one owner count once. A sensor without an owner counts
    /// for itself.
    case owners
  }

  /// Longest name of a stream, octets.
  public static let nameOctetsMax = 32

  /// The stream's name: what takes the place of the sensor in what is shared. 1 to
  /// ``nameOctetsMax`` lower-case letters, digits, dashes and underscores.
  public var name: String
  /// Datasets whose records are pooled.
  public var datasets: [String]
  /// Sensors with a stricter marking are not pooled.
  public var tlpMax: TLP = .green
  /// The marking of sensors that are not registered.
  public var tlpDefault: TLP = .amber
  /// Classes of sensors that are pooled; sensors that are not registered are `standard`.
  public var classes: [String] = ["standard"]
  /// Names of sensors that are not pooled.
  public var excludedSensors: [String] = []
  /// What counts as distinct for ``sensorsMin`` and ``sensorsPerRecordMin``.
  public var voice: Voice = .sensors
  /// m: a window is let out when so many contributed to it; until then it stays open.
  public var sensorsMin = 5
  /// k: a record is let out when so many saw it.
  public var sensorsPerRecordMin = 3
  /// n: a record is also let out when it was seen so often, by however few; 0 for never.
  public var sightingsMin: UInt64 = 0
  /// How long a window is open, seconds.
  public var windowSeconds = 600
  /// Times are rounded down to a multiple of this, seconds; 1 leaves them as they are.
  public var coarsenSeconds = 3_600
  /// How long a record may wait until it is safe, seconds; then it is dropped.
  public var pendingSecondsMax = 86_400
  /// Most records in memory, some 150 octets each. A full pool closes its window early if enough
  /// sensors contributed; what waits longest is dropped then.
  public var poolRecordsMax = 1_000_000
  /// How long released chunks are kept for those who come late, seconds.
  public var retentionSeconds = 7 * 86_400
  /// Octets of released chunks that are kept.
  public var retentionOctets: UInt64 = 1 << 30

  /// Makes the standard settings.
  public init(name: String, datasets: [String] = ["main"]) {
    self.name = name
    self.datasets = datasets
  }

  /// True for a name that a stream may have.
  public static func isName(_ name: String) -> Bool {
    (1...nameOctetsMax).contains(name.utf8.count)
      && name.utf8.allSatisfy { octet in
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
