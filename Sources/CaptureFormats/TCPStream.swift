/// One direction of one TCP connection on a DNS port: brings segments in order, takes DNS messages
/// out by their length prefixes (RFC 1035 section 4.2.2).
///
/// Where octets come twice, the first ones win. A stream whose SYN was seen is believed; in one
/// picked up in the middle, or continued behind a hole, every message must look like DNS.
struct TCPStream {
  /// Octets that could not be used yet because earlier ones are missing.
  private struct Waiting {
    var sequence: UInt32
    var time: Int64
    var octets: [UInt8]
  }

  /// What became of a segment.
  struct Reception {
    var messages = 0
    var hasNewOctets = false
    /// Octets are kept until others come.
    var isHolding = false
    /// Octets were thrown away because no message starts there.
    var isUnsynchronised = false
  }

  let flow: Flow
  /// Initial sequence number, when the SYN was seen.
  private(set) var initialSequence: UInt32?
  /// Sequence number of the next octet in order.
  private(set) var next: UInt32
  /// First sequence number seen of a stream without SYN.
  private let firstSequence: UInt32
  /// Message boundaries are known, not guessed.
  private var isTrusted: Bool
  private var isPickedUp = false
  /// Octets have been thrown away, so the next message may start anywhere.
  private var hasLostPlace = false
  private(set) var isClosed = false
  private var finSequence: UInt32?
  /// The start of a message, in order, with its length prefix.
  private var partial: [UInt8] = []
  /// Sorted by distance from `next`, not overlapping.
  private var waiting: [Waiting] = []
  private var waitingCharge = 0
  /// Packet time of the last segment.
  var lastTime: Int64
  /// Neighbours in the list from the longest to the shortest idle stream; -1 at the ends.
  var older = -1
  var newer = -1

  /// Octets held, bookkeeping included.
  var charge: Int { partial.count + waitingCharge }

  /// A direction that starts with a SYN, or one picked up at `sequence`.
  init(flow: Flow, isStart: Bool, sequence: UInt32, time: Int64) {
    self.flow = flow
    initialSequence = isStart ? sequence : nil
    next = isStart ? sequence &+ 1 : sequence
    firstSequence = sequence
    isTrusted = isStart
    lastTime = time
  }

  /// True when a SYN with this sequence number belongs to the stream as it is; false when it starts
  /// another connection.
  mutating func accepts(synAt sequence: UInt32) -> Bool {
    if initialSequence == sequence { return true }
    guard initialSequence == nil, firstSequence == sequence &+ 1 else { return false }
    // The SYN was captured behind the first data.
    initialSequence = sequence
    isTrusted = !hasLostPlace
    return true
  }

  /// True when `sequence` is too far away to belong to this connection.
  func isForeign(_ sequence: UInt32) -> Bool {
    abs(distance(to: sequence)) > CaptureLimits.sequenceDistanceMax
  }

  /// Notes the end of the direction: a FIN behind its last octet, at `sequence`.
  mutating func finish(at sequence: UInt32) {
    finSequence = sequence
    closeAtFin()
  }

  /// Takes a reset, which only counts exactly where the next octet is due (RFC 5961 section 3.2).
  mutating func reset(at sequence: UInt32) {
    guard sequence == next else { return }
    isClosed = true
    drop()
  }

  /// Takes the octets of a segment.
  mutating func receive<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ range: Range<Int>, sequence: UInt32, time: Int64,
    handler: inout Handler, counters: inout CaptureCounters
  ) -> Reception {
    var reception = Reception()
    let distance = distance(to: sequence)
    guard distance + range.count > 0 else { return reception }
    guard !isClosed else {
      reception.isUnsynchronised = true
      return reception
    }
    let new = range.lowerBound + max(0, -distance)..<range.upperBound
    if distance <= 0, waiting.isEmpty {
      reception.hasNewOctets = true
      take(bytes, new, time: time, &reception, &handler, &counters)
    } else {
      // Octets that wait already were here first and win over the same ones in this segment.
      reception.hasNewOctets = hold(bytes, new, distance: max(0, distance), time: time)
      drain(time: time, &reception, &handler, &counters)
    }
    while charge > CaptureLimits.streamOctetsMax, !waiting.isEmpty {
      skipHole(time: time, &reception, &handler, &counters)
    }
    reception.isHolding = charge > 0
    closeAtFin()
    return reception
  }

  /// Delivers what can be found behind holes, when no more segments are expected.
  mutating func end<Handler: DNSPayloadHandler & ~Copyable>(
    handler: inout Handler, counters: inout CaptureCounters
  ) {
    var reception = Reception()
    while let first = waiting.first {
      skipHole(time: first.time, &reception, &handler, &counters)
    }
    if !partial.isEmpty { counters.count(.tcpUnfinished) }
    drop()
  }

  // MARK: Order

  /// How far `sequence` lies behind the next octet in order, modulo 2^32.
  private func distance(to sequence: UInt32) -> Int {
    Int(Int32(truncatingIfNeeded: sequence &- next))
  }

  /// Keeps the octets that are not held yet; false when there are none.
  private mutating func hold(
    _ bytes: RawSpan, _ range: Range<Int>, distance: Int, time: Int64
  ) -> Bool {
    let end = distance + range.count
    var from = distance
    var index = 0
    var isNew = false
    while from < end {
      var free = end
      if index < waiting.count {
        let start = self.distance(to: waiting[index].sequence)
        if start <= from {
          from = max(from, start + waiting[index].octets.count)
          index += 1
          continue
        }
        free = min(end, start)
      }
      let first = range.lowerBound + from - distance
      var octets: [UInt8] = []
      bytes.append(first..<first + free - from, to: &octets)
      waitingCharge += octets.count + CaptureLimits.bookkeepingOctets
      let sequence = next &+ UInt32(truncatingIfNeeded: from)
      waiting.insert(Waiting(sequence: sequence, time: time, octets: octets), at: index)
      isNew = true
      index += 1
      from = free
    }
    return isNew
  }

  /// Takes what has become in order.
  private mutating func drain<Handler: DNSPayloadHandler & ~Copyable>(
    time: Int64, _ reception: inout Reception, _ handler: inout Handler,
    _ counters: inout CaptureCounters
  ) {
    var used = 0
    while used < waiting.count {
      let segment = waiting[used]
      let distance = distance(to: segment.sequence)
      guard distance <= 0 else { break }
      used += 1
      waitingCharge -= segment.octets.count + CaptureLimits.bookkeepingOctets
      guard distance + segment.octets.count > 0 else { continue }
      let octets = unsafe segment.octets.span.bytes
      take(
        octets, -distance..<octets.byteCount, time: time, &reception, &handler, &counters)
    }
    waiting.removeFirst(used)
  }

  /// Gives the octets before the first waiting segment up.
  private mutating func skipHole<Handler: DNSPayloadHandler & ~Copyable>(
    time: Int64, _ reception: inout Reception, _ handler: inout Handler,
    _ counters: inout CaptureCounters
  ) {
    guard let first = waiting.first else { return }
    counters.count(.tcpGaps)
    partial = []
    hasLostPlace = true
    isTrusted = false
    isPickedUp = false
    next = first.sequence
    drain(time: time, &reception, &handler, &counters)
  }

  private mutating func closeAtFin() {
    guard finSequence == next else { return }
    isClosed = true
    drop()
  }

  private mutating func drop() {
    partial = []
    waiting = []
    waitingCharge = 0
  }

  // MARK: Messages

  /// Takes octets in order.
  private mutating func take<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ range: Range<Int>, time: Int64, _ reception: inout Reception,
    _ handler: inout Handler, _ counters: inout CaptureCounters
  ) {
    next &+= UInt32(truncatingIfNeeded: range.count)
    var at = range.lowerBound
    while at < range.upperBound {
      guard partial.isEmpty else {
        at += complete(bytes, at..<range.upperBound, time: time, &reception, &handler, &counters)
        continue
      }
      guard let size = messageOctets(bytes, at..<range.upperBound) else {
        bytes.append(at..<range.upperBound, to: &partial)
        return
      }
      guard believes(bytes, at..<range.upperBound, &counters) else {
        hasLostPlace = true
        reception.isUnsynchronised = true
        return
      }
      if size > 2 {
        deliver(bytes.extracting(at + 2..<at + size), time, &reception, &handler, &counters)
      }
      at += size
    }
  }

  /// Octets of the message at the start of `range` with its prefix; nil when it is not all there,
  /// or not enough of it to believe it.
  private func messageOctets(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
    guard range.count >= (isTrusted ? 2 : MessageGuess.octetsNeeded) else { return nil }
    let size = 2 + Int(bytes.big(range.lowerBound, as: UInt16.self))
    // What cannot be believed is not waited for.
    if !isTrusted, !MessageGuess.isPlausible(bytes, at: range.lowerBound) { return size }
    return range.count >= size ? size : nil
  }

  private mutating func believes(
    _ bytes: RawSpan, _ range: Range<Int>, _ counters: inout CaptureCounters
  ) -> Bool {
    if isTrusted { return true }
    guard MessageGuess.isPlausible(bytes, at: range.lowerBound) else { return false }
    if !isPickedUp { counters.count(.tcpPickups) }
    isPickedUp = true
    return true
  }

  /// Adds to the partial message and delivers it when it is whole. Returns the octets used.
  private mutating func complete<Handler: DNSPayloadHandler & ~Copyable>(
    _ bytes: RawSpan, _ range: Range<Int>, time: Int64, _ reception: inout Reception,
    _ handler: inout Handler, _ counters: inout CaptureCounters
  ) -> Int {
    let headOctets = isTrusted ? 2 : MessageGuess.octetsNeeded
    var used = 0
    if partial.count < headOctets {
      used = min(headOctets - partial.count, range.count)
      bytes.append(range.lowerBound..<range.lowerBound + used, to: &partial)
      guard partial.count == headOctets else { return used }
      let head = partial
      guard believes(unsafe head.span.bytes, 0..<head.count, &counters) else {
        partial = []
        hasLostPlace = true
        reception.isUnsynchronised = true
        return range.count
      }
    }
    let size = 2 + Int(partial[0]) << 8 + Int(partial[1])
    let more = min(max(0, size - partial.count), range.count - used)
    bytes.append(range.lowerBound + used..<range.lowerBound + used + more, to: &partial)
    used += more
    guard partial.count >= size else { return used }
    let message = partial
    partial = []
    if size > 2 {
      let octets = unsafe message.span.bytes
      deliver(octets.extracting(2..<size), time, &reception, &handler, &counters)
    }
    return used
  }

  private func deliver<Handler: DNSPayloadHandler & ~Copyable>(
    _ message: RawSpan, _ time: Int64, _ reception: inout Reception, _ handler: inout Handler,
    _ counters: inout CaptureCounters
  ) {
    reception.messages += 1
    counters.count(.tcpPayloads)
    handler.dnsPayload(message, flow: flow, time: time)
  }
}
