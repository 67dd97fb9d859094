import DNSWire
import TidemarkModel

/// The page that tells what hangs on a value, newest first; it needs no script.
public struct PivotsPage: Sendable {
  private let question: PivotQuestion
  private let hints: [String: PivotHint]
  private let trail: PivotTrail

  /// The page.
  ///
  /// - Parameters:
  ///   - reader: what was read.
  ///   - own: of the value itself; nil when it has none.
  ///   - hints: of values in the tables, as far as there was time.
  public static func page(
    _ question: PivotQuestion, _ reader: PivotReader, own: PivotHint?, hints: [PivotHint],
    trail: PivotTrail
  ) -> Page {
    var known: [String: PivotHint] = [:]
    for hint in hints { known[hint.value] = hint }
    let page = PivotsPage(question: question, hints: known, trail: trail)
    let tables = reader.tables.filter { !$0.rows.isEmpty }
    let text = question.text
    var values: PageValues = [
      "q": text, "has_value": true, "trail_text": trail.text,
      "trailMarkup": trail.markup(current: text, path: "/ui/pivots"),
      "search_link": trail.link(to: page.own, from: page.own),
      "timeline_link": WebLink(
        "/ui/search", [("q", page.own), ("view", "timeline"), ("trail", trail.text)]
      ).text,
      "tables": tables.enumerated().map { page.values($1, number: $0) },
      "is_empty": tables.isEmpty && reader.neighbours?.entries.isEmpty != false,
      "is_value": question.value != nil,
    ]
    if question.value != nil {
      values["graph_link"] = trail.link(to: page.own, from: page.own, path: "/ui/graph")
    }
    if let unicode = UnicodeName(text)?.unicode {
      values["unicode"] = ["text": unicode] as PageValues
    }
    if let own {
      var html = HTMLText()
      own.append(to: &html)
      values["ownMarkup"] = html.string
      values["has_own"] = true
    }
    if let neighbours = reader.neighbours, !neighbours.entries.isEmpty {
      values["neighbours"] = page.values(neighbours)
    }
    var result = Page(.lookup, title: "Pivots of \(text)", template: "pivots", values: values)
    result.scripts = ["pivots"]
    result.query = text
    return result
  }

  /// The page without a value.
  public static func empty(_ text: String, problem: String = "") -> Page {
    let values: PageValues = [
      "q": text, "has_value": false, "has_problem": !problem.isEmpty, "problem": problem,
      "trailMarkup": "",
    ]
    var page = Page(.lookup, title: "Pivots", template: "pivots", values: values)
    page.query = text
    return page
  }

  /// The page's value as links have it.
  private var own: String { question.value?.lookupText ?? question.text }

  private func values(_ table: PivotTable, number: Int) -> PageValues {
    var html = HTMLText(capacity: table.rows.count * 640)
    for row in table.rows { append(row, to: &html) }
    var note = WebFigures.grouped(UInt64(table.found))
    if table.isCut {
      note = "the newest \(table.rows.count) of the first \(note)"
    } else if table.leftOut > 0 {
      note = "the newest \(table.rows.count) of \(note)"
    }
    return [
      "title": table.title, "id": "pivots-\(number)", "note": note, "rowsMarkup": html.string,
    ]
  }

  private func append(_ row: PivotRow, to html: inout HTMLText) {
    html.markup("<tr><th scope=\"row\" class=\"wrap mono\">")
    // A longer text does not fit into an address with its trail, and may have been cut.
    if let target = row.value?.lookupText ?? (row.text.utf8.count <= 512 ? row.text : nil) {
      html.markup("<a data-main href=\"")
      html.text(trail.link(to: target, from: own))
      html.markup("\">")
      html.text(row.text)
      html.markup("</a>")
    } else {
      html.text(row.text)
    }
    if let unicode = UnicodeName(row.text)?.unicode {
      html.markup(" <span class=\"quiet\">")
      html.text(unicode)
      html.markup("</span>")
    }
    if !row.other.isEmpty {
      html.markup("<br><span class=\"quiet\">")
      html.text(row.other)
      html.markup("</span>")
    }
    html.markup("</th><td><span class=\"type\">")
    html.text(row.rrtype.mnemonic)
    html.markup("</span></td>")
    PivotsPage.append(first: row.timeFirst, last: row.timeLast, count: row.count, to: &html)
    html.markup("<td class=\"wrap\">")
    if let value = row.value { appendPivots(value, to: &html) }
    html.markup("</td></tr>\n")
  }

  /// What hangs on a value, and the way there.
  private func appendPivots(_ value: PivotValue, to html: inout HTMLText) {
    html.markup("<a href=\"")
    html.text(trail.link(to: value.lookupText, from: own, path: "/ui/pivots"))
    html.markup("\">Pivots<span class=\"visually-hidden\"> of ")
    html.text(value.text)
    html.markup("</span></a> ")
    if let hint = hints[value.text] {
      hint.append(to: &html)
    } else {
      html.markup("<span data-hint=\"")
      html.text(value.text)
      html.markup("\"></span>")
    }
  }

  private func values(_ neighbours: PivotNeighbours) -> PageValues {
    var html = HTMLText(capacity: neighbours.entries.count * 400)
    for entry in neighbours.entries {
      html.markup(entry.address == question.value ? "<tr class=\"on\">" : "<tr>")
      html.markup("<th scope=\"row\" class=\"mono\"><a data-main href=\"")
      html.text(trail.link(to: entry.address.text, from: own, path: "/ui/pivots"))
      html.markup("\">")
      html.text(entry.address.text)
      html.markup("</a></th><td class=\"num\">")
      html.text(entry.names.text)
      html.markup("</td>")
      PivotsPage.append(first: entry.timeFirst, last: entry.timeLast, count: nil, to: &html)
      html.markup("</tr>\n")
    }
    var note = WebFigures.grouped(UInt64(neighbours.entries.count))
    if neighbours.isCut { note = "the first \(note)" }
    return ["network": neighbours.text, "note": note, "rowsMarkup": html.string]
  }

  /// Cells of first seen, last seen and, unless it is nil, count.
  static func append(
    first: UnixSeconds, last: UnixSeconds, count: UInt64?, to html: inout HTMLText
  ) {
    for time in [first, last] { html.timeCell(time) }
    guard let count else { return }
    html.markup("<td class=\"num\">")
    html.number(count)
    html.markup("</td>")
  }
}
