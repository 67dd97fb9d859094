import CaptureFormats
import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// What a correct passive DNS record is, point by point. Each point is a promise that users of the
/// data rest on; details of the points are tested beside the parts that keep them.
@Suite struct PassiveDNSCorrectnessTests {
  private static let start: Int64 = 1_700_000_000
  private let query = Flow(
    source: FlowAddress(ipv4: 0xC633_6405), destination: FlowAddress(ipv4: 0xC633_6401),
    sourcePort: 40_000, destinationPort: 53, transport: .udp)

  /// Sends messages as the packets of one conversation, a second apart: queries one way, responses
  /// back.
  private func talk(
    vantage: Vantage = .client, _ messages: [MessageBuilder]
  ) -> (lines: [String], counters: ResponseCounters) {
    let batch = RecordBatch()
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: vantage), now: 1_700_100_000)
    settings.authority = AuthorityRun.rooted
    var ingest = CaptureIngest(settings: settings, batch: batch)
    for (index, message) in messages.enumerated() {
      let isResponse = message.octets[2] & 0x80 != 0
      let time = (PassiveDNSCorrectnessTests.start + Int64(index)) * 1_000_000_000
      ingest.dnsPayload(
        unsafe message.octets.span.bytes, flow: isResponse ? query.reversed : query, time: time)
    }
    ingest.finish()
    return (batch.lines(), ingest.counters)
  }

  private func ask(
    _ name: String, id: UInt16 = 1, type: UInt16 = 1, flags: UInt16 = 0x0100
  ) -> MessageBuilder {
    var message = MessageBuilder(id: id, flags: flags)
    message.question(name, type: type)
    return message
  }

  private func answer(
    _ name: String, id: UInt16 = 1, type: UInt16 = 1, flags: UInt16 = 0x8180,
    _ fill: (inout MessageBuilder) -> Void
  ) -> MessageBuilder {
    var message = MessageBuilder(id: id, flags: flags)
    message.question(name, type: type)
    fill(&message)
    return message
  }

  @Test func point1RandomCaseGivesOneRecordInLowerCase() {
    let messages = ["wWw.eXample.com", "Www.examplE.com"].flatMap { name in
      [ask(name, type: 5), answer(name, type: 5) { $0.record(name, cname: "hOst." + name) }]
    }
    #expect(talk(messages).lines == ["www.example.com CNAME host.www.example.com ? 2"])
  }

  @Test func point2AChainOutOfTheZoneKeepsItsPartInside() {
    let run = AuthorityRun()
    run.respond(
      zone: "example.com",
      .response("www.example.com") {
        $0.record("www.example.com", cname: "www.example.net")
        $0.record("www.example.net", a: [192, 0, 2, 1])
      })
    #expect(run.lines() == ["www.example.com CNAME www.example.net example.com 1"])
  }

  @Test func point3AReferralGivesServersOfTheParentsBailiwickAndGlue() {
    let result = talk(
      vantage: .authority,
      [
        ask("www.example.com", flags: 0),
        .referral(of: "www.example.com", to: "com", server: "a.gtld.example", at: 2),
      ])
    #expect(
      result.lines == ["com NS a.gtld.example . 1", "a.gtld.example A 198.51.100.2 . 1"])
  }

  @Test func point4DSNeverGetsTheChildForABailiwick() {
    for zone in ["example.com", "com"] {
      let run = AuthorityRun()
      run.respond(
        zone: zone,
        .response("example.com", type: 43) { $0.record("example.com", ds: 7, section: 1) })
      #expect(!run.lines().contains { $0.hasSuffix("example.com 1") })
      #expect(run.lines().count == (zone == "com" ? 1 : 0))
    }
  }

  @Test(arguments: [Vantage.client, .authority])
  func point5NXDOMAINWithACNAMEGivesTheCNAME(vantage: Vantage) {
    let isClient = vantage == .client
    let result = talk(
      vantage: vantage,
      [
        ask("www.example.com", flags: isClient ? 0x0100 : 0),
        answer("www.example.com", flags: isClient ? 0x8183 : 0x8403) {
          $0.record("www.example.com", cname: "gone.example.com")
        },
      ])
    let bailiwick = isClient ? "?" : "."
    #expect(result.lines == ["www.example.com CNAME gone.example.com \(bailiwick) 1"])
  }

  @Test(arguments: [Vantage.client, .authority])
  func point6WhatNobodyAskedForGivesNothing(vantage: Vantage) {
    let isClient = vantage == .client
    let result = talk(
      vantage: vantage,
      [
        ask("www.example.com", id: 7, flags: isClient ? 0x0100 : 0),
        answer("www.example.com", id: 8, flags: isClient ? 0x8180 : 0x8400) {
          $0.record("www.example.com", a: [203, 0, 113, 66])
        },
        answer("wwx.example.com", id: 7, flags: isClient ? 0x8180 : 0x8400) {
          $0.record("wwx.example.com", a: [203, 0, 113, 66])
        },
      ])
    #expect(result.lines.isEmpty)
    #expect(result.counters.dropped[Int(ResponseDrop.unmatched.rawValue)] == 2)
  }

  @Test func point7TheSecondCopyGivesNothing() {
    let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
    #expect(
      talk([ask("www.example.com"), reply, reply]).lines == ["www.example.com A 192.0.2.1 ? 1"])
  }

  @Test func point8LabelsOfAnyOctetsSurvive() throws {
    let label: [UInt8] = [0x2E, 0x7C, 0x7C, 0x00, 0xFF, 0x5C, 0x01]
    let wire = [UInt8(label.count)] + label + MessageBuilder.name("example.com")
    var question = MessageBuilder(flags: 0x0100)
    question.question(raw: wire)
    var reply = MessageBuilder()
    reply.question(raw: wire)
    reply.record(wire, type: 1, rdata: [192, 0, 2, 1])
    let text = "\\.||\\000\\255\\\\\\001.example.com"
    #expect(talk([question, reply]).lines == ["\(text) A 192.0.2.1 ? 1"])
    #expect(try DomainName(text: text).wire == wire)
  }

  @Test func point9LetterCaseAndStringsOfTXTSurvive() {
    let rdata = [3] + Array("AbC".utf8) + [0, 1] + Array("x".utf8)
    let result = talk([
      ask("example.com", type: 16),
      answer("example.com", type: 16) {
        $0.record(MessageBuilder.name("example.com"), type: 16, rdata: rdata)
      },
    ])
    #expect(result.lines == ["example.com TXT \"AbC\" \"\" \"x\" ? 1"])
  }

  /// Every type of the table is held in both dialects by `RDataTextTests`; here one that differs.
  @Test(arguments: [RDataDialect.dnsdb, .master])
  func point10TextOfRDataIsAFixedPoint(dialect: RDataDialect) throws {
    let rdata = [0, 5] + Array("issue".utf8) + Array("ca.example".utf8)
    let style: RDataTextStyle = dialect == .dnsdb ? .dnsdb : .master
    var text: [UInt8] = []
    RDataText.append(rdata.span, type: .caa, style: style, to: &text)
    var again: [UInt8] = []
    try RDataParser.parse(text.span, type: .caa, into: &again)
    #expect(again == rdata)
  }

  @Test func point11AnOlderRecordLowersTheFirstTime() {
    let reply = answer("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) }
    let batch = RecordBatch()
    var ingest = CaptureIngest(
      settings: SourceSettings(
        origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client),
        now: 1_700_100_000), batch: batch)
    for time in [1_700_000_500, 1_700_000_000] as [Int64] {
      let nanoseconds = time * 1_000_000_000
      let question = ask("www.example.com")
      ingest.dnsPayload(unsafe question.octets.span.bytes, flow: query, time: nanoseconds)
      ingest.dnsPayload(unsafe reply.octets.span.bytes, flow: query.reversed, time: nanoseconds)
    }
    #expect(batch.entries.map(\.timeFirst) == [1_700_000_000])
    #expect(batch.entries.map(\.timeLast) == [1_700_000_500])
  }

  /// A source that is read again from its start adds nothing for what is stored, and settles later
  /// what waited when it was interrupted: at any packet, nothing is lost and nothing counts twice.
  @Test(arguments: 0...8)
  func point12AReplayAddsNothing(interruptedAt: Int) {
    let questions = ["a.example.com", "www.example.com", "www.example.com", "www.example.com"]
    let replies: [MessageBuilder] = [
      .response("a.example.com") { $0.record("a.example.com", a: [192, 0, 2, 9]) },
      .response("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) },
      .referral(of: "www.example.com", to: "com", server: "a.gtld.example", at: 1),
      .referral(of: "www.example.com", to: "example.com", server: "ns1.example.com", at: 1),
    ]
    let messages = zip(questions, replies).flatMap { [ask($0, flags: 0), $1] }
    let whole = talk(vantage: .authority, messages)
    let batch = RecordBatch()
    var offered: UInt64 = 0
    for isResumed in [false, true] {
      var settings = SourceSettings(
        origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .authority),
        now: 1_700_100_000)
      settings.authority = AuthorityRun.rooted
      var ingest = CaptureIngest(settings: settings, batch: batch)
      for (index, message) in messages.enumerated() {
        if !isResumed && index >= interruptedAt { break }
        ingest.isRecording = !isResumed || index >= interruptedAt
        let isResponse = message.octets[2] & 0x80 != 0
        let time = (PassiveDNSCorrectnessTests.start + Int64(index)) * 1_000_000_000
        ingest.dnsPayload(
          unsafe message.octets.span.bytes, flow: isResponse ? query.reversed : query, time: time)
      }
      ingest.isRecording = true
      if isResumed { ingest.finish() }
      offered += ingest.counters.offered
    }
    #expect(batch.lines() == whole.lines)
    #expect(offered == whole.counters.offered)
  }

  /// Every fixture is changed 10,000 times by `MutationTests`; here what only extractors see.
  @Test func point13MutatedMessagesDoNotCrashAndAreAccountedFor() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var valid = MessageBuilder(flags: AuthorityRun.referring)
    valid.question("www.example.com")
    valid.record("example.com", ns: "ns1.example.com")
    valid.record("example.com", ds: 7)
    valid.record("ns1.example.com", a: [192, 0, 2, 53], section: 3)
    var parser = MessageParser()
    var client = AnswerExtractor()
    var authority = AuthorityExtractor(settings: AuthorityRun.rooted)
    var (one, other) = (RecordTally(), RecordTally())
    let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .authority)
    let batch = RecordBatch()
    for _ in 0..<10_000 {
      var octets = valid.octets
      for _ in 0...next(4) { octets[next(octets.count)] = UInt8(next(256)) }
      do { try parser.parse(octets.span) } catch { continue }
      guard parser.hasQuestion else { continue }
      client.extract(
        from: &parser, origin: origin, time: 1_700_000_000, into: batch, tally: &one)
      authority.extract(
        from: &parser, message: octets.span, server: AuthorityRun.address(UInt8(next(4))),
        origin: origin, time: 1_700_000_000, into: batch, tally: &other)
    }
    authority.finish(into: batch, tally: &other)
    for tally in [one, other] {
      var accounting = Accounting()
      tally.account(into: &accounting)
      let sum =
        tally.observations + Accounting.sum(accounting.filtered)
        + Accounting.sum(accounting.dropped)
      #expect(tally.offered == sum)
    }
    #expect(other.observations > 0)
  }
}

/// What a source above a resolver takes of what passes by.
@Suite struct AuthorityCaptureTests {
  @Test func responsesToRecursiveQueriesAreNotAnAuthoritys() {
    let batch = RecordBatch()
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .authority),
      now: 1_700_100_000)
    settings.authority = AuthorityRun.rooted
    settings.unmatched = .accept
    var ingest = CaptureIngest(settings: settings, batch: batch)
    let flow = Flow(
      source: AuthorityRun.address(1), destination: FlowAddress(ipv4: 0xC633_6405),
      sourcePort: 53, destinationPort: 40_000, transport: .udp)
    for flags in [UInt16(0x8500), 0x8400] {
      let reply = MessageBuilder.response("www.example.com", flags: flags) {
        $0.record("www.example.com", a: [192, 0, 2, 1])
      }
      ingest.dnsPayload(
        unsafe reply.octets.span.bytes, flow: flow, time: 1_700_000_000_000_000_000)
    }
    ingest.finish()
    #expect(batch.lines() == ["www.example.com A 192.0.2.1 . 1"])
    #expect(ingest.counters.filtered[Int(ResponseFilter.recursionDesired.rawValue)] == 1)
    var accounting = Accounting()
    accounting.offered = ingest.counters.offered
    accounting.stored = ingest.counters.tally.observations
    ingest.counters.tally.account(into: &accounting)
    #expect(accounting.offered == 2 && accounting.stored == 1)
  }
}
