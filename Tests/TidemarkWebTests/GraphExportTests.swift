import DNSWire
import TidemarkModel
import TidemarkTesting
import TidemarkWeb
import Testing

struct GraphExportTests {
  private static let hostile = [
    #"a\".example"#, #"<script>alert(1)</script>.example"#, #"]]>&amp;.example"#, #"\010x.example"#,
    #"\226\128\174.example"#, #"x\\\"];evil.example"#, #"--><!--.example"#,
  ]

  private static func graph(_ names: [String]) throws -> GraphBuilder {
    let root = try PivotSamples.value("192.0.2.1")
    var expansion = GraphExpansion(of: root)
    for name in names {
      expansion.add(
        GraphEdge(
          GraphEdge.Ends(from: try PivotSamples.value(name), to: root, rrtype: .a),
          timeFirst: 1_700_000_000, timeLast: 1_700_000_100, count: 3))
    }
    var graph = GraphBuilder(root: root)
    graph.add(expansion)
    return graph
  }

  private static func text(_ format: GraphExport, _ names: [String]) throws -> String {
    String(decoding: format.octets(try graph(names)), as: UTF8.self)
  }

  @Test func jsonHasAllThatAScriptNeeds() throws {
    #expect(
      try Self.text(.json, ["example.com"]) == """
        {"root":"192.0.2.1","nodes":[{"id":"192.0.2.1","kind":"address"},\
        {"id":"example.com","kind":"name"}],"edges":[{"from":"example.com","to":"192.0.2.1",\
        "rrtype":"A","why":"address of","time_first":1700000000,"time_last":1700000100,\
        "first":"2023-11-14 22:13","last":"2023-11-14 22:15","count":3}],\
        "expansions":[{"node":"192.0.2.1","edges":[0],"left_out":0,"more":false}]}

        """)
  }

  @Test func dotHasNodesAndLinks() throws {
    #expect(
      try Self.text(.dot, ["example.com"]) == """
        digraph tidemark {
          rankdir=LR;
          n0 [shape=square,label="192.0.2.1"];
          n1 [shape=ellipse,label="example.com"];
          n1 -> n0 [label="A",tooltip="2023-11-14 22:13 .. 2023-11-14 22:15, 3"];
        }

        """)
  }

  @Test func hostileNamesStayInTheirStringsOfDOT() throws {
    let text = try Self.text(.dot, Self.hostile)
    let lines = text.split(separator: "\n")
    // A line for the frame, one for each node, one for each link.
    #expect(lines.count == 3 + 2 * Self.hostile.count + 1)
    for line in lines.dropFirst(2).dropLast() {
      var isQuoted = false
      var isEscaped = false
      var outside = ""
      for octet in line.utf8 {
        if isEscaped {
          isEscaped = false
        } else if isQuoted, octet == UInt8(ascii: "\\") {
          isEscaped = true
        } else if octet == UInt8(ascii: "\"") {
          isQuoted.toggle()
        } else if !isQuoted {
          outside.append(Character(Unicode.Scalar(octet)))
        }
      }
      #expect(!isQuoted)
      #expect(
        outside.hasSuffix("label=];") || outside.hasSuffix("[label=,tooltip=];"), "\(line)")
    }
  }

  @Test func hostileNamesStayInTheirElementsOfGraphML() throws {
    let text = try Self.text(.graphml, Self.hostile)
    #expect(!text.contains("<script") && !text.contains("]]>") && !text.contains("<!--"))
    #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;.example</data>"))
    #expect(text.utf8.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) })
    #expect(text.split(separator: "<node ").count - 1 == Self.hostile.count + 1)
    #expect(text.hasSuffix("  </graph>\n</graphml>\n"))
  }

  @Test func hostileNamesStayInTheirStringsOfJSON() throws {
    let text = try Self.text(.json, Self.hostile)
    #expect(text.utf8.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) })
    #expect(text.contains(#""id":"a\\034.example""#))
  }

  @Test func pageAndTablesEscapeNames() throws {
    let graph = try Self.graph(Self.hostile)
    let query = GraphQuery(root: try PivotSamples.value("192.0.2.1"))
    let page = GraphPage.page(query, graph)
    let nodes = page.values["nodesMarkup"] as? String ?? ""
    let edges = page.values["edgesMarkup"] as? String ?? ""
    #expect(!nodes.contains("<script") && !edges.contains("<script"))
    #expect(nodes.contains("&lt;script&gt;") && edges.contains("&lt;script&gt;"))
    #expect(nodes.contains("data-graph-act=\"expand\""))
    #expect(nodes.contains("expand=a%255C034.example"))
  }
}
