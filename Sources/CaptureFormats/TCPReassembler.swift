/// All TCP streams that are followed, within fixed numbers of streams and octets.
///
/// Checksums of segments are not looked at: network cards fill them in after the capture, and
/// merge segments before it.
struct TCPReassembler {
  /// The fields of a TCP header that matter here.
  struct Segment {
    var flow: Flow
    var sequence: UInt32
    var flags: UInt8
    /// Where the payload is.
    var payload: Range<Int>

    var isFin: Bool { flags & 1 != 0 }
    var isSyn: Bool { flags & 2 != 0 }
    var isReset: Bool { flags & 4 != 0 }
  }

  private var slots: [TCPStream] = []
  private var freeSlots: [Int] = []
  private var slotOfFlow: [Flow: Int] = [:]
  private var oldest = -1
  private var newest = -1
  private(set) var chargedOctets = 0

  /// Streams followed now.
  var count: Int { slotOfFlow.count }

  /// Takes a segment and says what became of its frame.
  mutating func receive<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ segment: Segment, time: Int64, handler: inout Handler,
    counters: inout CaptureCounters
  ) -> FrameOutcome {
    expire(before: time, &handler, &counters)
    guard let slot = slot(for: segment, time: time, &handler, &counters) else {
      return .noPayload
    }
    touch(slot, time: time)
    let before = slots[slot].charge
    let sequence = segment.isSyn ? segment.sequence &+ 1 : segment.sequence
    let outcome = deliver(
      bytes, segment, sequence, to: slot, time: time, &handler, &counters)
    chargedOctets += slots[slot].charge - before
    while chargedOctets > CaptureLimits.streamsOctetsMax, oldest >= 0 {
      remove(oldest, .tcpEvicted, &handler, &counters)
    }
    return outcome
  }

  /// Ends all streams, at the end of input.
  mutating func finish<Handler: DNSPayloadHandler & ~Copyable>(
    handler: inout Handler, counters: inout CaptureCounters
  ) {
    while oldest >= 0 { remove(oldest, nil, &handler, &counters) }
    self = TCPReassembler()
  }

  private mutating func deliver<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ segment: Segment, _ sequence: UInt32, to slot: Int, time: Int64,
    _ handler: inout Handler, _ counters: inout CaptureCounters
  ) -> FrameOutcome {
    // The octets of a reset are a message for people (RFC 9293 section 3.10.7).
    if segment.isReset {
      slots[slot].reset(at: sequence)
      return .noPayload
    }
    var outcome = FrameOutcome.noPayload
    if !segment.payload.isEmpty {
      let reception = slots[slot].receive(
        bytes, segment.payload, sequence: sequence, time: time, handler: &handler,
        counters: &counters)
      outcome = Self.outcome(of: reception)
    }
    if segment.isFin {
      slots[slot].finish(at: sequence &+ UInt32(truncatingIfNeeded: segment.payload.count))
    }
    return outcome
  }

  private static func outcome(of reception: TCPStream.Reception) -> FrameOutcome {
    if reception.messages > 0 { return .delivered }
    if reception.isUnsynchronised { return .tcpUnsynchronised }
    guard reception.hasNewOctets else { return .duplicate }
    // Nothing held and nothing delivered: messages of length zero.
    return reception.isHolding ? .held : .noPayload
  }

  // MARK: Streams

  /// The stream of a segment, begun when needed; nil when the segment does not need one.
  private mutating func slot<Handler: DNSPayloadHandler & ~Copyable>(
    for segment: Segment, time: Int64, _ handler: inout Handler, _ counters: inout CaptureCounters
  ) -> Int? {
    if let slot = slotOfFlow[segment.flow] {
      if belongs(segment, to: slot, time: time) { return slot }
      let isIdle = abs(time - slots[slot].lastTime) > CaptureLimits.streamIdleNanoseconds
      remove(slot, isIdle ? .tcpIdle : nil, &handler, &counters)
    }
    guard segment.isSyn || !segment.payload.isEmpty && !segment.isReset else { return nil }
    if segment.isSyn { counters.count(.tcpStreams) }
    let stream = TCPStream(
      flow: segment.flow, isStart: segment.isSyn, sequence: segment.sequence, time: time)
    if count >= CaptureLimits.streamsMax { remove(oldest, .tcpEvicted, &handler, &counters) }
    return insert(stream)
  }

  private mutating func belongs(_ segment: Segment, to slot: Int, time: Int64) -> Bool {
    let idle = abs(time - slots[slot].lastTime)
    if idle > CaptureLimits.streamIdleNanoseconds { return false }
    if segment.isSyn { return slots[slot].accepts(synAt: segment.sequence) }
    return segment.payload.isEmpty || !slots[slot].isForeign(segment.sequence)
  }

  private mutating func insert(_ stream: TCPStream) -> Int {
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      slots[slot] = stream
    } else {
      slot = slots.count
      slots.append(stream)
    }
    slotOfFlow[stream.flow] = slot
    link(slot)
    return slot
  }

  private mutating func remove<Handler: DNSPayloadHandler & ~Copyable>(
    _ slot: Int, _ event: CaptureEvent?, _ handler: inout Handler,
    _ counters: inout CaptureCounters
  ) {
    chargedOctets -= slots[slot].charge
    slots[slot].end(handler: &handler, counters: &counters)
    if let event { counters.count(event) }
    unlink(slot)
    slotOfFlow.removeValue(forKey: slots[slot].flow)
    freeSlots.append(slot)
  }

  private mutating func expire<Handler: DNSPayloadHandler & ~Copyable>(
    before time: Int64, _ handler: inout Handler, _ counters: inout CaptureCounters
  ) {
    while oldest >= 0, time - slots[oldest].lastTime > CaptureLimits.streamIdleNanoseconds {
      remove(oldest, .tcpIdle, &handler, &counters)
    }
  }

  // MARK: List by idle time

  private mutating func touch(_ slot: Int, time: Int64) {
    slots[slot].lastTime = time
    guard slot != newest else { return }
    unlink(slot)
    link(slot)
  }

  private mutating func link(_ slot: Int) {
    slots[slot].older = newest
    slots[slot].newer = -1
    if newest >= 0 { slots[newest].newer = slot } else { oldest = slot }
    newest = slot
  }

  private mutating func unlink(_ slot: Int) {
    let (older, newer) = (slots[slot].older, slots[slot].newer)
    if older >= 0 { slots[older].newer = newer } else { oldest = newer }
    if newer >= 0 { slots[newer].older = older } else { newest = older }
  }
}
