import CaptureFormats
import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// Which zone a server in a capture answers for, learned from what was seen before.
///
/// Servers are 198.51.100.x: 1 the root, 2 com, 3 example.com, 9 and above strangers.
@Suite struct BailiwickTests {
  private static let day: UInt32 = 86_400

  private static var comReferral: MessageBuilder {
    .referral(of: "www.example.com", to: "com", server: "a.gtld.example", at: 2)
  }

  private static var exampleReferral: MessageBuilder {
    .referral(of: "www.example.com", to: "example.com", server: "ns1.example.com", at: 3)
  }

  private static func answer(_ name: String, a last: UInt8 = 1) -> MessageBuilder {
    .response(name) { $0.record(name, a: [192, 0, 2, last]) }
  }

  /// The root has referred to com, com to example.com.
  private static func warm(_ run: AuthorityRun) {
    run.respond(server: 1, comReferral)
    run.respond(server: 2, exampleReferral)
  }

  @Test func followsReferralsFromTheRoot() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(server: 3, BailiwickTests.answer("www.example.com"))
    #expect(
      run.lines() == [
        "com NS a.gtld.example . 1", "example.com NS ns1.example.com com 1",
        "ns1.example.com A 198.51.100.3 com 1", "www.example.com A 192.0.2.1 example.com 1",
        "a.gtld.example A 198.51.100.2 . 1",
      ])
    #expect(run.isBalanced && run.tally.offered == 5)
  }

  @Test func aForeignServersAnswerIsNotTheZones() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    let before = run.tally.observations
    run.respond(server: 66, BailiwickTests.answer("www.example.com", a: 66))
    #expect(run.tally.observations == before)
    run.finish()
    #expect(run.lines().contains("www.example.com A 192.0.2.66 ? 1"))
    #expect(!run.lines().contains { $0.hasPrefix("www.example.com A 192.0.2.66 example.com") })
  }

  @Test func strictSettingsDropAForeignServersAnswer() {
    var settings = AuthorityRun.rooted
    settings.isStrict = true
    let run = AuthorityRun(settings: settings)
    run.respond(server: 66, BailiwickTests.answer("www.example.com", a: 66))
    run.finish()
    #expect(run.lines().isEmpty)
    #expect(run.tally.unverified == 1 && run.isBalanced)
  }

  /// A server known for one zone names what it likes in its chain and beside its answer.
  @Test func aServerSaysNothingAboutAnothersZone() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(
      server: 2,
      .referral(of: "a.attacker.com", to: "attacker.com", server: "ns.attacker.com", at: 9))
    run.respond(
      server: 9,
      .response("a.attacker.com") {
        $0.record("a.attacker.com", cname: "www.example.com")
        $0.record("www.example.com", a: [203, 0, 113, 66])
        $0.record("com", ns: "ns.attacker.com")
        $0.record("example.com", ns: "ns.attacker.com")
        $0.record("ns1.example.com", a: [198, 51, 100, 9], section: 3)
      })
    run.respond(server: 9, BailiwickTests.answer("www.example.com", a: 66))
    run.finish()
    #expect(run.lines().contains("a.attacker.com CNAME www.example.com attacker.com 1"))
    #expect(!run.lines().contains { $0.contains("203.0.113.66") })
    #expect(!run.lines().contains("example.com NS ns.attacker.com attacker.com 1"))
    #expect(run.lines().contains("www.example.com A 192.0.2.66 ? 1"))
  }

  /// Glue for a name of another zone is neither kept nor learned.
  @Test func glueOutsideTheReferringZoneTeachesNothing() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(
      server: 3,
      .referral(of: "a.sub.example.com", to: "sub.example.com", server: "a.gtld.example", at: 9))
    run.respond(server: 9, BailiwickTests.answer("www.other.com", a: 66))
    run.finish()
    #expect(run.lines().contains("www.other.com A 192.0.2.66 ? 1"))
    #expect(run.tally.outOfBailiwick == 1)
  }

  @Test func anUnknownServersTailsServersAndGlueAreNotKept() {
    let run = AuthorityRun()
    run.respond(
      server: 9,
      .response("a.attacker.com") {
        $0.record("a.attacker.com", cname: "www.example.com")
        $0.record("www.example.com", a: [203, 0, 113, 66])
        $0.record("com", ns: "ns.attacker.com")
        $0.record("ns.attacker.com", a: [203, 0, 113, 66], section: 3)
      })
    run.finish()
    #expect(run.lines() == ["a.attacker.com CNAME www.example.com ? 1"])
    #expect(run.tally.unverified == 2 && run.isBalanced)
  }

  @Test func anUnknownServersWordWithoutAAIsNotKept() {
    let run = AuthorityRun()
    run.respond(
      server: 9,
      .response("www.example.com", flags: 0x8000) {
        $0.record("www.example.com", a: [192, 0, 2, 1])
      })
    run.finish()
    #expect(run.lines().isEmpty)
    #expect(run.tally.notAuthoritative == 1)
  }

  @Test func anUnknownReferralIsKeptWithoutBailiwickButNotForATopLevelDomain() {
    let run = AuthorityRun()
    run.respond(server: 9, BailiwickTests.exampleReferral)
    run.respond(server: 9, BailiwickTests.comReferral)
    run.finish()
    #expect(run.lines() == ["example.com NS ns1.example.com ? 1"])
  }

  @Test func DSIsTheParentsThoughTheServerServesBoth() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(
      server: 2,
      .referral(of: "a.net.com", to: "net.com", server: "b.gtld.example", at: 2))
    let answer = MessageBuilder.response("net.com", type: 43) {
      $0.record("net.com", ds: 7, section: 1)
    }
    run.respond(server: 2, answer)
    #expect(run.lines().contains("net.com DS 7 13 2 ABCD com 1"))
  }

  @Test func theLongestZoneWinsWhereOneServerServesSeveral() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(
      server: 3,
      .referral(of: "a.sub.example.com", to: "sub.example.com", server: "ns1.example.com", at: 3))
    run.respond(server: 3, BailiwickTests.answer("a.sub.example.com"))
    #expect(run.lines().contains("a.sub.example.com A 192.0.2.1 sub.example.com 1"))
  }

  @Test func waitsForTheReferralThatComesLater() {
    let run = AuthorityRun()
    run.respond(server: 3, BailiwickTests.answer("www.example.com"))
    run.respond(server: 2, BailiwickTests.exampleReferral, after: 10)
    #expect(run.lines().isEmpty)
    #expect(run.extractor.memory.heldResponses == 2 && run.tally.offered == 0)
    // One record makes a chain of others known.
    run.respond(server: 1, BailiwickTests.comReferral, after: 20)
    #expect(run.extractor.memory.heldResponses == 0)
    #expect(run.extractor.memory.heldOctets == 0)
    #expect(run.lines().contains("www.example.com A 192.0.2.1 example.com 1"))
    #expect(run.lines().contains("example.com NS ns1.example.com com 1"))
    #expect(run.isBalanced && run.tally.offered == 5)
  }

  @Test func settlesWhatWaitedTooLongByPacketTime() {
    let run = AuthorityRun()
    run.respond(server: 3, BailiwickTests.answer("www.example.com"))
    run.respond(server: 1, BailiwickTests.comReferral, after: 300)
    #expect(run.extractor.memory.heldResponses == 1)
    run.respond(server: 1, BailiwickTests.comReferral, after: 301)
    #expect(run.extractor.memory.heldResponses == 0)
    #expect(run.lines().contains("www.example.com A 192.0.2.1 ? 1"))
    run.respond(server: 2, BailiwickTests.exampleReferral, after: 302)
    #expect(!run.lines().contains("www.example.com A 192.0.2.1 example.com 1"))
  }

  @Test func theQueueIsBoundedByOctets() {
    var settings = AuthorityRun.rooted
    settings.holdOctets = 10_000
    let run = AuthorityRun(settings: settings)
    for index in 0..<1_000 {
      run.respond(server: 9, BailiwickTests.answer("n\(index).example.com"))
    }
    #expect(run.extractor.memory.heldOctets <= 10_000)
    #expect(run.extractor.memory.heldResponses > 10)
    run.finish()
    #expect(run.tally.observations == 1_000 && run.isBalanced)
    #expect(run.extractor.memory.heldOctets == 0)
  }

  @Test func aReplayLearnsAndCountsNothing() {
    let run = AuthorityRun()
    run.isRecording = false
    BailiwickTests.warm(run)
    run.respond(server: 66, BailiwickTests.answer("www.example.com", a: 66))
    #expect(run.tally == RecordTally() && run.lines().isEmpty)
    run.isRecording = true
    run.respond(server: 3, BailiwickTests.answer("www.example.com"))
    run.finish()
    #expect(
      run.lines() == [
        "www.example.com A 192.0.2.1 example.com 1", "www.example.com A 192.0.2.66 ? 1",
      ])
  }

  @Test(arguments: [(300, 1), (259_200, 3), (4_000_000, 7)] as [(UInt32, UInt32)])
  func whatWasLearnedHoldsBetweenADayAndAWeek(ttl: UInt32, days: UInt32) {
    for (late, expected) in [(false, "example.com"), (true, "?")] {
      let run = AuthorityRun()
      run.respond(server: 1, BailiwickTests.comReferral)
      run.respond(
        server: 2,
        .referral(
          of: "www.example.com", to: "example.com", server: "ns1.example.com", at: 3, ttl: ttl))
      run.respond(
        server: 3, BailiwickTests.answer("www.example.com"),
        after: days * BailiwickTests.day + (late ? 1 : 0))
      run.finish()
      #expect(run.lines().contains("www.example.com A 192.0.2.1 \(expected) 1"))
    }
  }

  @Test func aPacketThatComesLateUsesWhatIsKnown() {
    let run = AuthorityRun()
    run.respond(server: 1, BailiwickTests.comReferral, after: 100)
    run.respond(server: 2, BailiwickTests.exampleReferral, after: 100)
    run.respond(server: 3, BailiwickTests.answer("www.example.com"), after: 50)
    #expect(run.lines().contains("www.example.com A 192.0.2.1 example.com 1"))
  }

  @Test func theZonesOwnServersTeachNewOnes() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(
      server: 3,
      .response("example.com", type: 2) {
        $0.record("example.com", ns: "ns1.example.com", section: 1)
        $0.record("example.com", ns: "ns2.example.com", section: 1)
        $0.record("ns2.example.com", a: [198, 51, 100, 4], section: 3)
      })
    run.respond(server: 4, BailiwickTests.answer("www.example.com"))
    #expect(run.lines().contains("www.example.com A 192.0.2.1 example.com 1"))
  }

  @Test func anAddressAskedForLaterMakesAServerKnown() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    run.respond(
      server: 2,
      .response("www.example.org.com", flags: AuthorityRun.referring) {
        $0.record("org.com", ns: "ns5.example.com")
      })
    run.respond(server: 5, BailiwickTests.answer("www.example.org.com"))
    #expect(run.extractor.memory.heldResponses == 1)
    run.respond(
      server: 3,
      .response("ns5.example.com") { $0.record("ns5.example.com", a: [198, 51, 100, 5]) })
    #expect(run.lines().contains("www.example.org.com A 192.0.2.1 org.com 1"))
  }

  /// A flood of sub-delegations out of one zone: memory stays bounded, and what is in use meanwhile
  /// stays known.
  @Test func aFloodOfDelegationsForgetsOnlyItsOwn() {
    var settings = AuthorityRun.rooted
    settings.zonesMax = 4_096
    settings.serversMax = 4_096
    let run = AuthorityRun(settings: settings)
    BailiwickTests.warm(run)
    run.respond(
      server: 2,
      .referral(of: "a.attacker.com", to: "attacker.com", server: "ns.attacker.com", at: 9))
    for index in 0..<20_000 {
      run.respond(
        server: 9,
        .referral(
          of: "a.x\(index).attacker.com", to: "x\(index).attacker.com",
          server: "ns\(index).attacker.com", at: 9))
      guard index % 50 == 0 else { continue }
      run.respond(server: 2, BailiwickTests.exampleReferral)
      run.respond(server: 3, BailiwickTests.answer("www.example.com"))
    }
    let memory = run.extractor.memory
    #expect(memory.zones < 4_096 / 16 && memory.forgottenZones > 19_000)
    #expect(memory.servers < 4_096 / 16 && memory.forgottenServers > 19_000)
    #expect(memory.heldResponses == 0)
    let stored = run.lines().contains("www.example.com A 192.0.2.1 example.com 400")
    #expect(stored && run.isBalanced)
  }

  @Test func serversOfAZoneAndAddressesOfAServerAreBounded() {
    let run = AuthorityRun()
    BailiwickTests.warm(run)
    for round in 0..<40 {
      run.respond(
        server: 3,
        .response("example.com", type: 2) {
          for index in 0..<100 {
            $0.record("example.com", ns: "n\(round)-\(index).example.com", section: 1)
          }
          for index in 0..<100 {
            $0.record("n0-0.example.com", a: [198, 51, 101, UInt8(index)], section: 3)
          }
        })
    }
    // The latest of its servers count, nothing else was touched.
    #expect(run.extractor.memory.servers == 3 + 4_000)
    run.respond(
      server: 2, .referral(of: "a.other.com", to: "other.com", server: "ns.other.com", at: 6))
    run.respond(server: 6, BailiwickTests.answer("a.other.com"))
    let stored = run.lines().contains("a.other.com A 192.0.2.1 other.com 1")
    #expect(stored)
  }
}
