import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkTesting
import TidemarkWeb
import Testing

struct PivotBadgeTests {
  @Test(
    "private addresses",
    arguments: [
      ("10.0.0.1", true), ("172.15.255.255", false), ("172.16.0.0", true),
      ("172.31.255.255", true), ("172.32.0.0", false), ("192.168.1.1", true),
      ("100.64.0.1", true), ("100.128.0.1", false), ("127.0.0.1", true), ("169.254.1.1", true),
      ("224.0.0.1", true), ("255.255.255.255", true), ("192.0.2.1", false), ("::1", true),
      ("::", true), ("fd00::1", true), ("fe80::1", true), ("febf::1", true), ("fec0::1", false),
      ("2001:db8::1", false), ("::ffff:10.0.0.1", true), ("64:ff9b::1", false),
    ])
  func privateAddresses(_ text: String, _ isPrivate: Bool) throws {
    let address = try #require(PivotAddress(text: text))
    #expect((PrivateAddress.reason(address) != nil) == isPrivate)
  }

  @Test func countsOtherNamesAndValues() throws {
    let store = try PivotSamples.store([
      PivotSamples.a("www.example.com"), PivotSamples.a("example.com"),
      PivotSamples.a("example.org"), PivotSamples.a("example.com", [192, 0, 2, 2]),
      PivotSamples.points("example.org", .mx, "example.com"),
    ])
    let address = try PivotSamples.facts("192.0.2.1", store, besides: "www.example.com")
    #expect(address.names == PivotFigure(2) && address.values == PivotFigure())
    #expect(address.isAddress && address.domains == 2)
    let name = try PivotSamples.facts("example.com", store, besides: "192.0.2.1")
    #expect(name.values == PivotFigure(1) && name.names == PivotFigure(1))
    #expect(PivotHint("example.com", name).text == "1 value, 1 name")
    #expect(PivotHint("192.0.2.1", address).text == "2 names")
    let nothing = try PivotSamples.facts("198.51.100.1", store)
    #expect(PivotHint("198.51.100.1", nothing).text == "no other name")
  }

  @Test("shared and huge", arguments: [(19, false, false), (20, true, false), (201, true, true)])
  func sharedAddresses(_ domains: Int, _ isShared: Bool, _ isHuge: Bool) throws {
    let store = try PivotSamples.store(
      (0..<domains).map { PivotSamples.a("www.n\($0).example") })
    let facts = try PivotSamples.facts("192.0.2.1", store)
    #expect(facts.names == PivotFigure(min(domains, 200), hasMore: isHuge))
    let kinds = PivotSamples.kinds(facts)
    #expect(kinds.contains(.shared) == isShared && kinds.contains(.huge) == isHuge)
    #expect(PivotHint("192.0.2.1", facts).isNoise == isShared)
    if isHuge { #expect(PivotHint("192.0.2.1", facts).text == "200+ names") }
  }

  @Test func hostsOfOneDomainShareNothing() throws {
    let store = try PivotSamples.store(
      (0..<100).map { PivotSamples.a("h\($0).example.com") })
    #expect(PivotSamples.kinds(try PivotSamples.facts("192.0.2.1", store)).isEmpty)
  }

  @Test func aNameInManyNetworksIsCDNLike() throws {
    let near = (0..<8).map { PivotSamples.a("a.example.com", [198, 51, 100, UInt8($0)]) }
    let wide = (0..<8).map { PivotSamples.a("b.example.com", [203, UInt8($0), 113, 1]) }
    let slow = (0..<8).map { index in
      PivotSamples.a(
        "c.example.com", [203, UInt8(index), 113, 1],
        age: UnixSeconds(index) * 30 * PivotSamples.day)
    }
    let store = try PivotSamples.store(near + wide + slow)
    #expect(PivotSamples.kinds(try PivotSamples.facts("a.example.com", store)).isEmpty)
    #expect(PivotSamples.kinds(try PivotSamples.facts("b.example.com", store)) == [.cdn])
    #expect(PivotSamples.kinds(try PivotSamples.facts("c.example.com", store)).isEmpty)
  }

  @Test func theTargetOfManyAliasesIsCDNLike() throws {
    let store = try PivotSamples.store(
      (0..<20).map { PivotSamples.points("www.n\($0).example", .cname, "edge.example.net") })
    let facts = try PivotSamples.facts("edge.example.net", store)
    #expect(facts.aliasDomains == 20 && PivotSamples.kinds(facts) == [.cdn])
  }

  @Test func aWildcardBesideANameIsTold() throws {
    let store = try PivotSamples.store([
      PivotSamples.a("*.example.com"), PivotSamples.a("x.example.com"),
      PivotSamples.a("x.example.org"),
    ])
    let beside = try PivotSamples.facts("x.example.com", store)
    #expect(beside.wildcard == "*.example.com" && PivotSamples.kinds(beside) == [.wildcard])
    #expect(try PivotSamples.facts("*.example.com", store).wildcard != nil)
    #expect(try PivotSamples.facts("x.example.org", store).wildcard == nil)
  }

  @Test func listsMakeBadges() throws {
    let suffixes = try PublicSuffixList.standard()
    func list(_ name: String, _ kind: RiskListHeader.Kind, _ text: String) throws -> RiskList {
      try RiskList(
        RiskListHeader(name: name, kind: kind, updated: PivotSamples.time / PivotSamples.day),
        octets: Array(text.utf8), suffixes: suffixes)
    }
    let lists = [
      try list("parking", .neutral, "192.0.2.1\n"), try list("Sinkholes", .neutral, "192.0.2.9\n"),
      try list("bad", .block, "bad.example.com\n"), try list("good", .allow, "good.example.com\n"),
    ]
    let store = try PivotSamples.store([
      PivotSamples.a("parked.example.com"), PivotSamples.a("sunk.example.com", [192, 0, 2, 9]),
      PivotSamples.a("sunk.example.com", age: PivotSamples.day),
      PivotSamples.a("good.example.com", [192, 0, 2, 3]),
    ])
    func kinds(_ text: String) throws -> [PivotBadge.Kind] {
      PivotSamples.kinds(try PivotSamples.facts(text, store, lists: lists))
    }
    #expect(try kinds("192.0.2.1") == [.parked])
    #expect(try kinds("192.0.2.9") == [.sinkhole])
    #expect(try kinds("parked.example.com") == [.parked])
    #expect(try kinds("sunk.example.com") == [.sinkhole])
    #expect(try kinds("www.bad.example.com") == [.listed])
    #expect(try kinds("good.example.com").isEmpty)
  }

  @Test func theFirstValueIsCountedWhateverTheTime() throws {
    let store = try PivotSamples.store((0..<100).map { PivotSamples.a("n\($0).example") })
    let values = [try PivotSamples.value("192.0.2.1"), try PivotSamples.value("192.0.2.2")]
    let probe = try PivotSamples.probe(store)
    let hints = try probe.hints(values, besides: nil) { true }
    #expect(hints.map(\.value) == ["192.0.2.1"])
    #expect(hints.first?.names.hasMore == true)
    #expect(try probe.hints(values, besides: nil) { false }.count == 2)
  }

  @Test func badgesAreWrittenEscaped() {
    var html = HTMLText()
    PivotBadge(.listed, title: "\"<b>").append(to: &html)
    #expect(
      html.string == "<span class=\"badge bad\" title=\"&quot;&lt;b&gt;\">listed</span>")
  }
}
