import ArgumentParser
import FoundationEssentials
import TidemarkDomains
import TidemarkModel
import TidemarkPivots

/// `tidemark lists show`.
struct ListsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows all lists, or one with what was refused of it.")

  @OptionGroup var place: ListsOption
  @Argument(help: "The name of a list (default: all).")
  var name: String?
  @Flag(help: "One JSON object per line.")
  var json = false

  func run() throws {
    guard let name else { return try showAll() }
    let (stored, list) = try RiskCommand.explaining {
      let found = try place.folder.read(name)
      let suffixes = try PublicSuffixList.standard()
      return (
        found.stored,
        try RiskList(found.stored.header, octets: found.octets, suffixes: suffixes)
      )
    }
    print(json ? try Line(stored, list).text : ListsShowCommand.text(stored, list))
  }

  private func showAll() throws {
    let inventory = try RiskCommand.explaining { try place.folder.lists() }
    let text =
      json
      ? try inventory.lists.map { try Line($0).text }.joined()
      : TokenText.table(inventory.lists.map(ListText.row), head: ListText.head)
    print(text)
    for remark in inventory.remarks { StandardStreams.complain("tidemark: \(remark)") }
    if !inventory.failures.isEmpty { throw ExitCode(ExitStatus.failure) }
  }

  private func print(_ text: String) { _ = StandardStreams.write(Array(text.utf8)) }

  private static func text(_ stored: StoredRiskList, _ list: RiskList) -> String {
    var lines = zip(ListText.head, ListText.row(stored)).map { "\($0): \($1)\n" }
    lines.append("taken: \(ListText.time(stored.taken))\n")
    lines.append("octets: \(stored.octetCount)\n")
    lines.append("sha256: \(PrintableText.string(stored.sha256))\n")
    let refused = ListText.rejections(list)
    lines.append("refused: \(refused.isEmpty ? "nothing" : refused)\n")
    return lines.joined()
  }

  private struct Line: Encodable {
    let name, kind: String
    let category: String?
    let weight: Double
    let entries, octets: Int
    let format, day, source, sha256: String
    let expires: UnixSeconds?
    let taken: UnixSeconds
    let top: Int?
    let refused: [String: Int]?

    init(_ stored: StoredRiskList, _ list: RiskList? = nil) {
      let header = stored.header
      (name, kind, category) = (header.name, header.kind.rawValue, header.category?.rawValue)
      (weight, entries, octets) = (header.weight, stored.entryCount, stored.octetCount)
      (format, day) = (stored.format.rawValue, ListText.day(header.updated))
      (source, sha256) = (stored.source, stored.sha256)
      (expires, taken, top) = (header.expires, stored.taken, header.ranksMax)
      refused = list.map { list in
        Dictionary(uniqueKeysWithValues: list.rejections.map { ($0.key.rawValue, $0.value) })
      }
    }

    var text: String {
      get throws { try RiskText.json(self) }
    }
  }
}
