import DNSWire

/// Text lines: fields with a delimiter that is not escaped where it occurs inside a field.
extension PassiveDNSLogReader {
  mutating func readFields(
    _ text: Span<UInt8>, into observation: inout TextObservation
  ) throws(PassiveDNSLogRejection) {
    split(text)
    if fields.count == columns.count - 1, layout.isStandard, isBeforeVersion1(text) {
      return try readRow(text, typeAt: columns.type, hasCount: false, into: &observation)
    }
    guard fields.count >= columns.count else { throw .cut }
    let extra = fields.count - columns.count
    guard let ttl = columns.ttl, let sightings = columns.sightings else {
      guard extra == 0 else { throw .ambiguous }
      return try readRow(
        text, typeAt: columns.type, hasCount: columns.sightings != nil, into: &observation)
    }
    guard PassiveDNSLogReader.number(text, fields[ttl + extra]) != nil,
      PassiveDNSLogReader.number(text, fields[sightings + extra]) != nil
    else { throw .cut }
    guard extra > 0 else {
      return try readRow(text, typeAt: columns.type, hasCount: true, into: &observation)
    }
    try readRow(text, typeAt: typeToken(text, extra: extra), hasCount: true, into: &observation)
  }

  private mutating func split(_ text: Span<UInt8>) {
    fields.removeAll(keepingCapacity: true)
    let delimiter = layout.delimiter
    let first = delimiter[0]
    var start = 0
    var at = 0
    while at < text.count {
      guard text[at] == first, isDelimiter(text, at: at) else {
        at += 1
        continue
      }
      fields.append(start..<at)
      at += delimiter.count
      start = at
    }
    fields.append(start..<text.count)
  }

  @inline(__always)
  private func isDelimiter(_ text: Span<UInt8>, at start: Int) -> Bool {
    guard start + layout.delimiter.count <= text.count else { return false }
    for index in layout.delimiter.indices where text[start + index] != layout.delimiter[index] {
      return false
    }
    return true
  }

  /// Version 1.0 added count and microseconds together, so a line of eight fields whose time has
  /// a fraction is not old but cut.
  private func isBeforeVersion1(_ text: Span<UInt8>) -> Bool {
    for index in fields[0] where !ASCII.isDigit(text[index]) { return false }
    return PassiveDNSLogReader.number(text, fields[fields.count - 1]) != nil
  }

  /// Finds the type among fields that were split once too often: the only place where a mnemonic
  /// stands between a name and rdata that fit it.
  private mutating func typeToken(
    _ text: Span<UInt8>, extra: Int
  ) throws(PassiveDNSLogRejection) -> Int {
    var found: Int?
    for index in columns.type...(columns.type + extra)
    where isPossible(text, typeAt: index, extra: extra) {
      guard found == nil else { throw .ambiguous }
      found = index
    }
    guard let found else { throw .ambiguous }
    return found
  }

  private mutating func isPossible(_ text: Span<UInt8>, typeAt index: Int, extra: Int) -> Bool {
    guard let type = RRType(mnemonic: text.extracting(fields[index])),
      !ASCII.isDigit(text[fields[index].lowerBound])
    else { return false }
    let shift = index - columns.type
    let query = text.extracting(query(shift: shift))
    let answer = text.extracting(answer(shift: shift, extra: extra))
    scratch.other.removeAll(keepingCapacity: true)
    do {
      try DomainName.parse(query, into: &scratch.other)
    } catch {
      return false
    }
    if PassiveDNSLogReader.isCutDown(type) {
      guard type == .txt || type == .spf else { return !answer.isEmpty }
      return answer.count >= 2 && answer[0] == ASCII.quote
        && answer[answer.count - 1] == ASCII.quote
    }
    scratch.other.removeAll(keepingCapacity: true)
    do {
      try RDataParser.parse(answer, type: type, into: &scratch.other)
      return true
    } catch {
      return false
    }
  }

  /// The query, with the `shift` fields that belong to it too. A query length stands behind it.
  @inline(__always)
  private func query(shift: Int) -> Range<Int> {
    fields[columns.query].lowerBound..<fields[columns.query + shift].upperBound
  }

  @inline(__always)
  private func answer(shift: Int, extra: Int) -> Range<Int> {
    fields[columns.answer + shift].lowerBound..<fields[columns.answer + extra].upperBound
  }

  private mutating func readRow(
    _ text: Span<UInt8>, typeAt: Int, hasCount: Bool, into observation: inout TextObservation
  ) throws(PassiveDNSLogRejection) {
    let extra = max(fields.count - columns.count, 0)
    let shift = typeAt - columns.type
    if let at = columns.recordClass {
      try PassiveDNSLogReader.checkClass(text.extracting(fields[at]))
    }
    var count: UInt64 = 1
    if hasCount, let at = columns.sightings {
      guard let value = PassiveDNSLogReader.number(text, fields[at + extra]) else { throw .cut }
      count = value
    }
    var ttl: UInt64?
    if let at = columns.ttl {
      ttl = PassiveDNSLogReader.number(text, fields[at + extra])
      guard ttl != nil else { throw .cut }
    }
    let answer = text.extracting(answer(shift: shift, extra: extra))
    if PassiveDNSLogReader.isNegative(answer, ttl: ttl, count: count) { throw .negative }
    let time = try time(text.extracting(fields[0]))
    if let at = columns.hostname {
      for index in fields[at] { observation.sensorID.append(text[index]) }
    }
    try fill(
      query: text.extracting(query(shift: shift)), type: text.extracting(fields[typeAt]),
      answer: answer, time: time, count: count, into: &observation)
  }

  @inline(__always)
  private static func number(_ text: Span<UInt8>, _ field: Range<Int>) -> UInt64? {
    guard !field.isEmpty, field.count <= 19 else { return nil }
    var value: UInt64 = 0
    for index in field {
      guard ASCII.isDigit(text[index]) else { return nil }
      value = value * 10 + UInt64(text[index] &- ASCII.zero)
    }
    return value
  }
}
