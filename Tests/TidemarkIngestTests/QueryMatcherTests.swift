import CaptureFormats
import DNSWire
import Testing
import TidemarkIngest

/// Which responses belong to a query.
@Suite struct QueryMatcherTests {
  private func flow(_ port: UInt16) -> Flow {
    Flow(
      source: FlowAddress(ipv4: 0xC000_0205), destination: FlowAddress(ipv4: 0xC000_0235),
      sourcePort: port, destinationPort: 53, transport: .udp)
  }

  private func question(_ matcher: QueryMatcher, _ name: String) -> QueryMatcher.Question {
    let wire = MessageBuilder.name(name)
    let folded = MessageBuilder.name(name.lowercased())
    return QueryMatcher.Question(
      name: wire.span, folded: folded.span, type: .a, questionClass: 1, seed: matcher.seed)
  }

  @Test func forgetsTheOldestWhenFull() {
    var matcher = QueryMatcher(capacity: 100)
    let name = question(matcher, "www.example.com")
    for port in UInt16(1)...150 { matcher.query(flow(port), id: 1, question: name, time: 0) }
    #expect(matcher.evicted == 50)
    #expect(matcher.response(flow(50).reversed, id: 1, question: name, time: 1) == .unsolicited)
    #expect(matcher.response(flow(51).reversed, id: 1, question: name, time: 1) == .matched)
    #expect(matcher.response(flow(150).reversed, id: 1, question: name, time: 1) == .matched)
  }

  /// A model: a dictionary of what was asked and not answered.
  @Test func agreesWithADictionary() {
    var matcher = QueryMatcher(capacity: 512)
    var model: [UInt32: Int64] = [:]
    var random = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &random)
    print("seed \(seed)")
    var state = seed
    let name = question(matcher, "www.example.com")
    for step in 0..<200_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let port = UInt16(state >> 33 & 63) + 1
      let id = UInt16(state >> 45 & 3)
      let key = UInt32(port) << 16 | UInt32(id)
      let time = Int64(step) * 1_000_000
      if state >> 62 & 1 == 0 {
        matcher.query(flow(port), id: id, question: name, time: time)
        model[key] = time
      } else {
        let verdict = matcher.response(flow(port).reversed, id: id, question: name, time: time)
        let expected = model[key].map { time - $0 <= QueryMatcher.udpTimeout } ?? false
        model[key] = nil
        #expect((verdict == .matched) == expected, "step \(step)")
      }
    }
    #expect(matcher.evicted == 0)
  }

  @Test func aResponseBeforeItsQueryIsUnsolicitedAndLeavesTheQuery() {
    var matcher = QueryMatcher()
    let name = question(matcher, "www.example.com")
    matcher.query(flow(9), id: 1, question: name, time: 100)
    #expect(matcher.response(flow(9).reversed, id: 1, question: name, time: 99) == .unsolicited)
    #expect(matcher.response(flow(9).reversed, id: 1, question: name, time: 100) == .matched)
  }

  @Test func aNameOfOneCaseMayComeBackInAnother() {
    var matcher = QueryMatcher()
    let lower = question(matcher, "www.example.com")
    let upper = question(matcher, "WWW.EXAMPLE.COM")
    matcher.query(flow(9), id: 1, question: lower, time: 0)
    #expect(
      matcher.response(flow(9).reversed, id: 1, question: upper, time: 0) == .matchedOtherCase)
  }
}
