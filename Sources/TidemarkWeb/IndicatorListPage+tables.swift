import TidemarkEnrichment

/// The tables of ``IndicatorListPage``.
extension IndicatorListPage {
  private static let columns: [(order: IndicatorOrder?, label: String)] = [
    (.value, "Indicator"), (.type, "Type"), (.status, "Status"), (nil, "Tags"),
    (nil, "Sources"), (.added, "Added"), (.touched, "Changed"),
  ]

  var tableMarkup: String {
    var html = HTMLText(capacity: 65_536)
    LibraryMarkup.open("Indicators of the library", to: &html)
    html.markup("<thead><tr>")
    for (order, label) in IndicatorListPage.columns { head(order, label, to: &html) }
    html.markup("</tr></thead><tbody>")
    for indicator in slice.indicators { row(indicator, to: &html) }
    LibraryMarkup.close(to: &html)
    return html.string
  }

  private func head(_ order: IndicatorOrder?, _ label: String, to html: inout HTMLText) {
    html.markup("<th scope=\"col\"")
    guard let order else {
      html.markup(">")
      html.text(label)
      html.markup("</th>")
      return
    }
    if order == query.order {
      if query.isDescending {
        html.markup(" aria-sort=\"descending\"")
      } else {
        html.markup(" aria-sort=\"ascending\"")
      }
    }
    html.markup(">")
    LibraryMarkup.link(query.sorted(by: order).link, label, to: &html)
    html.markup("</th>")
  }

  private func row(_ indicator: Indicator, to html: inout HTMLText) {
    html.markup("<tr><td class=\"mono wrap\">")
    LibraryMarkup.link(LibraryLink.indicator(indicator.key), indicator.key.value, to: &html)
    html.markup("</td>")
    LibraryMarkup.cell(indicator.key.type.label, to: &html)
    html.markup("<td>")
    LibraryMarkup.badge(indicator.status, to: &html)
    html.markup("</td>")
    words(indicator.tags, to: &html) { $0.tag = $1 }
    words(indicator.sources, to: &html) { $0.source = $1 }
    html.timeCell(indicator.firstAdded)
    html.timeCell(indicator.lastTouched)
    html.markup("</tr>")
  }

  /// Words, each a link to the list of those that have it.
  private func words(
    _ words: [String], to html: inout HTMLText,
    _ set: (inout IndicatorListQuery, String) -> Void
  ) {
    html.markup("<td>")
    for (index, word) in words.enumerated() {
      if index > 0 { html.markup(", ") }
      var other = query
      other.page = 1
      set(&other, word)
      LibraryMarkup.link(other.link, word, to: &html)
    }
    html.markup("</td>")
  }

  var addedMarkup: String {
    var html = HTMLText()
    LibraryMarkup.open("What became of each line", to: &html)
    LibraryMarkup.head(["Line", "Written", "Taken as", "Outcome"], to: &html)
    for (index, line) in added.enumerated() {
      html.markup("<tr><td class=\"num\">")
      html.integer(index + 1)
      html.markup("</td><td class=\"mono wrap\">")
      html.text(line.text)
      html.markup("</td><td class=\"mono wrap\">")
      if let key = line.key { LibraryMarkup.link(LibraryLink.indicator(key), key.value, to: &html) }
      html.markup("</td><td>")
      switch line.outcome {
      case .added: html.markup("<span class=\"badge good\">added</span>")
      case .alreadyThere: html.markup("<span class=\"badge\">was there already</span>")
      case .refused(let reason):
        html.markup("<span class=\"badge bad\">refused</span> ")
        html.text(reason)
      }
      html.markup("</td></tr>")
    }
    LibraryMarkup.close(to: &html)
    return html.string
  }
}
