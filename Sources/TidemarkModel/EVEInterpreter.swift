import DNSWire

/// Makes observations of EVE lines.
struct EVEInterpreter: LineInterpreter {
  var now: UnixSeconds
  let ports: [UInt16]
  private var event = EVEEvent()
  /// The next record to give.
  private var index = 0
  /// Why none of the line's records is given.
  private var fault: TextRejection?
  private var time: UnixSeconds = 0
  private var owners = EVEOwners()
  var scratch: [UInt8] = []
  var otherScratch: [UInt8] = []

  init(now: UnixSeconds, ports: [UInt16]) {
    self.now = now
    self.ports = ports
  }

  mutating func read(
    _ line: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep? {
    if isBlank(line) { return nil }
    do throws(JSONFault) {
      guard try event.parse(line) == .dns else { return .itemEnd }
      guard isResponse(line) else { return .itemEnd }
      owners = EVEOwners()
      if event.answers.isEmpty {
        try event.readGrouped(line)
        if event.answers.isEmpty {
          event.readFlat()
        } else {
          owners = EVEOwners(line, grouped: event)
        }
      }
    } catch {
      return .rejected(.malformedJSON, endsItem: true)
    }
    // No such name or no such data: nothing that could be a record.
    guard !event.answers.isEmpty else { return .itemEnd }
    guard !event.hasTooMany else { return .rejected(.tooManyRecords, endsItem: true) }
    index = 0
    fault = nil
    do throws(TextRejection) {
      try check(line)
    } catch {
      fault = error
    }
    return resume(line, into: &observation)
  }

  mutating func resume(
    _ line: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    if let fault {
      index += 1
      return .rejected(fault, endsItem: index == event.answers.count)
    }
    observation.reset()
    do throws(TextRejection) {
      try fill(line, &observation)
    } catch {
      index += 1
      return .rejected(error, endsItem: index == event.answers.count)
    }
    return .observation(endsItem: index == event.answers.count)
  }

  private func isBlank(_ line: Span<UInt8>) -> Bool {
    var at = 0
    JSONText.skipBlank(line, at: &at)
    return at == line.count
  }

  /// `response` since version 3, `answer` before; queries are not.
  private func isResponse(_ line: Span<UInt8>) -> Bool {
    JSONText.isText(line, event.type, "answer") || JSONText.isText(line, event.type, "response")
  }

  /// What all records of the line have in common.
  private mutating func check(_ line: Span<UInt8>) throws(TextRejection) {
    guard !event.isTruncated else { throw .truncatedAnswer }
    // Versions before 3.1 do not write the code.
    guard
      event.rcode.isAbsent || JSONText.isText(line, event.rcode, "NOERROR")
        || JSONText.isText(line, event.rcode, "NXDOMAIN")
    else { throw .negative }
    guard isUnicastDNS(line) else { throw .notUnicastDNS }
    guard !event.timestamp.isAbsent else { throw .missingField }
    guard event.timestamp.kind == .string,
      let micros = LogTime.iso(line.extracting(event.timestamp.start..<event.timestamp.end))
    else { throw .badTime }
    time = try LogTime.checked(micros: micros, now: now)
  }

  /// Which side answered is not reliable before version 3, so either may have the port.
  private func isUnicastDNS(_ line: Span<UInt8>) -> Bool {
    if event.sourcePort.isAbsent, event.destinationPort.isAbsent { return true }
    return isPort(line, event.sourcePort) || isPort(line, event.destinationPort)
  }

  private func isPort(_ line: Span<UInt8>, _ value: JSONValue) -> Bool {
    guard let number = JSONText.number(line, value), let port = UInt16(exactly: number) else {
      return false
    }
    return ports.contains(port)
  }

  /// Fills the observation with the next record, and with those behind it that differ from it in
  /// nothing but their data.
  private mutating func fill(
    _ line: Span<UInt8>, _ observation: inout TextObservation
  ) throws(TextRejection) {
    let answer = event.answers[index]
    guard !answer.isTruncated else { throw .cutByProducer }
    guard answer.hasData else { throw .noRData }
    observation.rrtype = try type(line, answer.rrtype)
    guard !observation.rrtype.isOnlyForQuestions else { throw .metaType }
    let owner = owners.owner(line, of: answer, at: index, event: event)
    guard owner.name.isString else { throw .noOwner }
    guard !owner.isTruncated else { throw .cutByProducer }
    try appendOwner(line, owner.name, to: &observation)
    try append(line, answer, isCertain: owner.isCertain, to: &observation)
    index += 1
    observation.timeFirst = time
    observation.timeLast = time
    while index < event.answers.count, isLike(line, answer, owner, event.answers[index]) {
      do {
        try append(line, event.answers[index], isCertain: owner.isCertain, to: &observation)
      } catch {
        break
      }
      index += 1
    }
    if event.host.isString {
      JSONText.appendString(line, event.host, to: &observation.sensorID)
      let octetsMax = COFReader.sensorOctetsMax
      if observation.sensorID.count > octetsMax {
        observation.sensorID.removeSubrange(octetsMax...)
      }
    }
    observation.removeRepeatedItems()
  }

  private func isLike(
    _ line: Span<UInt8>, _ answer: EVEAnswer, _ owner: EVEOwners.Owner, _ next: EVEAnswer
  ) -> Bool {
    guard next.hasData, !next.isTruncated, JSONText.isSame(line, answer.rrtype, next.rrtype)
    else { return false }
    if answer.rrname.kind != .missing { return JSONText.isSame(line, answer.rrname, next.rrname) }
    return owners.owner(line, of: next, at: index, event: event) == owner
  }

  private func type(_ line: Span<UInt8>, _ value: JSONValue) throws(TextRejection) -> RRType {
    guard value.kind == .string,
      let type = RRType(mnemonic: line.extracting(value.start..<value.end))
    else { throw .badType }
    return type
  }

  private mutating func appendOwner(
    _ line: Span<UInt8>, _ name: JSONValue, to observation: inout TextObservation
  ) throws(TextRejection) {
    guard name.kind == .escapedString else {
      try LoggedText.appendName(
        line.extracting(name.start..<name.end), .octets, to: &observation.rrname)
      return
    }
    scratch.removeAll(keepingCapacity: true)
    JSONText.appendString(line, name, to: &scratch)
    try LoggedText.appendName(scratch.span, .octets, to: &observation.rrname)
  }
}
