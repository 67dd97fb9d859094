/// The payload `dnsqr` of libnmsg's base vendor (1/9): the IP packets of a DNS query and of its
/// response, which the sensor has matched. One value serves payload after payload.
public struct DNSQueryResponsePayload: Sendable {
  /// What the sensor saw. Numbers as in `dnsqr.proto`.
  public enum Kind: UInt64, Sendable {
    /// A query and its response.
    case queryResponse = 1
    /// A query without response.
    case unansweredQuery = 2
    /// A response without query.
    case unsolicitedResponse = 3
    /// TCP packets, one by one.
    case tcp = 4
    /// An ICMP packet.
    case icmp = 5
    /// A query; responses are not looked for.
    case queryOnly = 6
    /// A response; queries are not looked for.
    case responseOnly = 7
  }

  /// One packet of the response: the whole datagram or a fragment of it.
  public struct Packet: Sendable, Equatable {
    /// Raw IP.
    public var octets: Range<Int>
    /// Nanoseconds since 1970, 0 or more; nil when it is missing or impossible.
    public var time: Int64?
  }

  /// The kind as a number, 0 when it is missing.
  public private(set) var kind: UInt64 = 0
  /// The packets of the response, in the order of the payload.
  public private(set) var response: [Packet] = []
  /// True when the sensor found the UDP checksum of the response to be wrong.
  public private(set) var hasBadChecksum = false
  /// True when the sensor zeroed the address of the asker, which makes the checksum wrong that
  /// ``response`` holds.
  public private(set) var isAddressZeroed = false

  private var seconds: [UInt64] = []
  private var nanoseconds: [UInt64] = []

  /// An empty payload.
  public init() {}

  /// Reads a payload into this value, which keeps its memory. The query is not read.
  ///
  /// - Throws: ``ProtobufError``; nothing of the payload may be used then.
  public mutating func read(_ payload: Range<Int>, in bytes: RawSpan) throws(ProtobufError) {
    kind = 0
    response.removeAll(keepingCapacity: true)
    seconds.removeAll(keepingCapacity: true)
    nanoseconds.removeAll(keepingCapacity: true)
    hasBadChecksum = false
    isAddressZeroed = false
    var fields = ProtobufFields(payload)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .varint): kind = field.value
      case (15, .octets): response.append(Packet(octets: field.octets, time: nil))
      case (16, .varint): seconds.append(field.value)
      case (17, .fixed32): nanoseconds.append(field.value)
      case (21, .varint): hasBadChecksum = field.value == 2
      case (22, .varint): isAddressZeroed = field.value != 0
      default: continue
      }
    }
    for index in response.indices where index < seconds.count {
      response[index].time = DNSQueryResponsePayload.time(
        seconds[index], index < nanoseconds.count ? nanoseconds[index] : 0)
    }
  }

  private static func time(_ seconds: UInt64, _ nanoseconds: UInt64) -> Int64? {
    guard seconds <= UInt64(UInt32.max), nanoseconds < 1_000_000_000 else { return nil }
    return Int64(seconds) * 1_000_000_000 + Int64(nanoseconds)
  }
}
