/// The ones' complement sum of the Internet protocols (RFC 1071).
struct InternetChecksum {
  /// Sum of 64-bit words in the processor's byte order, carries added back. Byte order only decides
  /// in which order the folded result lies in memory (RFC 1071 section 2 B).
  private var sum: UInt64 = 0

  /// Adds the octets of `range`, as if padded with zero to an even number.
  mutating func add(_ bytes: RawSpan, _ range: Range<Int>) {
    var at = range.lowerBound
    while at + 8 <= range.upperBound {
      add(bytes.native(at, as: UInt64.self))
      at += 8
    }
    var tail: UInt64 = 0
    var shift: UInt64 = 0
    while at < range.upperBound {
      tail |= UInt64(bytes.octet(at)) << shift
      shift += 8
      at += 1
    }
    add(UInt64(littleEndian: tail))
  }

  /// Adds a number as its octets in network order.
  mutating func add(bigEndian value: UInt64) { add(value.bigEndian) }

  @inline(__always)
  private mutating func add(_ word: UInt64) {
    let (partial, carry) = sum.addingReportingOverflow(word)
    sum = partial &+ (carry ? 1 : 0)
  }

  /// The 16-bit sum, not complemented.
  var folded: UInt16 {
    var rest = sum
    while rest > 0xFFFF { rest = (rest & 0xFFFF) + (rest >> 16) }
    return UInt16(truncatingIfNeeded: rest).bigEndian
  }
}

/// What a UDP checksum says.
enum UDPChecksum {
  /// Right.
  case good
  /// Zero: the sender made none. Usual with IPv4, for tunnels only with IPv6 (RFC 6935).
  case absent
  /// The sum of the pseudo-header alone: left for the network card to complete, so the frame was
  /// captured on the host that sent it.
  case offloaded
  /// Wrong.
  case bad

  /// Checks the datagram at `datagram`, header included (RFC 768, RFC 8200 section 8.1).
  ///
  /// An IPv4-mapped address adds 0xFFFF, which is zero in ones' complement, so one sum does for
  /// both versions.
  static func check(
    _ bytes: RawSpan, _ datagram: Range<Int>, source: FlowAddress, destination: FlowAddress
  ) -> UDPChecksum {
    let field = bytes.big(datagram.lowerBound + 6, as: UInt16.self)
    if field == 0 { return .absent }
    var sum = InternetChecksum()
    sum.add(bigEndian: source.high)
    sum.add(bigEndian: source.low)
    sum.add(bigEndian: destination.high)
    sum.add(bigEndian: destination.low)
    sum.add(bigEndian: UInt64(Flow.Transport.udp.rawValue) << 32 | UInt64(datagram.count))
    let pseudoHeader = sum.folded
    sum.add(bytes, datagram)
    if sum.folded == 0xFFFF { return .good }
    return field == pseudoHeader ? .offloaded : .bad
  }
}
