/// Bounds on NMSG streams. Each exists so that no file and no sender can make the reader use more
/// than a known amount of memory or work.
public enum NMSGLimits {
  /// Octets in front of the data of a container: magic, flags, version, length.
  public static let headerOctets = 10
  /// Longest data of a container, octets, and longest container put together from fragments.
  /// libnmsg writes no more than 1 MiB.
  public static let containerOctetsMax = 1 << 20
  /// A window of this many octets always suffices for ``NMSGStreamParser``.
  public static let windowOctetsMax = containerOctetsMax + headerOctets
  /// Longest unpacked data of a compressed container, octets. Senders fill containers to 1 MiB at
  /// most and compress then; a single payload may go over that.
  public static let unpackedOctetsMax = 4 << 20
  /// Payloads of one container: 1 MiB of the smallest that say anything hold fewer.
  public static let payloadsMax = 65_536

  /// Fragments of one container: 1 MiB in pieces of an Ethernet datagram are about 820.
  public static let fragmentsMax = 2_048
  /// Incomplete containers remembered at the same time; the oldest is given up for a new one.
  public static let fragmentedContainersMax = 64
  /// Octets of incomplete containers held in total, ``fragmentBookkeepingOctets`` included.
  public static let fragmentOctetsMax = 16 << 20
  /// What each held fragment is charged beyond its octets.
  public static let fragmentBookkeepingOctets = 32
  /// Longest wait for the missing fragments of a container, counted in fragments that came since.
  /// Counted, not timed: reading a file again must give the same containers.
  public static let fragmentWait: UInt64 = 65_536
}
