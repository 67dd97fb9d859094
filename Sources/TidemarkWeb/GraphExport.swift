import DNSWire
import TidemarkModel

/// A graph for other programs, and for the page's own script.
public enum GraphExport: String, CaseIterable, Sendable {
  /// Nodes, links and expansions as one JSON object.
  case json
  /// Graphviz.
  case dot
  /// GraphML (graphml.graphdrawing.org), as Gephi and yEd read it.
  case graphml

  /// The media type.
  public var type: String {
    switch self {
    case .json: "application/json"
    case .dot: "text/vnd.graphviz; charset=utf-8"
    case .graphml: "application/graphml+xml"
    }
  }

  /// The graph in the format.
  public func octets(_ graph: GraphBuilder) -> [UInt8] {
    switch self {
    case .json: GraphJSON.octets(graph)
    case .dot: GraphExport.dot(graph)
    case .graphml: GraphExport.graphML(graph)
    }
  }

  private static func numbers(_ graph: GraphBuilder) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for (number, node) in graph.nodes.enumerated() { numbers[node.id] = number }
    return numbers
  }

  private static func badges(_ node: GraphNode) -> String {
    (node.hint?.badges ?? []).map(\.kind.label).joined(separator: " ")
  }

  private static func dot(_ graph: GraphBuilder) -> [UInt8] {
    let numbers = numbers(graph)
    var out = Array("digraph tidemark {\n  rankdir=LR;\n".utf8)
    for (number, node) in graph.nodes.enumerated() {
      let shape = node.kind == .name ? "ellipse" : node.kind.shape
      out += Array("  n\(number) [shape=\(shape),label=".utf8)
      appendDOT(node.id, to: &out)
      let badges = badges(node)
      if !badges.isEmpty {
        out += Array(",tooltip=".utf8)
        appendDOT(badges, to: &out)
      }
      out += Array("];\n".utf8)
    }
    for edge in graph.edges {
      guard let from = numbers[edge.ends.from.text], let to = numbers[edge.ends.to.text] else {
        continue
      }
      let span =
        "\(WebTime.minute(edge.timeFirst)) .. \(WebTime.minute(edge.timeLast)), \(edge.count)"
      out += Array(
        "  n\(from) -> n\(to) [label=\"\(edge.ends.rrtype.mnemonic)\",tooltip=\"\(span)\"];\n".utf8)
    }
    return out + Array("}\n".utf8)
  }

  /// A quoted string of Graphviz, in which a backslash begins an escape.
  static func appendDOT(_ text: String, to out: inout [UInt8]) {
    out.append(ASCII.quote)
    for octet in PrintableText.string(text).utf8 {
      if octet == ASCII.quote || octet == ASCII.backslash { out.append(ASCII.backslash) }
      out.append(octet)
    }
    out.append(ASCII.quote)
  }

  private static func graphML(_ graph: GraphBuilder) -> [UInt8] {
    let numbers = numbers(graph)
    var out = Array(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
        <key id="label" for="node" attr.name="label" attr.type="string"/>
        <key id="kind" for="node" attr.name="kind" attr.type="string"/>
        <key id="badges" for="node" attr.name="badges" attr.type="string"/>
        <key id="rrtype" for="edge" attr.name="rrtype" attr.type="string"/>
        <key id="first" for="edge" attr.name="first" attr.type="string"/>
        <key id="last" for="edge" attr.name="last" attr.type="string"/>
        <key id="count" for="edge" attr.name="count" attr.type="long"/>
        <graph id="tidemark" edgedefault="directed">

      """.utf8)
    for (number, node) in graph.nodes.enumerated() {
      out += Array("    <node id=\"n\(number)\">".utf8)
      appendData("label", node.id, to: &out)
      appendData("kind", node.kind.rawValue, to: &out)
      appendData("badges", badges(node), to: &out)
      out += Array("</node>\n".utf8)
    }
    for edge in graph.edges {
      guard let from = numbers[edge.ends.from.text], let to = numbers[edge.ends.to.text] else {
        continue
      }
      out += Array("    <edge source=\"n\(from)\" target=\"n\(to)\">".utf8)
      appendData("rrtype", edge.ends.rrtype.mnemonic, to: &out)
      appendData("first", WebTime.machine(edge.timeFirst), to: &out)
      appendData("last", WebTime.machine(edge.timeLast), to: &out)
      // Readers take signed numbers of 64 bits.
      appendData("count", String(min(edge.count, UInt64(Int64.max))), to: &out)
      out += Array("</edge>\n".utf8)
    }
    return out + Array("  </graph>\n</graphml>\n".utf8)
  }

  private static func appendData(_ key: String, _ text: String, to out: inout [UInt8]) {
    out += Array("<data key=\"\(key)\">".utf8)
    // Escapes of HTML are those of XML here: what XML cannot hold was made visible before.
    out += Array(HTMLText.escaped(PrintableText.string(text)).utf8)
    out += Array("</data>".utf8)
  }
}
