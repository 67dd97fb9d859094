import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration
import TidemarkStore
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct ReverseNameServerPivotTests {
  private let suffixes: PublicSuffixList

  init() throws { suffixes = try Suffixes.required() }

  private func targets(_ name: String, _ store: MemoryStore) throws -> [String] {
    try NameServerTarget.targets(of: PivotWorld.name(name), suffixes: suffixes, store: store).map {
      ($0.takesHostsBelow ? "*." : "") + $0.name.text(finalDot: false)
    }
  }

  private func table(
    _ host: String, below: Bool = false, rows: Int = 500, _ store: MemoryStore
  ) throws -> NameServerTable {
    let target = NameServerTarget(name: PivotWorld.name(host), takesHostsBelow: below)
    let pivot = ReverseNameServerPivot(target, rows: rows, store: store)
    while try pivot.step() {}
    return pivot.table
  }

  @Test func findsTheServersOfANameNewestFirst() throws {
    let time = PivotWorld.time
    let store = try PivotWorld.store([
      PivotWorld.ns("example.com", "ns1.example.net", time: time),
      PivotWorld.ns("example.com", "ns2.example.org", time: time + 50),
    ])
    #expect(try targets("www.example.com", store) == ["ns2.example.org", "ns1.example.net"])
    #expect(try targets("ns1.example.net", store) == ["*.ns1.example.net"])
    #expect(try targets("example.net", store) == ["*.example.net"])
    #expect(try targets("nothing.example", store) == [])
    #expect(try targets(".", store) == [])
  }

  @Test func tellsPrimaryFromSecondaryZones() throws {
    let store = try PivotWorld.store([
      PivotWorld.ns("a.example", "ns1.example.net"), PivotWorld.ns("b.example", "ns1.example.net"),
      PivotWorld.ns("b.example", "ns2.example.net"), PivotWorld.ns("c.example", "ns2.example.net"),
      PivotWorld.soa("a.example", "ns1.example.net"),
      PivotWorld.soa("b.example", "elsewhere.example.org", contact: "ns1.example.net"),
      PivotWorld.soa("hidden.example", "ns1.example.net"), PivotWorld.a("ns1.example.net"),
    ])
    let host = try table("ns1.example.net", store)
    #expect(PivotWorld.texts(host.primary) == ["a.example", "hidden.example"])
    #expect(PivotWorld.texts(host.secondary) == ["b.example"])
    #expect(host.hasSOAData && host.total == 3)
    let domain = try table("example.net", below: true, store)
    #expect(PivotWorld.texts(domain.primary) == ["a.example", "hidden.example"])
    #expect(PivotWorld.texts(domain.secondary) == ["b.example", "c.example"])
    #expect(domain.secondary.rows.first?.records == 2)
  }

  @Test func allZonesArePrimaryWithoutSOAData() throws {
    let store = try PivotWorld.store([
      PivotWorld.ns("a.example", "ns1.example.net"), PivotWorld.ns("b.example", "ns1.example.net"),
    ])
    let table = try table("ns1.example.net", store)
    #expect(!table.hasSOAData)
    #expect(table.primary.domainCount == 2 && table.secondary.domainCount == 0)
  }

  @Test func aServerThatIsNowhereFirstIsSecondary() throws {
    let store = try PivotWorld.store([
      PivotWorld.ns("a.example", "ns1.example.net"), PivotWorld.ns("b.example", "ns1.example.net"),
      PivotWorld.soa("b.example", "elsewhere.example.org"),
    ])
    let table = try table("ns1.example.net", store)
    #expect(table.hasSOAData)
    #expect(table.primary.domainCount == 0 && table.secondary.domainCount == 2)
  }

  @Test func cutsTheListsAndSaysSo() throws {
    let samples = (10_000..<40_000).map { PivotWorld.ns("d\($0).example", "ns1.example.net") }
    let store = try PivotWorld.store(samples)
    let whole = try table("ns1.example.net", rows: 5, store)
    #expect(whole.total == 30_000 && whole.primary.rows.count == 5)
    #expect(!whole.primary.isTruncated)
    let target = NameServerTarget(
      name: PivotWorld.name("ns1.example.net"), takesHostsBelow: false)
    let pivot = ReverseNameServerPivot(target, entriesMax: 20_000, store: store)
    while try pivot.step() {}
    #expect(pivot.table.primary.isTruncated)
    #expect(pivot.table.total < 30_000)
  }
}

@Suite(.enabled(if: Suffixes.isThere)) struct HostingHistoryTests {
  @Test func readsTheStore() throws {
    let day = PivotWorld.day
    let time = PivotWorld.time
    let store = try PivotWorld.store([
      PivotWorld.a("www.example.com", 1, time: time - 50 * day),
      PivotWorld.a("www.example.com", 2, time: time - 49 * day),
      PivotWorld.a("www.example.com", 1, time: time - 48 * day),
      PivotWorld.ns("example.com", "ns1.example.net"),
      PivotWorld.mx("example.com", "mx.example.org"),
    ])
    var registration = Registration(
      subject: .domain(name: "example.com"),
      source: RegistrationSource(kind: .whois, server: "whois.example", time: 1))
    registration.registrar = Registrar(name: "Example")
    let history = try HostingHistory(
      of: PivotWorld.name("www.example.com"), suffixes: Suffixes.required(),
      registrations: [registration], now: time, store: store)
    #expect(history.ipv4.events.map(\.action.rawValue) == ["N", "C", "C", "D"])
    #expect(history.ipv6.events.isEmpty)
    #expect(history.domain == PivotWorld.name("example.com"))
    #expect(history.nameServers.events.map(\.after) == [PivotWorld.name("example.net")])
    #expect(history.mail.events.map(\.after) == [PivotWorld.name("example.org")])
    #expect(history.registrars.count == 1)
    #expect(history.notes.isEmpty)
  }

  /// Two sensors see one address each, on every other day of a year, in a random order.
  @Test func seesTwoAddressesAlternateDailyForAYear() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of an alternating year: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let start = PivotWorld.time - 364 * PivotWorld.day
    let samples = (0..<365).map { number in
      PivotWorld.a(
        "www.example.com", UInt8(1 + number % 2), time: start + UnixSeconds(number) * PivotWorld.day
      )
    }
    let store = MemoryStore()
    for sample in samples.shuffled(using: &generator) {
      try store.apply(StoreSample.batch([sample]))
    }
    let history = try HostingHistory(
      of: PivotWorld.name("www.example.com"), suffixes: Suffixes.required(), now: PivotWorld.time,
      store: store)
    #expect(history.ipv4.precision == .days, "seed \(seed)")
    #expect(history.ipv4.events.count == 365, "seed \(seed)")
    #expect(
      history.ipv4.events.compactMap(\.after?.octets.last)
        == (0..<365).map { UInt8(1 + $0 % 2) }, "seed \(seed)")
    #expect(history.notes.isEmpty, "seed \(seed)")
  }

  @Test func saysWhenReturnsAreNotSeen() throws {
    let sample = StoreSample(
      "www.example.com", .a, [192, 0, 2, 1], time: PivotWorld.time,
      last: PivotWorld.time + 9 * PivotWorld.day, count: 77)
    let history = try HostingHistory(
      of: PivotWorld.name("www.example.com"), suffixes: Suffixes.required(),
      now: PivotWorld.time + 9 * PivotWorld.day, store: try PivotWorld.store([sample]))
    #expect(history.ipv4.precision == .interval)
    #expect(history.notes.first?.hasPrefix("precision: interval") == true)
  }
}
