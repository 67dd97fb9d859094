import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// What the sections of an authoritative response give when the zone is known, as dnstap tells it.
@Suite struct AuthorityExtractorTests {
  private func run(
    zone: String = "example.com", settings: AuthoritySettings = AuthoritySettings(),
    _ messages: MessageBuilder...
  ) -> (lines: [String], tally: RecordTally) {
    let run = AuthorityRun(settings: settings)
    for message in messages { run.respond(zone: zone, message) }
    #expect(run.isBalanced)
    return (run.lines(), run.tally)
  }

  @Test func keepsTheAnswerInsideTheZone() {
    let result = run(
      .response("www.example.com") { $0.record("www.example.com", a: [192, 0, 2, 1]) })
    #expect(result.lines == ["www.example.com A 192.0.2.1 example.com 1"])
  }

  @Test func keepsAnAnswerWithoutAA() {
    let result = run(
      .response("www.example.com", flags: 0x8000) {
        $0.record("www.example.com", a: [192, 0, 2, 1])
      })
    #expect(result.lines == ["www.example.com A 192.0.2.1 example.com 1"])
  }

  @Test func dropsTheTailOfAChainOutsideTheZone() {
    let result = run(
      .response("www.example.com") {
        $0.record("www.example.com", cname: "web.example.com")
        $0.record("web.example.com", cname: "edge.example.net")
        $0.record("edge.example.net", a: [203, 0, 113, 66])
      })
    #expect(
      result.lines == [
        "web.example.com CNAME edge.example.net example.com 1",
        "www.example.com CNAME web.example.com example.com 1",
      ])
    #expect(result.tally.outOfBailiwick == 1)
  }

  @Test func aNameThatOnlyEndsInTheZonesLettersIsOutside() {
    let result = run(
      zone: "ample.com",
      .response("example.com") { $0.record("example.com", a: [203, 0, 113, 66]) })
    #expect(result.lines.isEmpty)
    #expect(result.tally.outOfBailiwick == 1)
  }

  @Test func aReferralBelongsToTheParentWithItsGlue() {
    let result = run(
      zone: "com",
      .response("www.example.com", flags: AuthorityRun.referring) {
        $0.record("example.com", ns: "ns1.example.com")
        $0.record("example.com", ns: "ns.example.net")
        $0.record("example.com", ds: 7)
        $0.record("ns1.example.com", a: [192, 0, 2, 53], section: 3)
        $0.record("ns.example.net", a: [203, 0, 113, 66], section: 3)
        $0.record("www.example.com", a: [203, 0, 113, 66], section: 3)
      })
    #expect(
      result.lines == [
        "example.com NS ns.example.net com 1", "example.com NS ns1.example.com com 1",
        "example.com DS 7 13 2 ABCD com 1", "ns1.example.com A 192.0.2.53 com 1",
      ])
    #expect(result.tally.outOfBailiwick == 1)
    #expect(result.tally.misplaced == 1)
  }

  @Test(arguments: ["com", "example.net", ".", "sub.www.example.com"])
  func aReferralUpwardsOrSidewaysGivesNothing(owner: String) {
    let result = run(
      zone: "com",
      .response("www.example.com", flags: AuthorityRun.referring) {
        $0.record(owner == "." ? "" : owner, ns: "ns.example.com")
        $0.record("ns.example.com", a: [203, 0, 113, 66], section: 3)
      })
    #expect(result.lines.isEmpty)
  }

  @Test func serversBesideAnAnswerMustBeTheApexOnes() {
    let result = run(
      .response("www.sub.example.com") {
        $0.record("www.sub.example.com", a: [192, 0, 2, 1])
        $0.record("example.com", ns: "ns1.example.com")
        $0.record("sub.example.com", ns: "ns2.example.com")
        $0.record("com", ns: "ns3.example.com")
        $0.record("ns1.example.com", a: [192, 0, 2, 53], section: 3)
        $0.record("ns2.example.com", a: [203, 0, 113, 66], section: 3)
      })
    #expect(
      result.lines == [
        "example.com NS ns1.example.com example.com 1",
        "ns1.example.com A 192.0.2.53 example.com 1",
        "www.sub.example.com A 192.0.2.1 example.com 1",
      ])
    #expect(result.tally.misplaced == 2)
    #expect(result.tally.outOfBailiwick == 1)
  }

  @Test(arguments: [UInt16(0x8403), 0x8400])
  func aNegativeResponseGivesItsSOA(flags: UInt16) {
    let result = run(
      .response("gone.example.com", flags: flags) { $0.record("example.com", soa: 9) })
    #expect(
      result.lines == [
        "example.com SOA ns1.example.com ns1.example.com 9 16843009 16843009 "
          + "16843009 16843009 example.com 1"
      ])
  }

  @Test func aSOABesideAPositiveAnswerIsNotTaken() {
    let result = run(
      .response("www.example.com") {
        $0.record("www.example.com", a: [192, 0, 2, 1])
        $0.record("example.com", soa: 9)
      })
    #expect(result.lines == ["www.example.com A 192.0.2.1 example.com 1"])
    #expect(result.tally.misplaced == 1)
  }

  @Test func aSOAOfAnotherZoneIsNotTaken() {
    let result = run(
      .response("gone.example.com", flags: 0x8403) { $0.record("bank.example.com", soa: 9) })
    #expect(result.lines.isEmpty)
  }

  @Test func addressesBesideAnAnswerNeedARecordThatNamesThem() {
    let result = run(
      .response("example.com", type: 15) {
        $0.record("example.com", mx: "mail.example.com")
        $0.record("example.com", mx: "mail.example.net")
        $0.record("mail.example.com", a: [192, 0, 2, 25], section: 3)
        $0.record("mail.example.net", a: [203, 0, 113, 66], section: 3)
        $0.record("bank.example.com", a: [203, 0, 113, 66], section: 3)
      })
    #expect(
      result.lines == [
        "example.com MX 10 mail.example.com example.com 1",
        "example.com MX 10 mail.example.net example.com 1",
        "mail.example.com A 192.0.2.25 example.com 1",
      ])
  }

  @Test func addressesOfServicesAreTakenInAnyLetterCase() {
    let target = [3] + Array("SvC".utf8) + MessageBuilder.name("example.com")
    let result = run(
      .response("example.com", type: 65) {
        $0.record(MessageBuilder.name("example.com"), type: 65, rdata: [0, 1] + target)
        $0.record(MessageBuilder.name("example.com"), type: 65, rdata: [0, 2, 0])
        $0.record("svc.example.com", a: [192, 0, 2, 7], section: 3)
        $0.record("example.com", a: [192, 0, 2, 8], section: 3)
      },
      .response("_sip._tcp.example.com", type: 33) {
        $0.record(
          MessageBuilder.name("_sip._tcp.example.com"), type: 33,
          rdata: [0, 0, 0, 0, 0, 80] + MessageBuilder.name("sip.example.com"))
        $0.record("sip.example.com", a: [192, 0, 2, 9], section: 3)
      })
    #expect(result.lines.contains("svc.example.com A 192.0.2.7 example.com 1"))
    #expect(result.lines.contains("example.com A 192.0.2.8 example.com 1"))
    #expect(result.lines.contains("sip.example.com A 192.0.2.9 example.com 1"))
  }

  @Test func aRecordInTwoSectionsCountsOnce() {
    let result = run(
      .response("example.com", type: 2) {
        $0.record("example.com", ns: "ns1.example.com", section: 1)
        $0.record("example.com", ns: "ns1.example.com")
      })
    #expect(result.lines == ["example.com NS ns1.example.com example.com 1"])
    #expect(result.tally.repeated == 1)
  }

  @Test func DSNeverGetsTheChildForABailiwick() {
    let answer = MessageBuilder.response("example.com", type: 43) {
      $0.record("example.com", ds: 7, section: 1)
    }
    #expect(run(zone: "com", answer).lines == ["example.com DS 7 13 2 ABCD com 1"])
    #expect(run(zone: "example.com", answer).lines.isEmpty)
  }

  @Test func signaturesAreTakenWhenAskedForOrWanted() {
    let signature =
      [0, 1, 13, 3] + [UInt8](repeating: 1, count: 14) + MessageBuilder.name("example.com") + [1]
    func message(type: UInt16) -> MessageBuilder {
      .response("www.example.com", type: type) {
        $0.record(MessageBuilder.name("www.example.com"), type: 46, rdata: signature)
      }
    }
    #expect(run(message(type: 1)).tally.unwantedDNSSEC == 1)
    #expect(run(message(type: 46)).tally.observations == 1)
    var settings = AuthoritySettings()
    settings.takesDNSSEC = true
    #expect(run(settings: settings, message(type: 1)).tally.observations == 1)
  }

  @Test func leavesOutWhatTheFilterNames() throws {
    var rules = RecordFilter.Rules.none
    rules.exclude = ["private.example.com"]
    let run = AuthorityRun(filter: try RecordFilter(rules: rules))
    run.respond(
      zone: "example.com",
      .response("www.private.example.com") {
        $0.record("www.private.example.com", a: [192, 0, 2, 1])
      })
    #expect(run.lines().isEmpty)
    #expect(run.tally.filtered[.excluded] == 1)
    #expect(run.isBalanced)
  }

  /// Sections as long as a message allows: what is looked at is bounded, and all is counted.
  @Test func looksAtABoundedPartOfLongSections() {
    let result = run(
      zone: "com",
      .response("www.example.com", flags: AuthorityRun.referring) {
        for index in 0..<600 { $0.record("example.com", ns: "ns\(index).example.com") }
        for index in 0..<600 {
          $0.record("ns\(index).example.com", a: [192, 0, 2, UInt8(index & 0xFF)], section: 3)
        }
      })
    let taken = UInt64(AuthorityExtractor.sectionRecordsMax)
    #expect(result.tally.observations == 2 * taken)
    #expect(result.tally.misplaced == 1_200 - 2 * taken)
  }
}
