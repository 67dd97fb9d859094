import DNSWire

/// Makes observations of messages that dnscap printed.
struct DnscapInterpreter: LineInterpreter {
  var now: UnixSeconds
  /// The lines of the message that has not ended, with a line feed between two; and the message
  /// that is being given.
  private var text: [UInt8] = []
  private var isOpen = false
  /// The message under way became too long.
  private var isSkipping = false
  private var message: DnscapMessage?
  /// The next answer to give.
  private var index = 0
  /// Why none of the answers is given.
  private var fault: TextRejection?
  private var time: UnixSeconds = 0
  /// Names that the question leads to, in canonical wire form.
  private var reached: Set<[UInt8]> = []
  private var fields: [Range<Int>] = []
  private var scratch: [UInt8] = []

  /// Aliases that are followed from the question.
  private static let aliasesMax = 16

  init(now: UnixSeconds) { self.now = now }

  /// Gives up a message that has not ended; false when there is none.
  mutating func abandon() -> Bool {
    defer { isOpen = false }
    return isOpen
  }

  mutating func read(
    _ line: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep? {
    let isContinuation = line[0] == UInt8(ascii: "\t")
    guard isContinuation || !isOpen else {
      // The one before never came to its end.
      _ = begin(line)
      return .rejected(.truncated, endsItem: true)
    }
    if isContinuation {
      // Behind a message that was given up.
      guard isOpen else { return nil }
      isOpen = append(line)
    } else {
      isOpen = begin(line)
    }
    guard !isOpen else { return nil }
    guard !isSkipping else { return .rejected(.tooLong, endsItem: true) }
    return interpret(into: &observation)
  }

  mutating func resume(
    _ line: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    give(into: &observation)
  }

  /// Gives the next answer of the message.
  private mutating func give(into observation: inout TextObservation) -> ReadStep {
    guard let message else { return .itemEnd }
    let answer = message.answers[index]
    index += 1
    let isLast = index == message.answers.count
    if let fault { return .rejected(fault, endsItem: isLast) }
    observation.reset()
    do throws(TextRejection) {
      try fill(answer, into: &observation)
    } catch {
      return .rejected(error, endsItem: isLast)
    }
    return .observation(endsItem: isLast)
  }

  // MARK: Lines

  /// Starts a message; true when it goes on.
  private mutating func begin(_ line: Span<UInt8>) -> Bool {
    text.removeAll(keepingCapacity: true)
    isSkipping = false
    isOpen = append(line)
    return isOpen
  }

  /// Adds a line; true when the message goes on.
  private mutating func append(_ line: Span<UInt8>) -> Bool {
    let goesOn = line[line.count - 1] == ASCII.backslash
    let count = goesOn ? line.count - 1 : line.count
    guard !isSkipping, text.count + count < DnscapReader.messageOctetsMax else {
      isSkipping = true
      return goesOn
    }
    unsafe line.extracting(0..<count).withUnsafeBufferPointer {
      unsafe text.append(contentsOf: $0)
    }
    text.append(ASCII.lineFeed)
    return goesOn
  }

  // MARK: Messages

  private mutating func interpret(into observation: inout TextObservation) -> ReadStep {
    guard let message = DnscapMessage(text.span) else {
      return .rejected(.badMessage, endsItem: true)
    }
    guard let header = message.header else { return .itemEnd }
    fields = DnscapMessage.split(text.span, header, at: UInt8(ascii: ","))
    guard fields.count >= 3 else { return .rejected(.badMessage, endsItem: true) }
    guard fields.count == 4, hasFlag("qr") else { return .itemEnd }
    guard !message.hasTooMany else { return .rejected(.tooManyRecords, endsItem: true) }
    // What was not printed to its end may lack more than its last records.
    guard !message.isCut else { return .rejected(.badMessage, endsItem: true) }
    guard !message.answers.isEmpty else { return .itemEnd }
    self.message = message
    index = 0
    fault = nil
    do throws(TextRejection) {
      try check(message)
    } catch {
      fault = error
    }
    return give(into: &observation)
  }

  /// The flags stand in the fourth field, with `|` between two.
  private func hasFlag(_ name: StaticString) -> Bool {
    DnscapMessage.split(text.span, fields[3], at: UInt8(ascii: "|"))
      .contains { DnscapMessage.isText(text.span, $0, name) }
  }

  /// What all records of a message have in common.
  private mutating func check(_ message: DnscapMessage) throws(TextRejection) {
    guard DnscapMessage.isText(text.span, fields[0], "QUERY") else { throw .negative }
    guard !hasFlag("tc") else { throw .truncatedAnswer }
    guard
      DnscapMessage.isText(text.span, fields[1], "NOERROR")
        || DnscapMessage.isText(text.span, fields[1], "NXDOMAIN")
    else { throw .negative }
    guard let captured = message.time else { throw .badTime }
    time = try captured.checked(now: now)
    guard let question = message.question else { throw .missingField }
    fields = DnscapMessage.split(text.span, question, at: UInt8(ascii: ","))
    guard fields.count == 3 else { throw .badName }
    guard DnscapMessage.isText(text.span, fields[1], "IN") else { throw .classNotIN }
    for type: StaticString in ["AXFR", "IXFR"]
    where DnscapMessage.isText(text.span, fields[2], type) {
      throw .metaType
    }
    follow(from: try name(fields[0]), message.answers)
  }

  /// Finds the names that aliases lead to.
  private mutating func follow(from name: [UInt8], _ answers: [Range<Int>]) {
    reached = [name]
    for _ in 0..<DnscapInterpreter.aliasesMax {
      let count = reached.count
      for answer in answers {
        fields = DnscapMessage.split(text.span, answer, at: UInt8(ascii: ","))
        guard fields.count == 5, DnscapMessage.isText(text.span, fields[2], "CNAME"),
          let owner = try? self.name(fields[0]), reached.contains(owner),
          let target = try? self.name(fields[4])
        else { continue }
        reached.insert(target)
      }
      if reached.count == count { return }
    }
  }

  private func name(_ range: Range<Int>) throws(TextRejection) -> [UInt8] {
    var name: [UInt8] = []
    do {
      try DomainName.parse(text.span.extracting(range), into: &name)
    } catch {
      throw .badName
    }
    return name
  }

  // MARK: Records

  private mutating func fill(
    _ answer: Range<Int>, into observation: inout TextObservation
  ) throws(TextRejection) {
    fields = DnscapMessage.split(text.span, answer, at: UInt8(ascii: ","))
    guard fields.count >= 5 else { throw .fieldCount }
    guard DnscapMessage.isText(text.span, fields[1], "IN") else { throw .classNotIN }
    guard let type = RRType(mnemonic: text.span.extracting(fields[2])) else { throw .badType }
    guard !type.isOnlyForQuestions else { throw .metaType }
    guard fields.count == DnscapInterpreter.fieldCount(of: type), isOneRecord else {
      throw .fieldCount
    }
    observation.rrname = try name(fields[0])
    guard reached.contains(observation.rrname) else { throw .notInChain }
    // Of types that it does not know, and of data that it cannot read, it prints the length.
    guard let first = text[fields[4]].first, first != UInt8(ascii: "["),
      DnscapInterpreter.isPrinted(type)
    else { throw .noRData }
    observation.rrtype = type
    observation.timeFirst = time
    observation.timeLast = time
    scratch.removeAll(keepingCapacity: true)
    for field in fields[4...] {
      if !scratch.isEmpty { scratch.append(ASCII.space) }
      scratch.append(contentsOf: text[field])
    }
    let start = observation.rdataOctets.count
    do {
      try RDataParser.parse(scratch.span, type: type, into: &observation.rdataOctets)
    } catch {
      throw .badRData
    }
    observation.closeItem(from: start, isLossy: false)
  }

  /// A name made to look like fields brings a second class with it.
  private var isOneRecord: Bool {
    !fields[3...].contains { DnscapMessage.isText(text.span, $0, "IN") }
  }

  /// Types of which the data is printed.
  private static func isPrinted(_ type: RRType) -> Bool {
    switch type {
    case .a, .aaaa, .ns, .ptr, .cname, .mx, .soa: true
    default: false
    }
  }

  /// Owner, class, type, TTL, and the fields of the data.
  private static func fieldCount(of type: RRType) -> Int {
    switch type {
    case .mx: 6
    case .soa: 11
    default: 5
    }
  }
}

extension TextRejection {
  /// A message of which the text cannot be understood.
  static let badMessage = TextRejection(.malformed, "bad-message")
  /// The record's owner is not reached from the question.
  static let notInChain = TextRejection(.filtered, "not-in-chain")
}
