/// What the first octets of a frame are: the link-layer header type of a capture file, as assigned
/// by the tcpdump project (`LINKTYPE_` numbers).
public struct LinkType: RawRepresentable, Hashable, Sendable {
  /// The assigned number, without the frame check sequence bits of a pcap header.
  public let rawValue: UInt32

  /// Any number; those without a constant here may be unsupported.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// BSD loopback: four octets of address family in the order of the capturing host.
  public static let null = LinkType(rawValue: 0)
  /// Ethernet, with VLAN tags, MPLS, PPPoE and 802.2 inside.
  public static let ethernet = LinkType(rawValue: 1)
  /// PPP, with or without address and control octets.
  public static let ppp = LinkType(rawValue: 9)
  /// Raw IP as numbered by some old programs.
  public static let rawBSD = LinkType(rawValue: 12)
  /// Raw IP as numbered by OpenBSD.
  public static let rawOpenBSD = LinkType(rawValue: 14)
  /// PPP in HDLC-like framing, or Cisco HDLC.
  public static let pppHDLC = LinkType(rawValue: 50)
  /// PPPoE session packets without Ethernet header.
  public static let pppoe = LinkType(rawValue: 51)
  /// Raw IPv4 or IPv6.
  public static let raw = LinkType(rawValue: 101)
  /// Cisco HDLC: address, control, EtherType.
  public static let ciscoHDLC = LinkType(rawValue: 104)
  /// IEEE 802.11 without radio information.
  public static let ieee80211 = LinkType(rawValue: 105)
  /// OpenBSD loopback: like ``null``, always big-endian.
  public static let loop = LinkType(rawValue: 108)
  /// Linux cooked capture, version 1.
  public static let linuxSLL = LinkType(rawValue: 113)
  /// OpenBSD packet filter log.
  public static let pflog = LinkType(rawValue: 117)
  /// Prism radio header, then 802.11.
  public static let prism = LinkType(rawValue: 119)
  /// Radiotap header, then 802.11.
  public static let radiotap = LinkType(rawValue: 127)
  /// AVS radio header, then 802.11.
  public static let avs = LinkType(rawValue: 163)
  /// Per-Packet Information, which names the inner link type.
  public static let ppi = LinkType(rawValue: 192)
  /// Raw IPv4.
  public static let ipv4 = LinkType(rawValue: 228)
  /// Raw IPv6.
  public static let ipv6 = LinkType(rawValue: 229)
  /// Linux netfilter log: attributes, one of which is the IP packet.
  public static let nflog = LinkType(rawValue: 239)
  /// Linux cooked capture, version 2.
  public static let linuxSLL2 = LinkType(rawValue: 276)
  /// A packet of an interface that its file does not describe.
  public static let undeclared = LinkType(rawValue: .max)
}
