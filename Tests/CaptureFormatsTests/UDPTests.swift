import CaptureFormats
import Testing

struct UDPTests {
  private let message = Packet.message(id: 1)

  @Test func deliversQueriesAndResponsesWithTheirFlow() throws {
    var bench = DissectorBench()
    let query = Packet.udp(
      message, from: 40_000, to: 53, source: Packet.client, destination: Packet.server)
    bench.feed(
      Packet.ipv4(query, source: Packet.client, destination: Packet.server), seconds: 2.5)
    bench.feed(Packet.ipv4(Packet.udp(message)), seconds: 3)
    #expect(bench.collector.payloads.count == 2)
    let flow = Flow(
      source: FlowAddress(ipv4: 0xC000_020A), destination: FlowAddress(ipv4: 0xC633_6435),
      sourcePort: 40_000, destinationPort: 53, transport: .udp)
    #expect(bench.collector.payloads[0].flow == flow)
    #expect(bench.collector.payloads[0].time == 2_500_000_000)
    #expect(bench.collector.payloads[1].flow == flow.reversed)
    #expect(flow.source.ipv4 == 0xC000_020A)
  }

  @Test func givesIPv6AddressesInNetworkOrder() {
    var bench = DissectorBench()
    bench.feed(
      Packet.ipv6(
        Packet.udp(message, source: Packet.server6, destination: Packet.client6)))
    #expect(
      bench.collector.payloads.first?.flow.source
        == FlowAddress(high: 0x2001_0DB8_0000_0000, low: 53))
    #expect(bench.collector.payloads.first?.flow.source.ipv4 == nil)
  }

  @Test func looksAtConfiguredPortsOnly() {
    var bench = DissectorBench(FrameDissector(ports: DNSPorts([53, 8053, 5353])))
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, from: 8053))) == .delivered)
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, from: 5353, to: 5353))) == .otherPort)
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, from: 54, to: 5355))) == .otherPort)
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, from: 853))) == .blind853)
    #expect(bench.feed(Packet.tcp(at: 1, from: 9, to: 853)) == .blind853)
    // A resolver may pick 5353 as its source port.
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, from: 53, to: 5353))) == .delivered)
  }

  @Test(arguments: [[224, 0, 0, 251], [239, 255, 255, 255]] as [[UInt8]])
  func dropsResponsesToMulticast(group: [UInt8]) {
    var bench = DissectorBench()
    let frame = Packet.ipv4(Packet.udp(message, destination: group), destination: group)
    #expect(bench.feed(frame) == .multicastResponse)
    let group6: [UInt8] = [0xFF, 2] + Array(repeating: 0, count: 13) + [0xFB]
    let datagram = Packet.udp(message, source: Packet.server6, destination: group6)
    #expect(bench.feed(Packet.ipv6(datagram, destination: group6)) == .multicastResponse)
    let near: [UInt8] = [223, 255, 255, 255]
    let unicast = Packet.ipv4(Packet.udp(message, destination: near), destination: near)
    #expect(bench.feed(unicast) == .delivered)
  }

  @Test(arguments: [12, 13, 40, 41, 42, 43, 44, 45, 46, 47, 511, 1472])
  func dropsAResponseWithOneWrongBit(count: Int) {
    let good = Packet.ipv4(Packet.udp(Packet.message(id: 5, count: count)))
    var bench = DissectorBench()
    #expect(bench.feed(good) == .delivered)
    for octet in [12, 16, 20, 23, 26, 28, good.count - 1] {
      var bad = good
      bad[octet] ^= octet < 24 ? 0 : 1
      // Addresses and ports belong to the sum too.
      if octet < 20 { bad[octet] ^= 2 }
      guard bad != good else { continue }
      #expect(bench.feed(bad) == .badChecksum, "octet \(octet)")
    }
  }

  @Test func excusesChecksumsThatSayNothing() {
    var bench = DissectorBench()
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, checksum: 0))) == .delivered)
    let bare = Packet.udp(
      message, source: Packet.server6, destination: Packet.client6, checksum: 0)
    #expect(bench.feed(Packet.ipv6(bare)) == .delivered)
    let pseudo = checksum(
      Packet.server + Packet.client + [0, 17] + big(UInt16(8 + message.count)))
    #expect(bench.counters[.checksumsExcused] == 0)
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, checksum: pseudo))) == .delivered)
    #expect(bench.counters[.checksumsExcused] == 1)
    #expect(bench.feed(Packet.ipv4(Packet.udp(message, checksum: pseudo + 1))) == .badChecksum)
  }

  @Test func verifiesOnlyWhatCameOverTheNetworkAndCarriesAnswers() {
    var bench = DissectorBench()
    let query = Packet.udp(message, from: 40_000, to: 53, checksum: 1)
    #expect(bench.feed(Packet.ipv4(query)) == .delivered)
    let local: [UInt8] = [127, 0, 0, 1]
    let toItself = Packet.ipv4(
      Packet.udp(message, checksum: 1), source: local, destination: local)
    #expect(bench.feed(toItself) == .delivered)
    let bad = Packet.ipv4(Packet.udp(message, checksum: 1))
    let rest: [UInt8] = Array(repeating: 0, count: 12)
    #expect(bench.feed([0, 4] + rest + [8, 0] + bad, link: .linuxSLL) == .delivered)
    #expect(bench.feed([0, 0] + rest + [8, 0] + bad, link: .linuxSLL) == .badChecksum)
    var trusting = DissectorBench(FrameDissector(verifiesChecksums: false))
    #expect(trusting.feed(bad) == .delivered)
  }

  @Test func dropsCutPacketsButNotCutPadding() {
    var bench = DissectorBench()
    let frame = Packet.ethernet(0x0800, Packet.ipv4(Packet.udp(message)))
    let padded = frame + [0, 0, 0, 0]
    #expect(bench.feed(padded, link: .ethernet, cutFrom: padded.count + 60) == .delivered)
    #expect(bench.feed(frame.dropLast(), link: .ethernet, cutFrom: frame.count) == .cutShort)
    #expect(bench.feed(frame.dropLast(), link: .ethernet) == .shortPacket)
  }

  @Test func stripsTheCheckSequenceWhereNoLengthTellsItApart() {
    // Total length zero: the packet fills the frame.
    var packet = Packet.ipv4(Packet.udp(message))
    packet.replaceSubrange(2..<4, with: [0, 0])
    packet.replaceSubrange(24..<26, with: [0, 0])
    packet.replaceSubrange(26..<28, with: [0, 0])
    var bench = DissectorBench()
    let frame = Packet.ethernet(0x0800, packet)
    #expect(bench.feed(frame + [1, 2, 3, 4], link: .ethernet, check: 4) == .delivered)
    #expect(
      bench.feed(frame + [1], link: .ethernet, cutFrom: frame.count + 4, check: 4) == .delivered)
    #expect(bench.feed(frame, link: .ethernet, cutFrom: frame.count + 4, check: 4) == .delivered)
    #expect(bench.payloads == [message, message, message])
    #expect(
      bench.feed(frame.dropLast(), link: .ethernet, cutFrom: frame.count + 4, check: 4)
        == .cutShort)
    #expect(bench.feed([1, 2], link: .ethernet, check: 200) == .shortHeader)
  }

  @Test func refusesImpossibleLengths() {
    var bench = DissectorBench()
    for length: UInt16 in [1, 7, 49, 65_535] {
      var datagram = Packet.udp(message, checksum: 0)
      datagram.replaceSubrange(4..<6, with: big(length))
      #expect(bench.feed(Packet.ipv4(datagram)) == .badUDPHeader)
    }
    #expect(bench.feed(Packet.ipv4(Packet.udp([]))) == .noPayload)
    #expect(bench.feed(Packet.ipv4([0, 53, 0, 53])) == .shortHeader)
  }

  @Test func dropsFramesWithoutUsableTime() {
    var dissector = FrameDissector()
    var collector = PayloadCollector()
    let frame = Packet.ipv4(Packet.udp(message))
    let bytes = unsafe frame.span.bytes
    for time in [nil, -1, Int64.min] {
      let outcome = dissector.dissect(
        bytes, linkType: .raw, time: time, originalLength: frame.count, handler: &collector)
      #expect(outcome == .noTime)
    }
    let last = dissector.dissect(
      bytes, linkType: .raw, time: .max, originalLength: frame.count, handler: &collector)
    #expect(last == .delivered)
    #expect(dissector.counters.reasons.map(\.name) == ["delivered", "noTime"])
    #expect(dissector.counters.reasons.map(\.count) == [1, 3])
  }
}
