/// What a page of a graph is asked for. All of it is in the page's address, so that the graph can
/// be shared and needs no script.
public struct GraphQuery: Sendable, Equatable {
  /// Where the graph begins.
  public let root: PivotValue
  /// Nodes that are expanded besides the root, in the order in which they were.
  public private(set) var expanded: [PivotValue]
  /// Ids of nodes that were taken away.
  public private(set) var hidden: [String]
  /// Links of each expansion.
  public private(set) var most: Int
  /// The values before.
  public let trail: PivotTrail

  /// Links of each expansion that one can choose.
  public static let choices = [25, 50, 100, 200]

  /// Reads the parameters; what cannot be read of the lists is left out.
  ///
  /// - Parameters:
  ///   - expand: values joined as a trail's.
  ///   - hide: the same.
  ///   - most: links of each expansion; nil for the standard.
  public init(
    root: PivotValue, expand: String = "", hide: String = "", most: Int? = nil,
    trail: PivotTrail = PivotTrail()
  ) {
    self.root = root
    self.trail = trail
    self.most = min(max(most ?? GraphExpansion.edgesStandard, 1), GraphExpansion.edgesMax)
    expanded = []
    for text in PivotTrail.list(expand, most: GraphBuilder.expansionsMax) {
      guard let value = PivotValue(text: text), value != root, !expanded.contains(value),
        // The root has a place of its own.
        expanded.count < GraphBuilder.expansionsMax - 1
      else { continue }
      expanded.append(value)
    }
    hidden = []
    for text in PivotTrail.list(hide, most: GraphBuilder.hiddenMax)
    where text != root.text && !hidden.contains(text) {
      hidden.append(text)
    }
  }

  /// Every node to expand.
  public var values: [PivotValue] { [root] + expanded.filter { !hidden.contains($0.text) } }

  /// True when one more node can be expanded.
  public var hasRoom: Bool { expanded.count < GraphBuilder.expansionsMax - 1 }

  /// A link to this graph in some form.
  ///
  /// - Parameter path: that takes these parameters.
  public func link(_ path: String = "/ui/graph", _ more: [(String, String)] = []) -> String {
    let pairs: [(String, String)] = [
      ("q", root.text), ("expand", PivotTrail.text(of: expanded.map(\.text))),
      ("hide", PivotTrail.text(of: hidden)),
      ("most", most == GraphExpansion.edgesStandard ? "" : String(most)),
      ("trail", trail.text),
    ]
    return WebLink(path, pairs + more).text
  }

  /// The graph with one more node expanded.
  public func expanding(_ value: PivotValue) -> GraphQuery {
    var query = self
    if value != root, !expanded.contains(value) { query.expanded.append(value) }
    return query
  }

  /// The graph with a node no longer expanded.
  public func collapsing(_ value: PivotValue) -> GraphQuery {
    var query = self
    query.expanded.removeAll { $0 == value }
    return query
  }

  /// The graph without a node.
  public func hiding(_ value: PivotValue) -> GraphQuery {
    var query = collapsing(value)
    if value != root, !hidden.contains(value.text) { query.hidden.append(value.text) }
    return query
  }

  /// The graph with all nodes that were taken away.
  public var showingAll: GraphQuery {
    var query = self
    query.hidden = []
    return query
  }

  /// The graph that begins elsewhere, one step further.
  public func moving(to value: PivotValue) -> GraphQuery {
    GraphQuery(root: value, most: most, trail: trail.appending(root.lookupText))
  }
}
