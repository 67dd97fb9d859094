/// An IP address as 16 octets in network order; IPv4 is mapped into `::ffff:0:0/96`
/// (RFC 4291 section 2.5.5.2).
public struct FlowAddress: Hashable, Sendable, BitwiseCopyable {
  /// Octets 0–7, big-endian.
  public var high: UInt64
  /// Octets 8–15, big-endian.
  public var low: UInt64

  /// An IPv6 address, or an IPv4 address in mapped form.
  @inline(__always)
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An IPv4 address, 192.0.2.1 being 0xC0000201.
  @inline(__always)
  public init(ipv4: UInt32) {
    self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4))
  }

  /// The IPv4 address in host order; nil for IPv6.
  public var ipv4: UInt32? {
    high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil
  }

  /// True for 224.0.0.0/4 (RFC 1112) and ff00::/8 (RFC 4291 section 2.7).
  @inline(__always)
  public var isMulticast: Bool {
    high >> 56 == 0xFF || high == 0 && low >> 28 == 0xFFFFE
  }
}

/// One direction of a conversation. A plain value of 37 octets, fit as a dictionary key.
public struct Flow: Hashable, Sendable, BitwiseCopyable {
  /// The transports that carry DNS messages in the clear.
  public enum Transport: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// One message per datagram.
    case udp = 17
    /// Messages with two-octet length prefixes (RFC 1035 section 4.2.2).
    case tcp = 6
  }

  /// Who sent the payload.
  public var source: FlowAddress
  /// To whom.
  public var destination: FlowAddress
  /// The sender's port; a DNS port in responses.
  public var sourcePort: UInt16
  /// The receiver's port; a DNS port in queries.
  public var destinationPort: UInt16
  /// How it travelled.
  public var transport: Transport

  /// A direction.
  public init(
    source: FlowAddress, destination: FlowAddress, sourcePort: UInt16, destinationPort: UInt16,
    transport: Transport
  ) {
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.transport = transport
  }

  /// The other direction of the same conversation.
  public var reversed: Flow {
    Flow(
      source: destination, destination: source, sourcePort: destinationPort,
      destinationPort: sourcePort, transport: transport)
  }
}
