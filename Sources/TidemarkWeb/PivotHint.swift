/// What hangs on a value, told before the click: two bounded counts and the badges.
public struct PivotHint: Sendable, Equatable {
  /// The value, as it was asked for.
  public let value: String
  /// Other names that have it in their rdata.
  public let names: PivotFigure
  /// Values that the name itself has; nothing for an address.
  public let values: PivotFigure
  /// What to know about it.
  public let badges: [PivotBadge]
  /// True for an address.
  public let isAddress: Bool

  /// Makes a hint of what was found.
  public init(_ value: String, _ facts: PivotFacts) {
    self.value = value
    names = facts.names
    values = facts.values
    isAddress = facts.isAddress
    badges = PivotBadgeRules.badges(facts)
  }

  /// `312 names`, `4 values`, `4 values, 12 names`.
  public var text: String {
    var parts: [String] = []
    if values.count > 0 { parts.append(PivotHint.text(values, "value")) }
    if names.count > 0 { parts.append(PivotHint.text(names, "name")) }
    if parts.isEmpty { return isAddress ? "no other name" : "nothing else" }
    return parts.joined(separator: ", ")
  }

  /// True when a graph does not expand the value unasked.
  public var isNoise: Bool { badges.contains { $0.kind.isNoise } }

  /// Adds the text and the badges.
  public func append(to html: inout HTMLText) {
    html.markup("<span class=\"hint\">")
    html.text(text)
    html.markup("</span>")
    for badge in badges {
      html.markup(" ")
      badge.append(to: &html)
    }
  }

  private static func text(_ figure: PivotFigure, _ word: String) -> String {
    "\(figure.text) \(word)\(figure.count == 1 && !figure.hasMore ? "" : "s")"
  }
}
