/// Decodes DNS messages without allocating: names and rdata of one message go, uncompressed and
/// canonical, into an arena that the next message reuses.
///
/// Every octet of the message is read through a bounds-checked span. Work grows with the message's
/// size and is bounded by the arena: whatever pointers lead to is decoded once.
///
/// ```swift
/// var parser = MessageParser()
/// try parser.parse(datagram.span)
/// for index in 0..<parser.answers {
///   parser.withOctets(parser.record(index).rdata) { … }
/// }
/// ```
@safe public struct MessageParser: ~Copyable {
  /// Most octets that the names and rdata of one message may expand to. 65,535 octets of honest
  /// compression stay far below, zone transfers included; only bombs reach it.
  public static let arenaOctetsMax = 1 << 19
  /// Most records of a message: each takes eleven octets or more.
  static let recordsMax = DNSLimits.messageOctetsMax / 11

  /// The header of the last message.
  public private(set) var header: MessageHeader
  /// The question's name as sent, letter case kept; valid when ``hasQuestion``.
  public private(set) var rawQuestionName = MessageRange(start: 0, count: 0)
  /// The question's name, canonical.
  public private(set) var questionName = MessageRange(start: 0, count: 0)
  /// The question's type.
  public private(set) var questionType = RRType(rawValue: 0)
  /// The question's class.
  public private(set) var questionClass: UInt16 = 0
  /// True when the message has exactly one question.
  public var hasQuestion: Bool { header.questionCount == 1 }
  /// Records of all sections, OPT left out; see ``record(_:)``.
  public private(set) var recordCount = 0
  /// Records of the answer section: the first ones.
  public private(set) var answers = 0
  /// The response code with the upper bits of OPT (RFC 6891 section 6.1.3).
  public private(set) var rcode: UInt16 = 0
  /// Octets behind the last record. The message is usable all the same.
  public private(set) var trailingOctets = 0

  private let arena: UnsafeMutablePointer<UInt8>
  private let records: UnsafeMutablePointer<MessageRecord>
  private var used = 0
  private var memo = NameMemo()

  /// Makes a parser with an arena of ``arenaOctetsMax``, of which only touched pages take memory,
  /// and tables of 0.4 MiB: less than 1 MiB in all, whatever the message.
  public init() {
    unsafe arena = .allocate(capacity: MessageParser.arenaOctetsMax)
    unsafe records = .allocate(capacity: MessageParser.recordsMax)
    header = MessageHeader(noMessage: ())
  }

  deinit {
    unsafe arena.deallocate()
    unsafe records.deallocate()
  }

  /// A record of the last message, in message order.
  @inline(__always)
  public func record(_ index: Int) -> MessageRecord {
    precondition(index >= 0 && index < recordCount, "record out of range")
    return unsafe records[index]
  }

  /// Calls `body` with octets of the last message's names or rdata.
  @inline(__always)
  public func withOctets<R>(_ range: MessageRange, _ body: (Span<UInt8>) -> R) -> R {
    precondition(Int(range.start) + Int(range.count) <= used, "range of another message")
    let buffer = unsafe UnsafeBufferPointer(
      start: arena + Int(range.start), count: Int(range.count))
    return unsafe body(buffer.span)
  }

  /// True when two ranges hold the same octets.
  public func isEqual(_ left: MessageRange, _ right: MessageRange) -> Bool {
    if left.start == right.start || left.count != right.count { return left.count == right.count }
    precondition(
      Int(max(left.start, right.start)) + Int(left.count) <= used, "range of another message")
    let one = unsafe UnsafeRawPointer(arena + Int(left.start))
    let other = unsafe UnsafeRawPointer(arena + Int(right.start))
    let count = Int(left.count)
    var at = 0
    while count - at >= 8 {
      let a = unsafe one.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      let b = unsafe other.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      if a != b { return false }
      at += 8
    }
    while at < count {
      let a = unsafe one.load(fromByteOffset: at, as: UInt8.self)
      let b = unsafe other.load(fromByteOffset: at, as: UInt8.self)
      if a != b { return false }
      at += 1
    }
    return true
  }

  /// True when `name` equals `ancestor` or lies below it.
  public func isName(_ name: MessageRange, below ancestor: MessageRange) -> Bool {
    guard name.count >= ancestor.count else { return false }
    let skip = name.count - ancestor.count
    var at: UInt32 = 0
    while at < skip { at += withOctets(name) { UInt32($0[Int(at)]) + 1 } }
    return at == skip
      && isEqual(
        MessageRange(start: Int(name.start + skip), count: Int(ancestor.count)), ancestor)
  }

  /// Puts one more name beside those of the last message.
  ///
  /// - Parameter name: a complete canonical wire name.
  /// - Returns: nil when the arena is full.
  public mutating func addName(_ name: Span<UInt8>) -> MessageRange? {
    guard MessageParser.arenaOctetsMax - used >= name.count else { return nil }
    let start = used
    for index in name.indices { unsafe arena[start + index] = name[index] }
    used += name.count
    return MessageRange(start: start, count: name.count)
  }

  /// Reads header and question only, as matching a query needs.
  ///
  /// - Throws: ``MessageError``.
  public mutating func parseQuestion(_ message: Span<UInt8>) throws(MessageError) {
    _ = try readQuestion(message)
  }

  /// Reads a whole message.
  ///
  /// - Throws: ``MessageError``; nothing of the message may be used then.
  public mutating func parse(_ message: Span<UInt8>) throws(MessageError) {
    var at = try readQuestion(message)
    var hasOPT = false
    try readSection(
      .answer, count: Int(header.answerCount), message, at: &at, hasOPT: &hasOPT)
    answers = recordCount
    try readSection(
      .authority, count: Int(header.authorityCount), message, at: &at, hasOPT: &hasOPT)
    try readSection(
      .additional, count: Int(header.additionalCount), message, at: &at, hasOPT: &hasOPT)
    trailingOctets = message.count - at
  }

  private mutating func readQuestion(_ message: Span<UInt8>) throws(MessageError) -> Int {
    guard let header = MessageHeader(message) else { throw .shortHeader }
    guard message.count <= DNSLimits.messageOctetsMax else { throw .tooMuchWork }
    self.header = header
    recordCount = 0
    rcode = UInt16(header.rcodeLow)
    trailingOctets = 0
    used = 0
    answers = 0
    memo.clear()
    var at = MessageHeader.octets
    for _ in 0..<header.questionCount {
      let start = at
      rawQuestionName = try readName(message, at: &at, lowered: false)
      questionName = try lowerQuestionName(
        messageOffset: start, isLiteral: at - start == Int(rawQuestionName.count))
      guard message.count - at >= 4 else { throw .truncated }
      questionType = RRType(rawValue: word(message, at))
      questionClass = word(message, at + 2)
      at += 4
    }
    return at
  }

  private mutating func lowerQuestionName(
    messageOffset: Int, isLiteral: Bool
  ) throws(MessageError) -> MessageRange {
    let count = Int(rawQuestionName.count)
    let source = Int(rawQuestionName.start)
    let start = used
    guard MessageParser.arenaOctetsMax - used >= count else { throw .tooMuchWork }
    let raw = unsafe UnsafeRawBufferPointer(start: arena + source, count: count)
    unsafe OctetCopy.copy(raw.bytes, at: 0, count: count, lowered: true, to: arena + start)
    used += count
    let range = MessageRange(start: start, count: count)
    if isLiteral {
      memo.beginName(messageOffset: messageOffset, arenaOffset: start)
      unsafe memo.endName(arena, arenaEnd: used)
    }
    return range
  }

  private mutating func readSection(
    _ section: MessageSection, count: Int, _ message: Span<UInt8>, at: inout Int,
    hasOPT: inout Bool
  ) throws(MessageError) {
    var left = count
    while left > 0 {
      left -= 1
      let owner = try readName(message, at: &at, lowered: true)
      guard message.count - at >= 10 else { throw .truncated }
      // One checked load for type, class and TTL, one for RDLENGTH.
      let fixed = unsafe UInt64(
        bigEndian: message.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
      let type = RRType(rawValue: UInt16(truncatingIfNeeded: fixed >> 48))
      let recordClass = UInt16(truncatingIfNeeded: fixed >> 32)
      let ttl = UInt32(truncatingIfNeeded: fixed)
      let length = Int(word(message, at + 8))
      at += 10
      guard message.count - at >= length else { throw .truncated }
      if type.rawValue == 41 {
        guard !hasOPT, owner.count == 1, section == .additional else { throw .badOPT }
        hasOPT = true
        // The OPT record's TTL starts with the upper eight bits of the rcode.
        rcode |= UInt16(ttl >> 24) << 4
        at += length
        continue
      }
      let rdata = try readRData(message, at: at, length: length, type: type)
      at += length
      precondition(recordCount < MessageParser.recordsMax, "more records than octets allow")
      unsafe (records + recordCount).initialize(
        to: MessageRecord(
          owner: owner, rdata: rdata, type: type, recordClass: recordClass,
          ttl: ttl >> 31 == 0 ? ttl : 0, section: section))
      recordCount += 1
    }
  }

  /// Appends rdata: names are decompressed, everything else is copied. Rdata without names is
  /// kept whatever it holds; where names or addresses are expected, the structure must be right.
  private mutating func readRData(
    _ message: Span<UInt8>, at start: Int, length: Int, type: RRType
  ) throws(MessageError) -> MessageRange {
    let first = used
    let end = start + length
    var at = start
    if type == .a || type == .aaaa {
      guard length == (type == .a ? 4 : 16) else { throw .badRData }
    } else if RDataSchema.hasDecompressibleNames(type) {
      let rdata = message.extracting(0..<end)
      for field in RDataSchema.fields(of: type) {
        if field == .name || field == .keptName {
          try appendName(message, at: &at, end: end, lowered: field == .name)
        } else {
          guard let next = RDataSchema.end(of: field, in: rdata, from: at) else { throw .badRData }
          try copy(message, at: &at, count: next - at)
        }
      }
      guard at == end else { throw .badRData }
    }
    try copy(message, at: &at, count: end - at)
    return MessageRange(start: first, count: used - first)
  }

  /// Reads the name at `at` into the arena, or finds it there; `at` moves behind it.
  @inline(__always)
  private mutating func readName(
    _ message: Span<UInt8>, at: inout Int, lowered: Bool
  ) throws(MessageError) -> MessageRange {
    if lowered, message.count - at >= 2, message[at] >= 0xC0 {
      let target = Int(word(message, at) & 0x3FFF)
      if target < at, let known = memo.find(messageOffset: target) {
        at += 2
        return known
      }
    }
    let start = used
    try decodeName(message, at: &at, lowered: lowered)
    return MessageRange(start: start, count: used - start)
  }

  /// Appends a name inside rdata; it must not run past the rdata's end.
  private mutating func appendName(
    _ message: Span<UInt8>, at: inout Int, end: Int, lowered: Bool
  ) throws(MessageError) {
    guard at < end else { throw .badRData }
    try decodeName(message, at: &at, lowered: lowered)
    guard at <= end else { throw .badRData }
  }

  /// Walks labels and pointers and appends the uncompressed name. Labels that follow one another
  /// are copied as one run, lengths included.
  private mutating func decodeName(
    _ message: Span<UInt8>, at: inout Int, lowered: Bool
  ) throws(MessageError) {
    guard MessageParser.arenaOctetsMax - used >= DNSLimits.nameOctetsMax else {
      throw .tooMuchWork
    }
    let first = used
    var run = at
    var position = at
    if lowered { memo.beginName(messageOffset: at, arenaOffset: used) }
    /// Pointers must lead to an octet before this one, so that every jump goes strictly backwards.
    var barrier = at
    var jumped = false
    var pointers = 0
    while true {
      guard position < message.count else { throw .truncated }
      let length = Int(message[position])
      if length == 0 {
        guard used - first + position - run < DNSLimits.nameOctetsMax else { throw .nameTooLong }
        appendRun(message, run..<(position + 1), lowered: lowered)
        if !jumped { at = position + 1 }
        if lowered { unsafe memo.endName(arena, arenaEnd: used) }
        return
      }
      if length <= DNSLimits.labelOctetsMax {
        position += length + 1
        continue
      }
      guard length >= 0xC0 else { throw .badLabelType }
      guard message.count - position >= 2 else { throw .truncated }
      guard used - first + position - run < DNSLimits.nameOctetsMax else { throw .nameTooLong }
      appendRun(message, run..<position, lowered: lowered)
      let target = Int(word(message, position) & 0x3FFF)
      guard target < barrier, target >= MessageHeader.octets else { throw .pointerNotBackwards }
      if !jumped { at = position + 2 }
      if lowered {
        if let known = memo.find(messageOffset: target) {
          let literalEnd = used
          try appendKnown(known, nameStart: first)
          unsafe memo.endName(arena, literalEnd: literalEnd, arenaEnd: used)
          return
        }
        memo.addRun(messageOffset: target, arenaOffset: used)
      }
      jumped = true
      pointers += 1
      guard pointers <= DNSLimits.pointersPerNameMax else { throw .tooManyPointers }
      barrier = target
      position = target
      run = target
    }
  }

  @inline(__always)
  private mutating func appendRun(_ message: Span<UInt8>, _ run: Range<Int>, lowered: Bool) {
    unsafe OctetCopy.copy(
      message.bytes, at: run.lowerBound, count: run.count, lowered: lowered, to: arena + used)
    used += run.count
  }

  /// Ends a name with one that stands in the arena already.
  @inline(__always)
  private mutating func appendKnown(
    _ known: MessageRange, nameStart: Int
  ) throws(MessageError) {
    let count = Int(known.count)
    guard used - nameStart + count <= DNSLimits.nameOctetsMax else { throw .nameTooLong }
    let octets = unsafe UnsafeRawBufferPointer(start: arena + Int(known.start), count: count)
    unsafe OctetCopy.copy(octets.bytes, at: 0, count: count, lowered: false, to: arena + used)
    used += count
  }

  @inline(__always)
  private mutating func copy(
    _ message: Span<UInt8>, at: inout Int, count: Int
  ) throws(MessageError) {
    guard MessageParser.arenaOctetsMax - used >= count else { throw .tooMuchWork }
    unsafe OctetCopy.copy(message.bytes, at: at, count: count, lowered: false, to: arena + used)
    used += count
    at += count
  }

  @inline(__always)
  private func word(_ message: Span<UInt8>, _ at: Int) -> UInt16 {
    unsafe UInt16(
      bigEndian: message.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt16.self))
  }
}

extension MessageHeader {
  /// A header for a parser that has not seen a message.
  init(noMessage: Void) {
    id = 0
    flags = 0
    questionCount = 0
    answerCount = 0
    authorityCount = 0
    additionalCount = 0
  }
}
