import DNSWire
import Testing
import TidemarkModel

struct RecordKeyTests {
  @Test func fieldsAreWhereTheFormatSays() {
    let key = key("example.com", .a, [192, 0, 2, 1], bailiwick: Bailiwick(labels: 2))
    let name: [UInt8] = [99, 111, 109, 0, 101, 120, 97, 109, 112, 108, 101, 0, 0]
    #expect(key == [0, 1] + name + [0, 1, 0, 4, 192, 0, 2, 1, 1, 2])
  }

  @Test func viewFindsTheFieldsOfAnyKey() throws {
    var generator = Octets(seed: 11)
    for _ in 0..<2_000 {
      let name = generator.name()
      let rdata = generator.octets(upTo: 40)
      let type = RRType(rawValue: UInt16.random(in: 0 ... .max, using: &generator))
      let vantage = Vantage.allCases.randomElement(using: &generator) ?? .zone
      let bailiwick = Bailiwick(rawValue: UInt8.random(in: 0 ... .max, using: &generator))
      let key = self.key(name, type, rdata, vantage: vantage, bailiwick: bailiwick, dataset: 300)
      let found = RecordKeyView(key.span)
      let view = try #require(found)
      #expect(view.dataset == 300 && view.rrtype == type && view.vantage == vantage)
      #expect(view.bailiwick == bailiwick && Array(key[view.rdata]) == rdata)
      var wire: [UInt8] = []
      let isName = RecordKeyView.appendWireName(
        reversed: key[view.reversedName].span, to: &wire)
      #expect(isName && wire == name.wire, "seed 11: \(name.text(finalDot: true))")
    }
  }

  @Test func keysSortAsTheNamesDoFromTheRoot() throws {
    let names = [
      ".", "com", "\\000.com", "a.com", "a.a.com", "\\000.a.com", "a\\000.com", "a\\001.com",
      "a-.com", "aa.com", "b.com", "\\255.com", "net",
    ]
    // Compared label by label from the root, a name before those below it.
    let sorted = try names.map { try DomainName(text: $0) }.sorted { left, right in
      labels(left).lexicographicallyPrecedes(labels(right)) {
        $0.lexicographicallyPrecedes($1)
      }
    }
    let byKey = sorted.shuffled().sorted {
      key($0, .a, []).lexicographicallyPrecedes(key($1, .a, []))
    }
    #expect(byKey == sorted)
  }

  @Test func subtreeIsThePrefixOfAllBelowAndOfNothingElse() throws {
    var prefix: [UInt8] = [0, 1]
    let apex = try DomainName(text: "example.com")
    RecordKey.appendReversedName(apex.wire.span, closed: false, to: &prefix)
    for text in ["example.com", "a.example.com", "\\000.example.com", "\\.example.com"] {
      let isBelow = try DomainName(text: text).isAtOrBelow(apex)
      #expect(try key(DomainName(text: text), .a, []).starts(with: prefix) == isBelow, "\(text)")
    }
    for text in ["com", "example-a.com", "examplea.com", "example\\000.com", "example.net"] {
      #expect(try !key(DomainName(text: text), .a, []).starts(with: prefix), "\(text)")
    }
  }

  @Test func writerMakesTheSameKeys() {
    var generator = Octets(seed: 12)
    var writer = RecordKeyWriter()
    for _ in 0..<1_000 {
      let name = generator.name()
      writer.setOwner(dataset: .main, rrname: name.wire.span)
      for _ in 0..<2 {
        let rdata = generator.octets(upTo: 30)
        writer.finish(rrtype: .txt, rdata: rdata.span, vantage: .client, bailiwick: .unknown)
        let written = writer.withKey { octets in octets.indices.map { octets[$0] } }
        #expect(written == key(name, .txt, rdata, vantage: .client), "seed 12")
      }
    }
  }

  @Test func refusesWhatIsNoKey() {
    let whole = key("example.com", .a, [192, 0, 2, 1])
    for count in 0..<(whole.count - 4) {
      let part = Array(whole[..<count])
      let isKey = RecordKeyView(part.span) != nil
      #expect(!isKey, "\(count) octets")
    }
    var zeroVantage = whole
    zeroVantage[whole.count - 2] = 0
    let isKey = RecordKeyView(zeroVantage.span) != nil
    #expect(!isKey)
  }

  @Test func refusesReversedNamesThatAreNone() {
    let label = [UInt8](repeating: 97, count: 64)
    let many = [[UInt8]](repeating: [97, 0], count: 128).flatMap(\.self)
    let bad: [[UInt8]] = [
      [], [97], [97, 0], label + [0, 0], many + [0], [1, 3, 0, 0], [1, 0, 0],
    ]
    for octets in bad {
      var out: [UInt8] = [7]
      let isName = RecordKeyView.appendWireName(reversed: octets.span, to: &out)
      #expect(!isName && out == [7], "\(octets.prefix(8))")
    }
  }

  private func labels(_ name: DomainName) -> [[UInt8]] {
    var labels: [[UInt8]] = []
    var at = 0
    while name.wire[at] != 0 {
      let end = at + 1 + Int(name.wire[at])
      labels.insert(Array(name.wire[(at + 1)..<end]), at: 0)
      at = end
    }
    return labels
  }

  private func key(
    _ name: String, _ type: RRType, _ rdata: [UInt8], bailiwick: Bailiwick = .unknown
  ) -> [UInt8] {
    key((try? DomainName(text: name)) ?? .root, type, rdata, bailiwick: bailiwick)
  }

  private func key(
    _ name: DomainName, _ type: RRType, _ rdata: [UInt8], vantage: Vantage = .authority,
    bailiwick: Bailiwick = .unknown, dataset: DatasetNumber = .main
  ) -> [UInt8] {
    var key: [UInt8] = []
    RecordKey.append(
      dataset: dataset, rrname: name.wire.span, rrtype: type, rdata: rdata.span,
      vantage: vantage, bailiwick: bailiwick, to: &key)
    return key
  }
}

/// Random octets and names, the same for the same seed.
struct Octets: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Mostly few different octets, so that prefixes are shared and 00 and 01 occur.
  mutating func octets(upTo count: Int) -> [UInt8] {
    let range: ClosedRange<UInt8> = Bool.random(using: &self) ? 0...3 : 0...255
    return (0..<Int.random(in: 0...count, using: &self)).map { _ in
      UInt8.random(in: range, using: &self)
    }
  }

  mutating func name() -> DomainName {
    var wire: [UInt8] = []
    for _ in 0..<Int.random(in: 0...6, using: &self) {
      let label = octets(upTo: 20).map { (65...90).contains($0) ? $0 + 32 : $0 }
      if label.isEmpty { continue }
      wire += [UInt8(label.count)] + label
    }
    return DomainName(canonicalWire: wire + [0])
  }
}
