import ArgumentParser
import TidemarkPatterns

/// A pattern over all names.
struct PatternOptions: ParsableArguments {
  @Option(help: "Names in which a regular expression matches; their text ends in a dot.")
  var regex: String?
  @Option(help: "Names that a glob (*, ?, [a-z]) matches as a whole; their text ends in a dot.")
  var glob: String?

  var isGiven: Bool { regex != nil || glob != nil }

  /// The pattern, compiled; a server gets its text.
  ///
  /// - Throws: `ValidationError` for a pattern that is none.
  func pattern() throws -> Pattern {
    do throws(PatternError) {
      if let regex { return try Pattern(regex: regex) }
      return try Pattern(glob: glob ?? "")
    } catch {
      throw ValidationError("\(regex == nil ? "--glob" : "--regex"): \(error)")
    }
  }

  /// Checks what only a pattern restricts.
  func validate(output: LookupOutput) throws {
    if let format = output.output, ![.text, .cof, .csv, .names].contains(format) {
      throw ValidationError("--regex and --glob print names, text, cof or csv")
    }
    if output.sort != nil || output.summarize {
      throw ValidationError("--regex and --glob list names; they go with --count only")
    }
    _ = try pattern()
  }
}
