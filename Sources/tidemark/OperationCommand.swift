import ArgumentParser
import TidemarkEnrichment
import TidemarkHTTP

/// `tidemark op`: services and own data that can be asked about one indicator.
struct OperationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "op",
    abstract: "Asks operations about indicators: own data, CIRCL, DNSDB, DomainTools.",
    discussion: """
      An operation offers actions by the type of the indicator. Running one shows tables and writes
      nothing; rows that are ticked (--add, --add-all) go to the library.

        tidemark op list
        tidemark op run tidemark.risk www.example.com
      """,
    subcommands: [
      OperationListCommand.self, OperationShowCommand.self, OperationConfigureCommand.self,
      OperationEnableCommand.self, OperationDisableCommand.self, OperationRunCommand.self,
      OperationResultCommand.self,
    ])
}

/// `tidemark op list`.
struct OperationListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists operations with their actions.")

  @OptionGroup var place: LibraryOptions
  @Flag(help: "One JSON object per line.")
  var json = false

  func run() throws {
    let registry = OperationRegistry(library: try place.open(create: true))
    try Enrichment.explaining {
      if json {
        for operation in registry.operations {
          _ = StandardStreams.write(try EnrichmentJSON.operation(operation, in: registry))
        }
        return
      }
      var table = AlignedTable(["operation", "version", "state", "action", "accepts"])
      for operation in registry.operations {
        let state = try registry.isEnabled(operation.id) ? "enabled" : "disabled"
        var head = [operation.displayName, operation.version, state]
        for action in operation.actions {
          table.append(
            head + ["\(operation.id).\(action.id)", OperationListCommand.accepts(action)])
          head = ["", "", ""]
        }
      }
      Enrichment.write(table.text())
    }
  }
}

/// `tidemark op show`.
struct OperationShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows an operation: actions, tables, buttons and settings.",
    discussion: "Secrets are never shown, only that they are set.")

  @OptionGroup var place: LibraryOptions
  @Argument(help: "Its id, as op list has it.")
  var operation: String
  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    let registry = OperationRegistry(library: try place.open(create: true))
    try Enrichment.explaining {
      let shown = try registry.operation(operation)
      if json {
        _ = StandardStreams.write(try EnrichmentJSON.operation(shown, in: registry))
      } else {
        Enrichment.write(try OperationShowCommand.text(shown, registry))
      }
    }
  }

  private static func text(
    _ operation: Operation, _ registry: OperationRegistry
  ) throws(OperationError) -> String {
    let state = try registry.isEnabled(operation.id) ? "enabled" : "disabled"
    var head = AlignedTable(["\(operation.displayName) \(operation.version)", state])
    head.append(["author", operation.author])
    head.append(["", operation.description])
    var actions = AlignedTable(["action", "label", "accepts", "table", "buttons"])
    for action in operation.actions {
      var first = [action.id, action.label, OperationListCommand.accepts(action)]
      for table in action.tables {
        actions.append(
          first + [
            "\(table.id) (\(table.title))", table.buttons.map(\.label).joined(separator: ", "),
          ])
        first = ["", "", ""]
      }
    }
    var settings = AlignedTable(["setting", "value", "kind", "label", "help"])
    for setting in try registry.shownParameters(operation.id) {
      let spec = setting.spec
      let absent = setting.isSet ? "(set)" : spec.isRequired ? "(needed)" : ""
      settings.append([
        spec.key, setting.value ?? absent, OperationListCommand.kind(spec.kind), spec.label,
        spec.help,
      ])
    }
    return "\(head.text())\n\(actions.text())\n\(settings.text())"
  }
}

/// `tidemark op enable`.
struct OperationEnableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Offers the actions of an operation.")

  @OptionGroup var place: LibraryOptions
  @Argument(help: "Its id.")
  var operation: String

  func run() throws {
    try OperationEnableCommand.set(true, operation, place)
  }

  /// Enables or disables, and says so.
  static func set(_ isEnabled: Bool, _ id: String, _ place: LibraryOptions) throws {
    let registry = OperationRegistry(library: try place.open(create: true))
    let missing = try Enrichment.explaining {
      try registry.setEnabled(id, isEnabled)
      return try registry.shownParameters(id)
        .filter { $0.spec.isRequired && !$0.isSet && $0.spec.standard == nil }.map(\.spec.key)
    }
    StandardStreams.complain(
      "tidemark: operation \(id) is \(isEnabled ? "enabled" : "disabled")"
        + (isEnabled && !missing.isEmpty
          ? "; still to set: \(missing.joined(separator: ", "))" : "")
    )
  }
}

/// `tidemark op disable`.
struct OperationDisableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Offers the actions of an operation no more.")

  @OptionGroup var place: LibraryOptions
  @Argument(help: "Its id.")
  var operation: String

  func run() throws {
    try OperationEnableCommand.set(false, operation, place)
  }
}

extension OperationListCommand {
  /// Types that an action takes, in their usual order.
  static func accepts(_ action: Action) -> String {
    IndicatorType.allCases.filter { action.accepts.contains($0) }.map(\.rawValue)
      .joined(separator: ", ")
  }

  /// What a setting may be, in a word.
  static func kind(_ kind: ParameterSpec.Kind) -> String {
    switch kind {
    case .string: "text"
    case .secret: "secret"
    case .integer(let range): "\(range.lowerBound)-\(range.upperBound)"
    case .flag: "true|false"
    case .choice(let words): words.joined(separator: "|")
    case .host: "host"
    case .baseURL: "url"
    }
  }
}
