import ArgumentParser
import TidemarkControl
import TidemarkDomains
import TidemarkModel
import TidemarkPivots

/// `tidemark lists add`.
struct ListsAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds a list from a file or a URL.",
    discussion: """
      The format is told by the content: names or addresses one a line, hosts files, response policy
      zones, AdBlock, dnsmasq, Unbound, tables, ranks, netsets, MISP, STIX 2.1. Lines that are no
      entry are counted by reason. Public suffixes and networks that would list the world are
      refused.

        tidemark lists add phish https://lists.example/phish.txt --kind block --category phishing
        tidemark lists add popular top-1m.csv --kind allow --top 1000
      """)

  @OptionGroup var place: ListsOption
  @Argument(help: "Its name: letters, digits, hyphens, underscores, dots.")
  var name: String
  @Argument(help: "A file, or a URL with https (http on this machine only).")
  var source: String
  @Option(help: "block: known to be bad; allow: scored 0; neutral: says nothing of neighbours.")
  var kind: String
  @Option(help: "What its entries are bad for: phishing, malware or spam.")
  var category: String?
  @Option(help: "Trust in entries that are registered domains, for hosts below them: 0 to 1.")
  var weight = 1.0
  @Option(help: "When it says nothing any more: after 12h, 30d or 8w, or at a date.")
  var expires: String?
  @Option(help: "Day of its content (default: today); `risk evaluate` goes by it.")
  var day: String?
  @Option(help: "Of a list of ranks, take those up to this one.")
  var top: Int?

  func validate() throws {
    guard RiskListFolder.isName(name) else {
      throw ValidationError("\(name): \(RiskListFolderError.badName)")
    }
    _ = try header(now: StandardStreams.now())
  }

  func run() async throws {
    let now = StandardStreams.now()
    let (folder, header) = (place.folder, try header(now: now))
    guard (try? folder.description(of: name)) == nil else {
      StandardStreams.complain(
        "tidemark: there is a list \(name); update it, or remove it first")
      throw ExitCode(ExitStatus.failure)
    }
    let list = try await RiskCommand.explaining {
      let source = try ListSource(source)
      let octets = try await source.octets()
      let list = try RiskList(header, octets: octets, suffixes: try PublicSuffixList.standard())
      try folder.write(list, octets: octets, source: source.text, now: now)
      return list
    }
    StandardStreams.complain("tidemark: list \(name): \(ListText.summary(list))")
  }

  private func header(now: UnixSeconds) throws -> RiskListHeader {
    guard let kind = RiskListHeader.Kind(rawValue: kind) else {
      throw ValidationError("--kind: \(self.kind) is none of block, allow, neutral")
    }
    let category = try self.category.map { word in
      guard let known = RiskCategory(rawValue: word) else {
        throw ValidationError("--category: \(word) is none of phishing, malware, spam")
      }
      return known
    }
    guard (0...1).contains(weight) else { throw ValidationError("--weight: 0 to 1") }
    guard top.map({ $0 > 0 }) ?? true else { throw ValidationError("--top: 1 or more") }
    var end: UnixSeconds?
    if let expires {
      let seconds = ExpiryText.seconds(expires, now: Int64(now))
      guard let seconds, let time = UnixSeconds(exactly: seconds) else {
        throw ValidationError("--expires: write 12h, 30d, 8w or a date like 2030-12-31")
      }
      end = time
    }
    var start = now
    if let day {
      guard let time = TimeText.parse(day, now: now), time <= now else {
        throw ValidationError("--day: write a date like 2025-01-31, not one to come")
      }
      start = time
    }
    return RiskListHeader(
      name: name, kind: kind, category: category, weight: weight, expires: end,
      updated: start / TimeLimits.secondsPerDay, ranksMax: top)
  }
}
