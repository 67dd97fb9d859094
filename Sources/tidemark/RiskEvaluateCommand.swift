import ArgumentParser
import TidemarkDomains
import TidemarkModel
import TidemarkPivots

/// `tidemark risk evaluate`.
struct RiskEvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures scores on names and lists that came after a day.",
    discussion: """
      Host names first seen behind --cut are scored by the lists whose day is not behind it; those
      that block lists of later days have are the positives. Entries that have a day each come from
      files of lines `ENTRY,DATE`; lists of the folder have the day that `lists add --day` said.
      Printed: area under the ROC curve, and how many of the names with a score of 70 and more were
      listed later.

        tidemark risk evaluate --cut 2025-06-30 --until 2025-09-30 feed-with-dates.csv
      """)

  @OptionGroup var place: ListsOption
  @Argument(help: "Block lists with a date per entry.", completion: .file())
  var files: [String] = []
  @Option(help: "Scores know the lists up to this day.")
  var cut: String
  @Option(help: "Names and lists of later times are left out (default: now).")
  var until: String?
  @Option(help: "Score so many names; of more, a random choice that is always the same.")
  var names = 10_000
  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    _ = try times()
    guard names > 0 else { throw ValidationError("--names: 1 or more") }
  }

  func run() async throws {
    let (cut, end) = try times()
    let world = try RiskWorld(place)
    let lists = try world.lists.map { list in
      // A list that expired since was in force then.
      try list.withoutExpiry(suffixes: world.suffixes, folder: place.folder)
    }
    var holdOut = RiskHoldOut(lists: lists, cut: cut, end: end)
    for file in files {
      let octets = try await RiskCommand.explaining { try await ListSource(file).octets() }
      let dated = DatedRiskList(octets, cut: cut, end: end)
      StandardStreams.complain("tidemark: \(file): \(dated.summary)")
      // No list of the folder has a blank in its name.
      let parts = try RiskCommand.explaining {
        try dated.lists(named: "file \(file)", suffixes: world.suffixes)
      }
      holdOut.known += parts.known
      holdOut.later += parts.later
    }
    let outcome = try RiskCommand.explaining {
      try holdOut.measure(
        datasets: world.datasets, namesMax: names, suffixes: world.suffixes, store: world.store)
    }
    let text =
      json ? try RiskText.json(Line(holdOut, outcome)) : RiskEvaluateCommand.text(holdOut, outcome)
    _ = StandardStreams.write(Array(text.utf8))
    guard outcome.evaluation.rocAUC != nil else {
      StandardStreams.complain(
        "tidemark: nothing is measured: there must be names that were listed later, and others")
      throw ExitCode(ExitStatus.failure)
    }
  }

  private func times() throws -> (cut: UnixSeconds, end: UnixSeconds) {
    let now = StandardStreams.now()
    let end = try RiskText.time(until, option: "--until", now: now) ?? now
    guard let cut = try RiskText.time(cut, option: "--cut", now: now), cut < end else {
      throw ValidationError("--cut: a time before --until")
    }
    return (cut, end)
  }

  private static func text(_ holdOut: RiskHoldOut, _ outcome: RiskHoldOut.Outcome) -> String {
    let evaluation = outcome.evaluation
    func rounded(_ value: Double?) -> String {
      value.map { String(($0 * 10_000).rounded() / 10_000) } ?? "-"
    }
    func named(_ lists: [RiskList]) -> String {
      let words = lists.map { "\($0.header.name) (\($0.header.kind.rawValue), \($0.entryCount))" }
      return words.isEmpty ? "none" : PrintableText.string(words.joined(separator: ", "))
    }
    return """
      time                 \(ListText.time(holdOut.cut)) to \(ListText.time(holdOut.end))
      lists known          \(named(holdOut.known))
      lists behind         \(named(holdOut.later))
      new host names       \(outcome.names)
      known before         \(outcome.knownNames)
      not looked at        \(outcome.skippedNames)
      positives            \(evaluation.positives)
      negatives            \(evaluation.negatives)
      ROC AUC              \(rounded(evaluation.rocAUC))
      score 70 and more    \(evaluation.flagged)
      precision at 70      \(rounded(evaluation.precision))

      """
  }

  private struct Line: Encodable {
    let cut, until: UnixSeconds
    let listsKnown, listsBehind: [String]
    let names, knownNames, skippedNames, positives, negatives, flagged: Int
    let rocAuc, precisionAt70: Double?

    init(_ holdOut: RiskHoldOut, _ outcome: RiskHoldOut.Outcome) {
      (cut, until) = (holdOut.cut, holdOut.end)
      listsKnown = holdOut.known.map(\.header.name)
      listsBehind = holdOut.later.map(\.header.name)
      let evaluation = outcome.evaluation
      (names, knownNames) = (outcome.names, outcome.knownNames)
      skippedNames = outcome.skippedNames
      (positives, negatives) = (evaluation.positives, evaluation.negatives)
      (flagged, rocAuc) = (evaluation.flagged, evaluation.rocAUC)
      precisionAt70 = evaluation.precision
    }
  }
}

extension RiskList {
  /// The same list of the folder without an end.
  fileprivate func withoutExpiry(
    suffixes: PublicSuffixList, folder: RiskListFolder
  ) throws -> RiskList {
    guard header.expires != nil else { return self }
    return try RiskCommand.explaining {
      let found = try folder.read(header.name)
      var header = found.stored.header
      header.expires = nil
      return try RiskList(header, octets: found.octets, suffixes: suffixes)
    }
  }
}
