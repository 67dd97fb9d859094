public import TidemarkEnrichment
import TidemarkModel

/// Tables of results as HTML and as files. Cells are text of strangers.
public enum ResultTableMarkup {
  /// A table with a tick box before each row, if rows can be ticked.
  ///
  /// The box in the head is called `all`: without a script it stands for every row.
  ///
  /// - Parameter form: the id of the form that the boxes belong to. It stands beside the table and
  ///   not around it, so that a table is printed and a form is not.
  public static func markup(_ table: ResultTable, form: String) -> String {
    var html = HTMLText(capacity: 256 * table.rows.count + 1_024)
    LibraryMarkup.open(table.title, to: &html)
    html.markup("<thead><tr>")
    if table.isSelectable {
      html.markup("<th scope=\"col\"><input type=\"checkbox\" name=\"all\" value=\"1\" form=\"")
      html.text(form)
      html.markup("\" aria-label=\"Select all rows\" data-tick-all></th>")
    }
    for column in table.columns where !column.isHidden { head(column, to: &html) }
    html.markup("</tr></thead><tbody>")
    for row in table.rows {
      html.markup("<tr>")
      if table.isSelectable { tick(row, form, to: &html) }
      for (column, cell) in zip(table.columns, row.cells) where !column.isHidden {
        append(cell, column, to: &html)
      }
      html.markup("</tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }

  private static func head(_ column: Column, to html: inout HTMLText) {
    if column.kind == .integer {
      html.markup("<th scope=\"col\" class=\"num\">")
    } else {
      html.markup("<th scope=\"col\">")
    }
    html.text(column.label)
    html.markup("</th>")
  }

  private static func tick(_ row: ResultRow, _ form: String, to html: inout HTMLText) {
    html.markup("<td><input type=\"checkbox\" name=\"row\" value=\"")
    html.integer(row.id)
    html.markup("\" form=\"")
    html.text(form)
    html.markup("\" aria-label=\"Select row ")
    html.integer(row.id + 1)
    html.markup("\"></td>")
  }

  private static func append(_ cell: Cell, _ column: Column, to html: inout HTMLText) {
    switch cell {
    case .empty: html.markup("<td></td>")
    case .integer(let number):
      html.markup("<td class=\"num\">")
      if number < 0 { html.markup("−") }
      html.number(number.magnitude)
      html.markup("</td>")
    case .time(let time): html.timeCell(time)
    case .text(let text):
      html.markup("<td class=\"wrap\">")
      if let target = target(text, column) {
        LibraryMarkup.link(target, text, to: &html)
      } else {
        LibraryMarkup.foldable(text, to: &html)
      }
      html.markup("</td>")
    }
  }

  /// Where a cell leads: the look-up of a name or an address, the page of another indicator.
  private static func target(_ text: String, _ column: Column) -> String? {
    let types: Set<IndicatorType>
    switch column.kind {
    case .indicator(let named): types = named
    case .text where ["rrname", "rdata"].contains(column.key): types = [.fqdn, .ipv4, .ipv6]
    default: return nil
    }
    guard let key = IndicatorKey(plain: text, oneOf: types) else { return nil }
    return key.type == .email
      ? LibraryLink.indicator(key) : LibraryLink.lookup(key) ?? LibraryLink.indicator(key)
  }

  /// A table as comma-separated values (RFC 4180): the columns that are shown, cells that look
  /// like formulas behind an apostrophe.
  public static func csv(_ table: ResultTable) -> [UInt8] {
    var out: [UInt8] = []
    append(table.columns.filter { !$0.isHidden }.map(\.label), to: &out)
    for row in table.rows {
      let cells = zip(table.columns, row.cells).filter { !$0.0.isHidden }
      append(cells.map { $0.1.string ?? "" }, to: &out)
    }
    return out
  }

  private static func append(_ cells: [String], to out: inout [UInt8]) {
    for (index, cell) in cells.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      CSVWriter.appendCell(cell.utf8.span, to: &out)
    }
    out.append(contentsOf: "\r\n".utf8)
  }
}
