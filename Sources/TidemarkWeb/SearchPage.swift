import TidemarkModel
public import TidemarkQuery

/// The page of a look-up: what its template shows.
public struct SearchPage: Sendable {
  /// How the rows of a page came to be in their order.
  public enum Order: Sendable, Equatable {
    /// All of them were read: newest first.
    case newest
    /// By a column.
    case sorted(SearchFilters.Sort)
    /// As they lie in the store, because there are too many to read them all.
    case store
  }

  /// What was typed.
  public var input: SearchInput
  /// What narrows and orders it.
  public var filters: SearchFilters
  /// The rows; nil for the timeline, and when nothing can be looked up.
  public var table: RecordTable?
  /// How the rows are ordered.
  public var order = Order.newest
  /// Sums of the rows that were read; nil when they were not added up.
  public var summary: RecordSummary?
  /// Rows read, whether shown or not.
  public var rowsRead = 0
  /// True when ``rowsRead`` are all there are.
  public var isComplete = true
  /// Where the next rows begin; nil for the last page.
  public var cursor: String?
  /// True for a page that is not the first.
  public var isLater = false
  /// What there is to say besides, each a line.
  public var notes: [String] = []
  /// Why nothing was looked up.
  public var fault: String?
  /// Names of datasets that may be asked for.
  public var datasets: [String] = []
  /// Names of sensors that may be asked for; empty for callers who may not see them.
  public var sensors: [String] = []
  /// Types that stand in the answer, most rows first, for suggestions.
  public var rrtypes: [String] = []
  /// What `{{> timeline}}` shows.
  public var timeline: PageValues = [:]
  /// Ways to export the rows.
  public var exports: [SearchExport] = []

  /// Makes a page without rows.
  public init(_ input: SearchInput, _ filters: SearchFilters) {
    self.input = input
    self.filters = filters
  }

  /// The page in its template.
  public var page: Page {
    var page = Page(
      .lookup, title: input.value.isEmpty ? "Look-up" : input.value, template: "search",
      values: values)
    page.query = filters["q"]
    page.scripts = filters.view == .timeline ? ["timeline"] : ["table"]
    page.scripts.append("pivots")
    return page
  }

  /// Values of the template `search`.
  public var values: PageValues {
    var values = timeline
    values["trailMarkup"] = filters.trail.markup(current: input.value)
    values.merge(headValues) { $1 }
    values.merge(filterValues) { $1 }
    values["has_fault"] = fault != nil
    values["fault"] = fault ?? ""
    values["notes"] = notes.map { ["text": $0] as PageValues }
    values["is_timeline"] = filters.view == .timeline && fault == nil
    let rows = table?.rows ?? 0
    values["has_rows"] = rows > 0
    values["has_export"] = rows > 0 || (filters.view == .timeline && rowsRead > 0)
    values["is_empty"] = fault == nil && filters.view == .table && rows == 0
    values["is_narrowed"] = filters.isNarrowed
    values["unfiltered_link"] = filters.unfilteredLink
    values["facts"] = facts
    values["exports"] = exports.map {
      [
        "label": $0.label, "hint": $0.hint,
        "link": filters.with("view", "").link("/ui/export", [("format", $0.rawValue)]),
      ] as PageValues
    }
    if let table { values.merge(tableValues(table)) { $1 } }
    return values
  }

  private var headValues: PageValues {
    let isValue = input.isLookup && input.kind != .text
    let indicator = isValue && [.name, .address, .network].contains(input.kind)
    return [
      "value": input.value.isEmpty ? input.typed : input.value, "words": input.words,
      "has_words": !input.words.isEmpty, "typed": input.typed,
      "is_changed": !input.changes.isEmpty,
      "changes": input.changes.map { ["text": $0] as PageValues },
      "alternatives": input.alternatives.map {
        [
          "label": $0.label,
          "link": filters.replacing(value: $0.value, reading: $0.reading).link(),
        ] as PageValues
      },
      "has_unicode": input.unicode != nil, "unicode": input.unicode?.unicode ?? "",
      "warnings": (input.unicode?.warnings ?? []).map { ["text": $0] as PageValues },
      "table_link": filters.with("view", "").link(),
      "timeline_link": filters.with("view", "timeline").link(),
      "is_table": filters.view == .table, "has_views": input.isLookup, "has_graph": isValue,
      "graph_link": WebLink(
        "/ui/graph", [("q", input.value), ("trail", filters["trail"])]
      ).text,
      "pivots_link": WebLink(
        "/ui/pivots", [("q", input.value), ("trail", filters["trail"])]
      ).text,
      "is_indicator": indicator,
    ]
  }

  private var facts: [PageValues] {
    func fact(_ name: String, _ value: String) -> PageValues { ["name": name, "value": value] }
    let more = isComplete ? "" : "more than "
    var facts: [PageValues] = []
    if rowsRead > 0 || summary != nil {
      facts.append(fact("Rows", more + WebFigures.grouped(UInt64(rowsRead))))
    }
    guard let summary, summary.rows > 0 else { return facts }
    let owners = WebFigures.grouped(UInt64(summary.owners.count))
    let isAll = isComplete && summary.owners.isExact
    facts.append(fact("Names", (isAll ? "" : "at least ") + owners))
    if let first = summary.timeFirst, let last = summary.timeLast {
      facts.append(
        fact(isComplete ? "First seen" : "First seen, of these", WebTime.minute(first)))
      facts.append(fact(isComplete ? "Last seen" : "Last seen, of these", WebTime.minute(last)))
    }
    if datasets.count > 1 {
      let shown = filters["dataset"]
      let names = shown.isEmpty ? datasets.joined(separator: ", ") : shown
      facts.append(fact(names.contains(",") ? "Datasets" : "Dataset", names))
    }
    return facts
  }
}

/// A format in which rows can be taken along.
public enum SearchExport: String, Sendable, CaseIterable {
  case cof, csv, ndjson, stix, misp, names, print

  /// Its name for people.
  public var label: String {
    switch self {
    case .cof: "COF"
    case .csv: "CSV"
    case .ndjson: "JSON lines"
    case .stix: "STIX 2.1"
    case .misp: "MISP event"
    case .names: "Names"
    case .print: "Page to print"
    }
  }

  /// What it is good for.
  public var hint: String {
    switch self {
    case .cof: "Common Output Format, one object a line"
    case .csv: "for spreadsheets; formulas are made harmless"
    case .ndjson: "all that is known, and how the answer ended"
    case .stix: "a bundle of observed data"
    case .misp: "an event with passive DNS objects"
    case .names: "owner names alone, one a line"
    case .print: "a table on paper, or as PDF"
    }
  }

  /// Formats for the rows of a kind.
  public static func all(for kind: RecordTable.Kind) -> [SearchExport] {
    switch kind {
    case .records: allCases
    case .names: [.csv, .ndjson, .names, .print]
    case .rdata: [.csv, .ndjson, .print]
    }
  }
}
