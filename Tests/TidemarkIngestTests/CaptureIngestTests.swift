import CaptureFormats
import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// What a conversation of queries and responses leaves in a batch.
@Suite struct CaptureIngestTests {
  private static let second: Int64 = 1_000_000_000
  private static let start: Int64 = 1_700_000_000 * second

  private let query = Flow(
    source: FlowAddress(ipv4: 0xC000_0205), destination: FlowAddress(ipv4: 0xC000_0235),
    sourcePort: 40_000, destinationPort: 53, transport: .udp)

  private func ingest(
    unmatched: CaptureIngest.Unmatched = .refuse, _ talk: (inout CaptureIngest, Flow) -> Void
  ) -> (lines: [String], counters: ResponseCounters) {
    let batch = RecordBatch()
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client), now: 1_700_100_000)
    settings.unmatched = unmatched
    var front = CaptureIngest(settings: settings, batch: batch)
    talk(&front, query)
    let lines = batch.lines(showsBailiwick: false)
    return (lines, front.counters)
  }

  private func send(
    _ front: inout CaptureIngest, _ octets: [UInt8], _ flow: Flow, after seconds: Int64 = 0
  ) {
    front.dnsPayload(
      unsafe octets.span.bytes, flow: flow,
      time: CaptureIngestTests.start + seconds * CaptureIngestTests.second)
  }

  private func ask(_ name: String, id: UInt16 = 1, type: UInt16 = 1) -> [UInt8] {
    var message = MessageBuilder(id: id, flags: 0x0100)
    message.question(name, type: type)
    return message.octets
  }

  private func answer(
    _ name: String, id: UInt16 = 1, flags: UInt16 = 0x8180, type: UInt16 = 1,
    _ fill: (inout MessageBuilder) -> Void
  ) -> [UInt8] {
    var message = MessageBuilder(id: id, flags: flags)
    message.question(name, type: type)
    fill(&message)
    return message.octets
  }

  @Test func keepsTheAnswerOfAMatchedQuery() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
      send(&front, reply, flow.reversed, after: 1)
    }
    #expect(result.lines == ["www.example.com A 192.0.2.1 1"])
    #expect(result.counters.offered == 1)
  }

  @Test func countsACopyOfTheResponseOnce() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
      for _ in 0..<2 { send(&front, reply, flow.reversed) }
    }
    #expect(result.lines == ["www.example.com A 192.0.2.1 1"])
    #expect(result.counters.dropped[Int(ResponseDrop.unmatched.rawValue)] == 1)
  }

  @Test(arguments: ["id", "name", "type", "address", "port"])
  func refusesAForgeryThatDiffersIn(_ part: String) {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com", id: 7), flow)
      var back = flow.reversed
      if part == "address" { back.source = FlowAddress(ipv4: 0xC633_6401) }
      if part == "port" { back.destinationPort = 40_001 }
      let name = part == "name" ? "wwx.example.com" : "www.example.com"
      let reply = answer(name, id: part == "id" ? 8 : 7, type: part == "type" ? 28 : 1) {
        $0.record(name, a: [203, 0, 113, 66])
      }
      send(&front, reply, back)
    }
    #expect(result.lines.isEmpty)
    #expect(result.counters.responses == 1)
  }

  @Test func refusesAResponseThatComesAfterTheTimeout() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
      send(&front, reply, flow.reversed, after: 16)
    }
    #expect(result.lines.isEmpty)
  }

  @Test func acceptsUnmatchedResponsesWhenTold() {
    let result = ingest(unmatched: .accept) { front, flow in
      let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines == ["www.example.com A 192.0.2.1 1"])
  }

  @Test func refusesAnAnswerThatDoesNotRepeatRandomCase() {
    let result = ingest { front, flow in
      send(&front, ask("wWw.ExAmple.com"), flow)
      let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines.isEmpty)
    #expect(result.counters.dropped[Int(ResponseDrop.wrongCase.rawValue)] == 1)
  }

  @Test func storesRandomCaseInLowerCase() {
    let result = ingest { front, flow in
      send(&front, ask("wWw.ExAmple.com"), flow)
      let reply = answer("wWw.ExAmple.com") { $0.record("wWw.ExAmple.com", a: [192, 0, 2, 1]) }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines == ["www.example.com A 192.0.2.1 1"])
  }

  @Test func followsAChainInAnyOrderAndNothingElse() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com") {
        $0.record("edge.example.net", a: [192, 0, 2, 9])
        $0.record("bank.example.org", a: [203, 0, 113, 66])
        $0.record("www.example.com", cname: "edge.example.net")
      }
      send(&front, reply, flow.reversed)
    }
    #expect(
      result.lines == [
        "www.example.com CNAME edge.example.net 1", "edge.example.net A 192.0.2.9 1",
      ])
    #expect(result.counters.tally.unconnected == 1)
  }

  @Test func followsADNAMEWithoutItsSynthesisedCNAME() {
    let result = ingest { front, flow in
      send(&front, ask("a.old.example.com"), flow)
      let reply = answer("a.old.example.com") {
        $0.record(
          MessageBuilder.name("old.example.com"), type: 39,
          rdata: MessageBuilder.name("new.example.net"))
        $0.record("a.new.example.net", a: [192, 0, 2, 3])
      }
      send(&front, reply, flow.reversed)
    }
    #expect(
      result.lines == [
        "old.example.com DNAME new.example.net 1", "a.new.example.net A 192.0.2.3 1",
      ])
  }

  @Test func keepsTheChainOfANameThatDoesNotExist() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com", flags: 0x8183) {
        $0.record("www.example.com", cname: "gone.example.net")
      }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines == ["www.example.com CNAME gone.example.net 1"])
  }

  @Test(arguments: [UInt16(0x8380), 0x8182, 0x8185, 0xA980])
  func refusesTruncatedFailedAndOtherMessages(flags: UInt16) {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com", flags: flags) {
        $0.record("www.example.com", a: [192, 0, 2, 1])
      }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines.isEmpty)
    #expect(result.counters.filtered.reduce(0, +) == 1)
  }

  @Test func readsOnlyTheAnswerSectionBelowAResolver() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com") {
        $0.record("www.example.com", a: [192, 0, 2, 1])
        $0.record("www.example.com", a: [203, 0, 113, 66], section: 3)
      }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines == ["www.example.com A 192.0.2.1 1"])
  }

  @Test func countsARecordOnceInAMessageThatRepeatsIt() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com"), flow)
      let reply = answer("www.example.com") {
        for _ in 0..<3 { $0.record("www.example.com", a: [192, 0, 2, 1]) }
      }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines == ["www.example.com A 192.0.2.1 1"])
    #expect(result.counters.tally.repeated == 2)
  }

  @Test func dropsTheStandInForANY() {
    let result = ingest { front, flow in
      send(&front, ask("www.example.com", type: 255), flow)
      let reply = answer("www.example.com", type: 255) {
        $0.record(
          MessageBuilder.name("www.example.com"), type: 13,
          rdata: [7] + Array("RFC8482".utf8) + [0])
      }
      send(&front, reply, flow.reversed)
    }
    #expect(result.lines.isEmpty)
  }

  @Test func everythingOfferedIsAccountedFor() {
    let result = ingest { front, flow in
      send(&front, [1, 2, 3], flow.reversed)
      send(&front, ask("www.example.com"), flow)
      var lying = MessageBuilder()
      lying.question("www.example.com")
      lying.claim(9, section: 1)
      send(&front, lying.octets, flow.reversed)
      let reply = answer("www.example.com") {
        $0.record("www.example.com", a: [192, 0, 2, 1])
        $0.record("other.example.com", a: [192, 0, 2, 2])
      }
      send(&front, reply, flow.reversed)
    }
    let counters = result.counters
    let sum =
      counters.tally.observations + counters.tally.unconnected
      + counters.malformed.reduce(0, +) + counters.dropped.reduce(0, +)
    #expect(counters.offered == 4 && counters.offered == sum)
  }
}
