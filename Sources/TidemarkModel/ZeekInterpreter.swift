import DNSWire

/// Makes observations of the lines of Zeek's DNS log.
struct ZeekInterpreter: LineInterpreter {
  var now: UnixSeconds
  let ports: [UInt16]
  let takesVantageFromAA: Bool
  private(set) var header = ZeekHeader()
  private(set) var row = ZeekRow()
  private(set) var answers = ZeekAnswers()
  /// The next answer to give.
  private var index = 0
  /// Why none of the line's answers is given.
  private var fault: TextRejection?
  private var time: UnixSeconds = 0
  private var type = RRType(rawValue: 0)
  private var vantage: Vantage?
  /// The name that the next answer belongs to; empty when it was lost.
  private var owner: [UInt8] = []
  private var scratch: [UInt8] = []
  private var otherScratch: [UInt8] = []

  init(now: UnixSeconds, ports: [UInt16], takesVantageFromAA: Bool) {
    self.now = now
    self.ports = ports
    self.takesVantageFromAA = takesVantageFromAA
  }

  mutating func readHeader(_ line: Span<UInt8>) { header.read(line) }

  mutating func read(
    _ line: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep? {
    var start = 0
    JSONText.skipBlank(line, at: &start)
    guard start < line.count else { return nil }
    if line[0] == UInt8(ascii: "#") {
      header.read(line)
      return nil
    }
    do throws(TextRejection) {
      if line[start] == UInt8(ascii: "{") {
        guard start == 0 else { throw .malformedJSON }
        try readObject(line)
        if row.isOfOther { return .itemEnd }
      } else {
        if header.isOfOther { return .itemEnd }
        guard !header.columns.isEmpty else { throw .noHeader }
        guard header.isComplete else { throw .missingField }
        try row.readColumns(line, header)
      }
      guard !row.hasTooMany else { throw .tooManyRecords }
    } catch {
      return .rejected(error, endsItem: true)
    }
    // A question, an answer without records, or one that was never seen.
    guard !row.answers.isEmpty else { return .itemEnd }
    index = 0
    fault = nil
    do throws(TextRejection) {
      try check(line)
    } catch {
      fault = error
    }
    return resume(line, into: &observation)
  }

  private mutating func readObject(_ line: Span<UInt8>) throws(TextRejection) {
    do {
      try row.readObject(line)
    } catch {
      throw .malformedJSON
    }
  }

  mutating func resume(
    _ line: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    if let fault {
      index += 1
      return .rejected(fault, endsItem: index == row.answers.count)
    }
    observation.reset()
    do throws(TextRejection) {
      try fill(line, &observation)
    } catch {
      index += 1
      return .rejected(error, endsItem: index == row.answers.count)
    }
    return .observation(endsItem: index == row.answers.count)
  }

  // MARK: The line as a whole

  private mutating func check(_ line: Span<UInt8>) throws(TextRejection) {
    guard !row[.responderPort].isAbsent else { throw .missingField }
    guard let port = number(line, .responderPort), let port = UInt16(exactly: port),
      ports.contains(port), !isMulticast(line)
    else { throw .notUnicastDNS }
    guard !isTrue(line, .truncated) else { throw .truncatedAnswer }
    guard row[.queryClass].isAbsent || number(line, .queryClass) == 1 else {
      throw .classNotIN
    }
    guard number(line, .responseCode) == 0 else { throw .negative }
    time = try readTime(line)
    guard let number = number(line, .queryType), let number = UInt16(exactly: number) else {
      throw row[.queryType].isAbsent ? .noOwner : .badType
    }
    type = RRType(rawValue: number)
    guard !row[.query].isAbsent else { throw .noOwner }
    try readOwner(line, row[.query])
    vantage = takesVantageFromAA && isTrue(line, .authoritative) ? .authority : nil
    answers.classify(line, row, type: type)
    if answers.order == .unknown { throw .noOwner }
  }

  private func number(_ line: Span<UInt8>, _ column: ZeekHeader.Column) -> UInt64? {
    JSONText.number(line, row[column])
  }

  /// `T` in columns, `true` in JSON.
  private func isTrue(_ line: Span<UInt8>, _ column: ZeekHeader.Column) -> Bool {
    let value = row[column]
    return JSONText.isTrue(line, value) || JSONText.isText(line, value, "T")
  }

  private func isMulticast(_ line: Span<UInt8>) -> Bool {
    let value = row[.responder]
    guard value.kind == .string else { return false }
    switch IPAddressText.parse(line.extracting(value.start..<value.end)) {
    case .v4(let address): return address >> 28 == 0xE || address == .max
    case .v6(let address): return address >> 120 == 0xFF
    case nil: return false
    }
  }

  /// The time of the answer: that of the question, which the log gives, and what it took.
  private func readTime(_ line: Span<UInt8>) throws(TextRejection) -> UnixSeconds {
    let value = row[.time]
    guard !value.isAbsent else { throw .missingField }
    guard value.kind == .number || value.kind == .string else { throw .badTime }
    let text = line.extracting(value.start..<value.end)
    guard let start = LogTime.decimal(text) ?? LogTime.iso(text) else { throw .badTime }
    var taken: Int64 = 0
    if !row[.roundTrip].isAbsent {
      let value = row[.roundTrip]
      guard value.kind == .number || value.kind == .string,
        let micros = LogTime.decimal(line.extracting(value.start..<value.end))
      else { throw .badTime }
      taken = micros
    }
    let (micros, overflow) = start.addingReportingOverflow(taken)
    guard !overflow else { throw .timeOutOfRange }
    return try LogTime.checked(micros: micros, now: now)
  }

  // MARK: Answers

  /// Fills the observation with the next answer, and with those behind it that belong to the same
  /// owner and type.
  private mutating func fill(
    _ line: Span<UInt8>, _ observation: inout TextObservation
  ) throws(TextRejection) {
    let form = answers.forms[index]
    guard form != .summary else { throw .noRData }
    guard !owner.isEmpty else { throw .noOwner }
    let isAlias = form == .name && namesAlias(line, row.answers[index])
    observation.rrtype = ZeekAnswers.type(of: form, asked: type) ?? (isAlias ? .cname : type)
    if type == .any, form == .name { throw .noRData }
    observation.rrname.append(contentsOf: owner)
    observation.timeFirst = time
    observation.timeLast = time
    observation.vantage = vantage
    do {
      try append(line, row.answers[index], form, to: &observation)
    } catch {
      // What follows an alias that cannot be read belongs to nobody.
      if isAlias, answers.order != .guessed { owner.removeAll(keepingCapacity: true) }
      throw error
    }
    index += 1
    if isAlias {
      if answers.order != .guessed {
        owner.removeAll(keepingCapacity: true)
        owner.append(contentsOf: observation.rdataOctets)
      }
      return
    }
    while index < answers.forms.count, answers.forms[index] == form,
      form != .name || !namesAlias(line, row.answers[index])
    {
      do {
        try append(line, row.answers[index], form, to: &observation)
      } catch {
        break
      }
      index += 1
    }
    observation.removeRepeatedItems()
  }

  private func namesAlias(_ line: Span<UInt8>, _ value: JSONValue) -> Bool {
    switch answers.order {
    case .chain, .guessed: true
    case .direct, .unknown: false
    case .reverse: ZeekAnswers.isReverse(line.extracting(value.start..<value.end))
    }
  }

  private mutating func append(
    _ line: Span<UInt8>, _ value: JSONValue, _ form: ZeekAnswers.Form,
    to observation: inout TextObservation
  ) throws(TextRejection) {
    guard value.kind == .escapedString else {
      return try append(line.extracting(value.start..<value.end), form, to: &observation)
    }
    var text: [UInt8] = []
    swap(&text, &otherScratch)
    defer { swap(&text, &otherScratch) }
    text.removeAll(keepingCapacity: true)
    JSONText.appendString(line, value, to: &text)
    try append(text.span, form, to: &observation)
  }

  @inline(__always)
  private mutating func append(
    _ text: Span<UInt8>, _ form: ZeekAnswers.Form, to observation: inout TextObservation
  ) throws(TextRejection) {
    let start = observation.rdataOctets.count
    var isLossy: Bool
    if form == .text {
      isLossy = try ZeekStrings.append(text, scratch: &scratch, to: &observation.rdataOctets)
    } else {
      isLossy = try LoggedText.appendRData(
        text, .octetsAndBackslash, type: observation.rrtype, scratch: &scratch,
        to: &observation.rdataOctets)
    }
    if answers.order == .guessed, !isLossy {
      LoggedText.makeLossy(
        from: start, type: observation.rrtype, scratch: &scratch, in: &observation.rdataOctets)
      isLossy = true
    }
    try LoggedText.closeItem(of: &observation, from: start, isLossy: isLossy)
  }

  /// Takes the name that was asked for as the owner of what comes first.
  private mutating func readOwner(
    _ line: Span<UInt8>, _ value: JSONValue
  ) throws(TextRejection) {
    owner.removeAll(keepingCapacity: true)
    guard value.isString else { throw .badName }
    if header.isEmptyField(line, value) {
      owner.append(0)
    } else if value.kind == .string {
      try LoggedText.appendName(
        line.extracting(value.start..<value.end), .octetsAndBackslash, to: &owner)
    } else {
      var text: [UInt8] = []
      JSONText.appendString(line, value, to: &text)
      try LoggedText.appendName(text.span, .octetsAndBackslash, to: &owner)
    }
  }
}
