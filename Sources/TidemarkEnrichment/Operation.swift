/// A service that can be asked about one indicator by hand.
public struct Operation: Sendable, Equatable, Identifiable {
  /// The name in requests: lower case, no dots.
  public let id: String
  /// The name for people; with the version it is the source of what is added.
  public let displayName: String
  /// What it is, for people.
  public let description: String
  /// Who made it.
  public let author: String
  /// Its version.
  public let version: String
  /// True when it is enabled until somebody disables it: it asks nobody outside.
  public let isEnabledAtFirst: Bool
  /// All settings: the host's first, then its own.
  public let parameters: [ParameterSpec]
  /// What it can be asked, in the order of the buttons.
  public let actions: [Action]

  /// Makes an operation; the host's settings come first, unless it has its own of that key.
  public init(
    id: String, displayName: String, description: String, author: String, version: String,
    isEnabledAtFirst: Bool = false, parameters own: [ParameterSpec], actions: [Action]
  ) {
    self.id = id
    self.displayName = displayName
    self.description = description
    self.author = author
    self.version = version
    self.isEnabledAtFirst = isEnabledAtFirst
    let keys = Set(own.map(\.key))
    parameters = Operation.hostParameters.filter { !keys.contains($0.key) } + own
    self.actions = actions
  }

  /// The label of everything that is added by it.
  public var source: String { "\(displayName) \(version)" }

  /// The action of an id.
  public func action(_ id: String) -> Action? { actions.first { $0.id == id } }

  /// Settings that every operation has.
  public static let hostParameters = [
    ParameterSpec(
      "bypass_proxy", "Bypass system proxy configuration for this operation", .flag,
      standard: "false", redirection: .anyOther,
      help: "Ignores the proxies of the environment for this operation only."),
    ParameterSpec(
      "verify_tls", "Verify SSL", .flag, standard: "true", redirection: .to("false"),
      help: "Checks the certificate of the server. Without it anybody on the way can answer."),
    ParameterSpec(
      "timeout_s", "Timeout", .integer(1...600), standard: "30",
      help: "Seconds to wait for the whole answer."),
    ParameterSpec(
      "max_rows", "Most Rows", .integer(1...10_000), standard: "500",
      help: "Rows of one result table; the rest is counted only."),
  ]
}

/// One question that an operation can be asked.
public struct Action: Sendable, Equatable, Identifiable {
  /// The name inside the operation.
  public let id: String
  /// The name in the list of actions.
  public let label: String
  /// The name on the button.
  public let buttonLabel: String
  /// Indicators that it is offered for.
  public let accepts: Set<IndicatorType>
  /// What it gives, for people.
  public let description: String
  /// The line above the tables; `{indicator}` stands for the value.
  public let heading: String
  /// Tables that an answer may have, in order. Those without rows are left out.
  public let tables: [TableSpec]

  /// Makes an action.
  public init(
    id: String, label: String, buttonLabel: String? = nil, accepts: Set<IndicatorType>,
    description: String, heading: String, tables: [TableSpec]
  ) {
    self.id = id
    self.label = label
    self.buttonLabel = buttonLabel ?? label
    self.accepts = accepts
    self.description = description
    self.heading = heading
    self.tables = tables
  }

  /// The table of an id.
  public func table(_ id: String) -> TableSpec? { tables.first { $0.id == id } }
}

/// Why an operation was not changed, or an action not run at all. Each prints as one line, without
/// any value that was given.
public enum OperationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No operation has this id.
  case unknownOperation
  /// The operation has no such action.
  case unknownAction
  /// The operation has no such setting.
  case unknownParameter(key: String)
  /// A setting cannot have this value.
  case badValue(key: String, rule: String)
  /// Settings that say where requests go were changed without the secrets that would go there.
  case secretsNeeded(changed: [String], secrets: [String])
  /// Settings that the operation cannot run without.
  case missing(keys: [String])
  /// The action does not take indicators of this type.
  case notOffered(IndicatorType)
  /// The library cannot be read or written.
  case library(LibraryError)

  /// One line for people.
  public var description: String {
    switch self {
    case .unknownOperation: "there is no such operation"
    case .unknownAction: "the operation has no such action"
    case .unknownParameter: "the operation has no such setting"
    case .badValue(let key, let rule): "\(key) \(rule)"
    case .secretsNeeded(let changed, let secrets):
      "\(changed.joined(separator: ", ")): where requests go is changed together with the secret"
        + " that is sent there: give \(secrets.joined(separator: ", ")) again, or take it back"
    case .missing(let keys): "not configured: set \(keys.joined(separator: ", "))"
    case .notOffered(let type): "the action does not take indicators of type \(type.label)"
    case .library(let error): error.description
    }
  }
}
