import ArgumentParser

/// Look-ups of a list of values.
struct BulkOptions: ParsableArguments {
  /// How statuses are printed.
  enum Status: String, ExpressibleByArgument, CaseIterable {
    case text, json, none
  }

  @Option(
    help: "Look up each line of a file, in order; - is standard input.",
    completion: .file())
  var bulk: String?
  @Option(
    help: "Note there which keys are done, and go on behind them when it exists.",
    completion: .file())
  var resume: String?
  @Option(help: "A line on standard error for each key.")
  var status: Status = .text

  func validate() throws {
    if bulk == nil, resume != nil { throw ValidationError("--resume goes with --bulk") }
  }
}
