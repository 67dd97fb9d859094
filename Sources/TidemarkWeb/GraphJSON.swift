import DNSWire
import TidemarkModel

/// A graph as the page's script reads it.
///
/// ```json
/// {"root":"example.com",
///  "nodes":[{"id":"example.com","kind":"name","hint":"4 values","noise":false,
///            "badges":[{"style":"wildcard","label":"wildcard","title":"…"}]}],
///  "edges":[{"from":"example.com","to":"192.0.2.1","rrtype":"A","why":"address of",
///            "time_first":1700000000,"time_last":1700000100,
///            "first":"2023-11-14 22:13","last":"2023-11-14 22:15","count":3}],
///  "expansions":[{"node":"example.com","edges":[0],"left_out":0,"more":false}]}
/// ```
///
/// A node that nobody looked at has no `hint`. Members of `edges` in an expansion are numbers of
/// links.
enum GraphJSON {
  static func octets(_ graph: GraphBuilder) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256 * (graph.nodes.count + graph.edges.count + 1))
    ASCII.append("{\"root\":", to: &out)
    append(graph.root.id, to: &out)
    list("nodes", graph.nodes, to: &out) { append($0, to: &$1) }
    list("edges", graph.edges, to: &out) { append($0, to: &$1) }
    list("expansions", graph.expanded, to: &out) { append($0, to: &$1) }
    ASCII.append("}\n", to: &out)
    return out
  }

  private static func append(_ node: GraphNode, to out: inout [UInt8]) {
    ASCII.append("{\"id\":", to: &out)
    append(node.id, to: &out)
    member("kind", node.kind.rawValue, to: &out)
    if let hint = node.hint {
      member("hint", hint.text, to: &out)
      ASCII.append(hint.isNoise ? ",\"noise\":true" : ",\"noise\":false", to: &out)
      list("badges", hint.badges, to: &out) { append($0, to: &$1) }
    }
    ASCII.append("}", to: &out)
  }

  private static func append(_ badge: PivotBadge, to out: inout [UInt8]) {
    ASCII.append("{\"style\":", to: &out)
    append(badge.kind.style, to: &out)
    member("label", badge.kind.label, to: &out)
    member("title", badge.title, to: &out)
    ASCII.append("}", to: &out)
  }

  private static func append(_ edge: GraphEdge, to out: inout [UInt8]) {
    ASCII.append("{\"from\":", to: &out)
    append(edge.ends.from.text, to: &out)
    member("to", edge.ends.to.text, to: &out)
    member("rrtype", edge.ends.rrtype.mnemonic, to: &out)
    member("why", edge.why, to: &out)
    member("time_first", UInt64(edge.timeFirst), to: &out)
    member("time_last", UInt64(edge.timeLast), to: &out)
    member("first", WebTime.minute(edge.timeFirst), to: &out)
    member("last", WebTime.minute(edge.timeLast), to: &out)
    // Scripts hold whole numbers up to 2^53.
    member("count", min(edge.count, 1 << 53), to: &out)
    ASCII.append("}", to: &out)
  }

  private static func append(_ expanded: GraphBuilder.Expanded, to out: inout [UInt8]) {
    ASCII.append("{\"node\":", to: &out)
    append(expanded.node, to: &out)
    ASCII.append(",\"edges\":[", to: &out)
    for (index, edge) in expanded.edges.enumerated() {
      if index > 0 { ASCII.append(",", to: &out) }
      ASCII.appendDecimal(UInt64(edge), to: &out)
    }
    ASCII.append("]", to: &out)
    member("left_out", UInt64(expanded.leftOut), to: &out)
    ASCII.append(expanded.isCut ? ",\"more\":true}" : ",\"more\":false}", to: &out)
  }

  private static func list<Element>(
    _ name: String, _ elements: [Element], to out: inout [UInt8],
    _ append: (Element, inout [UInt8]) -> Void
  ) {
    ASCII.append(",", to: &out)
    self.append(name, to: &out)
    ASCII.append(":[", to: &out)
    for (index, element) in elements.enumerated() {
      if index > 0 { ASCII.append(",", to: &out) }
      append(element, &out)
    }
    ASCII.append("]", to: &out)
  }

  private static func member(_ name: String, _ text: String, to out: inout [UInt8]) {
    ASCII.append(",", to: &out)
    append(name, to: &out)
    ASCII.append(":", to: &out)
    append(text, to: &out)
  }

  private static func member(_ name: String, _ number: UInt64, to out: inout [UInt8]) {
    ASCII.append(",", to: &out)
    append(name, to: &out)
    ASCII.append(":", to: &out)
    ASCII.appendDecimal(number, to: &out)
  }

  private static func append(_ text: String, to out: inout [UInt8]) {
    JSONText.appendQuoted(text.utf8.span, to: &out)
  }
}
