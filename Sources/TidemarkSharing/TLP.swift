/// How far something may travel: the labels of the Traffic Light Protocol (FIRST, TLP 2.0). Each is
/// stricter than those before it.
public enum TLP: Int, Comparable, Sendable, CaseIterable, CustomStringConvertible {
  /// Everybody may have it; `white` in TLP 1.0.
  case clear = 1
  /// The community may have it.
  case green
  /// The receivers' organisations and their clients may have it.
  case amber
  /// The receivers' organisations may have it.
  case amberStrict
  /// Nobody else may have it.
  case red

  /// Reads a label: `clear`, `white`, `green`, `amber`, `amber+strict` or `red`, in any case, with
  /// or without `tlp:` before it.
  public init?(text: String) {
    var word = text.lowercased()
    if word.hasPrefix("tlp:") { word.removeFirst(4) }
    if word == "white" { word = "clear" }
    guard let label = TLP.allCases.first(where: { $0.description == word }) else { return nil }
    self = label
  }

  /// The label without `tlp:`.
  public var description: String {
    switch self {
    case .clear: "clear"
    case .green: "green"
    case .amber: "amber"
    case .amberStrict: "amber+strict"
    case .red: "red"
    }
  }

  /// True when `one` lets something travel further than `other` does.
  public static func < (one: TLP, other: TLP) -> Bool { one.rawValue < other.rawValue }
}
