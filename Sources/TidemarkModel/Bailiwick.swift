/// The apex of the zone that an answer's data is authoritative for, always an ancestor-or-self of
/// the owner, so that a count of labels says it.
public struct Bailiwick: RawRepresentable, Hashable, Sendable {
  /// Labels of the apex, root not counted (0 is the root zone), or 255 for unknown.
  public let rawValue: UInt8

  /// Not known, or not verified.
  public static let unknown = Bailiwick(rawValue: 255)

  /// Takes a label count (0–127) or 255.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The apex with `labels` labels; ``unknown`` when no name has that many.
  public init(labels: Int) {
    self.rawValue = (0...127).contains(labels) ? UInt8(labels) : 255
  }
}
