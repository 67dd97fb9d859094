import ArgumentParser
import TidemarkModel
import TidemarkPivots

/// `tidemark lists`: what names and addresses are known for.
struct ListsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lists",
    abstract: "Keeps the lists that risk scores rest on.",
    discussion: """
      Lists lie in a folder beside the store. They change in one step: whoever reads sees all of the
      old list or all of the new one.
      """,
    subcommands: [
      ListsAddCommand.self, ListsUpdateCommand.self, ListsShowCommand.self,
      ListsRemoveCommand.self,
    ])
}

/// Where the lists are.
struct ListsOption: ParsableArguments {
  @OptionGroup var store: StoreOption

  var folder: RiskListFolder { RiskListFolder(path: RiskListFolder.path(besideStore: store.path)) }
}

/// `tidemark lists remove`.
struct ListsRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Takes lists away.")

  @OptionGroup var place: ListsOption
  @Argument(help: "Their names.")
  var names: [String]

  func run() throws {
    for name in names {
      try RiskCommand.explaining { try place.folder.remove(name) }
      StandardStreams.complain("tidemark: list \(name) is removed")
    }
  }
}

/// Lists in words.
enum ListText {
  static let head = [
    "name", "kind", "category", "weight", "entries", "format", "day", "expires", "source",
  ]

  static func row(_ list: StoredRiskList) -> [String] {
    let header = list.header
    return [
      header.name, header.kind.rawValue, header.category?.rawValue ?? "-", "\(header.weight)",
      String(list.entryCount), list.format.rawValue, day(header.updated),
      header.expires.map(time) ?? "-", list.source,
    ].map { PrintableText.string($0) }
  }

  /// `public-suffix 2, not-an-entry 1`; empty when nothing was refused.
  static func rejections(_ list: RiskList) -> String {
    RiskListRejection.allCases.compactMap { reason in
      list.rejections[reason].map { "\(reason.rawValue) \($0)" }
    }.joined(separator: ", ")
  }

  /// What was taken and what was refused, for standard error.
  static func summary(_ list: RiskList) -> String {
    let refused = rejections(list)
    return "\(list.entryCount) entries (\(list.format.rawValue))"
      + (refused.isEmpty ? "" : "; refused: \(refused)")
  }

  /// `2025-01-31`.
  static func day(_ day: UnixDay) -> String {
    String(time(UnixSeconds(clamping: UInt64(day) * UInt64(TimeLimits.secondsPerDay))).prefix(10))
  }

  /// `2025-01-31T12:00:00Z`.
  static func time(_ time: UnixSeconds) -> String {
    var out: [UInt8] = []
    TimeStyle.iso.append(time, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
