import DNSWire

/// Names, addresses and name servers as a graph: a record is an edge from its owner to what it
/// points to.
///
/// Records of one owner, type and target are one edge. Memory is bounded by ``edgesMax``.
public struct RecordGraph: Sendable {
  /// How a graph is written.
  public enum Format: Sendable {
    /// Graphviz.
    case dot
    /// GraphML (graphml.graphdrawing.org), as Gephi and yEd read it.
    case graphml
  }

  /// More edges than are held.
  public struct Full: Error, Equatable, CustomStringConvertible {
    /// One line for people.
    public var description: String {
      "more than \(RecordGraph.edgesMax) edges are not drawn; ask for less"
    }
  }

  /// Most edges held; programs that draw graphs give up far earlier.
  public static let edgesMax = 200_000

  /// Records without an address or a name to point to, which are not in the graph.
  public private(set) var leftOut: UInt64 = 0

  private enum Kind: String {
    case name
    case address
    case server = "nameserver"
  }

  private struct Node {
    let label: [UInt8]
    var kind: Kind
  }

  private struct Ends: Hashable {
    let from: Int
    let to: Int
    let type: RRType
  }

  private struct Edge {
    let ends: Ends
    var timeFirst: UnixSeconds
    var timeLast: UnixSeconds
    var count: UInt64
  }

  private let edgesMax: Int
  private var nodes: [Node] = []
  private var edges: [Edge] = []
  private var nodeNumbers: [[UInt8]: Int] = [:]
  private var edgeNumbers: [Ends: Int] = [:]

  /// Makes an empty graph.
  public init(edgesMax: Int = RecordGraph.edgesMax) {
    self.edgesMax = edgesMax
  }

  /// Adds a record.
  ///
  /// - Throws: ``Full``; the record is not in the graph then.
  public mutating func add(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>
  ) throws(Full) {
    guard let target = RDataTarget(row, rdata: rdata) else {
      leftOut += 1
      return
    }
    var label: [UInt8] = []
    let kind: Kind
    switch target {
    case .address:
      RDataText.append(rdata, type: row.rrtype, style: .circl, to: &label)
      kind = .address
    case .name(let range):
      DomainName.appendText(of: rdata.extracting(range), finalDot: false, to: &label)
      kind = row.rrtype == .ns ? .server : .name
    }
    var owner: [UInt8] = []
    DomainName.appendText(of: rrname, finalDot: false, to: &owner)
    guard edges.count < edgesMax else { throw Full() }
    let ends = Ends(from: node(owner, .name), to: node(label, kind), type: row.rrtype)
    if let number = edgeNumbers[ends] {
      let (count, isTooLarge) = edges[number].count.addingReportingOverflow(row.count)
      edges[number].count = isTooLarge ? .max : count
      edges[number].timeFirst = min(edges[number].timeFirst, row.timeFirst)
      edges[number].timeLast = max(edges[number].timeLast, row.timeLast)
    } else {
      edgeNumbers[ends] = edges.count
      edges.append(
        Edge(ends: ends, timeFirst: row.timeFirst, timeLast: row.timeLast, count: row.count))
    }
  }

  private mutating func node(_ label: [UInt8], _ kind: Kind) -> Int {
    if let number = nodeNumbers[label] {
      if kind != .name { nodes[number].kind = kind }
      return number
    }
    nodeNumbers[label] = nodes.count
    nodes.append(Node(label: label, kind: kind))
    return nodes.count - 1
  }

  /// Appends the whole graph.
  public func append(_ format: Format, times: TimeStyle, to out: inout [UInt8]) {
    switch format {
    case .dot: appendDOT(times, to: &out)
    case .graphml: appendGraphML(times, to: &out)
    }
  }

  private func appendDOT(_ times: TimeStyle, to out: inout [UInt8]) {
    out.append(contentsOf: "digraph tidemark {\n  rankdir=LR;\n".utf8)
    for (number, node) in nodes.enumerated() {
      let shape =
        switch node.kind {
        case .name: "ellipse"
        case .address: "box"
        case .server: "hexagon"
        }
      out.append(contentsOf: "  n\(number) [shape=\(shape),label=\"".utf8)
      // In labels a backslash starts an escape of Graphviz's own.
      for octet in node.label {
        if octet == ASCII.quote || octet == ASCII.backslash { out.append(ASCII.backslash) }
        out.append(octet)
      }
      out.append(contentsOf: "\"];\n".utf8)
    }
    for edge in edges {
      let type = edge.ends.type.mnemonic
      let span =
        "\(RecordGraph.text(edge.timeFirst, times)) .. "
        + "\(RecordGraph.text(edge.timeLast, times)), \(edge.count)"
      out.append(
        contentsOf:
          "  n\(edge.ends.from) -> n\(edge.ends.to) [label=\"\(type)\",tooltip=\"\(span)\"];\n".utf8
      )
    }
    out.append(contentsOf: "}\n".utf8)
  }

  private func appendGraphML(_ times: TimeStyle, to out: inout [UInt8]) {
    out.append(
      contentsOf: """
        <?xml version="1.0" encoding="UTF-8"?>
        <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
          <key id="label" for="node" attr.name="label" attr.type="string"/>
          <key id="kind" for="node" attr.name="kind" attr.type="string"/>
          <key id="rrtype" for="edge" attr.name="rrtype" attr.type="string"/>
          <key id="first" for="edge" attr.name="first" attr.type="string"/>
          <key id="last" for="edge" attr.name="last" attr.type="string"/>
          <key id="count" for="edge" attr.name="count" attr.type="long"/>
          <graph id="tidemark" edgedefault="directed">

        """.utf8)
    for (number, node) in nodes.enumerated() {
      out.append(contentsOf: "    <node id=\"n\(number)\"><data key=\"label\">".utf8)
      RecordGraph.appendXML(node.label, to: &out)
      out.append(
        contentsOf: "</data><data key=\"kind\">\(node.kind.rawValue)</data></node>\n".utf8)
    }
    for edge in edges {
      let data = [
        ("rrtype", edge.ends.type.mnemonic), ("first", RecordGraph.text(edge.timeFirst, times)),
        ("last", RecordGraph.text(edge.timeLast, times)),
        ("count", String(min(edge.count, COFWriter.numberMax))),
      ]
      let text = data.map { "<data key=\"\($0.0)\">\($0.1)</data>" }.joined()
      out.append(
        contentsOf:
          "    <edge source=\"n\(edge.ends.from)\" target=\"n\(edge.ends.to)\">\(text)</edge>\n"
          .utf8)
    }
    out.append(contentsOf: "  </graph>\n</graphml>\n".utf8)
  }

  /// Names and addresses are printable ASCII: only markup needs escapes.
  private static func appendXML(_ text: [UInt8], to out: inout [UInt8]) {
    for octet in text {
      switch octet {
      case UInt8(ascii: "&"): out.append(contentsOf: "&amp;".utf8)
      case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): out.append(contentsOf: "&gt;".utf8)
      case ASCII.quote: out.append(contentsOf: "&quot;".utf8)
      default: out.append(octet)
      }
    }
  }

  private static func text(_ time: UnixSeconds, _ times: TimeStyle) -> String {
    var out: [UInt8] = []
    times.append(time, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
