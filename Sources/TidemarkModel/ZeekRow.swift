import DNSWire

/// One transaction of a Zeek log by the places of its columns; nothing is understood yet. Reused
/// from line to line.
struct ZeekRow: Sendable {
  /// Most answers of one transaction: twice what fits into a DNS message.
  static let answersMax = 1 << 13

  /// By the number of the column; missing when it is unset.
  private var values = [JSONValue](repeating: .missing, count: ZeekHeader.Column.allCases.count)
  /// The answers as texts.
  private(set) var answers: [JSONValue] = []
  /// True when there are more answers than a message can hold.
  private(set) var hasTooMany = false
  /// True when all answers have the same time to live, or the log does not tell.
  private(set) var hasOneLifetime = true
  /// True when a line of JSON says that it is of something else than DNS.
  private(set) var isOfOther = false

  /// The place of a column's text.
  @inline(__always)
  subscript(column: ZeekHeader.Column) -> JSONValue { values[Int(column.rawValue)] }

  private mutating func reset() {
    for index in values.indices { values[index] = .missing }
    answers.removeAll(keepingCapacity: true)
    hasTooMany = false
    hasOneLifetime = true
    isOfOther = false
  }

  // MARK: Columns

  /// Reads a line of columns.
  ///
  /// - Throws: ``TextRejection/fieldCount``.
  mutating func readColumns(
    _ line: Span<UInt8>, _ header: borrowing ZeekHeader
  ) throws(TextRejection) {
    reset()
    let octets = unsafe line.bytes
    let sevens: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    let wanted = 0x0101_0101_0101_0101 &* UInt64(header.separator)
    var index = 0
    var start = 0
    var at = 0
    while octets.byteCount &- at >= 8 {
      let word =
        unsafe UInt64(
          littleEndian: octets.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ wanted
      // The top bit of every octet that is zero, and of no other.
      var hits = ~(((word & sevens) &+ sevens) | word | sevens)
      while hits != 0 {
        let end = at &+ hits.trailingZeroBitCount / 8
        take(line, start..<end, index, header)
        index += 1
        start = end + 1
        hits &= hits &- 1
      }
      at &+= 8
    }
    while at < line.count {
      if line[at] == header.separator {
        take(line, start..<at, index, header)
        index += 1
        start = at + 1
      }
      at += 1
    }
    take(line, start..<line.count, index, header)
    guard index + 1 == header.columns.count else { throw .fieldCount }
    splitSets(line, header)
  }

  @inline(__always)
  private mutating func take(
    _ line: Span<UInt8>, _ range: Range<Int>, _ index: Int, _ header: borrowing ZeekHeader
  ) {
    guard index < header.columns.count, let column = header.columns[index] else { return }
    guard !ZeekRow.isEqual(line, range, header.unsetField) else { return }
    values[Int(column.rawValue)] = JSONValue(
      kind: .string, start: range.lowerBound, end: range.upperBound)
  }

  private mutating func splitSets(_ line: Span<UInt8>, _ header: borrowing ZeekHeader) {
    let set = self[.answers]
    guard set.isString, !ZeekRow.isEqual(line, set.start..<set.end, header.emptyField) else {
      return
    }
    var start = set.start
    while start <= set.end {
      var end = start
      while end < set.end, line[end] != header.setSeparator { end += 1 }
      appendAnswer(element(line, start..<end, header))
      start = end + 1
    }
    readLifetimes(line, header)
  }

  private func element(
    _ line: Span<UInt8>, _ range: Range<Int>, _ header: borrowing ZeekHeader
  ) -> JSONValue {
    if ZeekRow.isEqual(line, range, header.unsetField) { return .missing }
    let isEmpty = ZeekRow.isEqual(line, range, header.emptyField)
    return JSONValue(
      kind: .string, start: range.lowerBound, end: isEmpty ? range.lowerBound : range.upperBound)
  }

  private mutating func readLifetimes(_ line: Span<UInt8>, _ header: borrowing ZeekHeader) {
    let set = self[.lifetimes]
    guard set.isString, answers.count > 1 else { return }
    var first = JSONValue.missing
    var start = set.start
    while start <= set.end {
      var end = start
      while end < set.end, line[end] != header.setSeparator { end += 1 }
      let lifetime = JSONValue(kind: .string, start: start, end: end)
      if first.kind == .missing { first = lifetime }
      if !JSONText.isSame(line, first, lifetime) {
        hasOneLifetime = false
        return
      }
      start = end + 1
    }
  }

  @inline(__always)
  private static func isEqual(
    _ line: Span<UInt8>, _ range: Range<Int>, _ octets: borrowing [UInt8]
  ) -> Bool {
    guard range.count == octets.count else { return false }
    for index in octets.indices where line[range.lowerBound + index] != octets[index] {
      return false
    }
    return true
  }

  private mutating func appendAnswer(_ answer: JSONValue) {
    guard answers.count < ZeekRow.answersMax else {
      hasTooMany = true
      return
    }
    answers.append(answer)
  }

  // MARK: JSON

  /// Reads a line that is an object.
  ///
  /// - Throws: ``JSONFault``; what was found until then is of no use.
  mutating func readObject(_ text: Span<UInt8>) throws(JSONFault) {
    reset()
    var at = 1
    let closing = UInt8(ascii: "}")
    if try JSONText.nextOctet(text, at: &at) != closing {
      repeat {
        let key = JSONKey(text, try JSONText.key(text, at: &at))
        let value = try JSONText.value(text, at: &at, depth: 1)
        if let column = ZeekRow.column(key) {
          values[Int(column.rawValue)] = value.kind == .null ? .missing : value
        } else if key.is("_path") {
          isOfOther = !JSONText.isText(text, value, "dns")
        }
      } while try !JSONText.isLast(text, at: &at, closing: closing)
    } else {
      at += 1
    }
    JSONText.skipBlank(text, at: &at)
    guard at == text.count else { throw .malformed(at) }
    try readArrays(text)
  }

  @inline(__always)
  private static func column(_ key: JSONKey) -> ZeekHeader.Column? {
    if key.is("ts") { return .time }
    if key.is("id.resp_h") { return .responder }
    if key.is("id.resp_p") { return .responderPort }
    if key.is("rtt") { return .roundTrip }
    if key.is("query") { return .query }
    if key.is("qclass") { return .queryClass }
    if key.is("qtype") { return .queryType }
    if key.is("rcode") { return .responseCode }
    if key.is("AA") { return .authoritative }
    if key.is("TC") { return .truncated }
    if key.is("answers") { return .answers }
    return key.is("TTLs") ? .lifetimes : nil
  }

  private mutating func readArrays(_ text: Span<UInt8>) throws(JSONFault) {
    try ZeekRow.forEachElement(text, self[.answers]) { appendAnswer($0) }
    guard answers.count > 1 else { return }
    var first = JSONValue.missing
    try ZeekRow.forEachElement(text, self[.lifetimes]) { lifetime in
      if first.kind == .missing { first = lifetime }
      let (one, other) = (first.start..<first.end, lifetime.start..<lifetime.end)
      if !ZeekRow.isEqual(text, one, other) { hasOneLifetime = false }
    }
  }

  private static func isEqual(
    _ text: Span<UInt8>, _ one: Range<Int>, _ other: Range<Int>
  ) -> Bool {
    guard one.count == other.count else { return false }
    for index in 0..<one.count
    where text[one.lowerBound + index] != text[other.lowerBound + index] {
      return false
    }
    return true
  }

  private static func forEachElement(
    _ text: Span<UInt8>, _ array: JSONValue, _ body: (JSONValue) -> Void
  ) throws(JSONFault) {
    guard array.kind == .other, text[array.start] == UInt8(ascii: "[") else { return }
    var at = array.start + 1
    let closing = UInt8(ascii: "]")
    guard try JSONText.nextOctet(text, at: &at) != closing else { return }
    repeat {
      body(try JSONText.value(text, at: &at, depth: 2))
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }
}
