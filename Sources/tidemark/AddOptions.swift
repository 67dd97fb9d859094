import ArgumentParser
import TidemarkEnrichment

/// What of a result is added to the library.
struct AddOptions: ParsableArguments {
  @Flag(help: "Add every row of every table.")
  var addAll = false
  @Option(
    help: ArgumentHelp(
      "Add rows of a table by their numbers, all or 0,2,5-9; may be repeated.",
      valueName: "table:rows"))
  var add: [String] = []
  @Option(help: "Press only the button with this label; default: every button.")
  var button: String?

  /// True when something is to be added.
  var isGiven: Bool { addAll || !add.isEmpty }

  func validate() throws {
    guard !addAll || add.isEmpty else { throw ValidationError("--add-all or --add") }
    guard button == nil || isGiven else {
      throw ValidationError("--button goes with --add or --add-all")
    }
    _ = try ticked()
  }

  /// Rows that `--add` names.
  func ticked() throws -> [Selection.Rows] {
    try add.map { text in
      let wrong = ValidationError("--add \(text): write TABLE:all or TABLE:0,2,5-9")
      // Ids of repeated tables have colons inside.
      guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { throw wrong }
      let table = String(text[..<colon])
      let words = text[text.index(after: colon)...]
      if words == "all" { return Selection.Rows(table: table) }
      guard let rows = AddOptions.numbers(words) else { throw wrong }
      return Selection.Rows(table: table, rows: rows)
    }
  }

  /// Most rows that one option may name.
  private static let rowsMax = 100_000

  private static func numbers(_ text: Substring) -> [Int]? {
    var rows: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends.first ?? nil,
        let last = ends.last ?? nil, first >= 0, first <= last, last - first < rowsMax,
        rows.count + last - first < rowsMax
      else { return nil }
      rows.append(contentsOf: first...last)
    }
    return rows
  }

  /// What to add of a result; nil when nothing is asked for.
  ///
  /// - Parameter isPartial: leaves tables out that the result does not have.
  func selection(of result: ActionResult, isPartial: Bool = false) throws -> Selection? {
    guard isGiven else { return nil }
    var rows = try ticked()
    if addAll {
      rows = result.tables.filter(\.isSelectable).map { Selection.Rows(table: $0.id) }
    }
    if isPartial { rows = rows.filter { result.table($0.table) != nil } }
    // With one button named, all rows means the tables that have it.
    if addAll, let button {
      rows = rows.filter { row in
        result.table(row.table)?.buttons.contains { $0.label == button } ?? false
      }
    }
    guard !rows.isEmpty else { return nil }
    return Selection(result: result.id, rows: rows, button: button, author: Enrichment.author)
  }
}
