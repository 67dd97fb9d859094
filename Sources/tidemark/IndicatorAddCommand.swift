import ArgumentParser
import TidemarkEnrichment
import TidemarkModel

/// `tidemark indicator add`.
struct IndicatorAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds indicators.",
    discussion: """
      Defanged values are understood. Adding one again widens its tags and sources and changes
      nothing else. A value that is refused keeps no other one back; the exit status is then 1.
      """)

  @OptionGroup var place: LibraryOptions
  @Argument(help: "Names, addresses, networks, URLs, mail addresses, AS numbers, digests.")
  var values: [String]
  @Option(help: "The type of all of them; default: what each looks like.")
  var type: String?
  @Option(help: "A word for them; may be repeated.")
  var tag: [String] = []
  @Option(help: "Who says so.")
  var source = Enrichment.handSource
  @Option(
    help: "The status of new ones: active, review, expired or allowed.",
    transform: IndicatorArgument.choice)
  var status = IndicatorStatus.active

  func run() throws {
    let types = try IndicatorArgument.types(type)
    let rows = values.enumerated().map { number, value in
      LibraryRow(number: number + 1, entry: entry(value, types))
    }
    let library = try place.open(create: true)
    let report = try Enrichment.explaining {
      try library.add(rows, source: source, now: StandardStreams.now())
    }
    try IndicatorAddCommand.finish(report, what: "indicators")
  }

  private func entry(
    _ value: String, _ types: Set<IndicatorType>?
  ) -> Result<LibraryEntry, RowRefusal> {
    do {
      var entry = LibraryEntry(try IndicatorArgument.key(value, oneOf: types))
      entry.tags = tag
      entry.status = status
      return .success(entry)
    } catch {
      return .failure(RowRefusal("\(error)"))
    }
  }

  /// Tells what became of rows.
  ///
  /// - Throws: `ExitCode` when some were refused.
  static func finish(_ report: AddReport, what: String) throws {
    StandardStreams.complain(
      "tidemark: \(report.rows) \(what): \(report.added) added, \(report.alreadyThere) were there"
        + " already, \(report.refused) refused")
    guard report.refused > 0 else { return }
    for refusal in report.refusals.prefix(refusalsMax) {
      StandardStreams.complain("tidemark: row \(refusal.row): \(refusal.reason)")
    }
    if report.refused > refusalsMax {
      for (reason, count) in report.reasons.sorted(by: { $0.key < $1.key }) {
        StandardStreams.complain("tidemark: \(count) rows: \(reason)")
      }
    }
    throw ExitCode(ExitStatus.failure)
  }

  /// Refusals that are told one by one.
  private static let refusalsMax = 20
}
