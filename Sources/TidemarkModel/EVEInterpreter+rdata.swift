import DNSWire

/// Rdata of EVE records: a text, or an object that holds all fields.
extension EVEInterpreter {
  /// Appends the data of one record as an item.
  ///
  /// - Parameter isCertain: false makes it lossy, because its owner is a guess.
  mutating func append(
    _ line: Span<UInt8>, _ answer: EVEAnswer, isCertain: Bool,
    to observation: inout TextObservation
  ) throws(TextRejection) {
    let start = observation.rdataOctets.count
    var isLossy = false
    if answer.detail == .none || answer.rdata.isString {
      isLossy = try appendText(line, answer.rdata, to: &observation)
    } else {
      do {
        try appendDetail(line, answer, to: &observation.rdataOctets)
      } catch {
        observation.rdataOctets.removeSubrange(start...)
        throw error
      }
    }
    if !isLossy, !isCertain {
      LoggedText.makeLossy(
        from: start, type: observation.rrtype, scratch: &scratch,
        in: &observation.rdataOctets)
      isLossy = true
    }
    try LoggedText.closeItem(of: &observation, from: start, isLossy: isLossy)
  }

  private mutating func appendText(
    _ line: Span<UInt8>, _ value: JSONValue, to observation: inout TextObservation
  ) throws(TextRejection) -> Bool {
    guard value.kind == .escapedString else {
      return try LoggedText.appendRData(
        line.extracting(value.start..<value.end), .octets, type: observation.rrtype,
        scratch: &scratch, to: &observation.rdataOctets)
    }
    var text: [UInt8] = []
    swap(&text, &otherScratch)
    defer { swap(&text, &otherScratch) }
    text.removeAll(keepingCapacity: true)
    JSONText.appendString(line, value, to: &text)
    return try LoggedText.appendRData(
      text.span, .octets, type: observation.rrtype, scratch: &scratch,
      to: &observation.rdataOctets)
  }

  private mutating func appendDetail(
    _ line: Span<UInt8>, _ answer: EVEAnswer, to out: inout [UInt8]
  ) throws(TextRejection) {
    let detail: EVEDetail
    do {
      detail = try EVEDetail(line, answer.detailObject)
    } catch {
      throw .badRData
    }
    guard !detail.isTruncated else { throw .cutByProducer }
    switch (answer.detail, try type(line, of: answer)) {
    case (.soa, .soa):
      try appendName(line, detail.names.first, to: &out)
      try appendName(line, detail.names.second, to: &out)
      for index in 0..<5 { try appendNumber(line, detail.numbers[index], octets: 4, to: &out) }
    case (.srv, .srv):
      for index in 0..<3 { try appendNumber(line, detail.numbers[index], octets: 2, to: &out) }
      try appendName(line, detail.names.first, to: &out)
    case (.sshfp, .sshfp):
      for index in 0..<2 { try appendNumber(line, detail.numbers[index], octets: 1, to: &out) }
      try appendFingerprint(line, detail.fingerprint, to: &out)
    default:
      throw .badRData
    }
  }

  private func type(
    _ line: Span<UInt8>, of answer: EVEAnswer
  ) throws(TextRejection) -> RRType {
    let text = line.extracting(answer.rrtype.start..<answer.rrtype.end)
    guard let type = RRType(mnemonic: text) else { throw .badType }
    return type
  }

  private mutating func appendName(
    _ line: Span<UInt8>, _ value: JSONValue, to out: inout [UInt8]
  ) throws(TextRejection) {
    guard value.isString else { throw .badRData }
    scratch.removeAll(keepingCapacity: true)
    JSONText.appendString(line, value, to: &scratch)
    try LoggedText.appendRDataName(scratch.span, .octets, to: &out)
  }

  private func appendNumber(
    _ line: Span<UInt8>, _ value: JSONValue, octets: Int, to out: inout [UInt8]
  ) throws(TextRejection) {
    guard let number = JSONText.number(line, value), number >> UInt64(8 * octets) == 0 else {
      throw .badRData
    }
    for shift in stride(from: 8 * (octets - 1), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  /// Reads octets in hexadecimal with colons between them.
  private func appendFingerprint(
    _ line: Span<UInt8>, _ value: JSONValue, to out: inout [UInt8]
  ) throws(TextRejection) {
    guard value.kind == .string, value.end > value.start else { throw .badRData }
    var at = value.start
    while true {
      guard value.end - at >= 2, let high = ASCII.hexValue(line[at]),
        let low = ASCII.hexValue(line[at + 1])
      else { throw .badRData }
      out.append(high << 4 | low)
      at += 2
      if at == value.end { return }
      if line[at] == UInt8(ascii: ":") { at += 1 }
    }
  }
}
