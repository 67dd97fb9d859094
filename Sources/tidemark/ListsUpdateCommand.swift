import ArgumentParser
import TidemarkDomains
import TidemarkModel
import TidemarkPivots

/// `tidemark lists update`.
struct ListsUpdateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Fetches lists again and takes over what changed.",
    discussion: """
      A list that cannot be fetched or read, and one that lost more than half of its entries,
      stays as it was; that is said, the others go on, and the exit status is 1.
      """)

  @OptionGroup var place: ListsOption
  @Argument(help: "Names of lists (default: all).")
  var names: [String] = []
  @Flag(help: "Take over lists that lost more than half of their entries as well.")
  var shrunk = false

  func run() async throws {
    let (folder, suffixes) = (place.folder, try RiskCommand.explaining(PublicSuffixList.standard))
    var (names, hasFailed) = (self.names, false)
    if names.isEmpty {
      let inventory = try RiskCommand.explaining { try folder.lists() }
      names = inventory.lists.map(\.header.name)
      hasFailed = !inventory.failures.isEmpty
      for remark in inventory.remarks { StandardStreams.complain("tidemark: \(remark)") }
    }
    for name in names {
      do {
        let news = try await update(name, in: folder, suffixes)
        StandardStreams.complain("tidemark: list \(name): \(news)")
      } catch RiskListFolderError.shrunk(_, let entries, let before) {
        hasFailed = true
        StandardStreams.complain(
          "tidemark: list \(name) stays as it was: it has \(entries) entries after \(before);"
            + " --shrunk takes it over all the same")
      } catch {
        hasFailed = true
        StandardStreams.complain("tidemark: list \(name) stays as it was: \(error)")
      }
    }
    if hasFailed { throw ExitCode(ExitStatus.failure) }
  }

  /// What became of a list, in words.
  private func update(
    _ name: String, in folder: RiskListFolder, _ suffixes: PublicSuffixList
  ) async throws -> String {
    let stored = try folder.description(of: name)
    let octets = try await ListSource(stored.source).octets()
    // What is kept may be damaged: then it is not the same, and written again.
    if let kept = try? folder.read(name), kept.octets == octets { return "unchanged" }
    let now = StandardStreams.now()
    var header = stored.header
    header.updated = now / TimeLimits.secondsPerDay
    let list = try RiskList(header, octets: octets, suffixes: suffixes)
    try folder.write(list, octets: octets, source: stored.source, now: now, shrinks: shrunk)
    return "\(ListText.summary(list)), \(stored.entryCount) before"
  }
}
