import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// Which payloads of a dnstap stream become which records.
@Suite struct DnstapDecoderTests {
  private typealias Build = DnstapBuilder

  /// QR, AA; RD and RA clear: what authoritative servers send to resolvers.
  private static let authority: UInt16 = 0x8400

  private func answer(
    _ name: String = "www.example.com", flags: UInt16 = authority,
    _ fill: (inout MessageBuilder) -> Void = { $0.record("www.example.com", a: [192, 0, 2, 1]) }
  ) -> [UInt8] {
    var message = MessageBuilder(flags: flags)
    message.question(name)
    fill(&message)
    return message.octets
  }

  private func read(
    _ payloads: [DnstapBuilder], options: DnstapOptions = .standard,
    _ change: (inout SourceSettings) -> Void = { _ in }
  ) -> DnstapReading {
    let stream = Build.start + payloads.flatMap(\.frame) + Build.stop
    let whole = DnstapReading(stream, options: options, change)
    #expect(whole.accounting.isBalanced)
    let cut = DnstapReading(stream, options: options, cuts: Array(0..<stream.count), change)
    #expect(cut.lines == whole.lines && cut.accounting == whole.accounting)
    #expect(cut.items == UInt64(payloads.count))
    return whole
  }

  private func one(
    options: DnstapOptions = .standard, _ fill: (inout DnstapBuilder) -> Void
  ) -> DnstapReading {
    var payload = DnstapBuilder(message: answer())
    fill(&payload)
    return read([payload], options: options)
  }

  // MARK: Types

  @Test func aResolversResponseHasTheZoneItAskedAbout() {
    let reading = one { _ in }
    #expect(reading.lines == ["www.example.com A 192.0.2.1 x1 authority/2"])
    #expect(reading.accounting.responses == 1 && reading.accounting.offered == 1)
  }

  @Test func theZoneIsLowered() {
    let reading = one { $0.zone = MessageBuilder.name("eXample.COM") }
    #expect(reading.lines == ["www.example.com A 192.0.2.1 x1 authority/2"])
  }

  @Test(arguments: [
    (UInt64(2), DnstapOptions.authoritative, "authority/2"), (6, .client, "client/-"),
    (8, .forwarder, "client/-"), (10, .stub, "client/-"), (12, .tool, "client/-"),
  ])
  func takesOtherResponsesOnlyWhenTold(type: UInt64, option: DnstapOptions, place: String) {
    let refused = one { $0.type = type }
    #expect(refused.lines == [] && refused.reasons == ["message-type": 1])
    let taken = one(options: [option, .queryZone]) { $0.type = type }
    #expect(taken.lines == ["www.example.com A 192.0.2.1 x1 \(place)"])
  }

  @Test(arguments: [0, 1, 3, 5, 7, 9, 11, 13, 14, 15, 1 << 40] as [UInt64])
  func neverTakesQueriesUpdatesAndUnknownTypes(type: UInt64) {
    let reading = one(options: DnstapOptions(rawValue: 255)) { $0.type = type }
    #expect(reading.lines == [])
    #expect(reading.accounting.offered == 0 && reading.accounting.responses == 0)
    #expect(reading.accounting.read == 1)
  }

  @Test func aResolversQuestionToAnotherResolverIsNoEvidence() {
    let forwarded = answer(flags: 0x8580)
    let refused = one { $0.message = forwarded }
    #expect(refused.lines == [] && refused.reasons == ["forwarder-answer": 1])
    let taken = one(options: [.resolver, .forwarder, .queryZone]) { $0.message = forwarded }
    #expect(taken.lines == ["www.example.com A 192.0.2.1 x1 client/-"])
  }

  @Test func aUniqueDomainResponseIsNoEvidence() {
    var payload = DnstapBuilder(message: answer(flags: 0x8080), responseTime: nil)
    payload.zone = MessageBuilder.name("WWW.example.com")
    #expect(read([payload]).reasons == ["forwarder-answer": 1])
    payload.zone = MessageBuilder.name("example.com")
    #expect(read([payload]).reasons["forwarder-answer"] == nil)
  }

  @Test func aServersOwnAnswerMustBeAuthoritative() {
    let options: DnstapOptions = [.authoritative, .queryZone]
    let reading = one(options: options) {
      $0.type = 2
      $0.message = answer(flags: 0x8000)
    }
    #expect(reading.lines == [] && reading.reasons == ["not-authoritative": 1])
  }

  @Test func aServersOwnAnswerNamesItsZone() {
    let message = answer {
      $0.record("www.example.com", a: [192, 0, 2, 1])
      $0.record(
        MessageBuilder.name("example.com"), type: 2, rdata: MessageBuilder.name("ns.example.com"),
        section: 2)
    }
    let reading = one(options: .authoritative) {
      $0.type = 2
      $0.zone = nil
      $0.message = message
    }
    #expect(
      reading.lines == [
        "example.com NS ns.example.com x1 authority/2",
        "www.example.com A 192.0.2.1 x1 authority/2",
      ])
  }

  // MARK: Zones

  @Test(arguments: [nil, [], [3, 97], [64] + [UInt8](repeating: 97, count: 64) + [0], [0, 0]])
  func anAnswerWithoutAZoneIsKeptWithoutABailiwick(zone: [UInt8]?) {
    let message = answer {
      $0.record("www.example.com", a: [192, 0, 2, 1])
      $0.record("ns.example.com", a: [192, 0, 2, 2], section: 3)
    }
    let reading = one {
      $0.zone = zone
      $0.message = message
    }
    #expect(reading.lines == ["www.example.com A 192.0.2.1 x1 authority/-"])
    #expect(reading.reasons == ["unverified": 1])
  }

  @Test func anAnswerWithoutZoneAndAuthorityIsNoEvidence() {
    let reading = one {
      $0.zone = nil
      $0.message = answer(flags: 0x8000)
    }
    #expect(reading.lines == [] && reading.reasons == ["not-authoritative": 1])
  }

  @Test func theZoneIsNotBelievedWhenToldSo() {
    let reading = one(options: .resolver) { _ in }
    #expect(reading.lines == ["www.example.com A 192.0.2.1 x1 authority/-"])
  }

  @Test func recordsOutsideTheZoneAreDropped() {
    let message = answer {
      $0.record("www.example.com", cname: "www.example.net")
      $0.record("www.example.net", a: [192, 0, 2, 1])
    }
    let reading = one { $0.message = message }
    #expect(reading.lines == ["www.example.com CNAME www.example.net x1 authority/2"])
    #expect(reading.reasons == ["out-of-bailiwick": 1])
  }

  @Test func aReferralGivesTheParentsBailiwick() {
    let message = answer(flags: 0x8000) {
      $0.record(
        MessageBuilder.name("example.com"), type: 2, rdata: MessageBuilder.name("ns.example.com"),
        section: 2)
      $0.record("ns.example.com", a: [192, 0, 2, 2], section: 3)
    }
    let reading = one {
      $0.zone = MessageBuilder.name("com")
      $0.message = message
    }
    #expect(
      reading.lines == [
        "example.com NS ns.example.com x1 authority/1", "ns.example.com A 192.0.2.2 x1 authority/1",
      ])
  }

  // MARK: Messages

  @Test func refusesAnswersThatAPolicyChanged() {
    #expect(one { $0.policyAction = 6 }.reasons == ["policy-applied": 1])
    #expect(one { $0.policyAction = 3 }.lines.count == 1)
  }

  @Test(arguments: [
    (UInt16(0x8600), "truncated-tc"), (0xA400, "opcode"), (0x8402, "rcode"), (0x8405, "rcode"),
  ])
  func refusesResponsesThatAreNoEvidence(flags: UInt16, reason: String) {
    let reading = one { $0.message = answer(flags: flags) }
    #expect(reading.lines == [] && reading.reasons == [reason: 1])
  }

  @Test func takesTheChainToANameThatDoesNotExist() {
    let message = answer(flags: 0x8403) { $0.record("www.example.com", cname: "no.example.com") }
    let reading = one { $0.message = message }
    #expect(reading.lines == ["www.example.com CNAME no.example.com x1 authority/2"])
  }

  @Test func countsWhatCannotBeReadOnce() {
    #expect(one { $0.message = [1, 2, 3] }.reasons == ["short-header": 1])
    #expect(one { $0.message = nil }.reasons == ["missing-message": 1])
    #expect(one { $0.message = [] }.reasons == ["missing-message": 1])
    #expect(one { $0.kind = 2 }.reasons == ["other-payload": 1])
    var cut = answer()
    cut.removeLast()
    #expect(one { $0.message = cut }.reasons == ["truncated-message": 1])
    let stream = Build.start + Build.frame([0x0B]) + Build.frame([8, 1]) + Build.stop
    let reading = DnstapReading(stream)
    #expect(reading.reasons == ["bad-payload": 1, "other-payload": 1])
    #expect(reading.accounting.isBalanced && reading.error == nil)
  }

  // MARK: Times and sensors

  @Test func theTimeIsTheResponsesThenTheQueriesThenOurs() {
    func times(_ fill: (inout DnstapBuilder) -> Void) -> (UnixSeconds?, UInt64) {
      let reading = one(fill)
      return (reading.batch.entries.first?.timeFirst, reading.untimed)
    }
    #expect(times { _ in } == (1_700_000_001, 0))
    #expect(times { $0.responseTime = nil } == (1_700_000_000, 0))
    #expect(times { $0.responseTime = 0 } == (1_700_000_000, 0))
    let untimed = times {
      $0.responseTime = nil
      $0.queryTime = nil
    }
    #expect(untimed == (1_800_000_000, 1))
  }

  @Test(arguments: [1, 631_151_999, 1_800_086_401, 1 << 33, .max] as [UInt64])
  func refusesTimesOfBrokenClocks(time: UInt64) {
    #expect(one { $0.responseTime = time }.reasons == ["time-out-of-range": 1])
  }

  @Test func theSensorIsTheConfiguredOneOrTheServersName() {
    let named = DnstapBuilder(message: answer(), identity: "ns1")
    let anonymous = DnstapBuilder(
      message: answer("v.example.com") {
        $0.record("v.example.com", a: [192, 0, 2, 1])
      })
    let configured = read([named, anonymous])
    #expect(
      configured.batch.entries.allSatisfy {
        configured.batch.value(of: $0).sensors == SensorSet(3)
      })
    let fromFeed = read([named, anonymous]) {
      $0.sensorOf = { $0 == Array("ns1".utf8) ? 9 : 99 }
    }
    let sensors = fromFeed.batch.entries.map { fromFeed.batch.value(of: $0).sensors }
    #expect(sensors == [SensorSet(9), SensorSet(3)])
  }

  // MARK: Streams

  @Test func answersTheHandshake() {
    let frame = DnstapBuilder(message: answer()).frame
    let reading = DnstapReading(Build.ready + Build.start + frame + Build.stop)
    #expect(reading.replies == Build.accept + Build.finish)
    #expect(reading.lines.count == 1)
  }

  @Test func dropsAndCountsAFrameThatIsCut() {
    let frame = DnstapBuilder(message: answer()).frame
    let good = Build.start + frame
    let reading = DnstapReading(good + frame.dropLast())
    #expect(reading.error == .truncated(offset: UInt64(good.count)))
    #expect(reading.lines.count == 1 && reading.items == 1)
    #expect(reading.reasons == ["truncated-frame": 1] && reading.accounting.isBalanced)
    #expect(DnstapReading(good).error == nil)
  }

  @Test func refusesAStreamOfSomethingElse() {
    let reading = DnstapReading([0, 0, 0, 1, 7])
    #expect(reading.error == .unreadable(reason: "not a Frame Stream", offset: 0))
  }

  @Test func skipsWhatAnEarlierRunStored() {
    let payloads = (0..<5).map { index in
      DnstapBuilder(
        message: answer { $0.record("www.example.com", a: [192, 0, 2, UInt8(index)]) })
    }
    let stream = Build.start + payloads.flatMap(\.frame)
    let reading = DnstapReading(stream) { $0.firstItem = 3 }
    #expect(reading.items == 5 && reading.accounting.read == 2)
    #expect(reading.lines.map { $0.split(separator: " ")[2] } == ["192.0.2.3", "192.0.2.4"])
    let again = DnstapReading(stream.dropLast()) { $0.firstItem = 4 }
    #expect(again.accounting.offered == 0, "the run before counted the cut frame")
  }

  @Test func keepsNothingOfTheClient() {
    let payload = DnstapBuilder(type: 6, message: answer(), identity: "ns1")
    let reading = read([payload], options: DnstapOptions(rawValue: 255))
    #expect(reading.batch.count == 1)
    for entry in reading.batch.entries {
      reading.batch.withKey(of: entry) { key in
        var octets: [UInt8] = []
        for index in key.indices { octets.append(key[index]) }
        #expect(!octets.indices.contains { octets[$0...].starts(with: Build.client) })
      }
    }
  }

  @Test func readsOptionsByName() {
    #expect(DnstapOptions(names: ["resolver", "query-zone"]) == .standard)
    #expect(DnstapOptions(names: ["resolver", "nonsense"]) == nil)
    for (name, option) in DnstapOptions.names { #expect(DnstapOptions(names: [name]) == option) }
  }
}
