/// Link-layer headers. Numbers are those of the tcpdump.org link type registry and of the IEEE
/// EtherType registry.
extension FrameWalk {
  private enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let ipv6: UInt16 = 0x86DD
    static let transparentBridging: UInt16 = 0x6558
    static let mplsUnicast: UInt16 = 0x8847
    static let mplsMulticast: UInt16 = 0x8848
    static let pppoeSession: UInt16 = 0x8864
    /// 802.1Q, 802.1ad and three vendors' forms of double tagging.
    static let vlan: [UInt16] = [0x8100, 0x88A8, 0x9100, 0x9200, 0x9300]
    /// Values below are 802.3 lengths.
    static let least: UInt16 = 1536
  }

  mutating func enterLink(_ link: LinkType, _ bytes: RawSpan) throws(Stop) -> Layer {
    switch link {
    case .ethernet: return .ethernet
    case .raw, .ipv4, .ipv6, .rawBSD, .rawOpenBSD: return .ip
    case .null, .loop: return try enterLoopback(bytes)
    case .linuxSLL: return try enterCooked(bytes, typeAt: 1, protocolAt: 14, headerOctets: 16)
    case .linuxSLL2: return try enterCooked(bytes, typeAt: 10, protocolAt: 0, headerOctets: 20)
    case .ppp, .pppHDLC: return try enterPPPLink(bytes)
    case .pppoe: return .pppoe
    case .ciscoHDLC: return try enterCiscoHDLC(bytes)
    case .nflog: return try enterNFLog(bytes)
    case .pflog: return try enterPFLog(bytes)
    case .ppi: return try enterPPI(bytes)
    case .ieee80211, .radiotap, .prism, .avs: return try enterRadio(link, bytes)
    default: throw Stop(.unsupportedLink)
    }
  }

  @inline(__always)
  mutating func enterEthernet(_ bytes: RawSpan) throws(Stop) -> Layer {
    let type = try u16(bytes, 12)
    at += 14
    if type >= EtherType.least { return .etherType(type) }
    // The length leaves out the padding of short frames.
    end = min(end, at + Int(type))
    return .logicalLink
  }

  mutating func enterLogicalLink(_ bytes: RawSpan) throws(Stop) -> Layer {
    guard try u32(bytes, 0) >> 8 == 0xAAAA03 else { throw Stop(.notIP) }
    // Organisation code 0 is RFC 1042, 0000f8 is bridge tunnelling (802.1H).
    let organisation = try u32(bytes, 3) >> 8
    guard organisation == 0 || organisation == 0xF8 else { throw Stop(.notIP) }
    let type = try u16(bytes, 6)
    at += 8
    return .etherType(type)
  }

  @inline(__always)
  mutating func enterEtherType(_ type: UInt16, _ bytes: RawSpan) throws(Stop) -> Layer {
    if type == EtherType.ipv4 || type == EtherType.ipv6 { return .ip }
    return try enterRareEtherType(type, bytes)
  }

  private mutating func enterRareEtherType(
    _ type: UInt16, _ bytes: RawSpan
  ) throws(Stop) -> Layer {
    switch type {
    case _ where EtherType.vlan.contains(type):
      tags += 1
      guard tags <= CaptureLimits.tagsMax else { throw Stop(.tooDeep) }
      let inner = try u16(bytes, 2)
      at += 4
      return inner >= EtherType.least ? .etherType(inner) : .logicalLink
    case EtherType.mplsUnicast, EtherType.mplsMulticast: return try enterMPLS(bytes)
    case EtherType.pppoeSession: return .pppoe
    case EtherType.transparentBridging: return try enterTunnel(.ethernet)
    default: throw Stop(.notIP)
    }
  }

  /// Label stack entries up to the one with the bottom-of-stack bit (RFC 3032). Pseudowires start
  /// with a control word whose first nibble is neither 4 nor 6 and are not followed.
  private mutating func enterMPLS(_ bytes: RawSpan) throws(Stop) -> Layer {
    for _ in 0..<CaptureLimits.tagsMax {
      let isBottom = try u32(bytes, 0) & 0x100 != 0
      at += 4
      guard isBottom else { continue }
      let version = try u8(bytes, 0) >> 4
      guard version == 4 || version == 6 else { throw Stop(.notIP) }
      return .ip
    }
    throw Stop(.tooDeep)
  }

  /// Six octets of session header (RFC 2516), then PPP. Discovery has no session code 0.
  mutating func enterPPPoE(_ bytes: RawSpan) throws(Stop) -> Layer {
    guard try u8(bytes, 1) == 0 else { throw Stop(.notIP) }
    try skip(6)
    return .ppp
  }

  /// A protocol number of two octets, or of one when it is odd (RFC 1661 section 6.5).
  mutating func enterPPP(_ bytes: RawSpan) throws(Stop) -> Layer {
    let first = try u8(bytes, 0)
    let isCompressed = first & 1 == 1
    let number = isCompressed ? UInt16(first) : try u16(bytes, 0)
    at += isCompressed ? 1 : 2
    guard number == 0x0021 || number == 0x0057 else { throw Stop(.notIP) }
    return .ip
  }

  mutating func enterPPPLink(_ bytes: RawSpan) throws(Stop) -> Layer {
    let start = try u16(bytes, 0)
    if start == 0x0F00 || start == 0x8F00 { return try enterCiscoHDLC(bytes) }
    if start == 0xFF03 { at += 2 }
    return .ppp
  }

  private mutating func enterCiscoHDLC(_ bytes: RawSpan) throws(Stop) -> Layer {
    let type = try u16(bytes, 2)
    at += 4
    return .etherType(type)
  }

  /// An address family in the byte order of a host we do not know: 2 is IPv4 everywhere, IPv6 is
  /// 10, 24, 28 or 30. As a 32-bit number in the wrong order none of them is small.
  private mutating func enterLoopback(_ bytes: RawSpan) throws(Stop) -> Layer {
    let word = try u32(bytes, 0)
    at += 4
    switch min(word, word.byteSwapped) {
    case 2, 10, 24, 28, 30: return .ip
    default: throw Stop(.notIP)
    }
  }

  private mutating func enterCooked(
    _ bytes: RawSpan, typeAt: Int, protocolAt: Int, headerOctets: Int
  ) throws(Stop) -> Layer {
    // Packet type 4: sent by the capturing host. Version 1 has it in the low octet of a word.
    isOutgoing = try u8(bytes, typeAt) == 4
    let type = try u16(bytes, protocolAt)
    try skip(headerOctets)
    // Protocol 4 stands for an 802.2 header.
    return type == 4 ? .logicalLink : .etherType(type)
  }

  /// Attributes of 16-bit length and type in the byte order of the capturing host; type 9 is the
  /// packet. Types are small, which shows the order.
  private mutating func enterNFLog(_ bytes: RawSpan) throws(Stop) -> Layer {
    try skip(4)
    while count >= 4 {
      let isLittle = try u8(bytes, 3) == 0
      var length = try u16(bytes, 0)
      var type = try u16(bytes, 2)
      if isLittle { (length, type) = (length.byteSwapped, type.byteSwapped) }
      guard length >= 4 else { throw Stop(.shortHeader) }
      if type & 0x7FFF == 9 {
        try require(Int(length))
        end = at + Int(length)
        at += 4
        return .ip
      }
      try skip(min(count, (Int(length) + 3) & ~3))
    }
    throw Stop(.notIP)
  }

  /// The first octet is the header length without its padding to four octets.
  private mutating func enterPFLog(_ bytes: RawSpan) throws(Stop) -> Layer {
    try skip((Int(u8(bytes, 0)) + 3) & ~3)
    return .ip
  }
}
