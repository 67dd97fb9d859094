/// A graph that grows by one expansion after another.
///
/// It is bounded: what does not fit is counted, never dropped in silence.
public struct GraphBuilder: Sendable {
  /// Nodes held; a screen and a browser take about as many.
  public static let nodesMax = 2_000
  /// Links held.
  public static let edgesMax = 8_000
  /// Nodes expanded: as many as an address of a page has room for.
  public static let expansionsMax = 40
  /// Nodes taken away.
  public static let hiddenMax = 100

  /// An expansion that is in the graph.
  public struct Expanded: Sendable, Equatable {
    /// The node, by its id.
    public let node: String
    /// Its links, by their numbers.
    public fileprivate(set) var edges: [Int]
    /// Links of it that are not shown.
    public fileprivate(set) var leftOut: Int
    /// True when there may be still more.
    public let isCut: Bool
  }

  /// In the order in which they came.
  public private(set) var nodes: [GraphNode] = []
  /// In the order in which they came.
  public private(set) var edges: [GraphEdge] = []
  /// In the order in which they were asked for.
  public private(set) var expanded: [Expanded] = []

  private let hidden: Set<String>
  private var nodeNumbers: [String: Int] = [:]
  private var edgeNumbers: [GraphEdge.Ends: Int] = [:]

  /// Makes a graph of one node.
  ///
  /// - Parameter hidden: ids of nodes that are not shown, nor the links to them; not the root.
  public init(root: PivotValue, hidden: Set<String> = []) {
    self.hidden = hidden.subtracting([root.text])
    _ = number(of: root, root.isAddress ? .address : .name)
  }

  /// The node that the graph began with.
  public var root: GraphNode { nodes[0] }

  /// Adds a node with its links. A node that was taken away is not added.
  public mutating func add(_ expansion: GraphExpansion) {
    let id = expansion.value.text
    guard !hidden.contains(id), !expanded.contains(where: { $0.node == id }),
      expanded.count < GraphBuilder.expansionsMax,
      number(of: expansion.value, expansion.value.isAddress ? .address : .name) != nil
    else { return }
    var taken = Expanded(
      node: id, edges: [], leftOut: expansion.leftOut, isCut: expansion.isCut)
    for edge in expansion.edges {
      let ends = edge.ends
      guard !hidden.contains(ends.from.text), !hidden.contains(ends.to.text) else { continue }
      if let edge = add(edge) { taken.edges.append(edge) } else { taken.leftOut += 1 }
    }
    expanded.append(taken)
  }

  /// Tells what hangs on nodes.
  public mutating func add(_ hints: [PivotHint]) {
    for hint in hints {
      if let number = nodeNumbers[hint.value] { nodes[number].hint = hint }
    }
  }

  /// The expansion of a node; nil when it is not expanded.
  public func expansion(of id: String) -> Expanded? { expanded.first { $0.node == id } }

  /// Links of a node that are shown.
  public func degree(of id: String) -> Int {
    edges.count { $0.ends.from.text == id || $0.ends.to.text == id }
  }

  /// Links that are shown, of every node that has one.
  var degrees: [String: Int] {
    var degrees: [String: Int] = [:]
    for edge in edges {
      degrees[edge.ends.from.text, default: 0] += 1
      if edge.ends.to != edge.ends.from { degrees[edge.ends.to.text, default: 0] += 1 }
    }
    return degrees
  }

  private mutating func add(_ edge: GraphEdge) -> Int? {
    if let number = edgeNumbers[edge.ends] { return number }
    guard edges.count < GraphBuilder.edgesMax else { return nil }
    let from = edge.ends.from
    guard number(of: from, .name) != nil,
      number(of: edge.ends.to, GraphKind(targetOf: edge.ends.rrtype)) != nil
    else { return nil }
    edgeNumbers[edge.ends] = edges.count
    edges.append(edge)
    return edges.count - 1
  }

  /// The number of a node, which is made when there is room.
  private mutating func number(of value: PivotValue, _ kind: GraphKind) -> Int? {
    if let number = nodeNumbers[value.text] {
      if nodes[number].kind.rank < kind.rank { nodes[number].kind = kind }
      return number
    }
    guard nodes.count < GraphBuilder.nodesMax else { return nil }
    nodeNumbers[value.text] = nodes.count
    nodes.append(GraphNode(value: value, kind: kind, hint: nil))
    return nodes.count - 1
  }
}
