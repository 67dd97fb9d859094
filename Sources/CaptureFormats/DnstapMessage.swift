/// The kind of event of a dnstap message (dnstap.proto, Message.Type).
public struct DnstapType: RawRepresentable, Hashable, Sendable {
  /// The number on the wire; numbers without a name are kept.
  public let rawValue: UInt64

  /// Takes any number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// An authoritative server sent it.
  public static let authResponse = DnstapType(rawValue: 2)
  /// A resolver received it from an authoritative server.
  public static let resolverResponse = DnstapType(rawValue: 4)
  /// A resolver or proxy sent it to a client.
  public static let clientResponse = DnstapType(rawValue: 6)
  /// A server received it from the resolver that it forwards to.
  public static let forwarderResponse = DnstapType(rawValue: 8)
  /// A stub resolver received it.
  public static let stubResponse = DnstapType(rawValue: 10)
  /// A tool such as dig received it.
  public static let toolResponse = DnstapType(rawValue: 12)
}

/// What passive DNS needs of one dnstap payload (dnstap.proto, proto2). Octets are ranges of the
/// frame that was read.
///
/// There is no field for the asking side: its address and port and the query it sent are passed
/// over unread, and so are the version, extra data and the matched value of a policy.
public struct DnstapMessage: Equatable, Sendable {
  /// A time in whole seconds since 1970-01-01 UTC; the fraction is passed over.
  public typealias Seconds = UInt64

  /// What a policy did to an answer (dnstap.proto, Policy.Action).
  public enum Policy: Equatable, Sendable {
    /// None was applied, or it let the answer pass as it was.
    case none
    /// One was applied: the answer is not what the server said.
    case rewritten
  }

  /// True when the payload is a message, the only kind there is.
  public var isMessage = false
  /// The event; nil when not given.
  public var type: DnstapType?
  /// 1 IPv4, 2 IPv6; nil when not given. The number is not checked.
  public var socketFamily: UInt64?
  /// 1 UDP, 2 TCP, 3 TLS, 4 HTTPS, …; nil when not given. The number is not checked.
  public var socketProtocol: UInt64?
  /// Address of the server that answered, 4 or 16 octets as far as its writer keeps to the format.
  public var serverAddress: Range<Int>?
  /// Time of the query; nil when not given.
  public var queryTime: Seconds?
  /// Wire name of the zone that the query was about.
  public var queryZone: Range<Int>?
  /// Time of the response; nil when not given.
  public var responseTime: Seconds?
  /// The DNS message of the response, as it was sent.
  public var response: Range<Int>?
  /// Name of the server that made the payload.
  public var identity: Range<Int>?
  /// Whether somebody changed the answer.
  public var policy = Policy.none

  /// Reads a payload: the octets of a data frame.
  ///
  /// Fields and numbers that are not known are passed over.
  /// - Throws: ``ProtobufError`` when the octets are not a protocol buffers message.
  @inline(__always)
  public init(_ bytes: RawSpan) throws(ProtobufError) {
    var fields = ProtobufFields(0..<bytes.byteCount)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .octets): identity = field.octets
      case (14, .octets): try readMessage(field.octets, bytes)
      case (15, .varint): isMessage = field.value == 1
      default: continue
      }
    }
  }

  private mutating func readMessage(_ range: Range<Int>, _ bytes: RawSpan) throws(ProtobufError) {
    var fields = ProtobufFields(range)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .varint): type = DnstapType(rawValue: field.value)
      case (2, .varint): socketFamily = field.value
      case (3, .varint): socketProtocol = field.value
      case (5, .octets): serverAddress = field.octets
      case (8, .varint): queryTime = field.value
      case (11, .octets): queryZone = field.octets
      case (12, .varint): responseTime = field.value
      case (14, .octets): response = field.octets
      case (15, .octets): try readPolicy(field.octets, bytes)
      default: continue
      }
    }
  }

  /// A policy without an action is one that did something unknown.
  private mutating func readPolicy(_ range: Range<Int>, _ bytes: RawSpan) throws(ProtobufError) {
    policy = .rewritten
    var fields = ProtobufFields(range)
    while let field = try fields.next(in: bytes) {
      guard field.number == 3, field.kind == .varint else { continue }
      policy = field.value == 3 ? .none : .rewritten
    }
  }
}
