/// Puts fragmented IP datagrams together, within fixed memory and time.
///
/// - A fragment with the same place and octets as one already held is a duplicate and changes
///   nothing (RFC 8200 section 4.5 allows it; copies come from mirror ports).
/// - Any other overlap rejects the datagram and all its further fragments (RFC 5722), for IPv4 too.
/// - Only UDP and TCP datagrams are collected, and only until the first fragment shows that the
///   ports are not DNS ports.
struct DatagramReassembler {
  /// What identifies a datagram (RFC 791 section 3.2, RFC 8200 section 4.5).
  struct Key: Hashable {
    var source: FlowAddress
    var destination: FlowAddress
    var identification: UInt32
    /// The IPv4 protocol; 0 for IPv6, where it is no part of the key.
    var protocolNumber: UInt8
  }

  enum Result {
    case held
    case duplicate
    case refused(FrameOutcome)
    /// All octets of the datagram, and its protocol or next header.
    case complete([UInt8], protocolNumber: UInt8)
  }

  private struct Part {
    var offset: Int
    var octets: [UInt8]
    var end: Int { offset + octets.count }
  }

  private struct Datagram {
    var created: Int64
    var serial: UInt64
    var parts: [Part] = []
    var octets = 0
    /// Length of the datagram, once the last fragment is here.
    var total: Int?
    var protocolNumber: UInt8
    /// Set when no more fragments are wanted; `parts` is then empty.
    var refusal: FrameOutcome?
    var charge: Int {
      octets + (parts.count + 4) * CaptureLimits.bookkeepingOctets
    }
  }

  private var datagrams: [Key: Datagram] = [:]
  /// Creation order. An entry whose serial differs from its datagram's is stale.
  private var order: [(key: Key, serial: UInt64)] = []
  private var orderHead = 0
  private var serial: UInt64 = 0
  private(set) var chargedOctets = 0

  /// Incomplete or rejected datagrams remembered.
  var count: Int { datagrams.count }

  /// Takes one fragment, the octets of `range`.
  mutating func add(
    _ bytes: RawSpan, _ range: Range<Int>, _ fragment: FrameWalk.Fragment, key: Key, time: Int64,
    ports: DNSPorts, counters: inout CaptureCounters
  ) -> Result {
    expire(before: time, &counters)
    guard let end = Self.end(of: fragment, octets: range.count) else {
      return .refused(.badFragment)
    }
    if let old = datagrams[key], abs(time - old.created) > CaptureLimits.fragmentWaitNanoseconds {
      remove(key, .datagramsExpired, &counters)
    }
    var datagram = datagrams.removeValue(forKey: key) ?? begin(key, fragment, time)
    chargedOctets -= datagram.charge
    let result = Self.insert(
      bytes, range, fragment, end: end, into: &datagram, ports: ports)
    if case .complete = result {
      counters.count(.datagramsReassembled)
      return result
    }
    chargedOctets += datagram.charge
    datagrams[key] = datagram
    evict(&counters)
    return result
  }

  /// Forgets everything, at the end of input.
  mutating func finish(_ counters: inout CaptureCounters) {
    for datagram in datagrams.values where datagram.refusal == nil {
      counters.count(.datagramsExpired)
    }
    self = DatagramReassembler()
  }

  /// The first octet behind a fragment; nil for an impossible one.
  private static func end(of fragment: FrameWalk.Fragment, octets: Int) -> Int? {
    let end = fragment.offset + octets
    guard octets > 0, end <= 65_535, fragment.isLast || octets % 8 == 0 else { return nil }
    return end
  }

  private mutating func begin(
    _ key: Key, _ fragment: FrameWalk.Fragment, _ time: Int64
  ) -> Datagram {
    serial += 1
    order.append((key, serial))
    let datagram = Datagram(
      created: time, serial: serial, protocolNumber: fragment.protocolNumber)
    chargedOctets += datagram.charge
    return datagram
  }

  private static func insert(
    _ bytes: RawSpan, _ range: Range<Int>, _ fragment: FrameWalk.Fragment, end: Int,
    into datagram: inout Datagram, ports: DNSPorts
  ) -> Result {
    if let refusal = datagram.refusal { return .refused(refusal) }
    if fragment.offset == 0 {
      datagram.protocolNumber = fragment.protocolNumber
      if let refusal = refusal(ofFirst: bytes, range, fragment, ports: ports) {
        return refuse(&datagram, refusal)
      }
    }
    let index = datagram.parts.firstIndex { $0.end > fragment.offset } ?? datagram.parts.count
    if index < datagram.parts.count, datagram.parts[index].offset < end {
      let isSame = isEqual(bytes, range, datagram.parts[index], at: fragment.offset)
      return isSame ? .duplicate : refuse(&datagram, .fragmentOverlap)
    }
    if fragment.isLast {
      guard datagram.total == nil, index == datagram.parts.count else {
        return refuse(&datagram, .fragmentOverlap)
      }
      datagram.total = end
    } else if let total = datagram.total, end >= total {
      return refuse(&datagram, .fragmentOverlap)
    }
    guard datagram.parts.count < CaptureLimits.fragmentsPerDatagramMax else {
      return refuse(&datagram, .fragmentLimit)
    }
    var octets: [UInt8] = []
    bytes.append(range, to: &octets)
    datagram.parts.insert(Part(offset: fragment.offset, octets: octets), at: index)
    datagram.octets += octets.count
    // Parts never overlap, so a full count of octets means no holes.
    guard datagram.octets == datagram.total else { return .held }
    return .complete(
      datagram.parts.flatMap(\.octets), protocolNumber: datagram.protocolNumber)
  }

  /// Why nothing of this datagram is wanted; nil when it may carry DNS.
  private static func refusal(
    ofFirst bytes: RawSpan, _ range: Range<Int>, _ fragment: FrameWalk.Fragment, ports: DNSPorts
  ) -> FrameOutcome? {
    // Behind IPv6 extension headers the ports are not in a fixed place: collect and see.
    guard fragment.protocolNumber == 17 || fragment.protocolNumber == 6 else { return nil }
    guard range.count >= 4 else { return .badFragment }
    let source = bytes.big(range.lowerBound, as: UInt16.self)
    let destination = bytes.big(range.lowerBound + 2, as: UInt16.self)
    return ports.contains(source) || ports.contains(destination) ? nil : .otherPort
  }

  private static func refuse(_ datagram: inout Datagram, _ outcome: FrameOutcome) -> Result {
    datagram.refusal = outcome
    datagram.parts = []
    datagram.octets = 0
    return .refused(outcome)
  }

  private static func isEqual(
    _ bytes: RawSpan, _ range: Range<Int>, _ part: Part, at offset: Int
  ) -> Bool {
    guard part.offset == offset, part.octets.count == range.count else { return false }
    return part.octets.indices.allSatisfy { part.octets[$0] == bytes.octet(range.lowerBound + $0) }
  }

  // MARK: Limits

  private mutating func expire(before time: Int64, _ counters: inout CaptureCounters) {
    while orderHead < order.count {
      let oldest = order[orderHead]
      if let datagram = datagrams[oldest.key], datagram.serial == oldest.serial {
        guard time - datagram.created > CaptureLimits.fragmentWaitNanoseconds else { break }
        remove(oldest.key, .datagramsExpired, &counters)
      }
      orderHead += 1
    }
    compact()
  }

  private mutating func evict(_ counters: inout CaptureCounters) {
    while datagrams.count > CaptureLimits.datagramsMax
      || chargedOctets > CaptureLimits.fragmentOctetsMax, orderHead < order.count
    {
      let oldest = order[orderHead]
      orderHead += 1
      if datagrams[oldest.key]?.serial == oldest.serial {
        remove(oldest.key, .datagramsEvicted, &counters)
      }
    }
  }

  private mutating func remove(
    _ key: Key, _ event: CaptureEvent, _ counters: inout CaptureCounters
  ) {
    guard let datagram = datagrams.removeValue(forKey: key) else { return }
    chargedOctets -= datagram.charge
    if datagram.refusal == nil { counters.count(event) }
  }

  /// Keeps the list of creation order within twice the number of datagrams, at constant cost each.
  private mutating func compact() {
    if orderHead > 64, orderHead * 2 > order.count {
      order.removeFirst(orderHead)
      orderHead = 0
    }
    guard order.count > 2 * datagrams.count + 256 else { return }
    let live = datagrams
    order = order[orderHead...].filter { live[$0.key]?.serial == $0.serial }
    orderHead = 0
  }
}
