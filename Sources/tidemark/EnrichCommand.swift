import ArgumentParser
import TidemarkEnrichment
import TidemarkModel

/// `tidemark enrich`: every action that an indicator offers, or those of a list of indicators.
struct EnrichCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrich",
    abstract: "Runs all actions that an indicator offers, or those of a list of indicators.",
    discussion: """
      Asked are enabled operations, or those that --op names. Nothing is added to the library but
      what --add and --add-all name.

        tidemark enrich www.example.com
        tidemark enrich --op tidemark --action risk --add-all www.example.com
        tidemark enrich --file indicators.txt --resume indicators.state --rate circl=30 --json

      Exit status: 0 done, 1 every run failed, 2 usage, 3 some tables do not have all rows, 4 some
      runs failed, rows were refused, or lines of the list are no indicators.
      """)

  @OptionGroup var place: LibraryOptions
  @Argument(help: "The indicator.")
  var value: String?
  @Option(help: "Its type; default: what it looks like.")
  var type: String?
  @Option(help: "Only this operation, also when it is disabled; may be repeated.")
  var op: [String] = []
  @Option(help: "Only this action, such as risk; may be repeated.")
  var action: [String] = []
  @OptionGroup(title: "Adding") var adding: AddOptions
  @OptionGroup(title: "Lists") var bulk: EnrichBulkOptions
  @Flag(help: "One JSON object for each run instead of tables.")
  var json = false

  func validate() throws {
    guard (value != nil) != (bulk.file != nil) else {
      throw ValidationError("give an indicator or --file")
    }
  }

  func run() async throws {
    let types = try IndicatorArgument.types(type)
    let world = try place.world()
    let choice = try Enrichment.explaining {
      try ActionChoice(operations: op, actions: action, in: world.registry)
    }
    let status = try await Enrichment.explaining {
      if let value {
        let key = try IndicatorArgument.key(value, oneOf: types)
        return try await one(key, choice, world)
      }
      return try await EnrichList(options: bulk, types: types, adding: adding, json: json)
        .run(choice, world)
    }
    if status != 0 { throw ExitCode(status) }
  }

  private func one(
    _ key: IndicatorKey, _ choice: ActionChoice, _ world: EnrichmentWorld
  ) async throws -> Int32 {
    let actions = choice.actions(for: key.type)
    guard !actions.isEmpty else {
      StandardStreams.complain(
        "tidemark: no operation that is enabled has such an action for \(key.type.label)"
          + " \(key.value)")
      return ExitStatus.usage
    }
    if actions.contains(where: \.needsLists) { Enrichment.loadLists(of: world) }
    var sum = EnrichSum()
    for (index, chosen) in actions.enumerated() {
      let result = try await world.runner.run(
        operation: chosen.operation.id, action: chosen.action.id, on: key)
      if index > 0, !json { Enrichment.write("\n") }
      sum.add(try world.library.show(result, adding: adding, json: json, isPartial: true))
    }
    return sum.exitStatus
  }
}

/// Which actions are run.
struct ActionChoice: Sendable {
  /// An action with its operation.
  struct Chosen: Sendable {
    let operation: Operation
    let action: Action

    var needsLists: Bool { EnrichmentWorld.needsLists(operation.id, action.id) }
  }

  /// All of them, in the order of the operations.
  let chosen: [Chosen]

  /// Chooses.
  ///
  /// - Parameters:
  ///   - operations: ids; empty is every operation that is enabled.
  ///   - actions: ids of actions, also with the operation's before them; empty is all.
  /// - Throws: ``OperationError/unknownOperation``, ``OperationError/unknownAction``.
  init(
    operations: [String], actions: [String], in registry: OperationRegistry
  ) throws(OperationError) {
    for id in operations { _ = try registry.operation(id) }
    var chosen: [Chosen] = []
    var unused = Set(actions)
    for operation in registry.operations {
      for action in operation.actions {
        let names = [action.id, "\(operation.id).\(action.id)"]
        guard actions.isEmpty || names.contains(where: actions.contains) else { continue }
        unused.subtract(names)
        let isWanted =
          operations.isEmpty
          ? try registry.isEnabled(operation.id) : operations.contains(operation.id)
        if isWanted {
          chosen.append(Chosen(operation: operation, action: action))
        }
      }
    }
    guard unused.isEmpty else { throw .unknownAction }
    self.chosen = chosen
  }

  /// Those that take indicators of a type.
  func actions(for type: IndicatorType) -> [Chosen] {
    chosen.filter { $0.action.accepts.contains(type) }
  }
}

/// How several runs ended, as one status.
struct EnrichSum {
  private var runs = 0
  private var failures = 0
  private var isLimited = false

  /// Takes the status of one run.
  mutating func add(_ status: Int32) {
    runs += 1
    if status == ExitStatus.failure { failures += 1 }
    if status == ExitStatus.limited { isLimited = true }
  }

  /// The status of the process.
  var exitStatus: Int32 {
    if failures > 0 { return failures == runs ? ExitStatus.failure : ExitStatus.partial }
    return isLimited ? ExitStatus.limited : 0
  }
}
