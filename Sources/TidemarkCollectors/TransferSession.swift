public import DNSWire
public import TidemarkIngest

/// What a zone transfer is, message by message (RFC 5936): takes what a server sends and says when
/// it is complete. Knows no socket and no clock.
public struct TransferSession: ~Copyable {
  /// The query, with the signature if there is a key; sent once.
  public let query: [UInt8]
  /// What the SOA record says that the transfer began with; nil before it came.
  public private(set) var start: ZoneStart?
  /// Records of the answer so far, both SOA records among them.
  public private(set) var records: UInt64 = 0
  /// Messages so far.
  public private(set) var messages: UInt64 = 0

  private let zone: DomainName
  private let id: UInt16
  private var tsig: TSIGSession?
  private var parser = MessageParser()
  private var isComplete = false
  private var startRData: [UInt8] = []

  /// Makes the query for a zone.
  ///
  /// - Parameters:
  ///   - id: of the query; not predictable.
  ///   - key: signs the query; then every message must be covered by a signature.
  ///   - time: seconds since 1970.
  public init(zone: DomainName, id: UInt16, key: TSIGKey?, time: UInt64) {
    self.zone = zone
    self.id = id
    var query: [UInt8] = [UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 0, 0, 0, 1]
    query += [0, 0, 0, 0, 0, 0]
    query += zone.wire
    query += [0, 252, 0, 1]
    if let key {
      var session = TSIGSession(key: key)
      session.sign(&query, time: time)
      tsig = session
    }
    self.query = query
  }

  /// Takes the next message.
  ///
  /// - Parameters:
  ///   - time: seconds since 1970.
  ///   - out: receives the records; see ``ZoneTransferDecoder``. Nothing of them may be used before
  ///     the transfer is complete.
  /// - Returns: true when the transfer is complete and everything in it is verified.
  /// - Throws: ``TransferError``; nothing of the transfer may be used then.
  public mutating func take(
    _ message: [UInt8], time: UInt64, into out: inout [UInt8]
  ) throws(TransferError) -> Bool {
    messages += 1
    try checkHeader(message)
    // A refusal is worth reading even when its signature says more: see TSIG below.
    let rcode = message[3] & 0xF
    do throws(TransferError) {
      try tsig?.verify(message, time: time)
    } catch {
      // An unsigned refusal by a server that knows nothing of the key is still its answer.
      if rcode != 0, case .tsig("an unsigned message") = error { throw .refused(rcode: rcode) }
      throw error
    }
    guard rcode == 0 else { throw .refused(rcode: rcode) }
    do throws(MessageError) {
      try parser.parse(message.span)
    } catch {
      throw .badMessage(error.name)
    }
    guard parser.rcode == 0 else { throw .refused(rcode: UInt8(clamping: parser.rcode)) }
    try checkQuestion()
    for index in 0..<parser.answers { try take(parser.record(index), into: &out) }
    guard start != nil else { throw .notATransfer("there is no SOA record in front") }
    guard isComplete else { return false }
    guard tsig?.isSettled != false else { throw .tsig("an unsigned last message") }
    return true
  }

  private func checkHeader(_ message: [UInt8]) throws(TransferError) {
    guard let header = MessageHeader(message.span) else { throw .badMessage("short-header") }
    guard header.id == id, header.isResponse, header.opcode == 0 else {
      throw .notATransfer("a message is no answer to our query")
    }
    guard !header.isTruncated else { throw .notATransfer("a message is truncated") }
    guard header.questionCount <= 1 else {
      throw .notATransfer("a message has several questions")
    }
  }

  /// The first message repeats the question, later ones may (RFC 5936 section 2.2.1).
  private func checkQuestion() throws(TransferError) {
    guard parser.hasQuestion else { return }
    let isOurs =
      parser.questionType.rawValue == 252 && parser.questionClass == 1
      && parser.withOctets(parser.questionName) { isZone($0) }
    guard isOurs else { throw .notATransfer("a message answers another question") }
  }

  private mutating func take(
    _ record: MessageRecord, into out: inout [UInt8]
  ) throws(TransferError) {
    guard !isComplete else { throw .notATransfer("records follow the last SOA record") }
    let isApexSOA = record.type == .soa && parser.withOctets(record.owner) { isZone($0) }
    if start == nil {
      guard isApexSOA else { throw .notATransfer("there is no SOA record in front") }
      startRData = parser.withOctets(record.rdata) { rdata in rdata.indices.map { rdata[$0] } }
      start = ZoneStart(owner: zone.wire, soa: startRData)
      guard start != nil else { throw .badMessage("bad-rdata") }
    } else if isApexSOA {
      let isSame = parser.withOctets(record.rdata) { rdata in
        rdata.count == startRData.count && rdata.indices.allSatisfy { rdata[$0] == startRData[$0] }
      }
      guard isSame else { throw .notATransfer("the zone changed during the transfer") }
      isComplete = true
    }
    records += 1
    parser.withOctets(record.owner) { owner in
      parser.withOctets(record.rdata) { rdata in
        ZoneTransferDecoder.append(owner: owner, record: record, rdata: rdata, to: &out)
      }
    }
  }

  private func isZone(_ name: Span<UInt8>) -> Bool {
    guard name.count == zone.wire.count else { return false }
    for index in name.indices where name[index] != zone.wire[index] { return false }
    return true
  }
}

/// Why a zone transfer failed. Nothing of it is stored.
public enum TransferError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server's name has no address.
  case unknownHost(String)
  /// No connection; the text says why.
  case noConnection(String)
  /// The server closed the connection before the transfer was complete.
  case closedEarly
  /// Nothing came for longer than allowed.
  case timeout(String)
  /// A limit of ``TransferLimits`` was reached.
  case tooLarge(String)
  /// The server's answer is an error.
  case refused(rcode: UInt8)
  /// A message cannot be read; the name is that of accounting.
  case badMessage(String)
  /// The answer is no zone transfer.
  case notATransfer(String)
  /// A signature is missing or wrong: the answer may be anybody's.
  case tsig(String)
  /// The local copy could not be written.
  case io(path: String, code: Int32)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unknownHost(let name): "no address for \(name)"
    case .noConnection(let reason): "no connection: \(reason)"
    case .closedEarly: "the server closed the connection before the end of the zone"
    case .timeout(let what): "the server did not \(what) in time"
    case .tooLarge(let what): "the transfer has more than \(what)"
    case .refused(let rcode): "the server refuses the transfer: \(TransferError.name(rcode))"
    case .badMessage(let name): "a message cannot be read: \(name)"
    case .notATransfer(let reason): "not a zone transfer: \(reason)"
    case .tsig(let reason): "TSIG: \(reason)"
    case .io(let path, let code): "\(path): input/output error \(code)"
    }
  }

  private static func name(_ rcode: UInt8) -> String {
    let names = [
      "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
      "NXRRSET", "NOTAUTH", "NOTZONE",
    ]
    return Int(rcode) < names.count ? names[Int(rcode)] : "rcode \(rcode)"
  }
}

/// Bounds on transfers: a server decides how much it sends.
public struct TransferLimits: Sendable {
  /// Octets of all messages; the largest zones have about 30 GiB.
  public var octetsMax: UInt64 = 64 << 30
  /// Messages; at 16 KiB each, what ``octetsMax`` makes.
  public var messagesMax: UInt64 = 1 << 26
  /// Seconds for a connection.
  public var connectSeconds = 10
  /// Seconds without an octet.
  public var idleSeconds = 60
  /// Seconds for everything.
  public var totalSeconds = 6 * 3_600

  /// Makes the standard limits.
  public init() {}
}
