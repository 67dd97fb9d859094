public import TidemarkEnrichment
import TidemarkModel

/// `/ui/results/{id}`: what an action gave, with rows to tick.
public struct ResultPage: Sendable {
  /// Refusals that are shown one by one.
  private static let refusalsMax = 20

  /// What became of rows that were just ticked.
  public struct Report: Sendable, Equatable {
    /// The words on the button.
    public let button: String
    /// What became of each row.
    public let outcome: SelectionOutcome

    /// Makes a report.
    public init(button: String, outcome: SelectionOutcome) {
      self.button = button
      self.outcome = outcome
    }
  }

  /// The result.
  public let result: ActionResult
  /// Its operation; nil when this program has it no more.
  public var operation: Operation?
  /// The raw answer; nil when there is none, or it is gone.
  public var raw: RawSummary?
  /// Who added what from it.
  public var selections: [PastSelection] = []
  /// What was just added.
  public var report: Report?
  /// Why nothing was added.
  public var fault: String?

  /// Makes the page of a result.
  public init(_ result: ActionResult) { self.result = result }

  private var link: String { LibraryLink.result(result.id) }
  private var action: Action? { operation?.action(result.action) }

  /// The page.
  public var page: Page {
    var values: PageValues = [
      "heading": result.heading, "value": result.indicator.value,
      "type": result.indicator.type.rawValue, "type_label": result.indicator.type.label,
      "indicator_link": LibraryLink.indicator(result.indicator),
      "has_lookup": LibraryLink.lookup(result.indicator) != nil,
      "lookup_link": LibraryLink.lookup(result.indicator) ?? "",
      "operation": result.operation, "operation_link": LibraryLink.operation(result.operation),
      "operation_name": operation?.displayName ?? result.operation,
      "action": result.action, "action_name": action?.label ?? result.action,
      "can_run_again": action != nil, "source_label": result.sourceLabel,
      "asked_at": WebTime.minute(result.startedAt),
      "took": WebFigures.grouped(UInt64(clamping: result.tookMilliseconds)),
      "has_source": !result.source.isEmpty, "source": result.source,
      "notes": result.notes.map { note -> PageValues in
        ["label": note.label, "text": note.text]
      },
      "is_empty": result.status == .empty, "is_truncated": result.isTruncated,
      "post_link": link, "tables": tables,
      "has_fault": fault != nil, "fault": fault ?? "",
      "has_raw": raw != nil, "raw_link": link + "/raw",
      "raw_type": raw?.contentType ?? "", "raw_is_cut": raw?.isCut ?? false,
      "raw_size": raw.map { WebFigures.octets(UInt64(clamping: $0.octetCount)) } ?? "",
      "has_selections": !selections.isEmpty,
      "selectionsMarkup": selections.isEmpty ? "" : selectionsMarkup,
    ]
    values.merge(failure) { own, _ in own }
    values.merge(reported) { own, _ in own }
    var page = Page(.indicators, title: result.heading, template: "result", values: values)
    page.scripts = ["results"]
    if LibraryLink.lookup(result.indicator) != nil { page.query = result.indicator.value }
    return page
  }

  private var failure: PageValues {
    guard case .failed(let failure) = result.status else {
      return ["has_failure": false, "has_miss": false]
    }
    let words = FailureWords(failure)
    return [
      "has_failure": !words.isHarmless, "has_miss": words.isHarmless,
      "failure_heading": words.heading, "failure_advice": words.advice,
      "failure_message": failure.message, "has_message": !failure.message.isEmpty,
      "has_code": failure.code != nil, "failure_code": failure.code ?? 0,
      "is_not_configured": failure.kind == .notConfigured || failure.kind == .refused,
    ]
  }

  private var tables: [PageValues] {
    result.tables.enumerated().map { index, table in
      [
        "anchor": "table-\(index + 1)", "form": "form-\(index + 1)", "table": table.id,
        "title": table.title,
        "count": WebFigures.grouped(UInt64(table.rows.count)),
        "total": WebFigures.grouped(UInt64(clamping: table.total)),
        "is_one": table.rows.count == 1, "is_cut": table.isTruncated,
        "is_selectable": table.isSelectable,
        "csv_link": WebLink(link, [("csv", table.id)]).text,
        "tableMarkup": ResultTableMarkup.markup(table, form: "form-\(index + 1)"),
        "buttons": table.buttons.map { ["label": $0.label] as PageValues },
      ]
    }
  }

  private var reported: PageValues {
    guard let report else {
      return [
        "has_report": false, "has_refusals": false, "refusals": [PageValues](),
        "has_more_refusals": false,
      ]
    }
    let outcome = report.outcome
    let titles = Dictionary(result.tables.map { ($0.id, $0.title) }) { first, _ in first }
    return [
      "has_report": true, "button": report.button,
      "added": WebFigures.grouped(UInt64(clamping: outcome.added)),
      "already_there": WebFigures.grouped(UInt64(clamping: outcome.alreadyThere)),
      "refused": WebFigures.grouped(UInt64(outcome.refused.count)),
      "has_refusals": !outcome.refused.isEmpty,
      "refusals": outcome.refused.prefix(ResultPage.refusalsMax).map { refusal -> PageValues in
        [
          "table": titles[refusal.table] ?? refusal.table, "has_row": refusal.row != nil,
          "row": (refusal.row ?? 0) + 1, "reason": refusal.reason,
        ]
      },
      "has_more_refusals": outcome.refused.count > ResultPage.refusalsMax,
      "more_refusals": max(outcome.refused.count - ResultPage.refusalsMax, 0),
    ]
  }

  private var selectionsMarkup: String {
    var html = HTMLText()
    LibraryMarkup.open("Added from this result", to: &html)
    LibraryMarkup.head(["When", "Who", "Button", "Rows added"], to: &html)
    for selection in selections {
      html.markup("<tr>")
      html.timeCell(selection.time)
      LibraryMarkup.cell(selection.author, to: &html)
      LibraryMarkup.cell(selection.button ?? "All buttons", to: &html)
      html.markup("<td class=\"num\">")
      html.number(UInt64(clamping: selection.added))
      html.markup("</td></tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }
}
