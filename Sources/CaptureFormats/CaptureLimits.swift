/// Bounds on capture files, packets and streams. Each exists so that no file and no sender can make
/// the reader use more than a known amount of memory or work.
public enum CaptureLimits {
  /// Longest captured frame, octets. Capture programs use this as their largest snap length.
  public static let frameOctetsMax = 262_144
  /// A window of this many octets always suffices for ``CaptureFileParser``: the longest frame and
  /// its record header. Longer blocks are skipped piece by piece.
  public static let windowOctetsMax = frameOctetsMax + 64
  /// Interfaces of one pcapng section. Real files have fewer than a hundred.
  public static let interfacesMax = 65_536

  /// VLAN tags, and MPLS labels, in front of one packet (each counted on its own).
  public static let tagsMax = 8
  /// IP packets inside IP packets. Four is more than any real network stacks.
  public static let tunnelsMax = 4
  /// IPv6 extension headers in one packet.
  public static let extensionHeadersMax = 16

  /// Fragments of one datagram: 64 KiB in 1,280-octet pieces need 52.
  public static let fragmentsPerDatagramMax = 64
  /// Longest wait for the missing fragments of a datagram, nanoseconds of packet time.
  public static let fragmentWaitNanoseconds: Int64 = 30_000_000_000
  /// Octets of incomplete datagrams held in total, bookkeeping included.
  public static let fragmentOctetsMax = 16 << 20
  /// Incomplete or rejected datagrams remembered at the same time.
  public static let datagramsMax = 16_384

  /// Octets that may wait in one direction of one TCP connection: the longest DNS message and its
  /// length prefix (RFC 1035 section 4.2.2). Every out-of-order segment is charged
  /// ``bookkeepingOctets`` on top.
  public static let streamOctetsMax = 65_537
  /// Octets waiting in all TCP streams together, bookkeeping included.
  public static let streamsOctetsMax = 64 << 20
  /// Directions of TCP connections followed at the same time.
  public static let streamsMax = 65_536
  /// A TCP stream without a segment for this long is forgotten, nanoseconds of packet time.
  public static let streamIdleNanoseconds: Int64 = 60_000_000_000
  /// A segment further than this from the expected sequence number belongs to another connection.
  public static let sequenceDistanceMax = 1 << 20
  /// What each held fragment or segment is charged beyond its octets.
  public static let bookkeepingOctets = 64
}
