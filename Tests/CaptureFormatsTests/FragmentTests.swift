import CaptureFormats
import Testing
import TidemarkTesting

struct FragmentTests {
  private let message = Packet.message(id: 3, count: 2000)
  private var datagram: [UInt8] { Packet.udp(message) }

  /// The datagram in IPv4 pieces of `size` octets.
  private func pieces(
    of datagram: [UInt8], size: Int = 504, id: UInt16 = 1
  ) -> [[UInt8]] {
    stride(from: 0, to: datagram.count, by: size).map { start in
      let end = min(start + size, datagram.count)
      return Packet.ipv4(
        Array(datagram[start..<end]), id: id, offset: start, more: end < datagram.count)
    }
  }

  @Test func reassemblesInAnyOrder() {
    let pieces = pieces(of: datagram)
    #expect(pieces.count == 4)
    for seed in UInt64(0)..<24 {
      var generator = SeededGenerator(seed: seed)
      var bench = DissectorBench()
      let order = pieces.shuffled(using: &generator)
      let outcomes = order.enumerated().map { bench.feed($1, seconds: Double($0)) }
      #expect(outcomes == [.held, .held, .held, .delivered], "seed \(seed)")
      #expect(bench.payloads == [message])
      #expect(bench.collector.payloads.first?.time == 3_000_000_000)
    }
  }

  @Test func verifiesTheChecksumOfTheWhole() {
    var damaged = datagram
    damaged[1500] ^= 1
    var bench = DissectorBench()
    let outcomes = pieces(of: damaged).map { bench.feed($0) }
    #expect(outcomes.last == .badChecksum)
  }

  @Test func ignoresACopyOfAFragment() {
    let pieces = pieces(of: datagram)
    var bench = DissectorBench()
    bench.feed(pieces[1])
    #expect(bench.feed(pieces[1]) == .duplicate)
    bench.feed(pieces[0])
    bench.feed(pieces[2])
    #expect(bench.feed(pieces[3]) == .delivered)
  }

  @Test func rejectsTheWholeDatagramOnOverlap() {
    let pieces = pieces(of: datagram)
    let overlap = Packet.ipv4(Array(datagram[496..<1000]), offset: 496, more: true)
    var changed = pieces[1]
    changed[40] ^= 1
    let longer = Packet.ipv4(Array(datagram[504..<1016]), offset: 504, more: true)
    let beyondEnd = Packet.ipv4([1, 2, 3], offset: 4000)
    for intruder in [overlap, changed, longer] {
      var bench = DissectorBench()
      bench.feed(pieces[1])
      #expect(bench.feed(intruder) == .fragmentOverlap)
      for piece in pieces { #expect(bench.feed(piece) == .fragmentOverlap) }
      bench.finish()
      #expect(bench.payloads.isEmpty)
    }
    var twoEnds = DissectorBench()
    twoEnds.feed(pieces[3])
    #expect(twoEnds.feed(beyondEnd) == .fragmentOverlap)
    var behindEnd = DissectorBench()
    behindEnd.feed(Packet.ipv4([1, 2, 3], offset: 504))
    #expect(behindEnd.feed(pieces[2]) == .fragmentOverlap)
  }

  @Test func forgetsAfterThirtySecondsOfPacketTime() {
    let pieces = pieces(of: datagram)
    var bench = DissectorBench()
    for piece in pieces[..<3] { bench.feed(piece, seconds: 100) }
    #expect(bench.feed(pieces[3], seconds: 130.5) == .held)
    #expect(bench.counters[.datagramsExpired] == 1)
    for piece in pieces[..<2] { bench.feed(piece, seconds: 131) }
    #expect(bench.feed(pieces[2], seconds: 160.5) == .delivered)
    bench.feed(pieces[0], seconds: 200)
    // A clock that jumps back is as far away as one that jumps ahead.
    #expect(bench.feed(pieces[1], seconds: 100) == .held)
    #expect(bench.counters[.datagramsExpired] == 2)
    bench.finish()
    #expect(bench.counters[.datagramsExpired] == 3)
  }

  @Test func keepsDatagramsApart() {
    var bench = DissectorBench()
    let first = pieces(of: datagram, id: 1)
    let second = pieces(of: Packet.udp(Packet.message(id: 4, count: 2000)), id: 2)
    for (one, other) in zip(first, second) {
      bench.feed(one)
      bench.feed(other)
    }
    #expect(bench.payloads == [message, Packet.message(id: 4, count: 2000)])
  }

  @Test func stopsCollectingWhatIsNotDNS() {
    let pieces = pieces(of: Packet.udp(message, from: 123, to: 123))
    var bench = DissectorBench()
    #expect(bench.feed(pieces[1]) == .held)
    #expect(bench.feed(pieces[0]) == .otherPort)
    #expect(bench.feed(pieces[2]) == .otherPort)
    #expect(bench.feed(pieces[3]) == .otherPort)
    #expect(
      bench.feed(Packet.ipv4([0, 0, 0, 0, 0, 0, 0, 0], proto: 1, more: true)) == .otherProtocol)
  }

  @Test func refusesTheSixtyFifthFragment() {
    var bench = DissectorBench()
    for index in 1...64 {
      let piece = Array(repeating: UInt8(index), count: 8)
      #expect(bench.feed(Packet.ipv4(piece, offset: 8 * index, more: true)) == .held)
    }
    let last = Packet.ipv4([1], offset: 8 * 65)
    #expect(bench.feed(last) == .fragmentLimit)
  }

  @Test func refusesImpossibleFragments() {
    var bench = DissectorBench()
    #expect(bench.feed(Packet.ipv4([1, 2, 3], offset: 8, more: true)) == .badFragment)
    #expect(bench.feed(Packet.ipv4([], offset: 8)) == .badFragment)
    let far = Packet.ipv4(Array(repeating: 0, count: 16), offset: 65_528)
    #expect(bench.feed(far) == .badFragment)
  }

  @Test func reassemblesIPv6WithHeadersInsideTheFragments() {
    let udp = Packet.udp(message, source: Packet.server6, destination: Packet.client6)
    let inner = [17, 0, 0, 0, 0, 0, 0, 0] + udp
    for (body, next) in [(udp, UInt8(17)), (inner, 60)] {
      var bench = DissectorBench()
      // Only the first fragment's next header counts (RFC 8200 section 4.5).
      #expect(
        bench.feed(Packet.fragment6(Array(body[1000...]), next: 6, offset: 1000, more: false))
          == .held)
      let first = Packet.fragment6(Array(body[..<1000]), next: next, offset: 0, more: true)
      #expect(bench.feed(first) == .delivered)
      #expect(bench.payloads == [message])
    }
  }

  @Test func refusesFragmentsOfFragments() {
    let options: [UInt8] = [44, 0, 0, 0, 0, 0, 0, 0]
    let inner = [17, 0, 0, 1] + big(UInt32(9)) + Array(repeating: UInt8(0), count: 24)
    let nested = options + inner
    var bench = DissectorBench()
    bench.feed(Packet.fragment6(Array(nested[..<16]), next: 60, offset: 0, more: true))
    #expect(
      bench.feed(Packet.fragment6(Array(nested[16...]), next: 60, offset: 16, more: false))
        == .tooDeep)
  }

  @Test func staysWithinItsMemory() {
    var bench = DissectorBench()
    let piece = Array(repeating: UInt8(0), count: 1480)
    for index in 0..<20_000 {
      let id = UInt16(truncatingIfNeeded: index)
      bench.feed(Packet.ipv4(piece, id: id, offset: 1480, more: true))
    }
    let charged = piece.count + 5 * CaptureLimits.bookkeepingOctets
    let kept = CaptureLimits.fragmentOctetsMax / charged
    #expect(bench.counters[.datagramsEvicted] == UInt64(20_000 - kept))
    for index in 0..<20_000 {
      bench.feed(
        Packet.ipv4([0, 0, 0, 0, 0, 0, 0, 0], id: UInt16(index), offset: 8, more: true),
        seconds: 100)
    }
    bench.finish()
    let gone = bench.counters[.datagramsEvicted] + bench.counters[.datagramsExpired]
    #expect(gone == 40_000)
    #expect(bench.counters[.held] == 40_000)
  }
}
