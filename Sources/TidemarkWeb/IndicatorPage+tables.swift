import TidemarkEnrichment
import TidemarkModel

/// The tables of ``IndicatorPage``.
extension IndicatorPage {
  func markup(_ attributes: [Attribute]) -> String {
    var html = HTMLText(capacity: 16_384)
    LibraryMarkup.open("Attributes", to: &html)
    LibraryMarkup.head(["Name", "Value", "Source", "First seen", "Last seen"], to: &html)
    for attribute in attributes {
      html.markup("<tr>")
      LibraryMarkup.cell(attribute.name, to: &html)
      html.markup("<td class=\"wrap\">")
      LibraryMarkup.foldable(attribute.value, to: &html)
      html.markup("</td>")
      source(attribute.source, attribute.provenance, to: &html)
      html.timeCell(attribute.firstSeen)
      html.timeCell(attribute.lastSeen)
      html.markup("</tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }

  func markup(_ relations: [Relation]) -> String {
    var html = HTMLText(capacity: 16_384)
    LibraryMarkup.open("Related indicators", to: &html)
    LibraryMarkup.head(
      ["Relation", "Indicator", "Type", "Source", "First seen", "Last seen"], to: &html)
    for relation in relations {
      let isIncoming = relation.to == key
      let other = isIncoming ? relation.from : relation.to
      html.markup("<tr><td>")
      if isIncoming { html.markup("<span class=\"quiet\">from</span> ") }
      html.text(relation.kind.rawValue)
      if !isIncoming { html.markup(" <span class=\"quiet\">to</span>") }
      html.markup("</td><td class=\"mono wrap\">")
      LibraryMarkup.link(LibraryLink.indicator(other), other.value, to: &html)
      html.markup("</td>")
      LibraryMarkup.cell(other.type.label, to: &html)
      source(relation.source, relation.provenance, to: &html)
      html.timeCell(relation.firstSeen)
      html.timeCell(relation.lastSeen)
      html.markup("</tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }

  /// Who says so; a row of a result leads back to it.
  private func source(_ label: String, _ provenance: Provenance?, to html: inout HTMLText) {
    html.markup("<td>")
    if let provenance, provenance.origin != "import" {
      LibraryMarkup.link(LibraryLink.result(provenance.origin), label, to: &html)
    } else {
      html.text(label)
    }
    html.markup("</td>")
  }

  var resultsMarkup: String {
    var html = HTMLText()
    LibraryMarkup.open("Results so far", to: &html)
    LibraryMarkup.head(["Asked", "Operation", "Action", "Outcome", "Rows added"], to: &html)
    for result in results {
      let added = additions.filter { $0.result.id == result.id }
        .reduce(UInt64(0)) { $0 + UInt64(clamping: $1.selection.added) }
      html.markup("<tr><td class=\"time\">")
      LibraryMarkup.link(
        LibraryLink.result(result.id), WebTime.minute(result.startedAt), to: &html)
      html.markup("</td>")
      let names = names(result)
      LibraryMarkup.cell(names.operation, to: &html)
      LibraryMarkup.cell(names.action, to: &html)
      html.markup("<td>")
      LibraryMarkup.badge(result.outcome, to: &html)
      html.markup("</td><td class=\"num\">")
      html.number(added)
      html.markup("</td></tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }

  private func names(_ result: PastResult) -> (operation: String, action: String) {
    let operation = operations.first { $0.operation.id == result.operation }?.operation
    let action = operation?.action(result.action)
    return (operation?.displayName ?? result.operation, action?.label ?? result.action)
  }

  /// What was written about it, the newest first.
  var historyMarkup: String {
    var html = HTMLText()
    LibraryMarkup.open("History", to: &html)
    LibraryMarkup.head(["When", "Who", "What"], to: &html)
    for addition in additions.sorted(by: { $0.selection.time > $1.selection.time }) {
      let names = names(addition.result)
      html.markup("<tr>")
      html.timeCell(addition.selection.time)
      LibraryMarkup.cell(addition.selection.author, to: &html)
      html.markup("<td>")
      html.text(addition.selection.button ?? "All buttons")
      html.markup(": ")
      html.number(UInt64(clamping: addition.selection.added))
      html.markup(" rows of ")
      LibraryMarkup.link(
        LibraryLink.result(addition.result.id), "\(names.operation), \(names.action)", to: &html)
      html.markup("</td></tr>")
    }
    if let found {
      html.markup("<tr>")
      html.timeCell(found.firstAdded)
      LibraryMarkup.cell(found.sources.joined(separator: ", "), to: &html)
      html.markup("<td>Came into the library</td></tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }
}
