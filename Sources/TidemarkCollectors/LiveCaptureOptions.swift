/// How interfaces are captured.
public struct LiveCaptureOptions: Sendable, Equatable {
  /// Octets of a frame that are kept: network cards that join segments deliver frames far larger
  /// than the medium's.
  public static let frameOctetsMax: Int32 = 262_144
  /// Longest time that the kernel holds packets back to deliver many at once, milliseconds.
  public static let deliveryMilliseconds: Int32 = 100
  /// Packets decoded at a time, so that others come to the batch in between.
  public static let chunkPacketsMax = 1_024
  /// Largest ring, octets: libpcap counts them in 32 bits.
  public static let bufferOctetsMax = 2_047 << 20

  /// Names of interfaces, at least one; `any` means all of them. Several are read as one stream in
  /// the order of time, for taps that deliver each direction on its own.
  public var interfaces: [String]
  /// What is captured.
  public var filter = LiveCaptureFilter()
  /// Octets of the ring that each interface shares with the kernel. 64 MiB hold a second of 400,000
  /// small packets; at a ring's end packets are dropped and counted.
  public var bufferOctets = 64 << 20
  /// Takes packets for other hosts too, as taps and mirror ports need it.
  public var isPromiscuous = true

  /// The usual capture of some interfaces.
  public init(interfaces: [String]) { self.interfaces = interfaces }
}

/// What became of the packets of an interface since it was opened.
public struct LiveCaptureStatistics: Sendable, Equatable {
  /// The interface's name.
  public let interface: String
  /// Packets that passed the filter, dropped ones included, as the kernel counts them (`ps_recv`).
  public internal(set) var received: UInt64 = 0
  /// Packets that passed the filter and found the ring full (`ps_drop`).
  public internal(set) var dropped: UInt64 = 0
  /// Packets of any kind that the interface or its driver dropped (`ps_ifdrop`).
  public internal(set) var interfaceDropped: UInt64 = 0
  /// Packets that were decoded. After the end, `packets sent = decoded + dropped`.
  public internal(set) var decoded: UInt64 = 0
}
