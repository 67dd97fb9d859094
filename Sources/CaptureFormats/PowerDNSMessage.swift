/// One message of PowerDNS's `dnsmessage.proto`, as far as passive DNS has use for it: places of
/// octets and a few numbers. Who asked, from which port, for which subnet and with which device is
/// never read.
public struct PowerDNSMessage: Sendable {
  /// The kinds of message.
  public enum Kind: UInt32, Sendable {
    /// A query that the server received.
    case query = 1
    /// A response that it gave to a client.
    case response = 2
    /// A query that it sent to another server.
    case outgoingQuery = 3
    /// A response that another server gave to it.
    case incomingResponse = 4
  }

  /// One record of the response.
  public struct Record: Sendable, Equatable {
    /// Presentation text of the owner, final dot included; the Recursor leaves it out in
    /// responses of other servers.
    public var name: Range<Int>?
    /// The type, 0 when it is missing.
    public var type: UInt64 = 0
    /// The class; 1 when it is missing.
    public var recordClass: UInt64 = 1
    /// Address octets of A and AAAA, text of every other type; nil when they are missing.
    public var rdata: Range<Int>?
  }

  /// The message type; ``Kind`` has those that are known, 0 means that it is missing.
  public private(set) var type: UInt64 = 0
  /// The name that the server is configured with, if any.
  public private(set) var serverIdentity: Range<Int>?
  /// Presentation text of the name that was asked for, if it is there.
  public private(set) var questionName: Range<Int>?
  /// When the message was received, seconds since 1970; nil when it is missing.
  public private(set) var seconds: UInt64?
  /// True when there is a response part.
  public private(set) var hasResponse = false
  /// The response code, 65536 for a network error; 0 when it is missing.
  public private(set) var rcode: UInt64 = 0
  /// True when a filtering policy was applied to the response.
  public private(set) var hasAppliedPolicy = false
  /// The records of the response.
  public private(set) var records: [Record] = []

  /// An empty message.
  public init() {}

  /// Reads a message into this value, which keeps its memory.
  ///
  /// - Throws: ``ProtobufError``; nothing of the message may be used then.
  public mutating func read(_ message: Range<Int>, in bytes: RawSpan) throws(ProtobufError) {
    type = 0
    serverIdentity = nil
    questionName = nil
    seconds = nil
    hasResponse = false
    rcode = 0
    hasAppliedPolicy = false
    records.removeAll(keepingCapacity: true)
    var fields = ProtobufFields(message)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .varint): type = field.value
      case (3, .octets): serverIdentity = field.octets
      case (9, .varint): seconds = field.value
      case (12, .octets): try readQuestion(field.octets, in: bytes)
      case (13, .octets): try readResponse(field.octets, in: bytes)
      default: continue
      }
    }
  }

  private mutating func readQuestion(
    _ question: Range<Int>, in bytes: RawSpan
  ) throws(ProtobufError) {
    var fields = ProtobufFields(question)
    while let field = try fields.next(in: bytes) {
      if field.number == 1, field.kind == .octets { questionName = field.octets }
    }
  }

  private mutating func readResponse(
    _ response: Range<Int>, in bytes: RawSpan
  ) throws(ProtobufError) {
    hasResponse = true
    var fields = ProtobufFields(response)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .varint): rcode = field.value
      case (2, .octets): records.append(try PowerDNSMessage.record(field.octets, in: bytes))
      case (3, .octets): hasAppliedPolicy = hasAppliedPolicy || !field.octets.isEmpty
      default: continue
      }
    }
  }

  private static func record(
    _ range: Range<Int>, in bytes: RawSpan
  ) throws(ProtobufError) -> Record {
    var record = Record()
    var fields = ProtobufFields(range)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .octets): record.name = field.octets
      case (2, .varint): record.type = field.value
      case (3, .varint): record.recordClass = field.value
      case (5, .octets): record.rdata = field.octets
      default: continue
      }
    }
    return record
  }
}
