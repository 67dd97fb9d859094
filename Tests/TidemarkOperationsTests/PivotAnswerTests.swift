import DNSWire
import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations
import TidemarkPivots
import TidemarkRegistration
import TidemarkRocksDB
import TidemarkStore
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct PivotAnswerTests {
  @Test func foldsHostsOfAnAddress() async throws {
    let world = try OwnWorld([
      OwnWorld.a("www.example.com"), OwnWorld.a("mail.example.com", time: OwnWorld.now - 9),
      OwnWorld.a("x.github.io"), OwnWorld.a("_dmarc.example.net"),
    ])
    let result = try await world.run("reverse-ip", .ipv4, "192.0.2.1")
    #expect(result.column("domains", "domain") == ["example.com", "x.github.io"])
    #expect(
      result.column("domains", "first_seen") == ["2025-06-15T15:06:31Z", "2025-06-15T15:06:40Z"])
    #expect(result.tables[0].buttons.map(\.label) == ["Add Selected Domains"])
    let lines = try world.lines(of: result)
    #expect(lines.last?["domain_count"] as? Int == 2)
    #expect(lines.first?["records"] as? Int == 2)
  }

  /// More names than one answer reads, in a store on disk.
  @Test func saysThatASharedAddressHasMore() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try RocksDBStore(path: path)
    for start in stride(from: 0, to: 80_000, by: 10_000) {
      try store.apply(
        StoreSample.batch((start..<(start + 10_000)).map { OwnWorld.a("www.d\($0).example") }))
    }
    let world = try OwnWorld(store: store)
    let result = try await world.run("reverse-ip", .ipv4, "192.0.2.1")
    let table = try #require(result.table("domains"))
    #expect(result.isTruncated && table.isTruncated)
    #expect(table.rows.count == 500)
    #expect((50_000..<80_000).contains(table.total))
    #expect(result.note("Domains") == "at least \(table.total)")
    #expect(try world.lines(of: result).last?["truncated"] as? Bool == true)
    let byName = try await world.run("reverse-ip", .fqdn, "www.d7.example")
    #expect(byName.isTruncated)
    #expect(byName.note("Domains on 192.0.2.1")?.hasPrefix("at least ") == true)
  }

  @Test func followsAliasesToAddresses() async throws {
    let world = try OwnWorld([
      StoreSample("www.example.com", .cname, StoreSample.wire("cdn.example.net")),
      OwnWorld.a("cdn.example.net", 3),
    ])
    let result = try await world.run("reverse-ip", .fqdn, "www.example.com")
    #expect(result.column("addresses", "address") == ["192.0.2.3"])
    #expect(result.column("addresses", "domain_count") == ["1"])
    #expect(result.note("Aliases followed") == "www.example.com, cdn.example.net")
    #expect(result.tables.map(\.title) == ["Related IP Addresses", "Domains on 192.0.2.3"])
  }

  @Test func namesZonesOfNameServersOnce() async throws {
    let times = [UInt8](repeating: 0, count: 20)
    let soa = StoreSample(
      "a.example", .soa,
      StoreSample.wire("ns1.host.example") + StoreSample.wire("admin.host.example") + times)
    let world = try OwnWorld([
      OwnWorld.ns("a.example", "ns1.host.example"), OwnWorld.ns("a.example", "ns2.host.example"),
      OwnWorld.ns("b.example", "ns1.host.example"), OwnWorld.ns("b.example", "ns2.host.example"),
      OwnWorld.ns("c.example", "ns2.host.example"), soa,
    ])
    let result = try await world.run("reverse-name-server", .fqdn, "www.a.example")
    #expect(result.column("primary", "domain").contains("a.example"))
    let all = result.column("primary", "domain") + result.column("secondary", "domain")
    #expect(all.sorted() == ["a.example", "b.example", "c.example"])
    #expect(result.notes.count == 2)
    #expect(result.note("ns1.host.example") == "primary of 1, secondary of 1, total 2")
    let host = try await world.run("reverse-name-server", .fqdn, "ns1.host.example")
    #expect(host.note("ns1.host.example and hosts below") != nil)
    #expect(host.column("primary", "domain") == ["a.example"])
    #expect(host.column("secondary", "domain") == ["b.example"])
  }

  @Test func hostingShowsReturnsAndRegistrars() async throws {
    let world = try OwnWorld(
      (0..<20).map { OwnWorld.a("www.example.com", UInt8(1 + $0 % 2), time: day(20 - $0)) } + [
        OwnWorld.ns("example.com", "ns1.search-ipok.info"),
        StoreSample("example.com", .mx, [0, 10] + StoreSample.wire("mx.example.org")),
      ])
    for (time, registrar) in [(day(9), "One"), (day(5), "Other"), (day(2), "Other")] {
      try world.library.keep(
        OwnWorld.registration(.domain(name: "example.com"), registrar: registrar, at: time),
        of: .domain(name: "example.com"), at: time)
    }
    let result = try await world.run("hosting-history", .fqdn, "www.example.com")
    #expect(
      result.tables.map(\.title) == [
        "IP Address History", "Name Server History", "Registrar History",
      ])
    #expect(
      result.column("addresses", "address")
        == (0..<20).map { $0.isMultiple(of: 2) ? "192.0.2.1" : "192.0.2.2" })
    #expect(result.column("addresses", "type").first == "New")
    #expect(result.column("name-servers", "type") == ["WHOIS New"])
    #expect(result.column("name-servers", "action") == ["Search-ipok.info on 2025-06-15"])
    #expect(result.column("name-servers", "date") == ["2025-06-15"])
    #expect(result.column("registrars", "registrar") == ["One", "Other"])
    #expect(result.column("registrars", "created").first == "2017-07-14T02:40:00Z")
    let lines = try world.lines(of: result)
    #expect(lines.contains { $0["history"] as? String == "mail" })
    let selection = Selection(
      result: result.id, rows: [.init(table: "name-servers")], author: "desk")
    #expect(try world.library.add(selection, now: OwnWorld.now).added == 1)
  }

  private func day(_ ago: Int) -> UnixSeconds { OwnWorld.now - UnixSeconds(ago) * OwnWorld.day }

  @Test func riskSaysWhatSpeaksForIt() async throws {
    let world = try OwnWorld(
      (0..<20).map { OwnWorld.a("www.bad\($0).example") } + [OwnWorld.a("www.example.com")])
    let names = (0..<20).map { "bad\($0).example\n" }.joined()
    try world.block("bad names", names, category: .phishing)
    let result = try await world.run("risk", .fqdn, "www.example.com")
    let score = try #require(Int(result.column("score", "score").first ?? ""))
    #expect((60...99).contains(score))
    #expect(
      result.column("components", "component") == [
        "proximity", "threat_profile", "threat_profile_phishing",
      ])
    #expect(result.column("components", "score").compactMap { Int($0) }.max() == score)
    #expect(result.note("Evidence of proximity") == "dns")
    #expect(
      result.note("Shared address 192.0.2.1")
        == "20 of 20 other domains there are listed; last seen 0 days ago")
    let listed = try await world.run("risk", .fqdn, "www.bad3.example")
    #expect(listed.column("score", "score") == ["100"])
    #expect(listed.note("Evidence of blacklist") == "bad names 2025-06-15: bad3.example")
    let unknown = try await world.run("risk", .fqdn, "nowhere.example")
    #expect(unknown.status == .empty && unknown.note("Note") == "no data")
  }
}
