import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct RiskListSetTests {
  @Test func findsNamesAboveAndNetworksAround() throws {
    let set = RiskListSet([
      try PivotWorld.list("one", "example.com\n192.0.2.0/24\n"),
      try PivotWorld.list("two", "www.example.com\nexample.com\n192.0.2.1\n", .allow),
    ])
    let matches = set.matches(of: PivotWorld.name("a.www.example.com"), now: 0)
    #expect(
      matches.map { "\($0.list.name) \($0.entry)" } == [
        "two www.example.com", "one example.com", "two example.com",
      ])
    let address = try #require(PivotAddress(text: "192.0.2.1"))
    #expect(
      set.matches(of: address, now: 0).map(\.entry) == ["192.0.2.1/32", "192.0.2.0/24"])
    let network = try #require(AddressPrefix(text: "192.0.2.0/25"))
    #expect(set.matches(of: network, now: 0).map(\.entry) == ["192.0.2.0/24"])
    #expect(set.matches(of: PivotWorld.name("xexample.com"), now: 0).isEmpty)
    #expect(RiskListSet().matches(of: PivotWorld.name("example.com"), now: 0).isEmpty)
  }

  @Test func findsWhatASetOfStringsFinds() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of list look-ups: \(seed)")
    var generator = SeededGenerator(seed: seed)
    func random() -> String {
      let labels = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        "l\(Int.random(in: 0...12, using: &generator))"
      }
      return (labels + ["example"]).joined(separator: ".")
    }
    for _ in 0..<50 {
      let entries = Set((0..<60).map { _ in random() })
      let set = RiskListSet([try PivotWorld.list("l", entries.joined(separator: "\n"))])
      for _ in 0..<200 {
        let name = random()
        var rest = name.split(separator: ".")
        var expected: [String] = []
        while !rest.isEmpty {
          let candidate = rest.joined(separator: ".")
          if entries.contains(candidate) { expected.append(candidate) }
          rest.removeFirst()
        }
        let found = set.matches(of: PivotWorld.name(name), now: 0).map(\.entry)
        #expect(found == expected, "seed \(seed)")
      }
    }
  }
}

@Suite(.enabled(if: Suffixes.isThere)) struct RiskListCatalogTests {
  private func list(_ name: String, _ count: Int) throws -> RiskList {
    try PivotWorld.list(name, (0..<count).map { "d\($0).example\n" }.joined())
  }

  @Test func replacesAllListsAtOnce() throws {
    let catalog = RiskListCatalog()
    #expect(catalog.replace(with: [try list("a", 3), try list("b", 3)]).isEmpty)
    let old = catalog.current
    #expect(catalog.replace(with: [try list("c", 5)]).isEmpty)
    #expect(old.headers.map(\.name) == ["a", "b"])
    #expect(catalog.current.headers.map(\.name) == ["c"])
    #expect(catalog.current.generation > old.generation)
  }

  @Test func keepsAListThatLostMoreThanHalf() throws {
    let catalog = RiskListCatalog()
    catalog.replace(with: [try list("a", 10)])
    let notices = catalog.replace(with: [try list("a", 4)])
    #expect(notices == [.shrunk(name: "a", entries: 4, before: 10)])
    let name = PivotWorld.name("d9.example")
    #expect(!catalog.current.matches(of: name, now: 0).isEmpty)
    #expect(catalog.replace(with: [try list("a", 5)]).isEmpty)
    #expect(catalog.current.matches(of: name, now: 0).isEmpty)
  }

  @Test func keepsAListThatCannotBeRead() throws {
    let catalog = RiskListCatalog()
    catalog.replace(with: [try list("a", 3)])
    catalog.replace(with: [try list("b", 3)], unreadable: ["a", "never-there"])
    #expect(Set(catalog.current.headers.map(\.name)) == ["a", "b"])
  }

  @Test func takesANameOnce() throws {
    let catalog = RiskListCatalog()
    let notices = catalog.replace(with: [try list("a", 3), try list("a", 5)])
    #expect(notices == [.doubleName(name: "a")])
    #expect(catalog.current.headers.count == 1)
  }
}
