import TidemarkModel
import TidemarkQuery

/// Filters and table of the page of a look-up.
extension SearchPage {
  /// Sensors that a list of suggestions has; more are typed.
  private static let suggestionsMax = 200

  var filterValues: PageValues {
    var values: PageValues = [
      "chips": filters.chips.map {
        ["name": $0.name, "label": $0.label, "text": $0.text, "link": $0.link] as PageValues
      },
      "has_chips": filters.isNarrowed, "chip_count": filters.chips.count,
      "has_datasets": datasets.count > 1, "has_sensors": !sensors.isEmpty,
      "has_record_filters": input.isLookup || input.kind == .nothing,
      "kept": ["q", "as", "view", "sort", "dir", "size", "trail"].compactMap { name in
        filters[name].isEmpty ? nil : ["name": name, "value": filters[name]] as PageValues
      },
      "vantages": SearchPage.options(
        Vantage.allCases.map(\.description), chosen: filters["vantage"], all: "all"),
      "dataset_options": SearchPage.options(datasets, chosen: filters["dataset"], all: "all"),
      "sensor_names": sensors.prefix(SearchPage.suggestionsMax).map { ["value": $0] as PageValues },
      "type_links": rrtypes.prefix(12).map { type in
        ["label": type, "link": filters.with("rrtype", type).link()] as PageValues
      },
      "has_type_links": rrtypes.count > 1 && filters["rrtype"].isEmpty,
    ]
    for name in ["rrtype", "after", "before", "bailiwick", "sensor"] {
      values[name] = filters[name]
    }
    return values
  }

  /// Options of a choice; what was given and is none of them, as several at once, stays.
  private static func options(
    _ known: [String], chosen: String, all: String
  ) -> [PageValues] {
    var options: [PageValues] = [["value": "", "label": all, "is_chosen": chosen.isEmpty]]
    let others = chosen.isEmpty || known.contains(chosen) ? [] : [chosen]
    for value in known + others {
      options.append(["value": value, "label": value, "is_chosen": value == chosen])
    }
    return options
  }

  func tableValues(_ table: RecordTable) -> PageValues {
    let next = cursor.map { filters.link("/ui/search", [("cursor", $0)]) }
    return [
      "headMarkup": headMarkup(table).string, "rowsMarkup": table.html.string,
      "row_count": WebFigures.grouped(UInt64(table.rows)),
      "has_next": next != nil, "next_link": next ?? "", "cursor": cursor ?? "",
      "rows_link": filters.link("/ui/rows"), "is_later": isLater,
      "first_link": filters.link(), "order_words": orderWords,
      "sizes": SearchFilters.sizes.map { size in
        [
          "label": WebFigures.grouped(UInt64(size)), "is_chosen": size == filters.size,
          "link": filters.with("size", size == SearchFilters.sizes[0] ? "" : "\(size)").link(),
        ] as PageValues
      },
    ]
  }

  private var orderWords: String {
    switch order {
    case .newest: "newest first"
    case .store: "in the order of the store"
    case .sorted(let column):
      "sorted by \(SearchPage.title(column).lowercased())"
        + (filters.isDescending ? ", largest first" : "")
    }
  }

  private static func title(_ column: SearchFilters.Sort) -> String {
    switch column {
    case .rrname: "Name"
    case .rrtype: "Type"
    case .rdata: "Rdata"
    case .first: "First seen"
    case .last: "Last seen"
    case .count: "Count"
    }
  }

  /// The header cells: columns with a link that sorts by them.
  private func headMarkup(_ table: RecordTable) -> HTMLText {
    var html = HTMLText()
    let columns: [SearchFilters.Sort] =
      switch table.kind {
      case .records: [.rrname, .rrtype, .rdata, .first, .last, .count]
      case .names: [.rrname, .first, .last, .count]
      case .rdata: [.rrtype, .rdata, .first, .last, .count]
      }
    for column in columns {
      html.markup(column == .count ? "<th scope=\"col\" class=\"num\"" : "<th scope=\"col\"")
      if let isDescending = direction(of: column) {
        html.markup(isDescending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"")
      }
      html.markup("><a href=\"")
      html.text(filters.sortLink(column))
      html.markup("\">")
      html.text(SearchPage.title(column))
      html.markup("</a></th>")
    }
    if table.kind == .records { html.markup("<th scope=\"col\">Seen by</th>") }
    if table.showsSensors { html.markup("<th scope=\"col\">Sensors</th>") }
    if table.showsDatasets { html.markup("<th scope=\"col\">Dataset</th>") }
    return html
  }

  /// Whether rows are sorted by a column, and how; nil for not by this one.
  private func direction(of column: SearchFilters.Sort) -> Bool? {
    switch order {
    case .newest: column == .last ? true : nil
    case .sorted(let sorted): sorted == column ? filters.isDescending : nil
    case .store: nil
    }
  }
}
