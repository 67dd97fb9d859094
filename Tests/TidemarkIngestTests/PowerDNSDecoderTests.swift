import CaptureFormats
import Testing
import TidemarkIngest
import TidemarkModel

/// What PowerDNS messages leave in a batch and in the account.
struct PowerDNSDecoderTests {
  private struct Record {
    var name: String? = "www.example.com."
    var type: UInt64? = 1
    var recordClass: UInt64? = 1
    var rdata: [UInt8]? = [192, 0, 2, 1]

    var octets: [UInt8] {
      var octets = name.map { Wire.text(1, $0) } ?? []
      octets += type.map { Wire.number(2, $0) } ?? []
      octets += recordClass.map { Wire.number(3, $0) } ?? []
      return octets + Wire.number(4, 300) + (rdata.map { Wire.octets(5, $0) } ?? [])
    }
  }

  /// A message of a server named `rec`, asked by 198.51.100.7.
  private func message(
    type: UInt64 = 4, _ records: [Record] = [Record()], rcode: UInt64? = 0, policy: String? = nil,
    time: UInt64? = 1_600_000_000, question: String? = nil
  ) -> [UInt8] {
    var response = rcode.map { Wire.number(1, $0) } ?? []
    response += records.flatMap { Wire.octets(2, $0.octets) }
    response += policy.map { Wire.text(3, $0) } ?? []
    var octets = Wire.number(1, type) + Wire.text(3, "rec")
    octets += Wire.octets(6, [198, 51, 100, 7]) + Wire.octets(7, [203, 0, 113, 53])
    octets += time.map { Wire.number(9, $0) } ?? []
    octets += question.map { Wire.octets(12, Wire.text(1, $0) + Wire.number(2, 1)) } ?? []
    return octets + Wire.number(10, 999_999) + Wire.octets(13, response) + Wire.number(20, 40_000)
  }

  private func stream(_ messages: [[UInt8]]) -> [UInt8] {
    messages.flatMap { Wire.big(UInt16($0.count)) + $0 }
  }

  private func read(
    _ messages: [UInt8]..., sides: PowerDNSDecoder.Sides = [.authority, .client],
    settings: SourceSettings = FeedRun.settings()
  ) -> FeedRun {
    FeedRun.run(PowerDNSDecoder(settings: settings, sides: sides), stream(messages))
  }

  private func line(_ vantage: Vantage, sensor: Int = 3) -> String {
    "www.example.com A 192.0.2.1 \(vantage) ? 1600000000 1600000000 1 \(sensor)"
  }

  @Test func takesEachSideWithItsVantage() {
    let run = read(message(type: 4), message(type: 2))
    #expect(run.lines == [line(.authority), line(.client)])
    #expect(run.offered == 2 && run.responses == 2 && run.items == 2 && run.isBalanced)
  }

  @Test func leavesOutASideThatIsNotWanted() {
    for (sides, vantage) in [
      (PowerDNSDecoder.Sides.authority, Vantage.authority), (.client, .client),
    ] {
      let run = read(message(type: 4), message(type: 2), sides: sides)
      #expect(run.lines == [line(vantage)])
      #expect(run.reasons == ["side-not-taken": 1] && run.offered == 2 && run.isBalanced)
    }
  }

  @Test func passesOverQueries() {
    let run = read(message(type: 1), message(type: 3), message(type: 5), message(type: 1 << 40))
    #expect(run.offered == 0 && run.responses == 0 && run.items == 4 && run.lines.isEmpty)
  }

  @Test func namesTheSensorByTheServerOnlyWhenTold() {
    let run = read(message(), settings: FeedRun.settings(takesSensors: true))
    #expect(run.lines == [line(.authority, sensor: 13)])
  }

  @Test func turnsTextIntoWireWhereItIsWhole() {
    func text(_ type: UInt64, _ value: String) -> Record {
      Record(type: type, rdata: Array(value.utf8))
    }
    let run = read(
      message([
        text(2, "NS1.Example.com."), text(5, "Web.example.com."), text(16, "\"v=spf1 -all\" \"B\""),
        text(35, "10 20 \"U\" \"E2U\" \"\" ."), text(65, "1 . alpn=\"h2\""),
        Record(type: 28, rdata: [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]),
      ]))
    let records = run.lines.map { $0.dropFirst("www.example.com ".count) }
    let expected = [
      "NS ns1.example.com", "CNAME web.example.com", "TXT \"v=spf1 -all\" \"B\"",
      "AAAA 2001:db8::1", "NAPTR 10 20 \"U\" \"E2U\" \"\" .", "HTTPS 1 . alpn=\"h2\"",
    ].map { "\($0) authority ? 1600000000 1600000000 1 3" }
    #expect(records.map(String.init) == expected)
  }

  /// The recursor exports MX and SRV without their numbers.
  @Test func keepsPartsOfRDataAsLossyText() {
    let run = read(
      message([
        Record(type: 15, rdata: Array("Mail.Example.com.".utf8)),
        Record(type: 33, rdata: Array("sip.example.com.".utf8)),
      ]))
    #expect(
      run.lines == [
        "www.example.com MX mail.example.com text ? 1600000000 1600000000 1 3",
        "www.example.com SRV sip.example.com text ? 1600000000 1600000000 1 3",
      ])
  }

  @Test func readsEscapesInNames() {
    let run = read(message([Record(name: "a\\.b\\032c.Example.com.")]))
    #expect(run.lines.first?.hasPrefix("a\\.b\\032c.example.com A") == true)
  }

  @Test func countsEachFaultOfAMessageUnderItsReason() {
    let two = [Record(), Record(rdata: [192, 0, 2, 2])]
    let late = UInt64(FeedRun.now) + 86_401
    let faults: [(reason: String, message: [UInt8])] = [
      ("rcode", message(two, rcode: 2)), ("rcode", message(two, rcode: 65_536)),
      ("rcode", message(two, rcode: 65_539)), ("policy-applied", message(two, policy: "rpz")),
      ("missing-field", message(two, time: nil)),
      ("time-out-of-range", message(two, time: 631_151_999)),
      ("time-out-of-range", message(two, time: late)),
    ]
    for (number, fault) in faults.enumerated() {
      let run = read(fault.message)
      #expect(run.reasons == [fault.reason: 2] && run.offered == 2, "fault \(number)")
      #expect(run.lines.isEmpty && run.isBalanced, "fault \(number)")
    }
    #expect(read([]).reasons == ["missing-field": 1])
    #expect(read([8]).reasons == ["bad-payload": 1])
  }

  /// The Recursor leaves owners out in responses of other servers.
  @Test func recordsWithoutANameFollowTheQuestion() {
    let alias = Record(name: nil, type: 5, rdata: Array("web.example.com.".utf8))
    let run = read(message([alias, Record(name: nil)], question: "WWW.example.com."))
    #expect(
      run.lines == [
        "web.example.com A 192.0.2.1 authority ? 1600000000 1600000000 1 3",
        "www.example.com CNAME web.example.com authority ? 1600000000 1600000000 1 3",
      ])
    #expect(run.isBalanced && run.offered == 2)
  }

  @Test func refusesNamelessRecordsThatStandOutOfOrder() {
    let alias = Record(name: nil, type: 5, rdata: Array("web.example.com.".utf8))
    let run = read(message([Record(name: nil), alias], question: "www.example.com."))
    #expect(run.lines.isEmpty)
    #expect(run.reasons == ["missing-field": 2] && run.isBalanced)
  }

  @Test func takesChainsThatEndInNothingAndEmptyPolicies() {
    #expect(read(message(rcode: 3)).lines == [line(.authority)])
    #expect(read(message(rcode: nil, policy: "")).lines == [line(.authority)])
  }

  @Test func countsEachFaultOfARecordUnderItsReason() {
    let faults: [(reason: String, record: Record)] = [
      ("missing-field", Record(name: nil)), ("missing-field", Record(type: nil)),
      ("missing-field", Record(rdata: nil)), ("bad-name", Record(name: "a..b.")),
      ("bad-name", Record(name: "")), ("class-not-in", Record(recordClass: 3)),
      ("bad-type", Record(type: 65_536)), ("meta-type", Record(type: 255)),
      ("bad-rdata", Record(rdata: [1, 2, 3])), ("bad-rdata", Record(type: 28)),
      ("bad-rdata", Record(type: 5, rdata: [])), ("repeated-in-message", Record()),
    ]
    for (number, fault) in faults.enumerated() {
      let run = read(message([Record(), fault.record]))
      #expect(run.lines == [line(.authority)], "fault \(number)")
      #expect(run.reasons == [fault.reason: 1] && run.offered == 2, "fault \(number)")
      #expect(run.isBalanced, "fault \(number)")
    }
    #expect(read(message([Record(recordClass: nil)])).lines == [line(.authority)])
  }

  /// Written by the protocol buffers library for Python out of the message definition, with every
  /// field that a recursor sends.
  @Test func readsAMessageOfAnotherEncoder() {
    let text = """
      08041210000102030405060708090a0b0c0d0e0f1a0472656331200128013204c63364073a04cb007135407848\
      80a0f8fa0550c0c407580762160a107777772e6578616d706c652e636f6d2e100118016a90010800122d0a1057\
      57572e6578616d706c652e636f6d2e1005180120ac022a107765622e4578616d706c652e636f6d2e300012210a\
      107765622e6578616d706c652e636f6d2e1001180120ac022a04c00002013000122d0a107765622e6578616d70\
      6c652e636f6d2e101c180120ac022a1020010db80000000000000000000000013000220374616728ff9ff8fa05\
      30017204c63364007a0475736572a001c0b802a80135
      """
    let digits = Array(text)
    let octets = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    #expect(octets.count == 247)
    let run = read(octets)
    #expect(
      run.lines == [
        "web.example.com A 192.0.2.1 authority ? 1600000000 1600000000 1 3",
        "web.example.com AAAA 2001:db8::1 authority ? 1600000000 1600000000 1 3",
        "www.example.com CNAME web.example.com authority ? 1600000000 1600000000 1 3",
      ])
    #expect(run.isBalanced)
  }

  // MARK: Streams

  @Test func readsFourOctetLengths() {
    let octets = message()
    let stream = Wire.big(UInt32(octets.count)) + octets
    let decoder = PowerDNSDecoder(settings: FeedRun.settings(), framing: .fourOctets)
    #expect(FeedRun.run(decoder, stream).lines == [line(.authority)])
    let wrong = PowerDNSDecoder(settings: FeedRun.settings(), framing: .fourOctets)
    let end = FeedRun.run(wrong, self.stream([octets])).end
    #expect(end.hasPrefix("unreadable"))
  }

  @Test func readsTheSameThroughAnyWindowAndFromAnyItem() {
    let stream = stream((0..<4).map { message([Record(rdata: [192, 0, 2, $0])]) })
    let whole = FeedRun.run(PowerDNSDecoder(settings: FeedRun.settings()), stream)
    #expect(whole.lines.count == 4)
    for piece in 1...stream.count {
      let run = FeedRun.run(
        PowerDNSDecoder(settings: FeedRun.settings()), stream, piece: piece)
      #expect(run == whole, "\(piece)")
    }
    for first in 0...5 {
      let settings = FeedRun.settings(firstItem: UInt64(first))
      let rest = FeedRun.run(PowerDNSDecoder(settings: settings), stream)
      #expect(rest.lines == Array(whole.lines.dropFirst(first)) && rest.isBalanced)
    }
    for count in 0..<stream.count {
      let run = FeedRun.run(PowerDNSDecoder(settings: FeedRun.settings()), Array(stream[..<count]))
      let size = stream.count / 4
      #expect(
        run.end == (count % size == 0 ? "end" : "truncated(offset: \(count / size * size))"))
      #expect(run.items == UInt64(count / size))
    }
  }

  @Test(arguments: UInt64(1)...8)
  func keepsItsAccountWhateverTheOctets(seed: UInt64) {
    var generator = SystemlessGenerator(seed: seed)
    let good = stream([
      message([Record(), Record(type: 16, rdata: Array("\"x\"".utf8))]), message(type: 2),
    ])
    var stored = 0
    for round in 0..<500 {
      var octets = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let at = Int.random(in: 0..<octets.count, using: &generator)
        octets[at] = UInt8.random(in: 0...255, using: &generator)
      }
      let run = FeedRun.run(PowerDNSDecoder(settings: FeedRun.settings()), octets)
      #expect(run.isBalanced && run.end != "stuck", "seed \(seed) round \(round)")
      stored += run.lines.count
    }
    #expect(stored > 0)
  }
}
