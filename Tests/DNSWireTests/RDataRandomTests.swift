import DNSWire
import Testing
import TidemarkTesting

/// Every type that has a schema, and some that have none.
private let types =
  (UInt16.min...300).map { RRType(rawValue: $0) } + [.dlv, RRType(rawValue: 65280)]

struct RDataRandomTests {
  @Test(arguments: [1, 2024])
  func survivesWritingAndReading(seed: UInt64) throws {
    print("RDataRandomTests seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let examples = Dictionary(grouping: RDataExample.all, by: \.type)
    for round in 0..<80 {
      for type in types {
        var octets = generator.octets(0...24)
        // Random octets are seldom well formed, so most rounds damage an example instead.
        if round % 4 != 0, let example = examples[type]?.randomElement(using: &generator) {
          octets = damaged(example.octets, using: &generator)
        }
        try check(octets, type)
      }
    }
  }

  private func damaged(_ octets: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var octets = octets
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !octets.isEmpty {
      octets[Int.random(in: 0..<octets.count, using: &generator)] = generator.octets(1...1)[0]
    }
    if Bool.random(using: &generator) { octets += generator.octets(0...2) }
    return octets
  }

  private func check(_ octets: [UInt8], _ type: RRType) throws {
    var canonical: [UInt8] = []
    RDataSchema.appendCanonical(octets.span, type: type, to: &canonical)
    #expect(canonical.count == octets.count)
    for style in [RDataTextStyle.master, .dnsdb] {
      let text = RDataText.string(octets, type: type, style: style)
      let hasOwnText =
        RDataSchema.hasOwnText(type, in: style.dialect) && !octets.isEmpty
        && RDataSchema.isWellFormed(octets.span, type: type)
      #expect(text.hasPrefix("\\# ") == !hasOwnText)
      let back = try RDataParser.octets(text, type: type)
      #expect(back == canonical, "\(type) \(octets) \(text)")
      guard back == canonical else { return }
    }
  }

  @Test(arguments: [3])
  func neverTrapsOnRandomText(seed: UInt64) {
    print("RDataRandomTests seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("\"\\\\#09 a.;=,:-N()/!@$\t1".utf8)
    let examples = RDataExample.all
    var read = 0
    for round in 0..<60_000 {
      let example = examples[round % examples.count]
      var text = Array(example.master.utf8)
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        let octet = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        let at = Int.random(in: 0...text.count, using: &generator)
        if at == text.count || Bool.random(using: &generator) {
          text.insert(octet, at: at)
        } else {
          text[at] = octet
        }
      }
      var out: [UInt8] = []
      do {
        try RDataParser.parse(text.span, type: example.type, into: &out)
        read += 1
        // Whatever was read is canonical.
        var canonical: [UInt8] = []
        RDataSchema.appendCanonical(out.span, type: example.type, to: &canonical)
        #expect(canonical == out)
      } catch {
        #expect(out.isEmpty)
      }
    }
    #expect(read > 10_000)
  }
}
