import DNSWire
import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations
import TidemarkStore
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct TidemarkSourceTests {
  @Test func answersEveryActionForEveryTypeThatItTakes() async throws {
    let world = try OwnWorld([
      OwnWorld.a("www.example.com"), OwnWorld.ns("example.com", "ns1.example.net"),
    ])
    let values: [IndicatorType: String] = [
      .fqdn: "www.example.com", .ipv4: "192.0.2.1", .ipv6: "2001:db8::1",
    ]
    for action in OperationCatalogue.tidemark.actions {
      for type in action.accepts {
        let value = try #require(values[type], "\(action.id) takes \(type)")
        let result = try await world.run(action.id, type, value)
        switch result.status {
        case .ok, .empty: break
        case .failed(let failure):
          // Only registrations may be unknown.
          #expect(failure.kind == .notFound && action.id.hasSuffix("whois"), "\(action.id)")
        }
        let shapes = Set(action.tables.map(\.id))
        for table in result.tables {
          #expect(shapes.contains(String(table.id.split(separator: ":")[0])))
        }
      }
    }
  }

  @Test func refusesWhatItDoesNotKnow() async throws {
    let world = try OwnWorld()
    let request = try world.registry.request(
      "tidemark", "risk", on: try IndicatorKey(.fqdn, "example.com"))
    let other = Action(
      id: "weather", label: "Weather", accepts: [.fqdn], description: "", heading: "", tables: [])
    let unknown = ActionRequest(
      operation: request.operation, action: other, indicator: request.indicator,
      configuration: request.configuration)
    await #expect(throws: ActionFailure.self) { try await world.source.answer(unknown) }
  }

  @Test func findsRecordsOnBothSides() async throws {
    let world = try OwnWorld([
      OwnWorld.a("ns1.example.net", 7), OwnWorld.ns("example.com", "ns1.example.net"),
      OwnWorld.ns("ns1.example.net", "ns1.example.net"),
      StoreSample("example.org", .mx, [0, 10] + StoreSample.wire("ns1.example.net")),
    ])
    let result = try await world.run("passive-dns", .fqdn, "ns1.example.net")
    #expect(result.heading == "Passive DNS of ns1.example.net")
    #expect(
      result.column("records", "rrname").sorted() == [
        "example.com", "example.org", "ns1.example.net", "ns1.example.net",
      ])
    #expect(Set(result.column("records", "match")) == ["rrname", "rdata"])
    #expect(result.note("Records") == "4, of which 4 are shown")
    #expect(!result.isTruncated)
    #expect(try world.lines(of: result).count == 4)
    let selection = Selection(
      result: result.id, rows: [.init(table: "records")], button: "Add Selected Indicators",
      author: "desk")
    let outcome = try world.library.add(selection, now: OwnWorld.now)
    // The record that names itself relates to nothing else.
    #expect(outcome.added == 3 && outcome.refused.count == 1)
  }

  @Test func saysHowManyRecordsThereAre() async throws {
    let world = try OwnWorld((0..<40).map { OwnWorld.a("h\($0).example.com") })
    try world.registry.configure("tidemark", ["max_rows": "15"])
    let result = try await world.run("passive-dns", .ipv4, "192.0.2.1")
    #expect(result.tables[0].rows.count == 15 && result.tables[0].total == 40)
    #expect(result.isTruncated)
    #expect(result.note("Records") == "40, of which 15 are shown")
    let raw = try world.library.raw(ofResult: result.id, now: OwnWorld.now)
    #expect(raw.isCut && raw.octets.split(separator: 0x0A).count == 15)
  }

  @Test func emptyStoresGiveEmptyAnswers() async throws {
    let world = try OwnWorld()
    for (action, type, value) in [
      ("passive-dns", IndicatorType.fqdn, "example.com"), ("reverse-ip", .fqdn, "example.com"),
      ("reverse-ip", .ipv6, "2001:db8::1"), ("reverse-name-server", .fqdn, "example.com"),
      ("hosting-history", .fqdn, "example.com"), ("whois-history", .fqdn, "example.com"),
      ("risk", .fqdn, "example.com"),
    ] {
      let result = try await world.run(action, type, value)
      #expect(result.status == .empty, "\(action)")
      #expect(!result.isTruncated, "\(action)")
    }
  }

  /// Random records against a list of them, for addresses and names.
  @Test func findsWhatAListOfRecordsFinds() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of own records: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      var records: Set<[String]> = []
      for _ in 0..<Int.random(in: 1...60, using: &generator) {
        let owner =
          "h\(Int.random(in: 0..<6, using: &generator)).d"
          + "\(Int.random(in: 0..<4, using: &generator)).example"
        records.insert([owner, "192.0.2.\(Int.random(in: 1...3, using: &generator))"])
      }
      let world = try OwnWorld(
        records.map { OwnWorld.a($0[0], UInt8($0[1].split(separator: ".")[3]) ?? 0) })
      let address = "192.0.2.\(Int.random(in: 1...3, using: &generator))"
      let hosts = records.filter { $0[1] == address }.map { $0[0] }
      let found = try await world.run("passive-dns", .ipv4, address)
      #expect(found.column("records", "rrname").sorted() == hosts.sorted(), "seed \(seed)")
      let domains = Set(hosts.map { $0.split(separator: ".").suffix(2).joined(separator: ".") })
      let reverse = try await world.run("reverse-ip", .ipv4, address)
      #expect(reverse.column("domains", "domain") == domains.sorted(), "seed \(seed)")
      #expect(reverse.note("Domains") == "\(domains.count)", "seed \(seed)")
      let name = try #require(records.randomElement(using: &generator))[0]
      let addresses = records.filter { $0[0] == name }.map { $0[1] }
      let pointed = try await world.run("reverse-ip", .fqdn, name)
      #expect(
        pointed.column("addresses", "address").sorted() == addresses.sorted(), "seed \(seed)")
      for address in addresses {
        let others = Set(
          records.filter { $0[1] == address }.map { record in
            record[0].split(separator: ".").suffix(2).joined(separator: ".")
          })
        #expect(
          pointed.column("domains-on:\(address)", "domain") == others.sorted(), "seed \(seed)")
      }
    }
  }
}
