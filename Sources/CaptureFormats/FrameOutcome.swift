/// What became of one frame. Every frame has exactly one outcome, so the outcomes in
/// ``CaptureCounters`` add up to the number of frames.
public enum FrameOutcome: UInt8, CaseIterable, Hashable, Sendable {
  /// One or more DNS payloads were delivered because of this frame.
  case delivered
  /// Its octets wait for other fragments of a datagram or other segments of a TCP stream.
  case held

  /// Neither IPv4 nor IPv6: ARP, spanning tree, 802.11 management and the like.
  case notIP
  /// IP, but neither UDP nor TCP: ICMP, routing protocols, IPsec.
  case otherProtocol
  /// UDP or TCP between ports that are not DNS ports.
  case otherPort
  /// Port 853: DNS over TLS or QUIC (RFC 7858, RFC 9250), which packets do not show.
  case blind853
  /// A DNS port without payload: TCP handshakes, acknowledgements and resets, empty datagrams and
  /// messages.
  case noPayload
  /// Octets seen before: a retransmitted segment, a fragment that came twice.
  case duplicate

  /// The record carries no usable time, so nothing can be said about when it was seen.
  case noTime
  /// The capture kept only the start of the frame and its packet is incomplete.
  case cutShort
  /// A link type that is not supported.
  case unsupportedLink
  /// More tags, tunnels or extension headers than ``CaptureLimits`` allows.
  case tooDeep
  /// Sent by a DNS port to a multicast address.
  case multicastResponse
  /// A response whose UDP checksum is wrong.
  case badChecksum
  /// A fragment that overlaps another, or any later fragment of such a datagram (RFC 5722).
  case fragmentOverlap
  /// One fragment too many for its datagram.
  case fragmentLimit
  /// A TCP segment of no stream that can be followed: after its end, or picked up in the middle
  /// where no DNS message starts.
  case tcpUnsynchronised

  /// The frame ends inside a header.
  case shortHeader
  /// The packet is shorter than its IP header says, though the frame was not cut.
  case shortPacket
  /// An IP header with an impossible version or length.
  case badIPHeader
  /// A fragment of impossible length or position.
  case badFragment
  /// A UDP length below 8 or beyond the packet.
  case badUDPHeader
  /// A TCP header length below 20 or beyond the packet.
  case badTCPHeader

  /// The coarse kinds of outcome.
  public enum Kind: Hashable, Sendable {
    /// Payloads were delivered.
    case delivered
    /// Octets are kept for later.
    case held
    /// Nothing to do with DNS, or nothing new.
    case notDNS
    /// Could have been DNS but cannot be used.
    case dropped
    /// The octets contradict their protocols.
    case malformed
  }

  /// The kind of this outcome.
  public var kind: Kind {
    switch self {
    case .delivered: .delivered
    case .held: .held
    case .notIP, .otherProtocol, .otherPort, .blind853, .noPayload, .duplicate: .notDNS
    case .noTime, .cutShort, .unsupportedLink, .tooDeep, .multicastResponse, .badChecksum,
      .fragmentOverlap, .fragmentLimit, .tcpUnsynchronised:
      .dropped
    case .shortHeader, .shortPacket, .badIPHeader, .badFragment, .badUDPHeader, .badTCPHeader:
      .malformed
    }
  }
}

/// Ends the dissection of a frame early.
struct Stop: Error {
  let outcome: FrameOutcome

  @inline(__always)
  init(_ outcome: FrameOutcome) { self.outcome = outcome }
}
