import DNSWire

/// Fields of feeds, from text into an observation.
enum FeedField {
  /// Longest name of a sensor, octets; longer names are cut.
  static let sensorOctetsMax = COFReader.sensorOctetsMax

  /// Puts the owner into an observation.
  static func readOwner(
    _ text: Span<UInt8>, into observation: inout TextObservation
  ) throws(TextRejection) {
    do {
      try DomainName.parse(text, into: &observation.rrname)
    } catch {
      throw .badName
    }
  }

  /// Reads a type that records can have.
  static func type(_ text: Span<UInt8>) throws(TextRejection) -> RRType {
    guard let type = RRType(mnemonic: text) else { throw .badType }
    guard !type.isOnlyForQuestions else { throw .metaType }
    return type
  }

  /// Appends one RR of the type that the observation has.
  ///
  /// An address may have the final dot that some programs put behind everything, and is refused
  /// when it is none; any other text that is not whole rdata is kept as lossy text.
  ///
  /// - Parameter isLossy: true when the feed loses parts of this type; nil finds out.
  static func appendRData(
    _ text: Span<UInt8>, isLossy: Bool?, to observation: inout TextObservation
  ) throws(TextRejection) {
    guard !text.isEmpty else { throw .badRData }
    let isAddress = observation.rrtype == .a || observation.rrtype == .aaaa
    let hasDot = isAddress && text[text.count - 1] == ASCII.dot
    do {
      try LossyRData.append(
        hasDot ? text.extracting(0..<(text.count - 1)) : text, isLossy: isAddress ? nil : isLossy,
        to: &observation)
    } catch {
      throw .badRData
    }
    if isAddress, observation.items.last?.isLossy == true {
      observation.items.removeLast()
      throw .badRData
    }
  }

  /// True for the types that consist of strings.
  static func isStrings(_ type: RRType) -> Bool { type == .txt || type == .spf }

  /// True for strings that their producer wrote without quotes, though there are blanks in them:
  /// nobody can say where one ends.
  static func isUnquoted(_ text: Span<UInt8>) -> Bool {
    guard !text.isEmpty, text[0] != ASCII.quote else { return false }
    for index in text.indices where text[index] == ASCII.space { return true }
    return false
  }

  /// Takes the name of a sensor.
  static func readSensor(_ text: Span<UInt8>, into observation: inout TextObservation) {
    for index in 0..<min(text.count, sensorOctetsMax) { observation.sensorID.append(text[index]) }
  }
}

/// JSON values: what is not a string, though it has to be, counts as missing.
extension FeedField {
  static func readOwner(
    _ text: Span<UInt8>, _ value: JSONValue, scratch: inout [UInt8],
    into observation: inout TextObservation
  ) throws(TextRejection) {
    guard value.isString else { throw .missingField }
    if value.kind == .string {
      return try readOwner(text.extracting(value.start..<value.end), into: &observation)
    }
    value.load(text, into: &scratch)
    try readOwner(scratch.span, into: &observation)
  }

  /// Reads a type; numbers may be written as such.
  static func type(
    _ text: Span<UInt8>, _ value: JSONValue
  ) throws(TextRejection) -> RRType {
    guard value.isString || value.kind == .number else { throw .missingField }
    return try type(text.extracting(value.start..<value.end))
  }

  /// Reads an RFC 3339 time, or seconds since 1970 as a number.
  static func time(_ text: Span<UInt8>, _ value: JSONValue) throws(TextRejection) -> FeedTime {
    if value.kind == .number {
      guard let seconds = JSONText.number(text, value).flatMap(Int64.init(exactly:)) else {
        throw .badTime
      }
      return FeedTime(seconds: seconds)
    }
    guard !value.isAbsent else { throw .missingField }
    guard value.kind == .string,
      let time = FeedTime(iso: text.extracting(value.start..<value.end))
    else { throw .badTime }
    return time
  }

  /// Reads how often something was seen; once, when nothing is said.
  static func count(_ text: Span<UInt8>, _ value: JSONValue) throws(TextRejection) -> UInt64 {
    guard !value.isAbsent else { return 1 }
    guard let count = JSONText.number(text, value), count > 0 else { throw .badCount }
    return count
  }

  /// Appends one RR; see ``appendRData(_:isLossy:to:)``.
  static func appendRData(
    _ text: Span<UInt8>, _ value: JSONValue, isLossy: Bool?, scratch: inout [UInt8],
    to observation: inout TextObservation
  ) throws(TextRejection) {
    guard value.isString else { throw .badRData }
    if value.kind == .string {
      return try appendRData(
        text.extracting(value.start..<value.end), isLossy: isLossy, to: &observation)
    }
    value.load(text, into: &scratch)
    try appendRData(scratch.span, isLossy: isLossy, to: &observation)
  }
}

/// What the start of a feed tells about its format.
enum FeedHead {
  /// True when JSON starts here, after blanks, a byte order mark or an array's bracket.
  static func isJSONObject(_ head: Span<UInt8>) -> Bool {
    var at = 0
    while at < head.count {
      switch head[at] {
      case UInt8(ascii: "{"): return true
      case ASCII.space, ASCII.tab, ASCII.lineFeed, ASCII.carriageReturn, UInt8(ascii: "["), 0xEF,
        0xBB, 0xBF:
        at += 1
      default: return false
      }
    }
    return false
  }

  /// True when a word in quotes stands in the head.
  static func hasWord(_ word: StaticString, _ head: Span<UInt8>) -> Bool {
    let count = word.utf8CodeUnitCount
    var at = LineCutter.place(of: ASCII.quote, in: head, from: 0)
    while at + count + 1 < head.count {
      if head[at + 1 + count] == ASCII.quote, isEqual(word, head, from: at + 1) { return true }
      at = LineCutter.place(of: ASCII.quote, in: head, from: at + 1)
    }
    return false
  }

  private static func isEqual(_ word: StaticString, _ head: Span<UInt8>, from start: Int) -> Bool {
    for index in 0..<word.utf8CodeUnitCount
    where unsafe head[start + index] != word.utf8Start[index] { return false }
    return true
  }
}

extension TextRejection {
  /// The last time lies before the first.
  public static let timesReversed = TextRejection(.malformed, "times-reversed")
}
