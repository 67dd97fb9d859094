import DNSWire
import TidemarkModel

/// The page of a graph: a picture that a script draws, and beside it the same as two tables, which
/// need no script.
public struct GraphPage: Sendable {
  private let query: GraphQuery
  private let graph: GraphBuilder
  private let degrees: [String: Int]

  /// The page.
  ///
  /// - Parameter isLate: true when there was no time to expand all nodes.
  public static func page(
    _ query: GraphQuery, _ graph: GraphBuilder, isLate: Bool = false
  ) -> Page {
    let page = GraphPage(query: query, graph: graph, degrees: graph.degrees)
    var values: PageValues = [
      "has_graph": true, "q": query.root.text, "most": query.most,
      "expand": PivotTrail.text(of: query.expanded.map(\.text)),
      "hide": PivotTrail.text(of: query.hidden), "trail_text": query.trail.text,
      "trailMarkup": query.trail.markup(current: query.root.text, path: "/ui/graph"),
      "data_link": query.link("/ui/graph/export", [("format", "json")]),
      "dot_link": query.link("/ui/graph/export", [("format", "dot")]),
      "graphml_link": query.link("/ui/graph/export", [("format", "graphml")]),
      "pivots_link": query.trail.link(
        to: query.root.lookupText, from: query.root.lookupText, path: "/ui/pivots"),
      "search_link": query.trail.link(
        to: query.root.lookupText, from: query.root.lookupText),
      "nodes_text": WebFigures.grouped(UInt64(graph.nodes.count)),
      "edges_text": WebFigures.grouped(UInt64(graph.edges.count)),
      "nodesMarkup": page.nodesMarkup, "edgesMarkup": page.edgesMarkup,
      "has_edges": !graph.edges.isEmpty, "has_hidden": !query.hidden.isEmpty,
      "hidden_text": query.hidden.count, "show_all_link": query.showingAll.link(),
      "is_late": isLate, "is_full": !query.hasRoom,
      "choices": GraphQuery.choices.map { choice in
        ["number": choice, "selected": choice == query.most] as PageValues
      },
    ]
    values["limits"] = page.limits
    var result = Page(
      .graph, title: "Graph of \(query.root.text)", template: "graph", values: values)
    result.scripts = ["pivots", "graph"]
    result.query = query.root.text
    return result
  }

  /// The page without a graph.
  ///
  /// - Parameters:
  ///   - text: what was asked for; empty for nothing yet.
  ///   - problem: why that is not the beginning of a graph; empty for no reason.
  public static func empty(_ text: String, problem: String = "") -> Page {
    let values: PageValues = [
      "has_graph": false, "q": text, "has_problem": !problem.isEmpty, "problem": problem,
      "trailMarkup": "",
    ]
    var page = Page(.graph, title: "Graph", template: "graph", values: values)
    page.query = text
    return page
  }

  /// What is not shown, one line for each node.
  private var limits: [PageValues] {
    graph.expanded.compactMap { expanded in
      guard expanded.leftOut > 0 || expanded.isCut else { return nil }
      let count = WebFigures.grouped(UInt64(expanded.leftOut)) + (expanded.isCut ? " or more" : "")
      return ["node": expanded.node, "text": "\(count) older links are not shown"]
    }
  }

  private var nodesMarkup: String {
    var html = HTMLText(capacity: graph.nodes.count * 640)
    for node in graph.nodes { append(node, to: &html) }
    return html.string
  }

  private func append(_ node: GraphNode, to html: inout HTMLText) {
    html.markup("<tr data-graph-node=\"")
    html.text(node.id)
    html.markup("\"><th scope=\"row\"><a class=\"mono\" href=\"")
    html.text(query.trail.link(to: node.value.lookupText, from: query.root.lookupText))
    html.markup("\">")
    html.text(node.id)
    html.markup("</a>")
    if let name = UnicodeName(node.id) {
      html.markup(" <span class=\"quiet\">")
      html.text(name.unicode)
      html.markup("</span>")
    }
    html.markup("</th><td><span class=\"gr-shape gr-")
    html.text(node.kind.shape)
    html.markup("\" aria-hidden=\"true\"></span> ")
    html.text(node.kind.words)
    html.markup("</td><td class=\"num\">")
    html.integer(degrees[node.id] ?? 0)
    html.markup("</td><td class=\"wrap\">")
    if let hint = node.hint {
      hint.append(to: &html)
    } else {
      html.markup("<span data-hint=\"")
      html.text(node.id)
      html.markup("\"></span>")
    }
    html.markup("</td><td class=\"row gr-acts\">")
    appendActions(node, to: &html)
    html.markup("</td></tr>\n")
  }

  private func appendActions(_ node: GraphNode, to html: inout HTMLText) {
    let isRoot = node.value == query.root
    if graph.expansion(of: node.id) == nil {
      if query.hasRoom {
        // What hangs on a shared host is mostly chance: one has to want it.
        let words = node.hint?.isNoise == true ? "Expand anyway" : "Expand"
        action("expand", words, query.expanding(node.value).link(), node, &html, isMain: true)
      }
    } else if !isRoot {
      action("collapse", "Collapse", query.collapsing(node.value).link(), node, &html)
    }
    guard !isRoot else { return }
    action("hide", "Remove", query.hiding(node.value).link(), node, &html)
    action("move", "Start here", query.moving(to: node.value).link(), node, &html)
  }

  private func action(
    _ name: String, _ words: String, _ link: String, _ node: GraphNode,
    _ html: inout HTMLText, isMain: Bool = false
  ) {
    html.markup("<a class=\"button small\" data-graph-act=\"")
    html.text(name)
    if isMain { html.markup("\" data-main=\"") }
    html.markup("\" href=\"")
    html.text(link)
    html.markup("\">")
    html.text(words)
    html.markup("<span class=\"visually-hidden\"> ")
    html.text(node.id)
    html.markup("</span></a>")
  }

  private var edgesMarkup: String {
    var html = HTMLText(capacity: graph.edges.count * 480)
    let newest = graph.edges.sorted { $0.timeLast > $1.timeLast }
    for edge in newest {
      html.markup("<tr><th scope=\"row\" class=\"mono\">")
      html.text(edge.ends.to.text)
      html.markup("</th><td>")
      html.text(edge.why)
      html.markup("</td><td class=\"mono\">")
      html.text(edge.ends.from.text)
      html.markup("</td><td><span class=\"type\">")
      html.text(edge.ends.rrtype.mnemonic)
      html.markup("</span></td>")
      PivotsPage.append(first: edge.timeFirst, last: edge.timeLast, count: edge.count, to: &html)
      html.markup("</tr>\n")
    }
    return html.string
  }
}
