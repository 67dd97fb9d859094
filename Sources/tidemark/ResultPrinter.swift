import TidemarkEnrichment
import TidemarkModel

/// Results of actions for people and for programs.
enum ResultPrinter {
  /// A result as text: its heading, how it ended, its tables with what can be added from them.
  static func text(_ result: ActionResult) -> String {
    var head = AlignedTable([
      "indicator", "\(result.indicator.type.label) \(result.indicator.value)",
    ])
    head.append(["action", "\(result.operation).\(result.action) (\(result.sourceLabel))"])
    if !result.source.isEmpty { head.append(["answered by", result.source]) }
    head.append(["result", result.id])
    for note in result.notes { head.append([note.label, note.text]) }
    // A failure is told on standard error.
    var out = PrintableText.string(result.heading) + "\n" + head.text(margin: "  ")
    if result.status == .empty { out += "  Nothing is known.\n" }
    for table in result.tables { out += "\n" + text(table) }
    return out
  }

  /// A failure in one line.
  static func text(_ failure: ActionFailure) -> String {
    let kind =
      switch failure.kind {
      case .notConfigured: "not configured"
      case .refused: "refused"
      case .notFound: "not found"
      case .unavailable: "unavailable"
      }
    let code = failure.code.map { " (\($0))" } ?? ""
    return PrintableText.string(
      "\(kind)\(code): \(failure.message.isEmpty ? "no reason was given" : failure.message)")
  }

  private static func text(_ table: ResultTable) -> String {
    let shown = table.columns.indices.filter { !table.columns[$0].isHidden }
    let blobs = Set(
      shown.enumerated().filter { table.columns[$0.element].kind == .blob }.map {
        $0.offset + 1
      })
    var body = AlignedTable(["#"] + shown.map { table.columns[$0].label })
    for row in table.rows {
      let cells = shown.map { $0 < row.cells.count ? row.cells[$0].string ?? "" : "" }
      body.append([String(row.id)] + cells, blobs: blobs)
    }
    var out = PrintableText.string("\(table.title)  [\(table.id)]") + "\n"
    out += body.text(margin: "  ")
    if table.isTruncated { out += "  \(table.rows.count) of \(table.total) rows\n" }
    if !table.buttons.isEmpty {
      let labels = table.buttons.map(\.label).joined(separator: ", ")
      out += PrintableText.string("  --add \(table.id):all  \(labels)") + "\n"
    }
    return out
  }

  /// What was added, in one line.
  static func text(_ outcome: SelectionOutcome) -> String {
    "\(outcome.added) rows added, \(outcome.alreadyThere) were there already,"
      + " \(outcome.refused.count) refused"
  }

  /// Says on standard error what became of ticked rows.
  static func complain(_ outcome: SelectionOutcome) {
    StandardStreams.complain("tidemark: \(text(outcome))")
    for refusal in outcome.refused.prefix(refusalsMax) {
      let row = refusal.row.map { " row \($0)" } ?? ""
      StandardStreams.complain("tidemark: \(refusal.table)\(row): \(refusal.reason)")
    }
  }

  /// Refusals that are told one by one.
  private static let refusalsMax = 20
}
