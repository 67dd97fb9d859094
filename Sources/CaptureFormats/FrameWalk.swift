/// A place in a frame on the way from its link header to its transport header.
///
/// Each `enter…` function reads one header at the current place, moves behind it and says what
/// follows. All reads go through ``u8(_:_:)`` and its siblings, or come after ``require(_:)``, both
/// of which stop the dissection instead of reading behind the end of the current layer.
struct FrameWalk {
  /// What starts at ``at``.
  enum Layer {
    case link(LinkType)
    case ethernet
    case logicalLink
    case etherType(UInt16)
    case pppoe
    case ppp
    case wireless
    case ip
    /// An IPv4 protocol number, or any IPv6 header that is not an extension.
    case transport(UInt8)
    /// An IPv6 next header number, perhaps of an extension header.
    case nextHeader(UInt8)
    case genericRouting
    case udp
    case tcp
    case fragment(Fragment)
  }

  /// What an IPv4 header or an IPv6 fragment header says about a piece of a datagram.
  struct Fragment {
    var identification: UInt32
    /// Octets before this piece in the datagram.
    var offset: Int
    var isLast: Bool
    /// Protocol, or next header, of the datagram.
    var protocolNumber: UInt8
    var isIPv6: Bool
  }

  /// First octet of the current layer.
  var at: Int
  /// First octet behind the current layer; never behind the frame.
  var end: Int
  /// Capture time, nanoseconds.
  let time: Int64
  /// The capture kept less than the whole frame.
  let isCut: Bool
  /// What to follow.
  let follows: FrameDissector.Tunnels
  /// The capture says that its own host sent the frame.
  var isOutgoing = false
  /// The octets are a reassembled datagram, not a frame.
  var isReassembled = false
  /// VLAN tags passed.
  var tags = 0
  /// Tunnels entered.
  var tunnels = 0
  var source = FlowAddress(high: 0, low: 0)
  var destination = FlowAddress(high: 0, low: 0)

  init(at: Int, end: Int, time: Int64, isCut: Bool, follows: FrameDissector.Tunnels) {
    self.at = at
    self.end = end
    self.time = time
    self.isCut = isCut
    self.follows = follows
  }

  /// Octets from here to the end of the layer.
  @inline(__always)
  var count: Int { end - at }

  /// What a header that does not fit means.
  var short: Stop { Stop(isCut ? .cutShort : .shortHeader) }

  @inline(__always)
  func require(_ octets: Int) throws(Stop) {
    if octets > end - at { throw short }
  }

  @inline(__always)
  func u8(_ bytes: RawSpan, _ offset: Int) throws(Stop) -> UInt8 {
    try require(offset + 1)
    return bytes.octet(at + offset)
  }

  @inline(__always)
  func u16(_ bytes: RawSpan, _ offset: Int) throws(Stop) -> UInt16 {
    try require(offset + 2)
    return bytes.big(at + offset, as: UInt16.self)
  }

  @inline(__always)
  func u32(_ bytes: RawSpan, _ offset: Int) throws(Stop) -> UInt32 {
    try require(offset + 4)
    return bytes.big(at + offset, as: UInt32.self)
  }

  @inline(__always)
  func u64(_ bytes: RawSpan, _ offset: Int) throws(Stop) -> UInt64 {
    try require(offset + 8)
    return bytes.big(at + offset, as: UInt64.self)
  }

  /// Moves behind `octets` of header.
  @inline(__always)
  mutating func skip(_ octets: Int) throws(Stop) {
    try require(octets)
    at += octets
  }

  /// Notes a tunnel and returns what is inside, if there are not too many.
  mutating func enterTunnel(_ inside: Layer) throws(Stop) -> Layer {
    tunnels += 1
    guard tunnels <= CaptureLimits.tunnelsMax else { throw Stop(.tooDeep) }
    tags = 0
    return inside
  }
}
