public import TidemarkEnrichment
import TidemarkModel

/// What a list of indicators shows, as its address says it.
public struct IndicatorListQuery: Sendable, Equatable {
  /// Indicators of one page.
  public static let pageRows = 100
  /// The last page: further ones are reached by asking for less.
  public static let pagesMax = IndicatorSlice.countMax / pageRows

  /// What values have somewhere, defanged or not; empty for all.
  public var text = ""
  /// One type; nil for all.
  public var type: IndicatorType?
  /// One status; nil for all.
  public var status: IndicatorStatus?
  /// Who named them; empty for all.
  public var source = ""
  /// A word that they were given; empty for all.
  public var tag = ""
  /// What they are sorted by.
  public var order = IndicatorOrder.added
  /// True for the last ones first.
  public var isDescending = true
  /// From 1.
  public var page = 1

  /// Wants everything, the newest first.
  public init() {}

  /// True when not everything is wanted.
  public var isFiltered: Bool { filter != IndicatorFilter() }

  /// The same for the library.
  public var filter: IndicatorFilter {
    var filter = IndicatorFilter()
    filter.types = type.map { [$0] }
    filter.status = status
    filter.source = source.isEmpty ? nil : source
    filter.tag = tag.isEmpty ? nil : tag
    let isDefanged = text.contains("[") || text.contains("(") || text.hasPrefix("hxxp")
    let plain = isDefanged ? RefangedValue(text).value : text
    filter.containing = plain.isEmpty ? nil : plain
    return filter
  }

  /// The address of a page.
  public var link: String {
    WebLink(
      "/ui/indicators",
      [
        ("q", text), ("type", type?.rawValue ?? ""), ("status", status?.rawValue ?? ""),
        ("source", source), ("tag", tag), ("sort", order == .added ? "" : order.rawValue),
        (
          "dir",
          isDescending == IndicatorListQuery.fallsAtFirst(order)
            ? "" : isDescending ? "desc" : "asc"
        ),
        ("page", page == 1 ? "" : String(page)),
      ]
    ).text
  }

  /// The same, sorted by a column; the other way round when it is sorted by it already.
  func sorted(by order: IndicatorOrder) -> IndicatorListQuery {
    var other = self
    other.isDescending =
      order == self.order ? !isDescending : IndicatorListQuery.fallsAtFirst(order)
    other.order = order
    other.page = 1
    return other
  }

  /// Times are wanted with the newest first, words from A to Z.
  public static func fallsAtFirst(_ order: IndicatorOrder) -> Bool {
    order == .added || order == .touched
  }
}

/// One line of a list that somebody added, and what became of it.
public struct AddedLine: Sendable, Equatable {
  /// What became of it.
  public enum Outcome: Sendable, Equatable {
    case added, alreadyThere
    /// Not taken, for this reason.
    case refused(String)
  }

  /// The line as it was written.
  public let text: String
  /// What it was read as.
  public let key: IndicatorKey?
  /// What became of it.
  public let outcome: Outcome

  /// Makes a line.
  public init(text: String, key: IndicatorKey?, outcome: Outcome) {
    self.text = text
    self.key = key
    self.outcome = outcome
  }
}

/// `/ui/indicators`: the library, and a form that adds to it.
public struct IndicatorListPage: Sendable {
  /// What is wanted.
  public var query: IndicatorListQuery
  /// What there is of it.
  public var slice: IndicatorSlice
  /// What became of lines that were just added.
  public var added: [AddedLine] = []
  /// What stands in the form.
  public var draft = IndicatorDraft()
  /// Why the form was not taken as a whole.
  public var fault: String?

  /// Makes a page.
  public init(_ query: IndicatorListQuery, _ slice: IndicatorSlice) {
    self.query = query
    self.slice = slice
  }

  /// The page.
  public var page: Page {
    let isEmpty = slice.indicators.isEmpty
    var values: PageValues = [
      "text": query.text, "source": query.source, "tag": query.tag,
      "sort": query.order.rawValue, "dir": query.isDescending ? "desc" : "asc",
      "types": LibraryMarkup.typeChoices("Any type", chosen: query.type?.rawValue ?? ""),
      "statuses": LibraryMarkup.statusChoices(chosen: query.status, all: "Any status"),
      "is_filtered": query.isFiltered, "is_beyond": isEmpty && slice.count > 0,
      "is_nothing": slice.count == 0, "is_empty": isEmpty, "has_rows": !isEmpty,
      "tableMarkup": isEmpty ? "" : tableMarkup, "has_added": !added.isEmpty,
      "addedMarkup": added.isEmpty ? "" : addedMarkup, "added_summary": addedSummary,
      "is_add_open": !added.isEmpty || fault != nil || isEmpty && !query.isFiltered,
      "has_fault": fault != nil, "fault": fault ?? "",
      "formats": LibraryFormat.allCases.map { format -> PageValues in
        [
          "label": IndicatorListPage.label(format),
          "link": WebLink("/ui/indicators/export", [("format", format.rawValue)]).text,
        ]
      },
      "lines_max": WebFigures.grouped(UInt64(IndicatorDraft.linesMax)),
      "draft_lines": draft.lines, "draft_tags": draft.tags,
      "draft_types": LibraryMarkup.typeChoices(
        "What each line looks like", chosen: draft.type?.rawValue ?? ""),
      "draft_statuses": LibraryMarkup.statusChoices(chosen: draft.status),
    ]
    values.merge(pager) { own, _ in own }
    return Page(.indicators, title: "Indicators", template: "indicators", values: values)
  }

  private static func label(_ format: LibraryFormat) -> String {
    switch format {
    case .csv: "CSV"
    case .ndjson: "ndjson"
    case .stix: "STIX 2.1"
    case .misp: "MISP"
    }
  }

  private var pager: PageValues {
    let before = (query.page - 1) * IndicatorListQuery.pageRows
    let last = before + slice.indicators.count
    let isCut = slice.count >= IndicatorSlice.countMax
    var (first, previous, next) = (query, query, query)
    first.page = 1
    previous.page -= 1
    next.page += 1
    let hasNext = slice.count > last && query.page < IndicatorListQuery.pagesMax
    return [
      "range": slice.indicators.isEmpty
        ? "0" : "\(WebFigures.grouped(UInt64(before + 1)))–\(WebFigures.grouped(UInt64(last)))",
      "total": WebFigures.grouped(UInt64(max(slice.count, 0))) + (isCut ? " or more" : ""),
      "has_previous": query.page > 1, "previous_link": previous.link,
      "has_next": hasNext, "next_link": next.link,
      "first_link": first.link,
    ]
  }

  private var addedSummary: String {
    let added = self.added.count { $0.outcome == .added }
    let there = self.added.count { $0.outcome == .alreadyThere }
    return "\(self.added.count) lines: \(added) added, \(there) were there already,"
      + " \(self.added.count - added - there) refused."
  }
}

/// What somebody wants to add.
public struct IndicatorDraft: Sendable, Equatable {
  /// Lines of one form; longer lists are files.
  public static let linesMax = 1_000

  /// Values, one a line.
  public var lines = ""
  /// Words for all of them, with commas between.
  public var tags = ""
  /// The type of all of them; nil is what each looks like.
  public var type: IndicatorType?
  /// The status of new ones.
  public var status = IndicatorStatus.active

  /// An empty form.
  public init() {}

  /// The lines that are not blank.
  public var values: [String] {
    lines.split { $0.isNewline }.map(String.init).filter { line in
      !line.allSatisfy(\.isWhitespace)
    }
  }

  /// The words.
  public var words: [String] { IndicatorDraft.words(tags) }

  /// The words of a text, with commas between.
  public static func words(_ text: String) -> [String] {
    text.split(separator: ",").map { word in
      var word = word
      while word.first?.isWhitespace == true { word.removeFirst() }
      while word.last?.isWhitespace == true { word.removeLast() }
      return String(word)
    }.filter { !$0.isEmpty }
  }
}
