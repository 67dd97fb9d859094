import ArgumentParser
import TidemarkEnrichment
import TidemarkHTTP

/// `tidemark op run`.
struct OperationRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs an action on an indicator and shows its tables.",
    discussion: """
      Nothing is added to the library but what --add and --add-all name. The result is kept for 30
      days: op result shows it again and adds from it without asking again.

        tidemark op run circl.passive-dns www.example.com
        tidemark op run domaintools.risk example.com --add-all
        tidemark op run tidemark.reverse-ip 192.0.2.10 --add domains:0,2-4

      Exit status: 0 done (also when nothing is known), 1 the operation failed or rows were refused,
      2 usage, 3 the tables do not have all rows.
      """)

  @OptionGroup var place: LibraryOptions
  @Argument(help: ArgumentHelp("What to run, as op list has it.", valueName: "operation.action"))
  var action: String
  @Argument(help: "The indicator.")
  var value: String
  @Option(help: "Its type; default: the first of the action's that fits.")
  var type: String?
  @OptionGroup(title: "Adding") var adding: AddOptions
  @Flag(help: "One JSON object instead of tables.")
  var json = false

  func run() async throws {
    let words = action.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2 else { throw ValidationError("write OPERATION.ACTION") }
    let (operation, action) = (String(words[0]), String(words[1]))
    let world = try place.world()
    let key = try Enrichment.explaining {
      guard let action = try world.registry.operation(operation).action(action) else {
        throw OperationError.unknownAction
      }
      return try IndicatorArgument.key(value, for: action, type: type)
    }
    if EnrichmentWorld.needsLists(operation, action) { Enrichment.loadLists(of: world) }
    let status = try await Enrichment.explaining {
      let result = try await world.runner.run(operation: operation, action: action, on: key)
      return try world.show(result, adding: adding, json: json)
    }
    if status != 0 { throw ExitCode(status) }
  }
}

/// `tidemark op result`.
struct OperationResultCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "result",
    abstract: "Shows a result again, or its raw answer, and adds from it.")

  @OptionGroup var place: LibraryOptions
  @Argument(help: "Its id, as op run printed it.")
  var result: String
  @Flag(help: "The answer of the service as it came, without credentials.")
  var raw = false
  @OptionGroup(title: "Adding") var adding: AddOptions
  @Flag(help: "One JSON object instead of tables.")
  var json = false

  func validate() throws {
    if raw, json || adding.isGiven { throw ValidationError("--raw stands alone") }
  }

  func run() throws {
    let library = try place.open(create: false)
    if raw { return try printRaw(library) }
    let status = try Enrichment.explaining {
      try library.show(try library.result(result), adding: adding, json: json)
    }
    if status != 0 { throw ExitCode(status) }
  }

  private func printRaw(_ library: Library) throws {
    let answer = try Enrichment.explaining {
      try library.raw(ofResult: result, now: StandardStreams.now())
    }
    // A terminal might obey what a stranger wrote; files and programs get it as it is.
    if StandardStreams.isTerminal {
      Enrichment.write(Enrichment.printable(lines: answer.octets))
    } else {
      _ = StandardStreams.write(answer.octets)
    }
    if answer.isCut {
      StandardStreams.complain("tidemark: the answer was longer; the rest was not kept")
      throw ExitCode(ExitStatus.limited)
    }
  }
}

extension EnrichmentWorld {
  /// Prints a result, and adds what was asked for.
  ///
  /// - Returns: the status of the process.
  func show(_ result: ActionResult, adding: AddOptions, json: Bool) throws -> Int32 {
    try library.show(result, adding: adding, json: json)
  }
}

extension Library {
  /// Prints a result, and adds what was asked for.
  ///
  /// - Parameter isPartial: leaves out tables that the result does not have.
  /// - Returns: the status of the process when this is all that was asked for.
  func show(
    _ result: ActionResult, adding: AddOptions, json: Bool, isPartial: Bool = false
  ) throws -> Int32 {
    let selection = try adding.selection(of: result, isPartial: isPartial)
    let outcome = try selection.map { try add($0, now: StandardStreams.now()) }
    _ = StandardStreams.write(
      json ? EnrichmentJSON.result(result, outcome) : Array(ResultPrinter.text(result).utf8))
    if let outcome { ResultPrinter.complain(outcome) }
    if case .failed(let failure) = result.status {
      StandardStreams.complain(
        "tidemark: \(result.operation).\(result.action): \(ResultPrinter.text(failure))")
    }
    return ResultPrinter.exitStatus(result, outcome)
  }
}

extension ResultPrinter {
  /// Status of the process when this result is all that was asked for.
  static func exitStatus(_ result: ActionResult, _ outcome: SelectionOutcome?) -> Int32 {
    if case .failed(let failure) = result.status, failure.kind != .notFound {
      return ExitStatus.failure
    }
    if let outcome, !outcome.refused.isEmpty { return ExitStatus.failure }
    return result.isTruncated ? ExitStatus.limited : 0
  }
}
