import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkStore
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct RiskAssessorTests {
  private let catalog = RiskListCatalog()

  private func report(
    _ name: String, _ samples: [StoreSample], now: UnixSeconds = PivotWorld.time
  ) throws -> RiskReport {
    let assessor = RiskAssessor(
      catalog: catalog, suffixes: try Suffixes.required(), store: try PivotWorld.store(samples))
    return try assessor.report(on: PivotWorld.name(name), now: now)
  }

  private func text(_ node: InfrastructureNode) -> String {
    "\(node.kind.rawValue) \(node.label) \(node.listed)/\(node.domains)"
  }

  private var neighbours: [StoreSample] {
    (1...20).map { PivotWorld.a("www.bad\($0).example") } + [PivotWorld.a("www.example.com")]
  }

  private func bad(_ numbers: ClosedRange<Int>) -> String {
    numbers.map { "bad\($0).example\n" }.joined()
  }

  @Test func countsListedNeighboursWithoutTheNameItself() throws {
    catalog.replace(with: [try PivotWorld.list("bad", bad(1...20))])
    let report = try report("www.example.com", neighbours)
    #expect(
      report.nodes.map(text) == ["address 192.0.2.1 20/20", "network 192.0.2.0/24 20/20"])
    // 1 - (1 - 0.9 · 0.8) (1 - 0.4 · 0.8)
    #expect(report.score == 81)
    #expect(report.components.first?.evidence == ["dns"])
  }

  @Test func aListedNameLendsNothingToItself() throws {
    catalog.replace(with: [try PivotWorld.list("bad", "www.example.com\n")])
    let report = try report("www.example.com", [PivotWorld.a("www.example.com")])
    #expect(
      report.nodes.map(text) == ["address 192.0.2.1 0/0", "network 192.0.2.0/24 0/0"])
    #expect(report.components.map(\.score) == [100, 1])
  }

  @Test func providersAndMailHostsCount() throws {
    catalog.replace(with: [try PivotWorld.list("bad", bad(1...6), category: .spam)])
    let samples =
      (1...6).map { PivotWorld.ns("bad\($0).example", "ns\($0).dns.example") }
      + [
        PivotWorld.ns("example.com", "ns9.dns.example"),
        PivotWorld.mx("example.com", "mx.mail.example"),
        PivotWorld.mx("bad1.example", "mx.mail.example"),
      ]
    let report = try report("example.com", samples)
    #expect(
      Set(report.nodes.map(text)) == ["name-server dns.example 6/6", "mail mx.mail.example 1/1"])
    #expect(
      report.components.map(\.name) == [.proximity, .threatProfile, .threatProfileSpam])
    #expect(report.components.map(\.score) == [35, 35, 35])
  }

  @Test func neutralPlacesAreLeftOut() throws {
    catalog.replace(with: [
      try PivotWorld.list("bad", bad(1...20)),
      try PivotWorld.list("sinkholes", "192.0.2.1\n", .neutral),
    ])
    let report = try report("www.example.com", neighbours + [PivotWorld.a("x.other.example", 2)])
    #expect(report.nodes.map(text) == [])
    #expect(report.components.isEmpty)
    let beside = try self.report(
      "www.example.com", neighbours + [PivotWorld.a("www.example.com", 3)])
    #expect(
      beside.nodes.map(text) == ["address 192.0.2.3 0/0", "network 192.0.2.0/24 0/0"])
  }

  @Test func oldLinksAndUnknownNamesSayNothing() throws {
    catalog.replace(with: [try PivotWorld.list("bad", bad(1...20))])
    let later = PivotWorld.time + 181 * PivotWorld.day
    let old = try report("www.example.com", neighbours, now: later)
    #expect(old.components.isEmpty && old.score == 0 && old.notes.contains("no data"))
    let unknown = try report("nothing.example", neighbours)
    #expect(unknown.components.isEmpty && unknown.notes.contains("no data"))
  }

  @Test func anAliasedNameIsNotOnTheAddressesOfItsTarget() throws {
    catalog.replace(with: [try PivotWorld.list("bad", "cdn.example\n")])
    let report = try report(
      "www.example.com",
      [
        StoreSample("www.example.com", .cname, StoreSample.wire("edge.cdn.example")),
        PivotWorld.a("edge.cdn.example"),
      ])
    #expect(report.nodes.first.map(text) == "address 192.0.2.1 1/1")
  }

  @Test func anUnrelatedEntryChangesNothing() throws {
    catalog.replace(with: [try PivotWorld.list("bad", bad(1...7))])
    let before = try report("www.example.com", neighbours)
    catalog.replace(with: [try PivotWorld.list("bad", bad(1...7) + "elsewhere.example\n")])
    #expect(try report("www.example.com", neighbours) == before)
  }

  @Test func newListsCountAtOnce() throws {
    let assessor = RiskAssessor(
      catalog: catalog, suffixes: try Suffixes.required(),
      store: try PivotWorld.store(neighbours))
    let name = PivotWorld.name("www.example.com")
    #expect(try assessor.report(on: name, now: PivotWorld.time).score == 1)
    catalog.replace(with: [try PivotWorld.list("bad", bad(1...20))])
    #expect(try assessor.report(on: name, now: PivotWorld.time).score == 81)
  }

  @Test func listedAddressesAreSaidButNotScored() throws {
    catalog.replace(with: [try PivotWorld.list("drop", "192.0.2.0/24\n")])
    let report = try report("www.example.com", [PivotWorld.a("www.example.com")])
    #expect(report.score == 1)
    #expect(
      report.notes.contains("address 192.0.2.1 is listed: drop 2025-06-15: 192.0.2.0/24"))
  }
}

/// The codes and words of our events against a recorded hosting history of the vendor.
struct RecordedHostingHistoryTests {
  private static let path = "open/api/domaintools/hosting_history.yaml"

  /// The values of a JSON member, wherever it stands.
  private func values(of member: String, in text: String) -> [String] {
    text.split(separator: "\"\(member)\":\"").dropFirst().map { part in
      String(part.prefix { $0 != "\"" })
    }
  }

  @Test(.enabled(if: SharedData.has(path)))
  func usesTheSameCodesAndWords() throws {
    // Lines of the recording are folded.
    let text = String(decoding: try SharedData.octets(Self.path), as: UTF8.self)
      .replacing("\n      ", with: " ")
    let codes = values(of: "action", in: text)
    let words = values(of: "action_in_words", in: text)
    #expect(codes.count == words.count && codes.count > 1_000)
    for (code, word) in zip(codes, words) {
      let ours =
        AddressEvent.Action(rawValue: code)?.words ?? ProviderEvent.Action(rawValue: code)?.words
      #expect(ours == word, "\(code)")
    }
  }
}
