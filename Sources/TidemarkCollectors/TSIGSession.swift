import Crypto
import DNSWire

/// Signs a query and verifies the messages that answer it (RFC 8945 section 5).
///
/// A transfer is one chain: the first signature covers the query's, each later one the signature
/// before it and all messages since.
struct TSIGSession {
  /// Messages without a signature between two with one (RFC 8945 section 5.3.1).
  static let unsignedMax = 99
  /// Seconds that the clocks may differ.
  static let fudge: UInt16 = 300

  /// True when the last message was signed: nothing that was received is unverified.
  var isSettled: Bool { hasAnswer && unsigned == 0 }

  private let key: TSIGKey
  private var lastMAC: [UInt8] = []
  /// Octets of messages since the last signature, as they are hashed.
  private var pending: [UInt8] = []
  private var unsigned = 0
  private var hasAnswer = false

  init(key: TSIGKey) {
    self.key = key
  }

  /// Appends the signature to a query.
  mutating func sign(_ query: inout [UInt8], time: UInt64) {
    var text = query
    appendVariables(time: time, fudge: Self.fudge, to: &text)
    lastMAC = mac(of: text)
    var rdata = name(of: key.algorithm)
    append48(time, to: &rdata)
    append16(Self.fudge, to: &rdata)
    append16(UInt16(lastMAC.count), to: &rdata)
    rdata += lastMAC
    rdata += query[0..<2]
    rdata += [0, 0, 0, 0]
    query += key.name.wire
    append16(RRType.tsig.rawValue, to: &query)
    query += [0, 255, 0, 0, 0, 0]
    append16(UInt16(rdata.count), to: &query)
    query += rdata
    query[11] += 1
  }

  /// Takes the next message of the answer.
  ///
  /// - Throws: ``TransferError`` when it is not signed where it must be, or not by the key's other
  ///   holder. The session is of no further use then.
  mutating func verify(_ message: [UInt8], time now: UInt64) throws(TransferError) {
    guard let signature = try TSIGRecord(in: message) else {
      guard hasAnswer, unsigned < Self.unsignedMax else { throw .tsig("an unsigned message") }
      unsigned += 1
      pending += message
      return
    }
    guard signature.name == key.name.wire, signature.algorithm == name(of: key.algorithm) else {
      throw .tsig("a signature by another key")
    }
    guard signature.error == 0 else { throw .tsig(TSIGRecord.text(ofError: signature.error)) }
    var text: [UInt8] = []
    append16(UInt16(lastMAC.count), to: &text)
    text += lastMAC
    text += pending
    text += signature.originalID
    text += message[2..<signature.start]
    // The count of additional records is the one without the signature.
    let countAt = text.count - (signature.start - 10)
    let count = (UInt16(text[countAt]) << 8 | UInt16(text[countAt + 1])) &- 1
    text[countAt] = UInt8(count >> 8)
    text[countAt + 1] = UInt8(truncatingIfNeeded: count)
    if hasAnswer {
      append48(signature.time, to: &text)
      append16(signature.fudge, to: &text)
    } else {
      appendVariables(time: signature.time, fudge: signature.fudge, to: &text)
    }
    let wanted = mac(of: text)
    guard TSIGSession.areEqual(wanted, signature.mac) else { throw .tsig("a wrong signature") }
    let difference = signature.time > now ? signature.time - now : now - signature.time
    guard difference <= UInt64(signature.fudge) else {
      throw .tsig("a signature \(difference) s away from this clock")
    }
    lastMAC = signature.mac
    pending.removeAll(keepingCapacity: true)
    unsigned = 0
    hasAnswer = true
  }

  /// Name, class, TTL, algorithm, time, fudge, error and other data (RFC 8945 section 4.3.3).
  private func appendVariables(time: UInt64, fudge: UInt16, to text: inout [UInt8]) {
    text += key.name.wire
    text += [0, 255, 0, 0, 0, 0]
    text += name(of: key.algorithm)
    append48(time, to: &text)
    append16(fudge, to: &text)
    text += [0, 0, 0, 0]
  }

  private func name(of algorithm: TSIGKey.Algorithm) -> [UInt8] {
    [UInt8(algorithm.rawValue.utf8.count)] + algorithm.rawValue.utf8 + [0]
  }

  private func mac(of text: [UInt8]) -> [UInt8] {
    let secret = SymmetricKey(data: key.secret)
    return switch key.algorithm {
    case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: text, using: secret))
    case .sha256: Array(HMAC<SHA256>.authenticationCode(for: text, using: secret))
    case .sha384: Array(HMAC<SHA384>.authenticationCode(for: text, using: secret))
    case .sha512: Array(HMAC<SHA512>.authenticationCode(for: text, using: secret))
    }
  }

  /// Compares in a time that does not depend on where the octets differ. Cut signatures are
  /// refused.
  private static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
  }

  private func append16(_ value: UInt16, to out: inout [UInt8]) {
    out.append(UInt8(value >> 8))
    out.append(UInt8(truncatingIfNeeded: value))
  }

  private func append48(_ value: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: UInt64(40), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

/// The TSIG record at the end of a message.
struct TSIGRecord {
  /// Offset of the record in its message.
  let start: Int
  /// Owner, canonical.
  let name: [UInt8]
  /// Name of the algorithm, canonical.
  let algorithm: [UInt8]
  /// Seconds since 1970.
  let time: UInt64
  /// Seconds.
  let fudge: UInt16
  let mac: [UInt8]
  /// The two octets that the signer had as message id.
  let originalID: [UInt8]
  let error: UInt16

  /// Reads the last record; nil when it is none of TSIG.
  init?(in message: [UInt8]) throws(TransferError) {
    guard let header = MessageHeader(message.span) else { throw .badMessage("short-header") }
    guard header.additionalCount > 0 else { return nil }
    var at = MessageHeader.octets
    for _ in 0..<header.questionCount {
      at = try TSIGRecord.nameEnd(message, at) + 4
    }
    let records =
      Int(header.answerCount) + Int(header.authorityCount) + Int(header.additionalCount)
    var start = at
    var fixed = at
    for _ in 0..<records {
      start = at
      fixed = try TSIGRecord.nameEnd(message, at)
      guard fixed + 10 <= message.count else { throw .badMessage("truncated-message") }
      at = fixed + 10 + TSIGRecord.word(message, fixed + 8)
      guard at <= message.count else { throw .badMessage("truncated-message") }
    }
    guard TSIGRecord.word(message, fixed) == Int(RRType.tsig.rawValue) else { return nil }
    try self.init(message, start: start, fixed: fixed, end: at)
  }

  private init(
    _ message: [UInt8], start: Int, fixed: Int, end: Int
  ) throws(TransferError) {
    self.start = start
    // The key's name may be compressed; nobody does it, and nobody has to.
    name = try TSIGRecord.canonicalName(message[start..<fixed])
    let algorithmEnd = try TSIGRecord.nameEnd(message, fixed + 10)
    guard algorithmEnd + 10 <= end else { throw .tsig("a malformed signature") }
    algorithm = try TSIGRecord.canonicalName(message[(fixed + 10)..<algorithmEnd])
    time = message[algorithmEnd..<(algorithmEnd + 6)].reduce(0) { $0 << 8 | UInt64($1) }
    fudge = UInt16(TSIGRecord.word(message, algorithmEnd + 6))
    let macStart = algorithmEnd + 10
    let macEnd = macStart + TSIGRecord.word(message, algorithmEnd + 8)
    // Class ANY and TTL 0 are hashed as such and must be such; nothing may follow the record.
    guard macEnd + 6 <= end, end == message.count, TSIGRecord.word(message, fixed + 2) == 255,
      message[(fixed + 4)..<(fixed + 8)].allSatisfy({ $0 == 0 }),
      macEnd + 6 + TSIGRecord.word(message, macEnd + 4) == end
    else { throw .tsig("a malformed signature") }
    mac = Array(message[macStart..<macEnd])
    originalID = Array(message[macEnd..<(macEnd + 2)])
    error = UInt16(TSIGRecord.word(message, macEnd + 2))
  }

  private static func canonicalName(_ octets: ArraySlice<UInt8>) throws(TransferError) -> [UInt8] {
    guard let name = try? DomainName(wire: Array(octets)) else {
      throw .tsig("a malformed signature")
    }
    return name.wire
  }

  private static func word(_ message: [UInt8], _ at: Int) -> Int {
    guard at + 2 <= message.count else { return 0 }
    return Int(message[at]) << 8 | Int(message[at + 1])
  }

  /// The offset behind a name, which may end with a compression pointer.
  private static func nameEnd(_ message: [UInt8], _ start: Int) throws(TransferError) -> Int {
    var at = start
    while at < message.count {
      let length = Int(message[at])
      if length == 0 { return at + 1 }
      if length >= 0xC0 { return at + 2 }
      at += 1 + length
    }
    throw .badMessage("truncated-message")
  }

  /// What a server says about a signature of ours (RFC 8945 section 3).
  static func text(ofError code: UInt16) -> String {
    switch code {
    case 16: "BADSIG: the server does not accept our signature"
    case 17: "BADKEY: the server does not know our key"
    case 18: "BADTIME: the server's clock and ours differ too much"
    case 22: "BADTRUNC: the server wants longer signatures"
    default: "error \(code) of the server"
    }
  }
}
