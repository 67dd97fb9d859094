import ArgumentParser
import Glibc
import TidemarkModel

/// How the answer of a look-up is printed.
struct LookupOutput: ParsableArguments {
  /// Names of formats.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, cof, csv, names, dnsdbq, zone, dot, graphml, stix, misp
    case cofArray = "cof-array"
  }

  /// Names of ways to write a time.
  enum Times: String, ExpressibleByArgument, CaseIterable {
    case iso, epoch, relative
  }

  /// When to use colours.
  enum Color: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
  }

  @Option(help: "Format; default: text on a terminal, cof otherwise.")
  var output: Format?
  @Option(help: "How text, csv and graphs write times.")
  var time: Times = .iso
  @Option(
    parsing: .unconditional,
    help: "Sort by first, last, duration, count, name, type or rdata; -count: largest first.",
    completion: .list(SortField.allCases.map(\.rawValue)))
  var sort: String?
  @Flag(help: "Print sums instead of rows: rows, sightings, first and last seen, by type.")
  var summarize = false
  @Flag(help: "Print how many rows there are instead of rows.")
  var count = false
  @Option(help: "Colours of text: on a terminal, always or never; NO_COLOR is honoured.")
  var color: Color = .auto

  func validate() throws {
    if summarize, count { throw ValidationError("--summarize or --count") }
    if summarize || count, sort != nil { throw ValidationError("--sort is about rows") }
    if summarize, let output, ![.text, .cof, .csv].contains(output) {
      throw ValidationError("--summarize prints text, cof or csv")
    }
    if count, output != nil { throw ValidationError("--count prints a number") }
    _ = try sortKeys()
  }

  /// Empty when rows come as they are found.
  func sortKeys() throws -> [SortKey] {
    guard let sort else { return [] }
    guard let keys = SortKey.list(sort) else {
      throw ValidationError(
        "--sort: some of \(SortField.allCases.map(\.rawValue).joined(separator: ", ")), each once")
    }
    return keys
  }

  /// What is printed when no format is asked for.
  var format: Format { output ?? (StandardStreams.isTerminal ? .text : .cof) }

  /// How times are written.
  ///
  /// - Parameter now: what relative times count from.
  func times(now: UnixSeconds) -> TimeStyle {
    switch time {
    case .iso: .iso
    case .epoch: .epoch
    case .relative: .relative(to: now)
    }
  }

  /// True when text is to be coloured.
  var hasColor: Bool {
    switch color {
    case .always: true
    case .never: false
    case .auto: StandardStreams.isTerminal && LookupOutput.environmentAllowsColor
    }
  }

  /// A table where people read it: on a terminal, and where colours were asked for.
  var isTable: Bool { StandardStreams.isTerminal || color == .always }

  private static var environmentAllowsColor: Bool {
    // https://no-color.org: set and not empty.
    if let value = unsafe getenv("NO_COLOR"), unsafe value.pointee != 0 { return false }
    guard let terminal = unsafe getenv("TERM") else { return false }
    return unsafe String(cString: terminal) != "dumb"
  }

  /// True when nothing is printed before all rows are there, or what is printed is one document:
  /// then it cannot be gone on with later.
  var isWhole: Bool {
    let documents: [Format?] = [.dot, .graphml, .stix, .misp]
    return summarize || count || sort != nil || documents.contains(output)
  }

  /// Makes a printer.
  ///
  /// - Parameter limit: applies to sorted rows; others are limited where they are found.
  func printer(now: UnixSeconds, limit: Int?) throws -> RowPrinter {
    try RowPrinter(
      kind(now: now), times: times(now: now), sort: sortKeys(),
      sortedLimit: sort == nil ? nil : limit)
  }

  private func kind(now: UnixSeconds) -> RowPrinter.Output {
    if count { return .count }
    switch format {
    case .text where summarize: return .summary(.table)
    case .csv where summarize: return .summary(.csv)
    case _ where summarize: return .summary(.json)
    case .text: return isTable ? .table(hasColor: hasColor) : .text
    case .cof: return .cof(rdataIsArray: false)
    case .cofArray: return .cof(rdataIsArray: true)
    case .csv: return .csv
    case .names: return .names
    case .dnsdbq: return .dnsdbq
    case .zone: return .zone
    case .dot: return .graph(.dot)
    case .graphml: return .graph(.graphml)
    case .stix: return .stix
    case .misp: return .misp(now: now)
    }
  }
}
