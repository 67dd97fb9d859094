import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct ProviderHistoryTests {
  typealias Row = (host: DomainName, value: RecordValue)

  static func row(_ host: String, _ first: UnixDay, _ last: UnixDay, count: UInt64 = 1_000) -> Row {
    (
      PivotWorld.name(host),
      RecordValue(timeFirst: first * 86_400, timeLast: last * 86_400, count: count)
    )
  }

  static func text(_ history: ProviderHistory) -> [String] {
    history.events.map { event in
      let before = event.before.map(ProviderEvent.text) ?? "-"
      return "\(event.action.rawValue) \(event.day) \(before) \(ProviderEvent.text(event.after))"
    }
  }

  private let suffixes: PublicSuffixList

  init() throws { suffixes = try Suffixes.required() }

  @Test func namesProvidersAndTransfers() {
    let rows = [
      Self.row("ns1.search-ipok.example", 100, 200), Self.row("ns2.search-ipok.example", 150, 200),
      Self.row("ns1.example.co.uk", 201, 300),
    ]
    let history = ProviderHistory(.nameServers, rows.reversed(), suffixes: suffixes)
    #expect(
      Self.text(history) == [
        "N 100 - Search-ipok.example", "T 201 Search-ipok.example Example.co.uk",
      ])
    #expect(history.events.last?.action.words == "Transfer")
    #expect(history.precision == .interval)
  }

  @Test func mailChanges() {
    let rows = [Self.row("mail.example.com", 100, 200), Self.row("mx.example.net", 150, 300)]
    let history = ProviderHistory(.mail, rows, suffixes: suffixes)
    #expect(Self.text(history) == ["N 100 - Example.com", "C 150 Example.com Example.net"])
  }

  @Test func nullMailHostIsNone() {
    let history = ProviderHistory(.mail, [Self.row(".", 100, 200)], suffixes: suffixes)
    #expect(history.events.isEmpty)
  }

  @Test func seesAProviderComeBack() {
    var old = RecordValue(timeFirst: 1_000 * 86_400, timeLast: 1_200 * 86_400, count: 60)
    for day in (1_000...1_010).map({ UnixDay($0) }) + [1_190] { old.activity.insert(day) }
    old.activity.remove(1_000)
    let rows: [Row] = [
      (PivotWorld.name("ns.example.com"), old), Self.row("ns.example.net", 1_011, 1_189),
    ]
    #expect(
      Self.text(ProviderHistory(.nameServers, rows, suffixes: suffixes)) == [
        "N 1000 - Example.com", "T 1011 Example.com Example.net",
        "T 1190 Example.net Example.com",
      ])
  }

  @Test func keepsTheRulesWhateverTheOrder() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of provider histories: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<1_000 {
      let rows: [Row] = (0..<Int.random(in: 1...10, using: &generator)).map { index in
        let first = 1_000 + UnixDay.random(in: 0...300, using: &generator)
        let provider = "p\(Int.random(in: 1...4, using: &generator)).example"
        return Self.row(
          "ns\(index).\(provider)", first, first + .random(in: 2...90, using: &generator))
      }
      let history = ProviderHistory(.nameServers, rows, suffixes: suffixes)
      let shuffled = rows.shuffled(using: &generator)
      #expect(ProviderHistory(.nameServers, shuffled, suffixes: suffixes) == history)
      // Only intervals: every provider comes exactly once.
      let providers = Set(rows.map { $0.host.parent })
      #expect(history.events.count == providers.count, "seed \(seed)")
      #expect(Set(history.events.map(\.after)) == Set(providers.compactMap(\.self)))
      for (index, event) in history.events.enumerated() {
        #expect((event.before == nil) == (index == 0) && (event.action == .new) == (index == 0))
        if index > 0 { #expect(history.events[index - 1].day <= event.day, "seed \(seed)") }
      }
    }
  }
}
