import CaptureFormats
import Testing
import TidemarkTesting

struct TCPTests {
  private static let one = Packet.message(id: 1)
  private static let two = Packet.message(id: 2, count: 300)
  private static let stream = Packet.prefixed(one) + Packet.prefixed(two)

  /// A bench that has seen a SYN; the first octet then has sequence number `start`.
  private func open(at start: UInt32 = 1000) -> DissectorBench {
    var bench = DissectorBench()
    bench.feed(Packet.tcp(at: start &- 1, .syn))
    return bench
  }

  @Test func findsMessagesHoweverSegmentsAreCut() {
    for size in [1, 2, 3, 41, 42, 43, 100, 400] {
      for start: UInt32 in [1000, 0xFFFF_FFF0, 0xFFFF_FFFF, 0] {
        var bench = open(at: start)
        for offset in stride(from: 0, to: Self.stream.count, by: size) {
          let end = min(offset + size, Self.stream.count)
          bench.feed(
            Packet.tcp(Array(Self.stream[offset..<end]), at: start &+ UInt32(offset)),
            seconds: Double(offset / 10))
        }
        #expect(bench.payloads == [Self.one, Self.two], "size \(size), start \(start)")
        // The time is that of the frame with the last octet.
        let last = (Self.stream.count - 1) / size * size
        #expect(bench.collector.payloads.last?.time == Int64(last / 10) * 1_000_000_000)
        #expect(bench.counters[.tcpPayloads] == 2)
      }
    }
  }

  @Test func putsSegmentsInOrderAndTakesTheFirstOfOverlaps() {
    for seed in UInt64(1)...300 {
      var generator = SeededGenerator(seed: seed)
      let start = UInt32.random(in: .min ... .max, using: &generator)
      var bench = open(at: start)
      var isKnown = Array(repeating: false, count: Self.stream.count)
      while !isKnown.allSatisfy({ $0 }) {
        let from = Int.random(in: 0..<Self.stream.count, using: &generator)
        let to = Int.random(in: from...min(from + 60, Self.stream.count - 1), using: &generator)
        // What has been sent already comes back changed and must lose.
        let octets = (from...to).map { isKnown[$0] ? ~Self.stream[$0] : Self.stream[$0] }
        for index in from...to { isKnown[index] = true }
        bench.feed(Packet.tcp(octets, at: start &+ UInt32(from)))
      }
      #expect(bench.payloads == [Self.one, Self.two], "seed \(seed)")
      let frames = bench.counters.frames
      #expect(bench.counters.reasons.reduce(0) { $0 + $1.count } == frames)
    }
  }

  @Test func namesTheOutcomeOfEverySegment() {
    var bench = open()
    let octets = Self.stream
    #expect(bench.feed(Packet.tcp(at: 1000)) == .noPayload)
    #expect(bench.feed(Packet.tcp(Array(octets[..<30]), at: 1000)) == .held)
    #expect(bench.feed(Packet.tcp(Array(octets[..<30]), at: 1000)) == .duplicate)
    #expect(bench.feed(Packet.tcp(Array(octets[50..<60]), at: 1050)) == .held)
    #expect(bench.feed(Packet.tcp(Array(octets[52..<58]), at: 1052)) == .duplicate)
    #expect(bench.feed(Packet.tcp(Array(octets[20..<45]), at: 1020)) == .delivered)
    #expect(bench.feed(Packet.tcp([0], at: 999)) == .duplicate)  // keep-alive
    #expect(bench.feed(Packet.tcp([], at: 2000, .fin)) == .noPayload)
    #expect(bench.feed(Packet.tcp(Array(octets[45...]), at: 1045)) == .delivered)
    #expect(bench.payloads == [Self.one, Self.two])
  }

  @Test func takesDataInASyn() {
    var bench = DissectorBench()
    #expect(bench.feed(Packet.tcp(Packet.prefixed(Self.one), at: 7, .syn)) == .delivered)
    #expect(bench.feed(Packet.tcp(Packet.prefixed(Self.one), at: 8)) == .duplicate)
    #expect(bench.feed(Packet.tcp(Packet.prefixed(Self.two), at: 50)) == .delivered)
  }

  @Test func ignoresARepeatedSynAndStartsAgainAtAnother() {
    var bench = open()
    bench.feed(Packet.tcp(Array(Self.stream[..<30]), at: 1000))
    bench.feed(Packet.tcp(at: 999, .syn))
    bench.feed(Packet.tcp(Array(Self.stream[30...]), at: 1030))
    #expect(bench.payloads == [Self.one, Self.two])
    bench.feed(Packet.tcp(at: 1_000_000, .syn))
    bench.feed(Packet.tcp(Self.stream, at: 1_000_001))
    #expect(bench.payloads.count == 4)
    #expect(bench.counters[.tcpStreams] == 2)
  }

  @Test func stopsAtFinAndReset() {
    var bench = open()
    #expect(bench.feed(Packet.tcp(Self.stream, at: 1000, .fin)) == .delivered)
    let end = 1000 + UInt32(Self.stream.count)
    #expect(bench.feed(Packet.tcp(Self.stream, at: 1000, .fin)) == .duplicate)
    #expect(bench.feed(Packet.tcp(Self.stream, at: end + 1)) == .tcpUnsynchronised)
    var early = open()
    // A reset that is not due does not count (RFC 5961); its octets never do.
    #expect(early.feed(Packet.tcp(Self.stream, at: 1001, .reset)) == .noPayload)
    #expect(early.feed(Packet.tcp(Packet.prefixed(Self.one), at: 1000)) == .delivered)
    early.feed(Packet.tcp(at: 1042, .reset))
    #expect(early.feed(Packet.tcp(Packet.prefixed(Self.two), at: 1042)) == .tcpUnsynchronised)
    #expect(early.payloads == [Self.one])
  }

  @Test func closesOnlyWhenEverythingBeforeTheFinIsThere() {
    var bench = open()
    bench.feed(Packet.tcp(Array(Self.stream[100...]), at: 1100, .fin))
    #expect(bench.feed(Packet.tcp(Array(Self.stream[..<100]), at: 1000)) == .delivered)
    #expect(bench.payloads == [Self.one, Self.two])
  }

  @Test func picksUpAStreamWhereAMessageStarts() {
    var bench = DissectorBench()
    let junk = Array(repeating: UInt8(0xEE), count: 200)
    #expect(bench.feed(Packet.tcp(junk, at: 5000)) == .tcpUnsynchronised)
    #expect(bench.feed(Packet.tcp(Array(Self.stream[..<3]), at: 5200)) == .held)
    #expect(bench.feed(Packet.tcp(Array(Self.stream[3..<20]), at: 5203)) == .held)
    #expect(bench.feed(Packet.tcp(Array(Self.stream[20...]), at: 5220)) == .delivered)
    #expect(bench.payloads == [Self.one, Self.two])
    #expect(bench.counters[.tcpPickups] == 1)
    // Once lost, the rest of the segment is lost too.
    #expect(bench.feed(Packet.tcp(junk + Self.stream, at: 5544)) == .tcpUnsynchronised)
    #expect(bench.feed(Packet.tcp(Self.stream, at: 6088)) == .delivered)
  }

  @Test func believesAStreamWhoseSynCameLate() {
    var bench = DissectorBench()
    bench.feed(Packet.tcp(Array(Self.stream[..<10]), at: 1000))
    bench.feed(Packet.tcp(at: 999, .syn))
    // Not a DNS message, so only a believed stream delivers it.
    bench.feed(Packet.tcp(Array(Self.stream[10...]) + [0, 2, 7, 7], at: 1010))
    #expect(bench.payloads == [Self.one, Self.two, [7, 7]])
  }

  @Test func passesOverEmptyMessages() {
    var bench = open()
    #expect(bench.feed(Packet.tcp([0, 0, 0], at: 1000)) == .held)
    #expect(bench.feed(Packet.tcp([0], at: 1003)) == .noPayload)
    #expect(bench.feed(Packet.tcp([0, 0] + Self.stream, at: 1004)) == .delivered)
    #expect(bench.payloads == [Self.one, Self.two])
  }

  @Test func deliversTheLongestMessage() {
    let longest = Packet.message(id: 9, count: 65_535)
    let octets = Packet.prefixed(longest) + Packet.prefixed(Self.one)
    var bench = open()
    for offset in stride(from: 0, to: octets.count, by: 1460) {
      let end = min(offset + 1460, octets.count)
      bench.feed(Packet.tcp(Array(octets[offset..<end]), at: 1000 + UInt32(offset)))
    }
    #expect(bench.payloads == [longest, Self.one])
  }

  @Test func givesAHoleUpWhenTooMuchWaitsBehindIt() {
    var bench = open()
    let message = Packet.prefixed(Packet.message(id: 6, count: 998))
    for index in 1...70 {
      bench.feed(Packet.tcp(message, at: 1000 + UInt32(index * 1000)))
    }
    #expect(bench.counters[.tcpGaps] == 1)
    #expect(bench.counters[.tcpPickups] == 1)
    #expect(bench.payloads.count == 70)
    #expect(bench.feed(Packet.tcp(message, at: 1000)) == .duplicate)
  }

  @Test func deliversBehindHolesAtTheEndWithTheTimeOfTheSegment() {
    var bench = open()
    bench.feed(Packet.tcp(Packet.prefixed(Self.one), at: 1100), seconds: 5)
    bench.feed(Packet.tcp(Packet.prefixed(Self.two), at: 1500), seconds: 6)
    #expect(bench.payloads.isEmpty)
    bench.finish()
    #expect(bench.payloads == [Self.one, Self.two])
    #expect(bench.collector.payloads.map(\.time) == [5_000_000_000, 6_000_000_000])
    #expect(bench.counters[.tcpGaps] == 2)
    #expect(bench.counters.frames(.held) == 2)
  }

  @Test func forgetsIdleStreams() {
    var bench = open()
    bench.feed(Packet.tcp(Array(Self.stream[..<30]), at: 1000), seconds: 10)
    bench.feed(Packet.tcp(at: 1, .syn, to: 50_001), seconds: 71)
    #expect(bench.counters[.tcpIdle] == 1)
    #expect(bench.counters[.tcpUnfinished] == 1)
    #expect(bench.feed(Packet.tcp(Array(Self.stream[30...]), at: 1030)) != .delivered)
  }

  @Test func startsAgainFarAwayInTheSequence() {
    var bench = open()
    #expect(bench.feed(Packet.tcp(Self.stream, at: 1000 &+ 3 << 20)) == .delivered)
    #expect(bench.feed(Packet.tcp(Self.stream, at: 4_000_000_000)) == .delivered)
    #expect(bench.payloads.count == 4)
  }

  @Test func refusesImpossibleHeaders() {
    var bench = DissectorBench()
    for offset: UInt8 in [0x40, 0x60, 0xF0] {
      var frame = Packet.tcp(at: 1)
      frame[32] = offset
      #expect(bench.feed(frame) == .badTCPHeader)
    }
    #expect(bench.feed(Packet.ipv4([0, 53, 0, 53, 1, 2, 3, 4], proto: 6)) == .shortHeader)
    #expect(bench.feed(Packet.tcp(Self.stream, at: 1, from: 80)) == .otherPort)
  }

  @Test func evictsTheOldestOfTooManyStreams() {
    var bench = DissectorBench()
    let extra = 1000
    for index in 0..<CaptureLimits.streamsMax + extra {
      let (host, port) = (index / 30_000, index % 30_000)
      bench.feed(
        Packet.tcp(at: 9, .syn, from: UInt16(53), to: UInt16(20_000 + port)).with(host: host))
    }
    #expect(bench.counters[.tcpEvicted] == UInt64(extra))
    bench.feed(Packet.tcp(Self.stream, at: 10, to: 20_000 + UInt16(extra)).with(host: 0))
    #expect(bench.payloads.count == 2)
    #expect(bench.counters[.tcpPickups] == 0)
    bench.finish()
    #expect(bench.counters[.tcpIdle] == 0)
  }

  @Test func staysWithinItsMemoryUnderHalfMessages() {
    var bench = DissectorBench()
    // A message that never ends on each of 2,000 streams: 120 MB offered.
    let part = big(UInt16(65_000)) + Array(repeating: UInt8(1), count: 59_998)
    for index in 0..<2000 {
      let port = UInt16(2000 + index)
      bench.feed(Packet.tcp(at: 9, .syn, to: port))
      bench.feed(Packet.tcp(part, at: 10, to: port))
    }
    let kept = CaptureLimits.streamsOctetsMax / 60_000
    #expect(bench.counters[.tcpEvicted] == UInt64(2000 - kept))
    #expect(bench.counters[.tcpUnfinished] == UInt64(2000 - kept))
  }

  @Test func chargesTinySegmentsForTheirBookkeeping() {
    var bench = open()
    for index in 0..<4000 { bench.feed(Packet.tcp([0], at: 1001 + 2 * UInt32(index))) }
    let perHole = 1 + CaptureLimits.bookkeepingOctets
    #expect(bench.counters[.tcpGaps] == UInt64(4000 - CaptureLimits.streamOctetsMax / perHole))
  }
}

extension [UInt8] {
  /// The IPv4 packet with another source address out of 192.0.2.0/24.
  func with(host: Int) -> [UInt8] {
    var packet = self
    packet.replaceSubrange(12..<16, with: [192, 0, 2, UInt8(truncatingIfNeeded: host)])
    return packet
  }
}
