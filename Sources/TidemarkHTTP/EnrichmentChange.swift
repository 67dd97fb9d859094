public import TidemarkEnrichment

/// What somebody changed over HTTP, for a log of who changed what. Look-ups are no changes.
///
/// It holds no value of a setting, no indicator, and nothing of a token but its number.
public struct EnrichmentChange: Sendable, Equatable, CustomStringConvertible {
  /// What was changed.
  public enum Kind: Sendable, Equatable {
    /// These settings of an operation.
    case configured(operation: String, settings: [String])
    /// An operation was turned on or off.
    case enabled(operation: String, Bool)
    /// Rows of a result were added to the library.
    case added(result: String, rows: Int)
    /// Indicators of a file or a form brought something new to the library.
    case imported(rows: Int)
    /// What analysts think of an indicator was set.
    case rated(IndicatorStatus)
  }

  /// The token's number in the control database; nil where no token is asked for.
  public let token: Int64?
  /// What was changed.
  public let kind: Kind

  /// Makes an entry. Names of operations and settings and ids of results are those that exist:
  /// nothing else that a client sent gets into a log.
  public init(token: Int64?, _ kind: Kind) {
    self.token = token
    self.kind = kind
  }

  /// One line of `name=value`.
  public var description: String {
    let what =
      switch kind {
      case .configured(let operation, let settings):
        "action=configure operation=\(operation) settings=\(settings.joined(separator: ","))"
      case .enabled(let operation, let isEnabled):
        "action=\(isEnabled ? "enable" : "disable") operation=\(operation)"
      case .added(let result, let rows): "action=add result=\(result) rows=\(rows)"
      case .imported(let rows): "action=import rows=\(rows)"
      case .rated(let status): "action=status status=\(status.rawValue)"
      }
    return "audit token=\(token.map(String.init) ?? "none") \(what)"
  }
}
