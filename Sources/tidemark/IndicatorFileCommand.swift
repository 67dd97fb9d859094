import ArgumentParser
import TidemarkEnrichment
import TidemarkModel

/// What a file of the library holds.
enum LibraryFileKind: String, CaseIterable {
  case csv, ndjson, stix, misp
  /// Registrations, as `export` writes them.
  case registrations
  /// An answer of `whois/history` in DomainTools' interface.
  case whoisHistory = "whois-history"

  /// The format of a file of indicators; nil for files of registrations.
  var format: LibraryFormat? { LibraryFormat(rawValue: rawValue) }
}

/// `tidemark indicator import`.
struct IndicatorImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Adds the indicators of a file, or registrations.",
    discussion: """
      A row that is refused keeps no other one back. Importing a file again adds nothing.

        tidemark indicator import watchlist.csv
        tidemark indicator import --format whois-history --of example.com history.json
      """)

  @OptionGroup var place: LibraryOptions
  @Argument(help: "The file; - is standard input.", completion: .file())
  var file: String
  @Option(
    help: """
      csv, ndjson, stix, misp, registrations or whois-history; default: by the ending .csv, \
      .ndjson or .jsonl.
      """,
    transform: IndicatorArgument.choice)
  var format: LibraryFileKind?
  @Option(help: "Who says so, where the file names nobody.")
  var source = Enrichment.handSource
  @Option(help: ArgumentHelp("The domain of a whois-history.", valueName: "name"))
  var of: String?

  func validate() throws {
    guard (format == .whoisHistory) == (of != nil) else {
      throw ValidationError("--format whois-history and --of go together")
    }
  }

  func run() throws {
    let kind = try format ?? standardKind()
    let library = try place.open(create: true)
    let now = StandardStreams.now()
    let report = try Enrichment.explaining {
      let octets = try SmallInput.octets(file, max: LibraryImport.octetsMax)
      if let format = kind.format {
        return try library.importFile(octets, as: format, source: source, now: now)
      }
      if let of { return try library.importHistory(octets, of: of, now: now) }
      return try library.importSnapshots(octets, now: now)
    }
    try IndicatorAddCommand.finish(report, what: "rows")
  }

  private func standardKind() throws -> LibraryFileKind {
    if file.hasSuffix(".csv") { return .csv }
    if file.hasSuffix(".ndjson") || file.hasSuffix(".jsonl") { return .ndjson }
    throw ValidationError("--format: say what the file holds")
  }
}

/// `tidemark indicator export`.
struct IndicatorExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes all indicators with what is said about them, or all registrations.",
    discussion: """
      CSV and ndjson keep everything but provenance; STIX has no status and no tags, MISP has
      relations only that are DNS records, and neither attributes nor status.
      """)

  @OptionGroup var place: LibraryOptions
  @Option(
    help: "csv, ndjson, stix, misp or registrations.", transform: IndicatorArgument.choice)
  var format = LibraryFileKind.ndjson
  @Flag(help: "Registrations without those who made them, and without the texts that name them.")
  var withoutContacts = false

  func validate() throws {
    guard format != .whoisHistory else {
      throw ValidationError("--format: csv, ndjson, stix, misp or registrations")
    }
    guard !withoutContacts || format == .registrations else {
      throw ValidationError("--without-contacts goes with --format registrations")
    }
  }

  func run() throws {
    let library = try place.open(create: false)
    try Enrichment.explaining {
      guard let format = format.format else {
        _ = try library.exportSnapshots(withContacts: !withoutContacts) {
          StandardStreams.write($0)
        }
        return
      }
      let report = try library.export(as: format, now: StandardStreams.now()) {
        StandardStreams.write($0)
      }
      if report.leftOut > 0 {
        StandardStreams.complain(
          "tidemark: \(report.leftOut) indicators and relations cannot be said as"
            + " \(format.rawValue) and are left out")
      }
    }
  }
}
