import DNSWire
import TidemarkModel
import TidemarkStore
import TidemarkTesting
import TidemarkWeb
import Testing

struct GraphBuilderTests {
  private static func sample() throws -> MemoryStore {
    try PivotSamples.store([
      PivotSamples.a("example.com"), PivotSamples.a("example.org", age: 60),
      PivotSamples.points("example.com", .ns, "ns1.example.net"),
      PivotSamples.points("example.com", .mx, "ns1.example.net", age: 5),
      PivotSamples.points("www.example.com", .cname, "example.com", age: 10),
      StoreSample("example.com", .txt, [4] + Array("text".utf8)),
    ])
  }

  @Test func linksOfANameAreThoseOfBothSides() throws {
    let expansion = try PivotSamples.expansion("example.com", Self.sample())
    let links = expansion.edges.map { "\($0.ends.from.text) \($0.ends.rrtype.mnemonic)" }
    #expect(
      links.sorted() == [
        "example.com A", "example.com MX", "example.com NS", "www.example.com CNAME",
      ])
    #expect(expansion.edges.last?.why == "target of the alias")
    #expect(expansion.leftOut == 0 && !expansion.isCut)
  }

  @Test func kindsAreThoseThatLinksTell() throws {
    let store = try Self.sample()
    var graph = GraphBuilder(root: try PivotSamples.value("example.com"))
    graph.add(try PivotSamples.expansion("example.com", store))
    graph.add(try PivotSamples.expansion("192.0.2.1", store))
    let kinds = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0.kind) })
    #expect(
      kinds == [
        "example.com": .name, "192.0.2.1": .address, "ns1.example.net": .server,
        "www.example.com": .name, "example.org": .name,
      ])
    // The link between the two expanded nodes is one, and belongs to both.
    #expect(graph.edges.count == 5)
    #expect(graph.expansion(of: "192.0.2.1")?.edges.count == 2)
    #expect(graph.degree(of: "192.0.2.1") == 2 && graph.root.id == "example.com")
  }

  @Test("keeps the newest", arguments: [1, 50, 1_000])
  func keepsTheNewest(_ most: Int) throws {
    let rows = (0..<300).map { index in
      PivotSamples.a("n\(index).example", age: UnixSeconds((index * 7) % 300))
    }
    let expansion = try PivotSamples.expansion(
      "192.0.2.1", PivotSamples.store(rows), most: most)
    let kept = min(most, GraphExpansion.edgesMax)
    #expect(
      expansion.edges.map(\.timeLast)
        == (0..<kept).map { PivotSamples.time - UnixSeconds($0) })
    #expect(expansion.leftOut == 300 - kept)
  }

  @Test func recordsWithTheSameEndsAreOneLink() throws {
    let value = try PivotSamples.value("example.com")
    let mail = try PivotSamples.value("mail.example.com")
    let ends = GraphEdge.Ends(from: value, to: mail, rrtype: .mx)
    var expansion = GraphExpansion(of: value)
    expansion.add(GraphEdge(ends, timeFirst: 100, timeLast: 200, count: .max))
    expansion.add(GraphEdge(ends, timeFirst: 50, timeLast: 150, count: 7))
    #expect(
      expansion.edges == [GraphEdge(ends, timeFirst: 50, timeLast: 200, count: .max)])
  }

  @Test func whatWasTakenAwayDoesNotComeBack() throws {
    let store = try Self.sample()
    var graph = GraphBuilder(
      root: try PivotSamples.value("example.com"), hidden: ["192.0.2.1", "example.com"])
    graph.add(try PivotSamples.expansion("example.com", store))
    graph.add(try PivotSamples.expansion("192.0.2.1", store))
    #expect(!graph.nodes.contains { $0.id == "192.0.2.1" || $0.id == "example.org" })
    #expect(graph.root.id == "example.com" && graph.expanded.map(\.node) == ["example.com"])
  }

  @Test func aGraphIsBounded() throws {
    let root = try PivotSamples.value("192.0.2.1")
    var graph = GraphBuilder(root: root)
    for page in 0..<60 {
      let hub = try PivotSamples.value("h\(page).example")
      var expansion = GraphExpansion(of: hub, most: GraphExpansion.edgesMax)
      for index in 0..<200 {
        let leaf = try PivotSamples.value("n\(page)-\(index).example")
        expansion.add(
          GraphEdge(
            GraphEdge.Ends(from: leaf, to: hub, rrtype: .cname), timeFirst: 1, timeLast: 2,
            count: 1))
      }
      graph.add(expansion)
    }
    #expect(graph.nodes.count == GraphBuilder.nodesMax)
    #expect(graph.expanded.count <= GraphBuilder.expansionsMax)
    let shown = graph.expanded.reduce(0) { $0 + $1.edges.count }
    let leftOut = graph.expanded.reduce(0) { $0 + $1.leftOut }
    #expect(shown == graph.edges.count && shown + leftOut == graph.expanded.count * 200)
  }

  @Test func thePageAddressHoldsTheGraph() throws {
    let root = try PivotSamples.value("example.com")
    let query = GraphQuery(
      root: root, expand: "192.0.2.1~example.com~a%7Eb.example~..~192.0.2.1", hide: "x.example",
      most: 100, trail: PivotTrail(text: "before.example"))
    #expect(query.expanded.map(\.text) == ["192.0.2.1", "a~b.example"])
    #expect(
      query.link()
        == "/ui/graph?q=example.com&expand=192.0.2.1~a%257Eb.example&hide=x.example&most=100"
        + "&trail=before.example")
    let address = try PivotSamples.value("192.0.2.1")
    #expect(query.collapsing(address).expanded.count == 1)
    #expect(query.hiding(address).hidden == ["x.example", "192.0.2.1"])
    #expect(query.hiding(root).hidden == ["x.example"] && query.showingAll.hidden.isEmpty)
    #expect(query.moving(to: address).trail.values == ["before.example", "example.com"])
    #expect(query.expanding(root) == query && query.expanding(address) == query)
  }
}
