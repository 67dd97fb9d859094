import TidemarkEnrichment
import TidemarkModel
import TidemarkWeb
import Testing

struct IndicatorPageTests {
  private static func page(_ world: LibraryWorld, _ value: String) throws -> IndicatorPage {
    let key = try IndicatorKey(typed: value, oneOf: nil)
    var page = IndicatorPage(key)
    page.found = try world.library.indicator(key)
    if let found = page.found {
      page.attributes = try world.library.attributes(of: found)
      page.relations = try world.library.relations(of: found)
    }
    page.operations = try world.registry.operations.map {
      try OperationState($0.id, in: world.registry)
    }
    page.results = try world.library.results(about: key)
    return page
  }

  @Test func offersTheActionsOfTheType() throws {
    let world = try LibraryWorld()
    let name = try Self.page(world, "www.example.com").page.main(["form_token": "f0rm"])
    #expect(name.contains("FQDN WHOIS") && !name.contains("IP Address WHOIS"))
    #expect(name.contains("name=\"value\" value=\"www.example.com\""))
    #expect(name.contains("name=\"operation\" value=\"tidemark\""))
    #expect(name.contains("href=\"/ui/search?q=www.example.com\""))
    #expect(name.contains("It is not in the library."))
    let address = try Self.page(world, "192.0.2.1").page.main()
    #expect(address.contains("IP Address WHOIS") && !address.contains("FQDN WHOIS"))
    let digest = String(repeating: "a", count: 64)
    let file = try Self.page(world, digest).page.main()
    #expect(file.contains("No operation has an action for this type.") && !file.contains("Look up"))
  }

  @Test func saysWhyAnActionCannotBeRun() throws {
    let world = try LibraryWorld()
    let first = try Self.page(world, "www.example.com").page.main()
    #expect(first.contains("Disabled.") && first.contains(" disabled>"))
    try world.registry.setEnabled("circl", true)
    let second = try Self.page(world, "www.example.com").page.main(["may_admin": true])
    #expect(second.contains("Not configured: User Token not set."))
    #expect(second.contains("href=\"/ui/operations/circl\">Change that"))
    try world.registry.configure("circl", ["token": "s3cret"])
    let third = try Self.page(world, "www.example.com").page.main()
    #expect(third.contains("sends the indicator and your token to www.circl.lu"))
    #expect(!third.contains("s3cret"))
  }

  @Test func showsWhatTheLibraryHolds() async throws {
    let world = try LibraryWorld()
    let key = try IndicatorKey(.fqdn, "www.example.com")
    var entry = LibraryEntry(key)
    entry.tags = ["phish"]
    entry.attributes = [
      AttributeEntry("Note", LibraryWorld.hostile), AttributeEntry("Long", "one\ntwo"),
    ]
    entry.relations = [
      RelationEntry(.resolvesTo, try IndicatorKey(.ipv4, "192.0.2.1")),
      RelationEntry(.alias, try IndicatorKey(.fqdn, "from.example.net"), isIncoming: true),
    ]
    _ = try world.add(entry)
    _ = try await world.run("risk")
    let html = try Self.page(world, "www.example.com").page.main()
    #expect(!html.isBrokenOpen && html.contains("&lt;script&gt;x"))
    #expect(html.contains("href=\"/ui/indicators?tag=phish\"") && html.contains("2024-06-01 00:00"))
    #expect(html.contains("href=\"/ui/indicators/ipv4/192.0.2.1\""))
    #expect(html.contains("<span class=\"quiet\">from</span> alias"))
    #expect(html.contains("Risk Reputation Lookup") && html.contains("no rows"))
    #expect(html.contains("Came into the library"))
  }

  @Test func linksAreEncoded() throws {
    let key = try IndicatorKey(.url, "http://example.com/a?b=1#<\"'>&c")
    #expect(
      LibraryLink.indicator(key)
        == "/ui/indicators/url/http%3A%2F%2Fexample.com%2Fa%3Fb%3D1%23%3C%22%27%3E%26c")
    #expect(LibraryLink.lookup(key) == "/ui/search?q=example.com")
    let mail = try IndicatorKey(.email, "a@example.net")
    #expect(LibraryLink.lookup(mail) == "/ui/search?q=example.net")
  }

  @Test func listsAreSortedByTheirHeads() throws {
    let world = try LibraryWorld()
    for value in ["b.example", "a.example", "192.0.2.1"] {
      _ = try world.add(LibraryEntry(try IndicatorKey(typed: value, oneOf: nil)))
    }
    var query = IndicatorListQuery()
    query.order = .value
    query.isDescending = false
    query.text = "example"
    let slice = try world.library.browse(
      matching: query.filter, by: query.order, isDescending: false, offset: 0, limit: 10)
    #expect(slice.indicators.map(\.key.value) == ["a.example", "b.example"] && slice.count == 2)
    let html = IndicatorListPage(query, slice).page.main()
    #expect(html.contains("aria-sort=\"ascending\""))
    #expect(html.contains("/ui/indicators?q=example&amp;sort=value&amp;dir=desc"))
    #expect(html.contains("/ui/indicators?q=example&amp;sort=type") && html.contains("1–2 of 2"))
    #expect(!html.contains("rel=\"next\""))
  }

  @Test func pagesFollowEachOther() throws {
    let world = try LibraryWorld()
    let rows = try (1...150).map { number in
      LibraryRow(
        number: number,
        entry: .success(LibraryEntry(try IndicatorKey(.fqdn, "n\(number).example.com"))))
    }
    _ = try world.library.add(rows, source: "desk", now: LibraryWorld.now)
    var query = IndicatorListQuery()
    query.page = 2
    let slice = try world.library.browse(
      matching: query.filter, by: .added, isDescending: true, offset: 100, limit: 100)
    #expect(slice.indicators.first?.key.value == "n50.example.com" && slice.count == 150)
    let html = IndicatorListPage(query, slice).page.main()
    #expect(html.contains("101–150 of 150") && html.contains("rel=\"prev\""))
    #expect(!html.contains("rel=\"next\""))
  }

  @Test func filtersUnderstandWhatWasDefanged() {
    var query = IndicatorListQuery()
    #expect(!query.isFiltered && query.link == "/ui/indicators")
    query.text = "login[.]example"
    #expect(query.isFiltered && query.filter.containing == "login.example")
  }

  @Test func formsAreReadLineByLine() {
    var draft = IndicatorDraft()
    draft.lines = "a.example\r\n\n \tb.example \r\nc.example"
    draft.tags = " phish , kit 2,,"
    #expect(draft.values == ["a.example", " \tb.example ", "c.example"])
    #expect(draft.words == ["phish", "kit 2"])
  }

  @Test func tellsWhatBecameOfEachLine() throws {
    let key = try IndicatorKey(.fqdn, "a.example")
    let world = try LibraryWorld()
    let slice = try world.library.browse(
      matching: IndicatorFilter(), by: .added, isDescending: true, offset: 0, limit: 1)
    var page = IndicatorListPage(IndicatorListQuery(), slice)
    page.added = [
      AddedLine(text: "a[.]example", key: key, outcome: .added),
      AddedLine(text: LibraryWorld.hostile, key: nil, outcome: .refused("the value is empty")),
    ]
    page.draft.lines = LibraryWorld.hostile
    let html = page.page.main()
    #expect(html.contains("2 lines: 1 added, 0 were there already, 1 refused."))
    #expect(html.contains("a[.]example") && !html.isBrokenOpen)
  }
}
