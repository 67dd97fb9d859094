/// IPv4 (RFC 791), IPv6 (RFC 8200) and generic routing encapsulation (RFC 2784, 2890, 2637).
extension FrameWalk {
  @inline(__always)
  mutating func enterIP(_ bytes: RawSpan) throws(Stop) -> Layer {
    switch try u8(bytes, 0) >> 4 {
    case 4: return try enterIPv4(bytes)
    case 6: return try enterIPv6(bytes)
    default: throw Stop(.badIPHeader)
    }
  }

  @inline(__always)
  private mutating func enterIPv4(_ bytes: RawSpan) throws(Stop) -> Layer {
    try require(20)
    let start = at
    let header = Int(bytes.octet(start) & 15) * 4
    guard header >= 20 else { throw Stop(.badIPHeader) }
    var total = Int(bytes.big(start + 2, as: UInt16.self))
    if total == 0 { total = try unstatedLength() }
    guard total >= header else { throw Stop(.badIPHeader) }
    try trim(to: total)
    try skip(header)
    source = FlowAddress(ipv4: bytes.big(start + 12, as: UInt32.self))
    destination = FlowAddress(ipv4: bytes.big(start + 16, as: UInt32.self))
    let number = bytes.octet(start + 9)
    let place = bytes.big(start + 6, as: UInt16.self)
    // More-fragments bit and offset in units of eight octets; the don't-fragment bit is no matter.
    if place & 0x3FFF == 0 { return .transport(number) }
    return .fragment(
      Fragment(
        identification: UInt32(bytes.big(start + 4, as: UInt16.self)),
        offset: Int(place & 0x1FFF) * 8, isLast: place & 0x2000 == 0,
        protocolNumber: number, isIPv6: false))
  }

  private mutating func enterIPv6(_ bytes: RawSpan) throws(Stop) -> Layer {
    try require(40)
    let length = Int(bytes.big(at + 4, as: UInt16.self))
    try trim(to: length == 0 ? unstatedLength() : 40 + length)
    let next = bytes.octet(at + 6)
    source = try FlowAddress(high: u64(bytes, 8), low: u64(bytes, 16))
    destination = try FlowAddress(high: u64(bytes, 24), low: u64(bytes, 32))
    at += 40
    return .nextHeader(next)
  }

  /// Ends the layer where the IP header says, which leaves out link padding and check sequences.
  @inline(__always)
  private mutating func trim(to octets: Int) throws(Stop) {
    guard octets <= count else { throw Stop(isCut ? .cutShort : .shortPacket) }
    end = at + octets
  }

  /// The length of a packet whose header says zero: a segment that the network card will split, or
  /// a jumbogram. It fills the frame, so a cut frame has lost some of it.
  private func unstatedLength() throws(Stop) -> Int {
    guard !isCut else { throw Stop(.cutShort) }
    return count
  }

  /// Passes over extension headers until a fragment header or a transport.
  mutating func enterNextHeader(_ first: UInt8, _ bytes: RawSpan) throws(Stop) -> Layer {
    var next = first
    for _ in 0..<CaptureLimits.extensionHeadersMax {
      switch next {
      case 0, 43, 60, 135, 139, 140:
        next = try u8(bytes, 0)
        try skip((Int(u8(bytes, 1)) + 1) * 8)
      case 51:
        next = try u8(bytes, 0)
        try skip((Int(u8(bytes, 1)) + 2) * 4)
      case 44:
        try require(8)
        let place = bytes.big(at + 2, as: UInt16.self)
        let fragment = Fragment(
          identification: bytes.big(at + 4, as: UInt32.self), offset: Int(place & 0xFFF8),
          isLast: place & 1 == 0, protocolNumber: bytes.octet(at), isIPv6: true)
        at += 8
        // An atomic fragment is a whole packet, whatever others share its number (RFC 6946).
        if place & 0xFFF9 != 0 { return .fragment(fragment) }
        next = fragment.protocolNumber
      default:
        return .transport(next)
      }
    }
    throw Stop(.tooDeep)
  }

  @inline(__always)
  mutating func enterTransport(_ number: UInt8) throws(Stop) -> Layer {
    switch number {
    case 17: return .udp
    case 6: return .tcp
    case 4 where follows.contains(.ip): return try enterTunnel(.ip)
    case 41 where follows.contains(.ip): return try enterTunnel(.ip)
    case 47 where follows.contains(.ip): return try enterTunnel(.genericRouting)
    default: throw Stop(.otherProtocol)
    }
  }

  mutating func enterGenericRouting(_ bytes: RawSpan) throws(Stop) -> Layer {
    let flags = try u16(bytes, 0)
    let type = try u16(bytes, 2)
    // Bit 0x4000 is source routing, which RFC 2784 removed.
    guard flags & 0x4000 == 0, flags & 7 <= 1 else { throw Stop(.otherProtocol) }
    var length = 4
    for option in [0x8000, 0x2000, 0x1000] as [UInt16] where flags & option != 0 { length += 4 }
    let isPointToPoint = flags & 7 == 1
    if isPointToPoint, flags & 0x80 != 0 { length += 4 }
    try skip(length)
    switch type {
    case 0x880B: return .ppp
    case 0x6558: return .ethernet
    case 0x88BE where follows.contains(.mirrors):
      // ERSPAN type II has a header of eight octets and announces it by a sequence number.
      if flags & 0x1000 != 0 { try skip(8) }
      return .ethernet
    default: return .etherType(type)
    }
  }

  /// What a UDP datagram carries for a network analyser: VXLAN (RFC 7348) or Geneve (RFC 8926).
  mutating func enterMirror(port: UInt16, _ bytes: RawSpan) throws(Stop) -> Layer? {
    switch port {
    case 4789:
      try skip(8)
      return try enterTunnel(.ethernet)
    case 6081:
      let type = try u16(bytes, 2)
      try skip(8 + Int(u8(bytes, 0) & 0x3F) * 4)
      return try enterTunnel(type == 0x6558 ? .ethernet : .etherType(type))
    default:
      return nil
    }
  }
}
