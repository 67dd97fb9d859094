import ArgumentParser
import TidemarkModel
import TidemarkQuery
import TidemarkRocksDB
import TidemarkStore

/// `tidemark lookup`: what is remembered of a name, an address, a network or rdata, or of a list of
/// them; or which names match a pattern.
struct LookupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookup",
    abstract: "Looks up a name, *.name, address, network or rdata.",
    discussion: """
      Names are looked up as owner and inside rdata. Defanged values are understood. Times are \
      2025-01-31, 2025-01-31T12:00:00Z, seconds since 1970, or 7d, -3600, 1w2d3h before now; they \
      are strict bounds.

      Exit status: 0 complete, 3 the limit was reached and there is more, 4 rows are missing or \
      keys of a list could not be looked up, 2 usage, 1 failure.
      """)

  /// Rows above which somebody at a terminal is told that there are many.
  private static let manyRows = 10_000

  @OptionGroup var store: StoreOption
  @OptionGroup(title: "Server") var server: ServerOption
  @OptionGroup(title: "Filters") var filters: LookupFilters
  @OptionGroup(title: "Output") var output: LookupOutput
  @OptionGroup(title: "Lists") var bulk: BulkOptions
  @OptionGroup(title: "Patterns") var patterns: PatternOptions
  @Argument(help: "What to look up.")
  var value: String?

  func validate() throws {
    let subjects = [value, bulk.bulk, patterns.regex, patterns.glob]
    guard subjects.count(where: { $0 != nil }) == 1 else {
      throw ValidationError("give a value, or one of --bulk, --regex and --glob")
    }
    if patterns.isGiven { try patterns.validate(output: output) }
    if bulk.resume != nil, output.isWhole {
      throw ValidationError("--resume needs rows that are printed as they come")
    }
  }

  func run() async throws {
    let now = StandardStreams.now()
    do {
      let remote = try server.remote()
      let status: Int32
      do {
        status = try await lookUp(remote, now: now)
      } catch {
        try? await remote?.shutdown()
        throw error
      }
      try await remote?.shutdown()
      if status != 0 { throw ExitCode(status) }
    } catch let error as StoreError {
      throw LookupCommand.failure(error)
    } catch let error as RemoteError {
      throw LookupCommand.failure(error)
    } catch let error as RowPrinter.Failure {
      throw LookupCommand.failure(error)
    }
  }

  /// Complains; the status of a failure.
  private static func failure(_ error: any Error) -> ExitCode {
    StandardStreams.complain("tidemark: \(error)")
    return ExitCode(ExitStatus.failure)
  }

  private func lookUp(_ remote: RemoteServer?, now: UInt32) async throws -> Int32 {
    var template = try filters.template(now: now)
    if patterns.isGiven {
      let names = NameSearch(options: patterns, filters: filters, template: template)
      if let remote { return try await names.run(on: remote, output, now: now) }
      return try names.run(on: store.openForReading(), output, now: now)
    }
    // Sorted rows are limited when all of them are there.
    if output.sort != nil { template.limit = nil }
    var printer = try output.printer(now: now, limit: filters.limit)
    if let list = bulk.bulk {
      let run = BulkLookup(options: bulk, list: list)
      return try await run.run(search(remote, template), &printer)
    }
    guard let text = value else { return 0 }
    let subject = try LookupCommand.subject(text)
    if remote == nil, isBrowsing {
      let local = try LocalSearch(
        store.openForReading(), template: template, dataset: filters.dataset)
      try tellIfMany(local, subject)
      return try finish(local.search(subject, into: &printer), &printer)
    }
    if let remote, output.summarize || output.count {
      let search = RemoteSearch(remote, template: template, dataset: filters.dataset)
      let (sums, outcome) = try await search.sums(subject)
      printer.add(sums)
      return try finish(outcome, &printer)
    }
    let outcome = try await search(remote, template).search(subject, into: &printer)
    return try finish(outcome, &printer)
  }

  private func search(
    _ remote: RemoteServer?, _ template: RecordQuery
  ) throws -> any RecordSearch {
    if let remote {
      return RemoteSearch(remote, template: template, dataset: filters.dataset)
    }
    return try LocalSearch(store.openForReading(), template: template, dataset: filters.dataset)
  }

  private func finish(_ outcome: SearchOutcome, _ printer: inout RowPrinter) throws -> Int32 {
    let isLimited = try printer.finish()
    outcome.complain()
    return outcome.exitStatus == 0 && isLimited ? ExitStatus.limited : outcome.exitStatus
  }

  /// A value as it was typed, without what keeps it from being clicked on.
  static func subject(_ text: String) throws -> SearchValue {
    let refanged = RefangedValue(text)
    if refanged.isChanged {
      StandardStreams.complain("tidemark: \(text) is looked up as \(refanged.value)")
    }
    do {
      return try SearchValue(refanged.value)
    } catch {
      throw ValidationError("\(PrintableText.string(refanged.value)): \(error)")
    }
  }

  /// True when somebody reads every row as it comes.
  private var isBrowsing: Bool {
    StandardStreams.isTerminal && filters.limit == nil && output.sort == nil && !output.count
      && !output.summarize
  }

  /// Walks over the first rows before they are shown: some milliseconds.
  private func tellIfMany(_ search: LocalSearch, _ subject: SearchValue) throws {
    guard try search.hasMore(than: LookupCommand.manyRows, subject) else { return }
    StandardStreams.complain(
      "tidemark: more than \(LookupCommand.manyRows) rows; --limit shows fewer, --count says how"
        + " many, --summarize prints sums")
  }
}
