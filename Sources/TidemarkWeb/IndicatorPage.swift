public import TidemarkEnrichment
import TidemarkModel

/// `/ui/indicators/{type}/{value}`: what the library holds about an indicator, and what can be
/// asked about it.
public struct IndicatorPage: Sendable {
  /// Rows of a table, unless all of them are wanted.
  public static let rowsMax = 500

  /// Rows that somebody added from a result.
  public struct Addition: Sendable, Equatable {
    /// The result.
    public let result: PastResult
    /// Who added what.
    public let selection: PastSelection

    /// Makes an addition.
    public init(_ result: PastResult, _ selection: PastSelection) {
      self.result = result
      self.selection = selection
    }
  }

  /// The indicator.
  public let key: IndicatorKey
  /// Nil when it is not in the library: it can be asked about all the same.
  public var found: Indicator?
  /// What is said about it.
  public var attributes: [Attribute] = []
  /// How it belongs to others.
  public var relations: [Relation] = []
  /// Every operation, as it is set up now.
  public var operations: [OperationState] = []
  /// Runs that are kept, the newest first.
  public var results: [PastResult] = []
  /// Rows that were added from them.
  public var additions: [Addition] = []
  /// True when all rows are wanted.
  public var showsAll = false
  /// What was just done, for people.
  public var notice: String?
  /// Why something was not done.
  public var fault: String?

  /// Makes the page of an indicator of which nothing is known.
  public init(_ key: IndicatorKey) { self.key = key }

  /// The page.
  public var page: Page {
    let lookup = LibraryLink.lookup(key)
    let graph = LibraryLink.graph(key)
    let attributeRows = rows(attributes)
    let relationRows = rows(relations)
    var values: PageValues = [
      "value": key.value, "type": key.type.rawValue, "type_label": key.type.label,
      "is_in_library": found != nil, "post_link": LibraryLink.indicator(key),
      "has_lookup": lookup != nil, "lookup_link": lookup ?? "",
      "has_graph": graph != nil, "graph_link": graph ?? "",
      "has_notice": notice != nil, "notice": notice ?? "",
      "has_fault": fault != nil, "fault": fault ?? "",
      "statuses": LibraryMarkup.statusChoices(chosen: found?.status ?? .active),
      "groups": groups, "has_groups": !groups.isEmpty,
      "has_attributes": !attributes.isEmpty, "attribute_count": IndicatorPage.count(attributes),
      "attributesMarkup": attributes.isEmpty ? "" : markup(attributeRows),
      "has_relations": !relations.isEmpty, "relation_count": IndicatorPage.count(relations),
      "relationsMarkup": relations.isEmpty ? "" : markup(relationRows),
      "is_cut": attributeRows.count < attributes.count || relationRows.count < relations.count,
      "all_link": LibraryLink.indicator(key) + "?all=1",
      "is_truncated": max(attributes.count, relations.count) >= LibraryLimits.readMax,
      "read_max": WebFigures.grouped(UInt64(LibraryLimits.readMax)),
      "has_results": !results.isEmpty,
      "resultsMarkup": results.isEmpty ? "" : resultsMarkup,
      "has_history": found != nil || !additions.isEmpty,
      "historyMarkup": found == nil && additions.isEmpty ? "" : historyMarkup,
    ]
    values.merge(facts) { own, _ in own }
    var page = Page(.indicators, title: key.value, template: "indicator", values: values)
    if lookup != nil { page.query = key.value }
    return page
  }

  private static func count(_ rows: [some Sendable]) -> String {
    WebFigures.grouped(UInt64(rows.count))
  }

  private func rows<Row>(_ rows: [Row]) -> [Row] {
    showsAll ? rows : Array(rows.prefix(IndicatorPage.rowsMax))
  }

  private var facts: PageValues {
    guard let found else {
      return [
        "tags": [PageValues](), "sources": [PageValues](), "has_tags": false,
        "first_added": "", "last_touched": "", "statusMarkup": "",
      ]
    }
    var badge = HTMLText()
    LibraryMarkup.badge(found.status, to: &badge)
    func links(_ words: [String], _ name: String) -> [PageValues] {
      words.map { ["word": $0, "link": WebLink("/ui/indicators", [(name, $0)]).text] }
    }
    return [
      "tags": links(found.tags, "tag"), "sources": links(found.sources, "source"),
      "has_tags": !found.tags.isEmpty, "statusMarkup": badge.string,
      "first_added": WebTime.minute(found.firstAdded),
      "last_touched": WebTime.minute(found.lastTouched),
    ]
  }

  /// Operations that have an action for this type, with those actions.
  private var groups: [PageValues] {
    operations.compactMap { state in
      let actions = state.operation.actions.filter { $0.accepts.contains(key.type) }
      guard !actions.isEmpty else { return nil }
      return [
        "operation": state.operation.id, "name": state.operation.displayName,
        "operation_link": LibraryLink.operation(state.operation.id),
        "is_offered": state.hindrance == nil, "hindrance": state.hindrance ?? "",
        "reach": state.reach,
        "actions": actions.map { action -> PageValues in
          ["action": action.id, "button": action.buttonLabel, "help": action.description]
        },
      ]
    }
  }
}
