import Foundation
import Synchronization
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations
import TidemarkRegistration
import Testing

/// Answers look-ups with one registration, or fails.
final class StubFetcher: RegistrationFetching {
  let answer: FetchedRegistration?
  private let asked = Mutex<[Registration.Subject]>([])

  init(_ answer: FetchedRegistration?) { self.answer = answer }

  var subjects: [Registration.Subject] { asked.withLock { $0 } }

  func fetch(
    _ subject: Registration.Subject, limits: FetchLimits
  ) async throws(ActionFailure) -> FetchedRegistration {
    asked.withLock { $0.append(subject) }
    guard let answer else { throw ActionFailure(.unavailable, code: 429, message: "slow down") }
    return answer
  }
}

@Suite(.enabled(if: Suffixes.isThere)) struct RegistrationAnswerTests {
  private let domain = Registration.Subject.domain(name: "example.co.uk")
  private let network = Registration.Subject.network(first: "192.0.2.0", last: "192.0.2.255")

  private func answer(_ subject: Registration.Subject) -> FetchedRegistration {
    var answer = OwnWorld.registration(subject, registrar: "Example Registrar", at: OwnWorld.now)
    guard case .network = subject else { return answer }
    var details = NetworkDetails()
    details.name = "EXAMPLE-NET"
    details.country = "DE"
    details.prefixes = ["192.0.2.0/24"]
    details.origins = [64_496]
    answer.merged.network = details
    return answer
  }

  @Test func asksNobodyUnlessItIsSwitchedOn() async throws {
    let fetcher = StubFetcher(answer(domain))
    let world = try OwnWorld(fetcher: fetcher)
    let result = try await world.run("fqdn-whois", .fqdn, "www.example.co.uk")
    guard case .failed(let failure) = result.status else {
      Issue.record("there is no snapshot")
      return
    }
    #expect(failure.kind == .notFound)
    #expect(fetcher.subjects.isEmpty)
  }

  @Test func keepsWhatARegistrySays() async throws {
    let fetcher = StubFetcher(answer(domain))
    let world = try OwnWorld(fetcher: fetcher)
    try world.registry.configure("tidemark", ["registration": "live"])
    let live = try await world.run("fqdn-whois", .fqdn, "www.example.co.uk")
    #expect(fetcher.subjects == [domain])
    #expect(live.source == "whois.example.net")
    try check(live)
    let raw = try world.library.raw(ofResult: live.id, now: OwnWorld.now)
    #expect(raw.contentType == "text/plain; charset=utf-8")
    #expect(String(decoding: raw.octets, as: UTF8.self).contains("WHOIS text"))
    try world.registry.configure("tidemark", ["registration": "snapshots"])
    let kept = try await world.run("fqdn-whois", .fqdn, "example.co.uk")
    #expect(fetcher.subjects.count == 1)
    #expect(kept.source == "own data, looked up at whois.example.net")
    try check(kept)
    #expect(kept.tables == live.tables)
  }

  private func check(_ result: ActionResult) throws {
    #expect(
      result.tables.map(\.title) == ["Relevant Attributes", "Name Servers", "Email Addresses"])
    #expect(
      result.column("attributes", "name") == [
        "WHOIS Domain", "WHOIS Registrant", "WHOIS Registrar", "WHOIS Created", "WHOIS Status",
        "WHOIS Record",
      ])
    #expect(result.column("attributes", "value")[1] == "Example Holder")
    #expect(result.column("name-servers", "name_server") == ["ns1.example.net"])
    #expect(result.column("emails", "email") == ["holder@example.com"])
    #expect(result.note("Registrant") == "Example Holder")
    #expect(result.note("WHOIS Date") == "2025-06-15T15:06:40Z")
  }

  @Test func aFailedLookUpIsAResult() async throws {
    let world = try OwnWorld(fetcher: StubFetcher(nil))
    try world.registry.configure("tidemark", ["registration": "live"])
    let result = try await world.run("fqdn-whois", .fqdn, "example.co.uk")
    #expect(
      result.status == .failed(ActionFailure(.unavailable, code: 429, message: "slow down")))
    #expect(try world.library.snapshotCount(of: domain) == 0)
    let without = try OwnWorld()
    try without.registry.configure("tidemark", ["registration": "live"])
    let alone = try await without.run("fqdn-whois", .fqdn, "example.co.uk")
    guard case .failed(let failure) = alone.status else {
      Issue.record("nobody can be asked")
      return
    }
    #expect(failure.kind == .notConfigured)
  }

  @Test func findsTheNetworkOfAnAddress() async throws {
    let world = try OwnWorld()
    try world.library.keep(answer(network), of: network, at: OwnWorld.now)
    let result = try await world.run("ip-whois", .ipv4, "192.0.2.77")
    #expect(
      result.column("attributes", "name") == [
        "WHOIS Registrant", "WHOIS CIDR", "WHOIS Network", "WHOIS ASN", "WHOIS Country",
        "WHOIS Record",
      ])
    #expect(
      result.column("attributes", "value")[1...4] == [
        "192.0.2.0/24", "EXAMPLE-NET", "AS64496", "DE",
      ])
    #expect(result.column("contacts", "role") == ["registrant", "abuse"])
    let outside = try await world.run("ip-whois", .ipv4, "198.51.100.1")
    #expect(outside.tables.isEmpty)
  }

  @Test func historyIsNewestFirst() async throws {
    let world = try OwnWorld()
    for (ago, registrar) in [(300, "One"), (200, "One"), (100, "Other"), (50, "Other")] {
      let time = OwnWorld.now - UnixSeconds(ago) * OwnWorld.day
      try world.library.keep(
        OwnWorld.registration(domain, registrar: registrar, at: time), of: domain, at: time)
    }
    let result = try await world.run("whois-history", .fqdn, "www.example.co.uk")
    #expect(result.tables.map(\.title) == ["WHOIS Information Servers", "WHOIS Records"])
    #expect(result.column("servers", "server") == ["whois.example.net"])
    #expect(
      result.column("records", "record").map { $0.prefix(16) } == [
        "Registrar: Other", "Registrar: Other", "Registrar: One\nW", "Registrar: One\nW",
      ])
    let dates = result.column("records", "date")
    #expect(dates == dates.sorted(by: >) && Set(dates).count == 4)
    #expect(result.note("WHOIS Records") == "4, of which 4 are shown")
    #expect(try world.lines(of: result).count == 4)
    try world.registry.configure("tidemark", ["max_rows": "3"])
    let cut = try await world.run("whois-history", .fqdn, "www.example.co.uk")
    #expect(cut.isTruncated && cut.table("records")?.rows.count == 3)
    #expect(cut.table("records")?.total == 4)
  }

  /// Many more snapshots than are read at once.
  @Test func hostingHistoryHasEveryRegistrar() async throws {
    let world = try OwnWorld()
    for ago in 1...120 {
      let time = OwnWorld.now - UnixSeconds(ago) * OwnWorld.day
      try world.library.keep(
        OwnWorld.registration(domain, registrar: "Registrar \(ago)", at: time), of: domain,
        at: time)
    }
    let result = try await world.run("hosting-history", .fqdn, "www.example.co.uk")
    let names = result.column("registrars", "registrar")
    #expect(names == (1...120).reversed().map { "Registrar \($0)" })
  }
}
