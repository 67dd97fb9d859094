import CaptureFormats
import Testing

/// Every way in which a frame may lead to an IP packet.
struct LinkLayerTests {
  private static let message = Packet.message(id: 1)
  private static let ip = Packet.ipv4(Packet.udp(message))
  private static let ip6 = Packet.ipv6(
    Packet.udp(message, source: Packet.server6, destination: Packet.client6))

  /// Frames that must deliver the message, by what they are.
  static let good: [(String, LinkType, [UInt8])] = [
    ("Ethernet", .ethernet, Packet.ethernet(0x0800, ip)),
    ("Ethernet, IPv6, padding", .ethernet, Packet.ethernet(0x86DD, ip6) + [0, 0, 0]),
    ("8 VLAN tags", .ethernet, Packet.ethernet(0x8100, tags(7, 0x88A8) + [0, 5, 8, 0] + ip)),
    ("0x9200 and 0x9300", .ethernet, Packet.ethernet(0x9200, [0, 1, 0x93, 0, 0, 2, 8, 0] + ip)),
    ("MPLS", .ethernet, Packet.ethernet(0x8848, [0, 1, 0, 64, 0, 1, 1, 64] + ip6)),
    ("PPPoE", .ethernet, Packet.ethernet(0x8864, pppoe + [0, 0x21] + ip)),
    ("PPPoE, short protocol", .ethernet, Packet.ethernet(0x8864, pppoe + [0x57] + ip6)),
    ("SNAP", .ethernet, snap(length: UInt16(8 + ip.count)) + ip + [0xFF]),
    ("SNAP behind a VLAN tag", .ethernet, Packet.ethernet(0x8100, [0, 5, 0, 90] + llc + ip)),
    ("bridge tunnelling", .ethernet, Packet.ethernet(200, [0xAA, 0xAA, 3, 0, 0, 0xF8, 8, 0] + ip)),
    ("raw", .raw, ip6), ("raw 12", .rawBSD, ip), ("raw 14", .rawOpenBSD, ip),
    ("raw 228", .ipv4, ip), ("raw 229", .ipv6, ip6),
    ("loopback, little-endian", .null, [2, 0, 0, 0] + ip),
    ("loopback, big-endian", .null, [0, 0, 0, 30] + ip6),
    ("OpenBSD loopback", .loop, [0, 0, 0, 24] + ip6),
    ("cooked", .linuxSLL, cooked + [8, 0] + ip),
    ("cooked, VLAN", .linuxSLL, cooked + [0x81, 0, 0, 5, 8, 0] + ip),
    ("cooked, 802.2", .linuxSLL, cooked + [0, 4] + llc + ip),
    ("cooked 2", .linuxSLL2, [0x86, 0xDD] + Array(repeating: 0, count: 18) + ip6),
    ("PPP", .ppp, [0, 0x21] + ip), ("PPP, full", .ppp, [0xFF, 3, 0, 0x57] + ip6),
    ("PPP HDLC is Cisco", .pppHDLC, [0x0F, 0, 8, 0] + ip),
    ("PPPoE alone", .pppoe, pppoe + [0, 0x21] + ip),
    ("Cisco HDLC", .ciscoHDLC, [0x8F, 0, 0x86, 0xDD] + ip6),
    ("netfilter log", .nflog, [2, 0, 0, 0, 5, 0, 10, 0, 1, 0, 0, 0] + nflog(isBig: false)),
    ("netfilter log, big-endian", .nflog, [2, 0, 0, 0] + nflog(isBig: true)),
    ("pf log", .pflog, [61] + Array(repeating: 0, count: 63) + ip),
    ("PPI", .ppi, [0, 0, 8, 0] + little(UInt32(1)) + Packet.ethernet(0x0800, ip)),
    ("802.11", .ieee80211, wlan + llc + ip),
    ("802.11, quality of service, 4 addresses", .ieee80211, wlanLong + llc + ip),
    ("radiotap", .radiotap, [0, 0, 8, 0, 0, 0, 0, 0] + wlan + llc + ip),
    ("radiotap, time, check sequence", .radiotap, radiotap + wlan + llc + ip + [1, 2, 3, 4]),
    ("prism", .prism, Array(repeating: 0, count: 144) + wlan + llc + ip),
    ("prism, AVS", .prism, [0x80, 0x21, 0, 1, 0, 0, 0, 8] + wlan + llc + ip),
    ("AVS", .avs, [0x80, 0x21, 0, 1, 0, 0, 0, 8] + wlan + llc + ip),
    (
      "IP in IP in IP in IP in IP", .raw,
      (0..<4).reduce(ip) { inner, _ in
        Packet.ipv4(inner, proto: 4)
      }
    ),
    ("IPv6 in IPv4", .raw, Packet.ipv4(ip6, proto: 41)),
    ("GRE", .raw, Packet.ipv4([0, 0, 8, 0] + ip, proto: 47)),
    ("GRE, all options", .raw, Packet.ipv4([0xB0, 0, 0x86, 0xDD] + zeros(12) + ip6, proto: 47)),
    (
      "GRE, Ethernet", .raw,
      Packet.ipv4([0, 0, 0x65, 0x58] + Packet.ethernet(0x0800, ip), proto: 47)
    ),
    ("PPTP", .raw, Packet.ipv4([0x30, 0x81, 0x88, 0x0B] + zeros(12) + [0x21] + ip, proto: 47)),
    (
      "IPv6 extension headers", .raw,
      Packet.ipv6(
        [60, 0] + zeros(6) + [43, 1] + zeros(14) + [51, 0] + zeros(6) + [17, 1] + zeros(10) + udp6,
        next: 0)
    ),
    ("atomic fragment", .raw, Packet.fragment6(udp6, offset: 0, more: false)),
  ]

  private static let udp6 = Packet.udp(
    message, source: Packet.server6, destination: Packet.client6)
  private static let pppoe: [UInt8] = [0x11, 0, 0, 7, 0, 0]
  private static let llc: [UInt8] = [0xAA, 0xAA, 3, 0, 0, 0, 8, 0]
  private static let cooked: [UInt8] = zeros(14)
  private static let wlan: [UInt8] = [8, 2] + zeros(22)
  private static let wlanLong: [UInt8] = [0x88, 3] + zeros(30)
  /// Presence word with time and flags, flags with the bit for a check sequence.
  private static let radiotap: [UInt8] = [0, 0, 17, 0, 3, 0, 0, 0] + zeros(8) + [0x10]

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  private static func tags(_ count: Int, _ next: UInt16) -> [UInt8] {
    (0..<count).flatMap { _ in [0, 5] + big(next) }
  }

  private static func snap(length: UInt16) -> [UInt8] {
    Packet.ethernet(length, llc)
  }

  private static func nflog(isBig: Bool) -> [UInt8] {
    let words = [UInt16(4 + ip.count), 9]
    return words.flatMap { isBig ? big($0) : little($0) } + ip
  }

  @Test(arguments: good)
  func findsTheMessage(in name: String, _ link: LinkType, _ frame: [UInt8]) {
    var bench = DissectorBench()
    #expect(bench.feed(frame, link: link) == .delivered, "\(name)")
    #expect(bench.payloads == [Self.message])
  }

  @Test(arguments: good)
  func neverTrapsOnAShorterFrame(of name: String, _ link: LinkType, _ frame: [UInt8]) {
    for length in 0..<frame.count {
      var bench = DissectorBench()
      bench.feed(Array(frame[..<length]), link: link)
      var cut = DissectorBench()
      let outcome = cut.feed(Array(frame[..<length]), link: link, cutFrom: frame.count)
      #expect(outcome != .shortHeader && outcome != .shortPacket, "\(name) cut at \(length)")
    }
  }

  /// Frames that must deliver nothing, and why.
  static let bad: [(LinkType, [UInt8], FrameOutcome)] = [
    (.ethernet, Packet.ethernet(0x0806, zeros(28)), .notIP),
    (.ethernet, Packet.ethernet(0x8100, tags(8, 0x8100) + [0, 5, 8, 0] + ip), .tooDeep),
    (.ethernet, Packet.ethernet(0x8847, zeros(8 * 4) + ip), .tooDeep),
    (.ethernet, Packet.ethernet(0x8847, [0, 1, 1, 64, 0, 0, 0, 0] + ip), .notIP),
    (.ethernet, Packet.ethernet(0x8864, [0x11, 9, 0, 7, 0, 0] + [0, 0x21] + ip), .notIP),
    (.ethernet, Packet.ethernet(100, [0x42, 0x42, 3] + ip), .notIP),
    (.ethernet, Packet.ethernet(30, llc + ip), .shortPacket),
    (.ethernet, zeros(13), .shortHeader),
    (.null, [7, 0, 0, 0] + ip, .notIP),
    (.ppp, [0xC0, 0x21] + ip, .notIP),
    (.nflog, [2, 0, 0, 0, 3, 0, 9, 0] + ip, .shortHeader),
    (.nflog, [2, 0, 0, 0], .notIP),
    (.ppi, [0, 0, 7, 0] + little(UInt32(1)) + ip, .shortHeader),
    (.ppi, [0, 0, 8, 0] + little(UInt32(192)) + ip, .shortHeader),
    (.ieee80211, [8, 0x42] + zeros(22) + llc + ip, .notIP),
    (.ieee80211, [0x80, 0] + zeros(22) + llc + ip, .notIP),
    (LinkType(rawValue: 147), ip, .unsupportedLink), (.undeclared, ip, .unsupportedLink),
    (.raw, [0x50] + ip.dropFirst(), .badIPHeader), (.raw, [0x44] + ip.dropFirst(), .badIPHeader),
    (.raw, Array(ip[..<2]) + [0, 19] + ip[4...], .badIPHeader),
    (.raw, Array(ip.dropLast()), .shortPacket),
    (.raw, (0..<5).reduce(ip) { inner, _ in Packet.ipv4(inner, proto: 4) }, .tooDeep),
    (.raw, Packet.ipv4(zeros(8), proto: 1), .otherProtocol),
    (.raw, Packet.ipv4([0x40, 0, 8, 0] + ip, proto: 47), .otherProtocol),
    (.raw, Packet.ipv6((0..<16).flatMap { _ in [0, 0] + zeros(6) } + udp6, next: 0), .tooDeep),
    (.raw, Packet.ipv6([17, 200] + zeros(6) + udp6, next: 0), .shortHeader),
    (.raw, [], .shortHeader),
  ]

  @Test(arguments: bad)
  func saysWhyNot(_ link: LinkType, _ frame: [UInt8], _ expected: FrameOutcome) {
    var bench = DissectorBench()
    #expect(bench.feed(frame, link: link) == expected)
    #expect(bench.payloads.isEmpty)
    #expect(bench.counters[expected] == 1)
    #expect(bench.counters.frames == 1)
  }

  @Test func followsTunnelsOnlyWhenAsked() {
    var closed = DissectorBench(FrameDissector(tunnels: []))
    #expect(closed.feed(Packet.ipv4(Self.ip, proto: 4)) == .otherProtocol)
    let vxlan = Packet.ipv4(
      Packet.udp(Self.zeros(8) + Packet.ethernet(0x0800, Self.ip), from: 9999, to: 4789))
    let geneve = Packet.ipv4(
      Packet.udp([1, 0, 8, 0] + Self.zeros(8) + Self.ip, from: 9999, to: 6081))
    let mirror = Packet.ipv4(
      [0x10, 0, 0x88, 0xBE] + Self.zeros(12) + Packet.ethernet(0x0800, Self.ip), proto: 47)
    var standard = DissectorBench()
    #expect(standard.feed(vxlan) == .otherPort)
    #expect(standard.feed(geneve) == .otherPort)
    #expect(standard.feed(mirror) == .notIP)
    var open = DissectorBench(FrameDissector(tunnels: [.ip, .mirrors]))
    for frame in [vxlan, geneve, mirror] { #expect(open.feed(frame) == .delivered) }
    #expect(open.payloads == [Self.message, Self.message, Self.message])
  }
}
