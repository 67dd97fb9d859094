import ArgumentParser
import TidemarkEnrichment

/// A list of indicators, and how fast services may be asked.
struct EnrichBulkOptions: ParsableArguments {
  @Option(help: "Enrich each line of a file, in order; - is standard input.", completion: .file())
  var file: String?
  @Option(
    help: "Note there which indicators are done, and go on behind them when it exists.",
    completion: .file())
  var resume: String?
  @Option(
    help: ArgumentHelp(
      "Runs of an operation in a minute; may be repeated.", valueName: "operation=per-minute"))
  var rate: [String] = []

  /// Most runs in a minute that can be asked for.
  private static let perMinuteMax = 1_000_000

  func validate() throws {
    if file == nil, resume != nil || !rate.isEmpty {
      throw ValidationError("--resume and --rate go with --file")
    }
    _ = try rates()
  }

  /// Runs in a minute by the id of the operation.
  func rates() throws -> [String: Int] {
    var rates: [String: Int] = [:]
    for text in rate {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let perMinute = Int(parts[1]),
        (1...EnrichBulkOptions.perMinuteMax).contains(perMinute)
      else {
        throw ValidationError(
          "--rate \(text): write OPERATION=N, N from 1 to \(EnrichBulkOptions.perMinuteMax)")
      }
      let id = String(parts[0])
      guard OperationCatalogue.all.contains(where: { $0.id == id }) else {
        throw ValidationError("--rate: there is no operation \(id)")
      }
      guard rates.updateValue(perMinute, forKey: id) == nil else {
        throw ValidationError("--rate: \(id) is given twice")
      }
    }
    return rates
  }
}
