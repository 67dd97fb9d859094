/// Takes captured frames apart and delivers the DNS payloads inside: UDP datagrams and TCP messages
/// from or to DNS ports, out of link headers, tags, tunnels, fragments and streams.
///
/// ```swift
/// var dissector = FrameDissector()
/// dissector.dissect(window.extracting(packet.bytes), of: packet, handler: &matcher)
/// // … and after the last frame:
/// dissector.finish(handler: &matcher)
/// ```
///
/// - Memory: at most ``CaptureLimits/fragmentOctetsMax`` + ``CaptureLimits/streamsOctetsMax`` of
///   payload and about 30 MiB of tables, whatever the frames say.
/// - Bad frames are counted, never fatal: see ``FrameOutcome``.
/// - Only packet time is used. It may jump; streams and fragments too far from it are forgotten.
/// - UDP checksums are verified in responses only (source port is a DNS port): a response with a
///   wrong one is dropped. Queries carry no data to protect, and often leave the capturing host
///   before their checksum is filled in. Zero means that there is none. Responses are excused from
///   the check when the capture says that its own host sent them (Linux cooked), when a host talks
///   to itself, and when the field holds exactly the sum of the pseudo-header, which is what a host
///   leaves for its network card to complete.
/// - A packet that the capture cut off is dropped. Missing padding or check sequences are no harm.
public struct FrameDissector: ~Copyable, Sendable {
  /// Which packets inside packets are looked at.
  public struct Tunnels: OptionSet, Sendable {
    /// One bit each.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// IP in IP, IPv6 in IPv4 (protocols 4 and 41) and generic routing encapsulation (47).
    public static let ip = Tunnels(rawValue: 1)
    /// What switches and hosts send to network analysers, and virtual networks: ERSPAN, VXLAN
    /// (port 4789), Geneve (port 6081). Off by default: anyone can send such a datagram, so they
    /// are to be trusted only where the network is known to use them.
    public static let mirrors = Tunnels(rawValue: 2)
  }

  private let ports: DNSPorts
  private let tunnels: Tunnels
  private let verifiesChecksums: Bool
  private var datagrams = DatagramReassembler()
  private var streams = TCPReassembler()
  /// What has been seen so far.
  public private(set) var counters = CaptureCounters()

  /// A dissector without memory of any frame.
  ///
  /// - Parameter verifiesChecksums: false for captures whose addresses or messages were rewritten
  ///   afterwards, for example to anonymise them, without correcting the checksums.
  public init(
    ports: DNSPorts = .standard, tunnels: Tunnels = .ip, verifiesChecksums: Bool = true
  ) {
    self.ports = ports
    self.tunnels = tunnels
    self.verifiesChecksums = verifiesChecksums
  }

  /// Takes a frame of a capture file.
  ///
  /// - Parameters:
  ///   - frame: the octets of `packet.bytes`.
  ///   - packet: its record.
  ///   - handler: called once per DNS payload, before this returns.
  /// - Returns: what became of the frame; also counted in ``counters``.
  @discardableResult
  public mutating func dissect<Handler: DNSPayloadHandler & ~Copyable>(
    _ frame: RawSpan, of packet: CapturedPacket, handler: inout Handler
  ) -> FrameOutcome {
    dissect(
      frame, linkType: packet.linkType, time: packet.time,
      originalLength: packet.originalLength,
      checkSequenceOctets: Int(packet.checkSequenceOctets), handler: &handler)
  }

  /// Takes a frame from anywhere.
  ///
  /// - Parameters:
  ///   - frame: the captured octets.
  ///   - linkType: what they start with.
  ///   - time: nanoseconds since the epoch, 0 or more; nil or negative drops the frame.
  ///   - originalLength: octets on the wire; more than `frame` holds when the capture cut it.
  ///   - checkSequenceOctets: frame check sequence at the end of the uncut frame.
  ///   - handler: called once per DNS payload, before this returns.
  /// - Returns: what became of the frame; also counted in ``counters``.
  @discardableResult
  public mutating func dissect<Handler: DNSPayloadHandler & ~Copyable>(
    _ frame: RawSpan, linkType: LinkType, time: Int64?, originalLength: Int,
    checkSequenceOctets: Int = 0, handler: inout Handler
  ) -> FrameOutcome {
    let outcome: FrameOutcome
    do throws(Stop) {
      guard let time, time >= 0 else { throw Stop(.noTime) }
      let missing = max(0, originalLength - frame.byteCount)
      let check = max(0, checkSequenceOctets)
      var walk = FrameWalk(
        at: 0, end: max(0, frame.byteCount - max(0, check - missing)), time: time,
        isCut: missing > check, follows: tunnels)
      outcome = try follow(.link(linkType), frame, &walk, &handler)
    } catch {
      outcome = error.outcome
    }
    counters.count(outcome)
    return outcome
  }

  /// Gives everything unfinished up, and delivers the messages behind holes of TCP streams that can
  /// be made out. Call it after the last frame; the counters stay.
  public mutating func finish<Handler: DNSPayloadHandler & ~Copyable>(handler: inout Handler) {
    datagrams.finish(&counters)
    streams.finish(handler: &handler, counters: &counters)
  }

  /// Goes from header to header. Every one moves `walk` forward, so this ends.
  private mutating func follow<Handler: DNSPayloadHandler & ~Copyable>(
    _ first: FrameWalk.Layer, _ bytes: RawSpan, _ walk: inout FrameWalk, _ handler: inout Handler
  ) throws(Stop) -> FrameOutcome {
    var layer = first
    while true {
      switch layer {
      case .link(let type): layer = try walk.enterLink(type, bytes)
      case .ethernet: layer = try walk.enterEthernet(bytes)
      case .etherType(let type): layer = try walk.enterEtherType(type, bytes)
      case .ip: layer = try walk.enterIP(bytes)
      case .transport(let number): layer = try walk.enterTransport(number)
      case .nextHeader(let number): layer = try walk.enterNextHeader(number, bytes)
      case .logicalLink: layer = try walk.enterLogicalLink(bytes)
      case .pppoe: layer = try walk.enterPPPoE(bytes)
      case .ppp: layer = try walk.enterPPP(bytes)
      case .wireless: layer = try walk.enterWireless(bytes)
      case .genericRouting: layer = try walk.enterGenericRouting(bytes)
      case .udp:
        guard let inner = try udp(bytes, &walk, &handler) else { return .delivered }
        layer = inner
      case .tcp: return try tcp(bytes, &walk, &handler)
      case .fragment(let fragment): return try self.fragment(fragment, bytes, &walk, &handler)
      }
    }
  }

  /// Delivers a datagram; returns the inner layer of a mirrored frame instead.
  private mutating func udp<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ walk: inout FrameWalk, _ handler: inout Handler
  ) throws(Stop) -> FrameWalk.Layer? {
    try walk.require(8)
    let start = walk.at
    let source = bytes.big(start, as: UInt16.self)
    let destination = bytes.big(start + 2, as: UInt16.self)
    let isResponse = ports.contains(source)
    guard isResponse || ports.contains(destination) else {
      walk.at += 8
      if walk.follows.contains(.mirrors),
        let inner = try walk.enterMirror(port: destination, bytes)
      {
        return inner
      }
      throw Stop(source == 853 || destination == 853 ? .blind853 : .otherPort)
    }
    var length = Int(bytes.big(start + 4, as: UInt16.self))
    if length == 0 { length = walk.count }  // a jumbogram, or still to be split
    guard length >= 8, length <= walk.count else { throw Stop(.badUDPHeader) }
    guard length > 8 else { throw Stop(.noPayload) }
    let datagram = start..<start + length
    if isResponse, walk.destination.isMulticast { throw Stop(.multicastResponse) }
    try verifyChecksum(bytes, datagram, walk, isResponse: isResponse)
    counters.count(.udpPayloads)
    let flow = Flow(
      source: walk.source, destination: walk.destination, sourcePort: source,
      destinationPort: destination, transport: .udp)
    handler.dnsPayload(
      bytes.extracting(start + 8..<datagram.upperBound), flow: flow, time: walk.time)
    return nil
  }

  private mutating func verifyChecksum(
    _ bytes: RawSpan, _ datagram: Range<Int>, _ walk: FrameWalk, isResponse: Bool
  ) throws(Stop) {
    let isLocal = walk.isOutgoing || walk.source == walk.destination
    guard isResponse, verifiesChecksums, !isLocal else { return }
    let checksum = UDPChecksum.check(
      bytes, datagram, source: walk.source, destination: walk.destination)
    switch checksum {
    case .good, .absent: return
    case .offloaded: counters.count(.checksumsExcused)
    case .bad: throw Stop(.badChecksum)
    }
  }

  private mutating func tcp<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ walk: inout FrameWalk, _ handler: inout Handler
  ) throws(Stop) -> FrameOutcome {
    try walk.require(20)
    let start = walk.at
    let source = bytes.big(start, as: UInt16.self)
    let destination = bytes.big(start + 2, as: UInt16.self)
    guard ports.contains(source) || ports.contains(destination) else {
      throw Stop(source == 853 || destination == 853 ? .blind853 : .otherPort)
    }
    let header = Int(bytes.octet(start + 12) >> 4) * 4
    guard header >= 20, header <= walk.count else { throw Stop(.badTCPHeader) }
    let flow = Flow(
      source: walk.source, destination: walk.destination, sourcePort: source,
      destinationPort: destination, transport: .tcp)
    let segment = TCPReassembler.Segment(
      flow: flow, sequence: bytes.big(start + 4, as: UInt32.self),
      flags: bytes.octet(start + 13), payload: start + header..<walk.end)
    return streams.receive(
      bytes, segment, time: walk.time, handler: &handler, counters: &counters)
  }

  private mutating func fragment<Handler: DNSPayloadHandler & ~Copyable>(
    _ fragment: FrameWalk.Fragment, _ bytes: RawSpan, _ walk: inout FrameWalk,
    _ handler: inout Handler
  ) throws(Stop) -> FrameOutcome {
    guard !walk.isReassembled else { throw Stop(.tooDeep) }
    guard fragment.mayCarryDNS else { throw Stop(.otherProtocol) }
    let key = DatagramReassembler.Key(
      source: walk.source, destination: walk.destination,
      identification: fragment.identification,
      protocolNumber: fragment.isIPv6 ? 0 : fragment.protocolNumber)
    let result = datagrams.add(
      bytes, walk.at..<walk.end, fragment, key: key, time: walk.time, ports: ports,
      counters: &counters)
    switch result {
    case .held: return .held
    case .duplicate: return .duplicate
    case .refused(let outcome): return outcome
    case .complete(let octets, let number):
      var inner = walk
      inner.at = 0
      inner.end = octets.count
      inner.isReassembled = true
      let datagram = unsafe octets.span.bytes
      return try follow(
        fragment.isIPv6 ? .nextHeader(number) : .transport(number), datagram, &inner, &handler)
    }
  }
}

extension FrameWalk.Fragment {
  /// UDP, TCP, or an IPv6 extension header that may lead to them.
  var mayCarryDNS: Bool {
    switch protocolNumber {
    case 6, 17: true
    case 0, 43, 51, 60, 135, 139, 140: isIPv6
    default: false
    }
  }
}
