import ArgumentParser
import TidemarkEnrichment
import TidemarkHTTP

/// `tidemark indicator`: the library.
struct IndicatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "indicator",
    abstract: "Keeps indicators and what was added about them.",
    discussion: "The library lies beside the store, and several processes may use it at once.",
    subcommands: [
      IndicatorAddCommand.self, IndicatorShowCommand.self, IndicatorListCommand.self,
      IndicatorImportCommand.self, IndicatorExportCommand.self, IndicatorStatusCommand.self,
    ])
}

/// `tidemark indicator show`.
struct IndicatorShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows an indicator: attributes, relations, and the actions that it offers.")

  @OptionGroup var place: LibraryOptions
  @Argument(help: "The indicator.")
  var value: String
  @Option(help: "Its type; default: what the value looks like.")
  var type: String?
  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    let key = try IndicatorArgument.key(value, oneOf: IndicatorArgument.types(type))
    let library = try place.open(create: false)
    let registry = OperationRegistry(library: library)
    try Enrichment.explaining {
      guard let indicator = try library.indicator(key) else {
        throw ConfigurationFailure(text: "\(key.value): not in the library")
      }
      if json {
        _ = StandardStreams.write(try EnrichmentJSON.page(of: key, in: registry, library))
        return
      }
      let attributes = try library.attributes(of: indicator)
      let relations = try library.relations(of: indicator)
      Enrichment.write(
        IndicatorText.page(indicator, attributes, relations, try registry.offers(for: key.type)))
      for (count, what) in [(attributes.count, "attributes"), (relations.count, "relations")]
      where count == LibraryLimits.readMax {
        StandardStreams.complain("tidemark: only the first \(count) \(what)")
      }
    }
  }
}

/// `tidemark indicator list`.
struct IndicatorListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists indicators in the order in which they were added.")

  @OptionGroup var place: LibraryOptions
  @Option(help: "Only of this type.")
  var type: String?
  @Option(
    help: "Only active, review, expired or allowed ones.", transform: IndicatorArgument.choice)
  var status: IndicatorStatus?
  @Option(help: "Only with this tag.")
  var tag: String?
  @Flag(help: "One JSON object per line.")
  var json = false

  /// Indicators of one read.
  private static let pageRows = 1_000

  func run() throws {
    var filter = IndicatorFilter()
    filter.types = try IndicatorArgument.types(type)
    filter.status = status
    filter.tag = tag
    let library = try place.open(create: false)
    var last: Int64 = 0
    repeat {
      let page = try Enrichment.explaining {
        try library.indicators(
          matching: filter, after: last, limit: IndicatorListCommand.pageRows)
      }
      let octets =
        json
        ? page.flatMap { EnrichmentJSON.indicator($0) }
        : Array(IndicatorText.table(page, hasHead: last == 0).utf8)
      guard StandardStreams.write(octets), let end = page.last else { return }
      last = end.id
    } while true
  }
}

/// `tidemark indicator status`.
struct IndicatorStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Says what analysts think of an indicator.")

  @OptionGroup var place: LibraryOptions
  @Argument(help: "The indicator.")
  var value: String
  @Argument(help: "active, review, expired or allowed.", transform: IndicatorArgument.choice)
  var status: IndicatorStatus
  @Option(help: "Its type; default: what the value looks like.")
  var type: String?

  func run() throws {
    let key = try IndicatorArgument.key(value, oneOf: IndicatorArgument.types(type))
    let library = try place.open(create: false)
    try Enrichment.explaining {
      guard try library.setStatus(status, of: key, now: StandardStreams.now()) else {
        throw ConfigurationFailure(text: "\(key.value): not in the library")
      }
    }
    StandardStreams.complain("tidemark: \(key.value) is \(status.rawValue)")
  }
}
