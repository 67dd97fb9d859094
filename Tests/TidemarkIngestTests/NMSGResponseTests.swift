import Testing
import TidemarkIngest
import TidemarkModel

/// Payloads that hold DNS responses, and the samples of libnmsg.
struct NMSGResponseTests {
  private static let answer: [UInt8] = {
    var message = MessageBuilder(id: 1, flags: 0x8400)
    message.question("www.example.com")
    message.record("www.example.com", a: [192, 0, 2, 1])
    return message.octets
  }()

  private static let line = "www.example.com A 192.0.2.1 client ? 1600000000 1600000000 1 3"

  private func packets(
    _ messages: [UInt8]..., settings: SourceSettings = FeedRun.settings()
  ) -> FeedRun {
    NMSGFeed.run(NMSGFeed.container(vendor: 1, type: 9, messages), settings: settings)
  }

  @Test func takesAResponseThatTheSensorMatched() {
    let run = packets(NMSGFeed.queryResponse(packets: NMSGFeed.packets(Self.answer)))
    #expect(run.lines == [Self.line])
    #expect(run.responses == 1 && run.offered == 1 && run.isBalanced)
  }

  @Test func putsFragmentsOfADatagramTogetherWithinOnePayloadOnly() {
    let pieces = NMSGFeed.packets(Self.answer, size: 24)
    #expect(pieces.count == 3)
    #expect(packets(NMSGFeed.queryResponse(packets: pieces)).lines == [Self.line])
    #expect(packets(NMSGFeed.queryResponse(packets: pieces.reversed())).lines == [Self.line])
    let apart = packets(
      NMSGFeed.queryResponse(packets: [pieces[0], pieces[1]]),
      NMSGFeed.queryResponse(packets: [pieces[2]]))
    #expect(apart.lines.isEmpty && apart.isBalanced)
  }

  @Test func takesUnmatchedResponsesOnlyWhenTold() {
    var settings = FeedRun.settings()
    settings.unmatched = .accept
    for kind in [UInt64(3), 7] {
      let message = NMSGFeed.queryResponse(kind: kind, packets: NMSGFeed.packets(Self.answer))
      #expect(packets(message).reasons == ["unmatched": 1])
      #expect(packets(message, settings: settings).lines == [Self.line])
    }
  }

  @Test func passesOverQueriesAndWhatWasNotMatched() {
    for kind in [UInt64(2), 5, 6] {
      let run = packets(NMSGFeed.queryResponse(kind: kind, packets: []))
      #expect(run.offered == 0 && run.reasons.isEmpty)
    }
    let packet = NMSGFeed.packets(Self.answer)
    #expect(packets(NMSGFeed.queryResponse(kind: 4, packets: packet)).reasons == ["tcp-packets": 1])
    #expect(packets(NMSGFeed.queryResponse(kind: 0, packets: packet)).reasons == ["other-kind": 1])
    #expect(packets(NMSGFeed.queryResponse(kind: 2, packets: packet)).reasons == ["other-kind": 1])
  }

  /// A sensor that zeroes the address of the asker leaves the old checksum in place.
  @Test func believesTheSensorAboutChecksums() {
    let wrong = NMSGFeed.packets(Self.answer, checksum: 0xBEEF)
    let spoilt = packets(NMSGFeed.queryResponse(packets: wrong))
    #expect(spoilt.reasons == ["frame-bad-checksum": 1] && spoilt.isBalanced)
    #expect(packets(NMSGFeed.queryResponse(packets: wrong, isZeroed: true)).lines == [Self.line])
    let bad = NMSGFeed.queryResponse(packets: wrong, checksum: 2, isZeroed: true)
    #expect(packets(bad).reasons == ["bad-checksum-at-sensor": 1])
  }

  @Test func refusesPacketsWithoutATime() {
    let packet = NMSGFeed.packets(Self.answer)[0]
    let run = packets(Wire.number(1, 1) + Wire.octets(15, packet))
    #expect(run.reasons == ["frame-no-time": 1] && run.isBalanced)
  }

  @Test func countsPacketsOfAReplayNotAgain() {
    let first = NMSGFeed.queryResponse(packets: [[0x45, 0, 0]])
    let stream =
      NMSGFeed.container(vendor: 1, type: 9, [first])
      + NMSGFeed.container(
        vendor: 1, type: 9, [NMSGFeed.queryResponse(packets: NMSGFeed.packets(Self.answer))])
    let run = NMSGFeed.run(stream, settings: FeedRun.settings(firstItem: 1))
    #expect(run.lines == [Self.line] && run.reasons.isEmpty && run.offered == 1 && run.isBalanced)
    let none = NMSGFeed.run(stream, settings: FeedRun.settings(firstItem: 2))
    #expect(none.lines.isEmpty && none.offered == 0 && none.isBalanced)
  }

  @Test func takesWhatAResolverObservedWithItsZone() {
    let zone = Wire.octets(8, MessageBuilder.name("Example.com"))
    let observation = Wire.number(1, 1_600_000_000) + Wire.octets(7, Self.answer) + zone
    let noAnswer = Wire.number(1, 1_600_000_000) + zone
    let run = NMSGFeed.run(
      NMSGFeed.container(vendor: 1, type: 14, [observation, noAnswer, [8]]),
      settings: FeedRun.settings(takesSensors: true))
    #expect(
      run.lines == ["www.example.com A 192.0.2.1 authority 2 1600000000 1600000000 1 18"])
    #expect(run.reasons == ["bad-payload": 1] && run.offered == 2 && run.isBalanced)
  }

  @Test func readsNoAddressOfAnAsker() {
    // 198.51.100.7 asked in every payload that the builder makes.
    let run = packets(NMSGFeed.queryResponse(packets: NMSGFeed.packets(Self.answer)))
    #expect(run.lines.allSatisfy { !$0.contains("198.51.100.7") })
  }

  // MARK: Samples

  @Test(.enabled(if: NMSGFeed.samples != nil))
  func readsTheSampleOfDedupe() throws {
    let run = NMSGFeed.run(
      try NMSGFeed.sample("generic-tests-dedupe"), settings: FeedRun.settings(takesSensors: true))
    #expect(run.reasons == ["insertion-announced": 1] && run.offered == 6 && run.isBalanced)
    let names = ["thejediorder.duckdns.org", "aboutrikki.com", "sudasuda.in", "phytonext.nl"]
    #expect(run.lines.count == 5)
    #expect(run.lines.allSatisfy { line in names.contains { line.hasPrefix($0) } })
    #expect(
      run.lines.contains(
        "sudasuda.in SOA ns-cloud-b1.googledomains.com cloud-dns-hostmaster.google.com 1 21600 "
          + "3600 259200 300 authority 2 1519285180 1519302161 3 18"))
    #expect(
      run.lines.contains(
        "thejediorder.duckdns.org MX 50 thejediorder.duckdns.org authority 2 1519304381 "
          + "1519304381 1 18"))
    #expect(
      run.lines.contains(
        "phytonext.nl A 85.214.230.233 authority 2 1519304296 1519304296 1 18"))
  }

  @Test(.enabled(if: NMSGFeed.samples != nil))
  func readsTheSamplesOfPackets() throws {
    let run = NMSGFeed.run(try NMSGFeed.sample("nmsg-dnsqr-tests-test1-dnsqr"))
    // The other two responses are referrals, which are no answers below a resolver.
    #expect(
      run.lines.map { $0.split(separator: " ")[..<2].joined(separator: " ") } == [
        "domaintools.com SOA", "fsi.io TXT", "fsi.io RRSIG",
      ])
    #expect(run.responses == 5 && run.isBalanced)
    let many = NMSGFeed.run(try NMSGFeed.sample("generic-tests-dnsqr"))
    #expect(many.responses == 32 && many.isBalanced && many.reasons.isEmpty)
  }

  @Test(.enabled(if: NMSGFeed.samples != nil))
  func readsTheSamplesOfResolvers() throws {
    let glue = [
      "ns5.dnsmadeeasy.com A 208.94.148.13", "ns5.dnsmadeeasy.com AAAA 2600:1800:5::1",
      "ns6.dnsmadeeasy.com A 208.80.124.13", "ns7.dnsmadeeasy.com A 208.80.126.13",
    ]
    let servers = (5...7).map { "farsightsecurity.com NS ns\($0).dnsmadeeasy.com" }
    for name in ["nmsg-dnstap-tests-test", "nmsg-dnsobs-tests-test1-dnsobs"] {
      let run = NMSGFeed.run(try NMSGFeed.sample(name))
      for record in glue + servers {
        let line = "\(record) authority 1 1479753746 1479753746 1 3"
        #expect(run.lines.contains(line), "\(name): \(record)")
      }
      #expect(run.isBalanced)
    }
  }

  @Test(.enabled(if: NMSGFeed.samples != nil))
  func believesAPayloadUnlessItsChecksumIsWrong() throws {
    for name in ["absent", "correct"] {
      let run = NMSGFeed.run(try NMSGFeed.sample("payload-crc32c-tests-test_crc32c_\(name)"))
      #expect(run.lines.count == 13 && run.isBalanced)
    }
    let run = NMSGFeed.run(try NMSGFeed.sample("payload-crc32c-tests-test_crc32c_incorrect"))
    #expect(run.lines.isEmpty && run.reasons == ["bad-payload-checksum": 1])
  }
}
