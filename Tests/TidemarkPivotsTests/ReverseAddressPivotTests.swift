import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkStore
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct ReverseAddressPivotTests {
  private let suffixes: PublicSuffixList

  init() throws { suffixes = try Suffixes.required() }

  private func address(_ text: String = "192.0.2.1") throws -> PivotAddress {
    try #require(PivotAddress(text: text))
  }

  private func table(
    _ samples: [StoreSample], _ scope: PivotScope = PivotScope(), rows: Int = 500
  ) throws -> DomainTable {
    let pivot = ReverseAddressPivot(
      try address(), scope, suffixes: suffixes, rows: rows,
      store: try PivotWorld.store(samples))
    while try pivot.step() {}
    return pivot.table
  }

  @Test func foldsHostsToRegisteredDomains() throws {
    let table = try table([
      PivotWorld.a("www.example.com"), PivotWorld.a("mail.example.com"),
      PivotWorld.a("www.example.co.uk"), PivotWorld.a("co.uk"), PivotWorld.a("other.example", 2),
      PivotWorld.a("bucket.s3.amazonaws.com"), PivotWorld.a("a.amazonaws.com"),
      PivotWorld.a("z.amazonaws.com"), PivotWorld.a("s3.amazonaws.com"),
    ])
    #expect(
      PivotWorld.texts(table) == [
        "amazonaws.com", "bucket.s3.amazonaws.com", "co.uk", "example.co.uk", "example.com",
        "s3.amazonaws.com",
      ])
    #expect(table.domainCount == 6)
    #expect(!table.isTruncated)
    #expect(table.rows.first?.records == 2)
  }

  @Test func leavesOutNamesThatNoHostHas() throws {
    let table = try table([
      PivotWorld.a("_dmarc.example.com"), PivotWorld.a("a._tcp.example.net"),
      PivotWorld.a("*.example.org"), PivotWorld.a("x*.example.info"),
    ])
    #expect(PivotWorld.texts(table) == ["example.info"])
  }

  @Test func keepsToTheScopeAndWidensTheSpan() throws {
    let day = PivotWorld.day
    let time = PivotWorld.time
    let samples = [
      PivotWorld.a("old.example.com", time: time - 100 * day),
      PivotWorld.a("a.example.com", time: time), PivotWorld.a("b.example.com", time: time + day),
      PivotWorld.a("a.example.net", time: time + 9 * day),
    ]
    let table = try table(samples, PivotScope(since: time, until: time + day))
    #expect(PivotWorld.texts(table) == ["example.com"])
    #expect(table.rows.first?.seen.timeFirst == time)
    #expect(table.rows.first?.seen.timeLast == time + day)
    #expect(try self.table(samples, PivotScope(since: time + 1)).domainCount == 2)
  }

  @Test func cutsTheListButNotTheCount() throws {
    let samples = (100..<200).map { PivotWorld.a("www.d\($0).example") }
    let table = try table(samples.shuffled(), rows: 3)
    #expect(PivotWorld.texts(table) == ["d100.example", "d101.example", "d102.example"])
    #expect(table.domainCount == 100)
    #expect(!table.isTruncated)
  }

  @Test func takesAMappedAddressForIPv4() throws {
    #expect(try address("::ffff:192.0.2.1") == address())
    #expect(try address("2001:DB8:0::1").text == "2001:db8::1")
    #expect(PivotAddress(text: "192.0.2.0/24") == nil)
    #expect(PivotAddress(text: "www.example.com") == nil)
    #expect(PivotAddress(octets: [1, 2, 3]) == nil)
  }

  /// Forty thousand names: the first step has a table and says that it is not all.
  @Test func aCrowdedAddressHasItsFirstTableAfterOneStep() throws {
    let samples = (100_000..<140_000).map { PivotWorld.a("d\($0).example") }
    let store = try PivotWorld.store(samples)
    let pivot = ReverseAddressPivot(try address(), suffixes: suffixes, rows: 10, store: store)
    #expect(try pivot.step())
    let first = pivot.table
    #expect(first.isTruncated)
    #expect(first.rows.count == 10)
    #expect((10..<40_000).contains(first.domainCount))
    while try pivot.step() {}
    #expect(pivot.table.domainCount == 40_000)
    #expect(!pivot.table.isTruncated)
    #expect(pivot.position == nil)

    let capped = ReverseAddressPivot(
      try address(), suffixes: suffixes, entriesMax: 1, store: store)
    #expect(try !capped.step())
    #expect(capped.table.isTruncated)
    let rest = ReverseAddressPivot(
      try address(), suffixes: suffixes, resumeAfter: capped.position, store: store)
    while try rest.step() {}
    #expect(capped.table.domainCount + rest.table.domainCount == 40_000)
  }

  @Test func aPositionThatIsNoneStartsAtTheBeginning() throws {
    let store = try PivotWorld.store([PivotWorld.a("www.example.com")])
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let octets = generator.octets(0...40)
      let pivot = ReverseAddressPivot(
        try address(), suffixes: suffixes, resumeAfter: octets, store: store)
      while try pivot.step() {}
      #expect(pivot.table.domainCount <= 1)
    }
  }

  @Test func countsAsASetDoes() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of reverse pivots: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let tops = ["com", "co.uk", "example", "s3.amazonaws.com", "amazonaws.com", "kobe.jp"]
    for _ in 0..<200 {
      var samples: [StoreSample] = []
      var domains: Set<DomainName> = []
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        let depth = Int.random(in: 0...3, using: &generator)
        let labels = (0..<depth).map { _ in ["a", "b", "_x", "*"].randomElement(using: &generator) }
        let top = tops.randomElement(using: &generator) ?? "com"
        let text = (labels.compactMap(\.self) + [top]).joined(separator: ".")
        samples.append(
          StoreSample(
            text, .a, [192, 0, 2, 1], dataset: Bool.random(using: &generator) ? 1 : 2))
        guard !text.contains("_"), !text.contains("*") else { continue }
        var name = PivotWorld.name(text)
        let labelsOfDomain = suffixes.registeredDomain(of: name.wire.span) ?? name.labelCount
        while name.labelCount > labelsOfDomain, let parent = name.parent { name = parent }
        domains.insert(name)
      }
      let table = try table(samples, PivotScope(datasets: [1, 2]))
      #expect(Set(table.rows.map(\.name)) == domains, "seed \(seed)")
      #expect(table.domainCount == domains.count, "seed \(seed)")
    }
  }
}

struct PointedAddressesTests {
  private func alias(_ owner: String, _ target: String, time: UnixSeconds = PivotWorld.time)
    -> StoreSample
  {
    StoreSample(owner, .cname, StoreSample.wire(target), time: time)
  }

  @Test func followsTheNewestAlias() throws {
    let store = try PivotWorld.store([
      alias("www.example.com", "old.example.net", time: PivotWorld.time - 5),
      alias("www.example.com", "new.example.net"), alias("new.example.net", "cdn.example.org"),
      PivotWorld.a("old.example.net", 1), PivotWorld.a("cdn.example.org", 2),
    ])
    let pointed = try PointedAddresses(of: PivotWorld.name("www.example.com"), store: store)
    #expect(
      pointed.chain
        == ["www.example.com", "new.example.net", "cdn.example.org"].map(
          PivotWorld.name))
    #expect(pointed.addresses.map(\.text) == ["192.0.2.2"])
  }

  @Test func ownAddressesComeFirst() throws {
    let store = try PivotWorld.store([
      alias("www.example.com", "new.example.net"), PivotWorld.a("www.example.com", 1),
      PivotWorld.a("www.example.com", 9, time: PivotWorld.time + 9),
    ])
    let pointed = try PointedAddresses(of: PivotWorld.name("www.example.com"), store: store)
    #expect(pointed.addresses.map(\.text) == ["192.0.2.9", "192.0.2.1"])
    #expect(pointed.chain.count == 1)
  }

  @Test func leavesLoopsAndLongChains() throws {
    let loop = try PivotWorld.store([
      alias("a.example.com", "b.example.com"), alias("b.example.com", "a.example.com"),
    ])
    let looped = try PointedAddresses(of: PivotWorld.name("a.example.com"), store: loop)
    #expect(looped.chain.count == 2)
    let links = (0..<20).map { alias("a\($0).example.com", "a\($0 + 1).example.com") }
    let long = try PivotWorld.store(links)
    let pointed = try PointedAddresses(of: PivotWorld.name("a0.example.com"), store: long)
    #expect(pointed.chain.count == 1 + PivotLimits.aliasesMax)
    #expect(pointed.records.isEmpty)
  }
}
