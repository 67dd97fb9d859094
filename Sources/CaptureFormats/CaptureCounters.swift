/// Things that happen beside the outcome of a single frame.
public enum CaptureEvent: UInt8, CaseIterable, Hashable, Sendable {
  /// DNS payloads delivered out of UDP datagrams.
  case udpPayloads
  /// DNS payloads delivered out of TCP streams.
  case tcpPayloads
  /// Responses delivered although their network card had yet to fill the UDP checksum in.
  case checksumsExcused
  /// Datagrams put together from fragments.
  case datagramsReassembled
  /// Incomplete datagrams given up after ``CaptureLimits/fragmentWaitNanoseconds``, or at the end.
  case datagramsExpired
  /// Incomplete datagrams given up to stay within memory limits.
  case datagramsEvicted
  /// TCP directions followed from their SYN.
  case tcpStreams
  /// TCP directions picked up in the middle, or again behind a hole, where a DNS message starts.
  case tcpPickups
  /// Holes in TCP streams that never filled: the messages inside are lost.
  case tcpGaps
  /// TCP directions that ended inside a message.
  case tcpUnfinished
  /// TCP directions forgotten to stay within the limits on streams and memory.
  case tcpEvicted
  /// TCP directions forgotten after ``CaptureLimits/streamIdleNanoseconds`` without a segment.
  case tcpIdle
}

/// Counts of everything a ``FrameDissector`` has seen.
///
/// The accounting identity is `frames == Σ self[outcome]` over all outcomes, exactly.
public struct CaptureCounters: Sendable {
  private var outcomes = InlineArray<32, UInt64>(repeating: 0)
  private var events = InlineArray<16, UInt64>(repeating: 0)

  /// All zero.
  public init() {}

  /// Frames that ended in `outcome`.
  public subscript(outcome: FrameOutcome) -> UInt64 {
    @inline(__always) get { outcomes[Int(outcome.rawValue)] }
    @inline(__always) set { outcomes[Int(outcome.rawValue)] = newValue }
  }

  /// How often `event` happened.
  public subscript(event: CaptureEvent) -> UInt64 {
    @inline(__always) get { events[Int(event.rawValue)] }
    @inline(__always) set { events[Int(event.rawValue)] = newValue }
  }

  /// Frames given to the dissector.
  public var frames: UInt64 {
    FrameOutcome.allCases.reduce(0) { $0 &+ self[$1] }
  }

  /// Frames that ended in an outcome of `kind`.
  public func frames(_ kind: FrameOutcome.Kind) -> UInt64 {
    FrameOutcome.allCases.reduce(0) { $1.kind == kind ? $0 &+ self[$1] : $0 }
  }

  /// Every outcome that occurred, in declaration order; the counts add up to ``frames``.
  public var reasons: [(name: String, count: UInt64)] {
    FrameOutcome.allCases.filter { self[$0] > 0 }.map { ("\($0)", self[$0]) }
  }

  /// Every event that occurred, in declaration order.
  public var occurrences: [(name: String, count: UInt64)] {
    CaptureEvent.allCases.filter { self[$0] > 0 }.map { ("\($0)", self[$0]) }
  }

  mutating func count(_ outcome: FrameOutcome) { self[outcome] &+= 1 }

  mutating func count(_ event: CaptureEvent, _ times: Int = 1) {
    self[event] &+= UInt64(times)
  }
}

extension CaptureCounters: Equatable {
  /// True when every count is equal.
  public static func == (left: CaptureCounters, right: CaptureCounters) -> Bool {
    FrameOutcome.allCases.allSatisfy { left[$0] == right[$0] }
      && CaptureEvent.allCases.allSatisfy { left[$0] == right[$0] }
  }
}
