/// Receives DNS message candidates from ``FrameDissector``.
public protocol DNSPayloadHandler: ~Copyable {
  /// Takes one complete payload: a UDP datagram's octets, or one message of a TCP stream without
  /// its length prefix. Nothing inside has been looked at, except behind a hole in a TCP stream.
  ///
  /// - Parameters:
  ///   - bytes: 1–65,535 octets, valid during the call only.
  ///   - flow: who sent it to whom. Queries and responses are both delivered.
  ///   - time: nanoseconds since the epoch of the frame that made the payload complete.
  mutating func dnsPayload(_ bytes: RawSpan, flow: Flow, time: Int64)
}
