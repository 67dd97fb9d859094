public import TidemarkEnrichment
import TidemarkModel

/// Results of actions as JSON: the same for the HTTP routes and the command line.
///
/// Times are RFC 3339. Cells are text, whole numbers or null, in the order of the columns. What
/// came from outside is escaped to ASCII.
public enum ResultJSON {
  /// A result as one line.
  public static func line(_ result: ActionResult) -> [UInt8] { object(result).finished() }

  /// What became of ticked rows, as one line.
  public static func line(_ outcome: SelectionOutcome) -> [UInt8] { object(outcome).finished() }

  static func object(_ result: ActionResult) -> JSONLine {
    var json = JSONLine()
    json.add("id", result.id)
    json.add("operation", result.operation)
    json.add("action", result.action)
    json.add("indicator", IndicatorJSON.key(result.indicator))
    json.add("source_label", result.sourceLabel)
    json.add("started_at", time: result.startedAt)
    json.add("took_ms", count: result.tookMilliseconds)
    json.add("source", result.source)
    switch result.status {
    case .ok: json.add("status", "ok")
    case .empty: json.add("status", "empty")
    case .failed(let failure):
      json.add("status", "failed")
      json.add("failure", self.failure(failure))
    }
    json.add("heading", result.heading)
    json.add(
      "notes",
      result.notes.map { note in
        var json = JSONLine()
        json.add("label", note.label)
        json.add("text", note.text)
        return json
      })
    json.add("truncated", result.isTruncated)
    json.add("tables", result.tables.map(table))
    return json
  }

  static func object(_ outcome: SelectionOutcome) -> JSONLine {
    var json = JSONLine()
    json.add("added", count: outcome.added)
    json.add("already_there", count: outcome.alreadyThere)
    json.add(
      "refused",
      outcome.refused.map { refusal in
        var json = JSONLine()
        json.add("table", refusal.table)
        json.add("row", count: refusal.row)
        json.add("reason", refusal.reason)
        return json
      })
    return json
  }

  static func failure(_ failure: ActionFailure) -> JSONLine {
    var json = JSONLine()
    json.add("kind", failure.kind.rawValue)
    json.add("code", count: failure.code)
    json.add("message", failure.message)
    return json
  }

  static func column(_ column: Column) -> JSONLine {
    var json = JSONLine()
    json.add("key", column.key)
    json.add("label", column.label)
    switch column.kind {
    case .text: json.add("kind", "text")
    case .integer: json.add("kind", "int")
    case .date: json.add("kind", "date")
    case .blob: json.add("kind", "blob")
    case .indicator(let types):
      json.add("kind", "indicator")
      json.add("types", texts: IndicatorJSON.words(types))
    }
    json.add("hidden", column.isHidden)
    return json
  }

  static func button(_ button: AddButton) -> JSONLine {
    var json = JSONLine()
    json.add("label", button.label)
    switch button.takes {
    case .attributes: json.add("takes", "attributes")
    case .indicators(let kinds):
      json.add("takes", "indicators")
      json.add("relations", texts: kinds.map(\.rawValue).sorted())
    }
    return json
  }

  private static func table(_ table: ResultTable) -> JSONLine {
    var json = JSONLine()
    json.add("id", table.id)
    json.add("title", table.title)
    json.add("columns", table.columns.map(column))
    json.add("selectable", table.isSelectable)
    json.add("buttons", table.buttons.map(button))
    json.add("total", count: table.total)
    json.add("truncated", table.isTruncated)
    json.add("rows", table.rows.map(row))
    return json
  }

  private static func row(_ row: ResultRow) -> JSONLine {
    var json = JSONLine()
    json.add("id", count: row.id)
    var cells: [UInt8] = [UInt8(ascii: "[")]
    for (index, cell) in row.cells.enumerated() {
      if index > 0 { cells.append(UInt8(ascii: ",")) }
      if case .integer(let number) = cell {
        cells.append(contentsOf: String(number).utf8)
      } else if let text = cell.string {
        JSONLine.append(text, to: &cells)
      } else {
        cells.append(contentsOf: "null".utf8)
      }
    }
    cells.append(UInt8(ascii: "]"))
    json.add("cells", json: cells)
    json.add("proposals", row.proposals.map(proposal))
    return json
  }

  private static func proposal(_ proposal: Proposal) -> JSONLine {
    var json = JSONLine()
    switch proposal {
    case .attribute(let attribute):
      json.add("adds", "attribute")
      json.add("name", attribute.name)
      json.add("value", attribute.value)
    case .indicator(let candidate):
      json.add("adds", "indicator")
      json.add("types", texts: IndicatorJSON.words(candidate.types))
      json.add("value", candidate.value)
      json.add("relation", candidate.relation.rawValue)
      json.add("incoming", candidate.isIncoming)
      json.add(
        "attributes",
        candidate.attributes.map { attribute in
          var json = JSONLine()
          json.add("name", attribute.name)
          json.add("value", attribute.value)
          return json
        })
    }
    return json
  }
}
