/// The payload `dnsobs` of libnmsg's base vendor (1/14): one response of an authoritative server,
/// as a DNS message. Places of octets and numbers only.
public struct DNSObservationPayload: Sendable {
  /// When the response came, seconds since 1970; nil when it is missing.
  public private(set) var seconds: UInt64?
  /// The DNS message; nil when there was no answer.
  public private(set) var response: Range<Int>?
  /// The zone that the resolver asked for, an uncompressed wire name.
  public private(set) var queryZone: Range<Int>?

  /// Reads a payload. Where the sensor is and whom it asked is not read.
  ///
  /// - Throws: ``ProtobufError``.
  public init(_ payload: Range<Int>, in bytes: RawSpan) throws(ProtobufError) {
    var fields = ProtobufFields(payload)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .varint): seconds = field.value
      case (7, .octets): response = field.octets
      case (8, .octets): queryZone = field.octets
      default: continue
      }
    }
  }
}

extension DnstapMessage {
  /// The same response as dnstap would tell it: received by a resolver.
  public init(_ observation: DNSObservationPayload) {
    isMessage = true
    type = .resolverResponse
    queryZone = observation.queryZone
    responseTime = observation.seconds
    response = observation.response
  }
}
