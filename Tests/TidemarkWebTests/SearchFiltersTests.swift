import Testing
import TidemarkWeb

/// What stands in the address of a page.
@Suite struct SearchFiltersTests {
  private func filters(_ pairs: [(String, String)]) throws -> SearchFilters {
    try SearchFilters(pairs.map { (name: $0.0, value: $0.1) })
  }

  @Test func isTheSameInTheLinkAgain() throws {
    let pairs = [
      ("q", "example.com"), ("as", "name"), ("rrtype", "A,MX"), ("after", "-30d"),
      ("before", "2026-01-01"), ("vantage", "client"), ("dataset", "main"),
      ("bailiwick", "example.com"), ("sensor", "lab 1"), ("sort", "count"), ("dir", "asc"),
      ("size", "500"), ("view", "timeline"), ("trail", "a.example~b.example"),
    ]
    let all = try filters(pairs)
    #expect(
      all.link() == "/ui/search?q=example.com&as=name&rrtype=A%2CMX&after=-30d&before=2026-01-01"
        + "&vantage=client&dataset=main&bailiwick=example.com&sensor=lab%201&sort=count&dir=asc"
        + "&size=500&view=timeline&trail=a.example~b.example")
    #expect(all.sort == .count && !all.isDescending && all.size == 500 && all.view == .timeline)
    #expect(all.reading == .name)
    #expect(all.trail.values == ["a.example", "b.example"])
    #expect(try filters(pairs.reversed()) == all)
  }

  @Test func emptyOnesAndOthersAreLeftOut() throws {
    let some = try filters([("q", " example.com "), ("rrtype", ""), ("vantage", "  "), ("x", "y")])
    #expect(some.link() == "/ui/search?q=example.com")
    #expect(!some.isNarrowed && some.chips.isEmpty)
    #expect(some.size == 100 && some.view == .table && some.sort == nil && some.isDescending)
  }

  @Test(arguments: [
    ("size", "99"), ("size", "1e3"), ("sort", "owner"), ("dir", "up"), ("view", "list"),
    ("as", "regex"),
  ])
  func refusesOtherWords(_ name: String, _ value: String) throws {
    let fault = #expect(throws: SearchFilters.Fault.self) {
      try SearchFilters([(name: name, value: value)])
    }
    #expect(fault?.description.hasPrefix("\(name): one of ") == true)
  }

  @Test func chipsTakeOneFilterAway() throws {
    let some = try filters([("q", "example.com"), ("rrtype", "A"), ("after", "-7d")])
    #expect(some.chips.map(\.name) == ["rrtype", "after"])
    #expect(
      some.chips.map(\.link) == [
        "/ui/search?q=example.com&after=-7d", "/ui/search?q=example.com&rrtype=A",
      ])
    #expect(some.unfilteredLink == "/ui/search?q=example.com")
    #expect(some.isNarrowed)
  }

  @Test func headersSortAndTurnRound() throws {
    let plain = try filters([("q", "a")])
    #expect(plain.sortLink(.count) == "/ui/search?q=a&sort=count")
    #expect(plain.sortLink(.rrname) == "/ui/search?q=a&sort=rrname")
    let byCount = try filters([("q", "a"), ("sort", "count")])
    #expect(byCount.isDescending)
    #expect(byCount.sortLink(.count) == "/ui/search?q=a&sort=count&dir=asc")
    let ascending = try filters([("q", "a"), ("sort", "count"), ("dir", "asc")])
    #expect(ascending.sortLink(.count) == "/ui/search?q=a&sort=count")
    #expect(ascending.sortLink(.rrname) == "/ui/search?q=a&sort=rrname")
    let byName = try filters([("q", "a"), ("sort", "rrname")])
    #expect(!byName.isDescending)
    #expect(byName.sortLink(.rrname) == "/ui/search?q=a&sort=rrname&dir=desc")
  }

  @Test func readingGoesWithTheValue() throws {
    let some = try filters([("q", "a"), ("as", "text"), ("rrtype", "TXT")])
    #expect(some.replacing(value: "b", reading: nil).link() == "/ui/search?q=b&rrtype=TXT")
    #expect(
      some.replacing(value: "b&c", reading: .contains).link()
        == "/ui/search?q=b%26c&as=contains&rrtype=TXT")
  }
}
