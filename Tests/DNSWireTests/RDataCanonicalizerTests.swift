import DNSWire
import Testing
import TidemarkTesting

/// Rdata outside messages becomes what it becomes inside them.
struct RDataCanonicalizerTests {
  private func inMessage(_ rdata: [UInt8], type: RRType) -> [UInt8]? {
    let record = WireMessage.record(WireMessage.pointer(12), Int(type.rawValue), rdata)
    let message = WireMessage.answering([record])
    var parser = MessageParser()
    guard (try? parser.parse(message.span)) != nil else { return nil }
    return parser.withOctets(parser.record(0).rdata) { octets in octets.indices.map { octets[$0] } }
  }

  private func alone(_ rdata: [UInt8], type: RRType) -> [UInt8]? {
    var out: [UInt8] = [7]
    guard RDataCanonicalizer.append(rdata.span, type: type, to: &out) else {
      #expect(out == [7], "changed although refused")
      return nil
    }
    return Array(out.dropFirst())
  }

  @Test(arguments: RDataExample.all)
  func agreesWithTheMessageParser(_ example: RDataExample) {
    let octets = example.octets
    #expect(alone(octets, type: example.type) == inMessage(octets, type: example.type))
    #expect(alone(octets, type: example.type) != nil)
  }

  @Test(arguments: RDataExample.all)
  func agreesAboutDamagedRData(_ example: RDataExample) {
    var generator = SeededGenerator(seed: UInt64(example.type.rawValue))
    for _ in 0..<200 where !example.octets.isEmpty {
      var octets = example.octets
      let at = Int.random(in: 0..<octets.count, using: &generator)
      octets[at] = UInt8.random(in: 0..<0xC0, using: &generator)
      if Bool.random(using: &generator) { octets.removeLast() }
      let parsed = inMessage(octets, type: example.type)
      // What is a pointer in a message is no name outside.
      if parsed != nil, octets.contains(where: { $0 >= 0xC0 }) { continue }
      #expect(alone(octets, type: example.type) == parsed, "\(octets)")
    }
  }

  @Test func lowersNamesAndRefusesPointers() {
    let name = WireMessage.name("NS1.Example.com")
    #expect(alone(name, type: .ns) == WireMessage.name("ns1.example.com"))
    #expect(alone(WireMessage.pointer(12), type: .ns) == nil)
    #expect(alone(name + [0], type: .ns) == nil)
    #expect(alone([1, 2, 3], type: .a) == nil)
    #expect(alone([1, 2, 3], type: RRType(rawValue: 65_280)) == [1, 2, 3])
  }

  @Test func readsNamesThatAreWholeOnly() {
    func read(_ octets: [UInt8]) -> [UInt8]? {
      var out: [UInt8] = []
      return RDataCanonicalizer.appendName(octets.span, to: &out) ? out : nil
    }
    #expect(read(WireMessage.name("Www.EXAMPLE.com")) == WireMessage.name("www.example.com"))
    #expect(read([0]) == [0])
    let longest = Array(WireMessage.name(String(repeating: "A.", count: 127)))
    #expect(read(longest)?.count == 255)
    let wrong: [[UInt8]] = [
      [], [1, 97], [1, 97, 0, 0], [64] + longest, [0xC0, 0], [1, 65] + longest,
    ]
    for octets in wrong {
      #expect(read(octets) == nil)
    }
  }
}
