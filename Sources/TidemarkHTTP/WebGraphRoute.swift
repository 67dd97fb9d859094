import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `GET /ui/graph?q=…`: names, addresses, name servers and mail hosts that are linked, as picture
/// and as tables.
struct WebGraphRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = try exchange.pageParameters()
    let text = parameters.take("q") ?? ""
    guard !text.isEmpty else { return desk.answer(GraphPage.empty(""), exchange) }
    guard let query = try GraphQuery(text, &parameters) else {
      let page = GraphPage.empty(
        text, problem: "A graph begins with one name or one address; this is neither.")
      return desk.answer(page, exchange, status: .badRequest)
    }
    try parameters.finish()
    let (graph, isLate) = try await desk.graph(query, exchange)
    return desk.answer(GraphPage.page(query, graph, isLate: isLate), exchange)
  }
}

/// `GET /ui/graph/data?node=…`: one node and what it is linked to, as JSON for the page's script.
struct WebGraphDataRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = try exchange.pageParameters()
    let text = parameters.take("node") ?? ""
    let most = try parameters.number("most", 1...GraphExpansion.edgesMax)
    try parameters.finish()
    guard let value = PivotValue(text: text) else {
      throw Problem(.badRequest, "node: neither a name nor an address")
    }
    let (graph, _) = try await desk.graph(GraphQuery(root: value, most: most), exchange)
    return desk.json(GraphExport.json.octets(graph), exchange)
  }
}

/// `GET /ui/graph/export?format=…`: the graph of a page for other programs.
struct WebGraphExportRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = try exchange.pageParameters()
    let text = parameters.take("q") ?? ""
    guard let format = GraphExport(rawValue: parameters.take("format") ?? "json") else {
      let names = GraphExport.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.badRequest, "format: one of \(names)")
    }
    guard let query = try GraphQuery(text, &parameters) else {
      throw Problem(.badRequest, "q: neither a name nor an address")
    }
    try parameters.finish()
    let (graph, _) = try await desk.graph(query, exchange)
    return desk.download(
      format.octets(graph), type: format.type, name: "tidemark-graph.\(format.rawValue)", exchange)
  }
}

extension GraphQuery {
  /// Takes the parameters besides `q`; nil when that is no node.
  init?(_ text: String, _ parameters: inout ParameterReader) throws(Problem) {
    let expand = parameters.take("expand") ?? ""
    let hide = parameters.take("hide") ?? ""
    let trail = PivotTrail(text: parameters.take("trail"))
    let most = try parameters.number("most", 1...GraphExpansion.edgesMax)
    guard let root = PivotValue(typed: text) else { return nil }
    self.init(root: root, expand: expand, hide: hide, most: most, trail: trail)
  }
}

extension WebDesk {
  /// Reads all nodes that a page expands, and looks what hangs on the others.
  ///
  /// - Returns: the graph, and whether there was no time for all of it.
  func graph(
    _ query: GraphQuery, _ exchange: Exchange
  ) async throws -> (graph: GraphBuilder, isLate: Bool) {
    let end = end(exchange, after: times.graph)
    let most = min(query.most, exchange.caller.limits.rows)
    var graph = GraphBuilder(root: query.root, hidden: Set(query.hidden))
    var isLate = false
    for value in query.values {
      // The root is always read: otherwise there was no graph to go on from.
      guard value == query.root || ContinuousClock.now < end else {
        isLate = true
        break
      }
      let reader = GraphReader(
        value, most: most, datasets: exchange.datasets(native.registry), store: native.store)
      var (read, isCut) = try await inTurns(reader, until: end) { try $0.step() }
      if isCut { read.stop() }
      graph.add(read.expansion)
    }
    let values = graph.nodes.prefix(WebHintsRoute.valuesMax).map(\.value)
    graph.add(
      try await hints(
        Array(values), besides: nil, exchange))
    return (graph, isLate)
  }
}
