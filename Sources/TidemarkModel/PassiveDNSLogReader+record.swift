import DNSWire

/// What text lines and JSON have in common: the meaning of the fields.
extension PassiveDNSLogReader {
  /// Types of which the tool prints only a part: exchange, target, primary server, mailbox, first
  /// string.
  static func isCutDown(_ type: RRType) -> Bool {
    switch type {
    case .mx, .srv, .soa, .txt, .spf, .rp: true
    default: false
    }
  }

  mutating func fill(
    query: Span<UInt8>, type: Span<UInt8>, answer: Span<UInt8>, time: UnixSeconds, count: UInt64,
    into observation: inout TextObservation
  ) throws(PassiveDNSLogRejection) {
    guard count > 0 else { throw .badCount }
    guard let rrtype = RRType(mnemonic: type), !ASCII.isDigit(type[0]),
      !rrtype.isOnlyForQuestions
    else { throw .badType }
    guard !answer.isEmpty else { throw .badRData }
    do {
      try DomainName.parse(query, into: &observation.rrname)
    } catch {
      throw .badName
    }
    observation.rrtype = rrtype
    observation.timeFirst = time
    observation.timeLast = time
    observation.count = count
    observation.vantage = vantage
    do {
      try LossyRData.append(
        answer, isLossy: PassiveDNSLogReader.isCutDown(rrtype), to: &observation)
    } catch {
      throw .badRData
    }
  }

  static func checkClass(_ text: Span<UInt8>) throws(PassiveDNSLogRejection) {
    guard text.count == 2, text[0] | 0x20 == UInt8(ascii: "i"),
      text[1] | 0x20 == UInt8(ascii: "n")
    else { throw .classNotIN }
  }

  /// Seconds with or without a fraction, or `YYYY-MM-DD HH:MM:SS` when the layout says so.
  @inline(__always)
  func time(_ text: Span<UInt8>) throws(PassiveDNSLogRejection) -> UnixSeconds {
    if layout.fields[0] == .localTime { return try checked(PassiveDNSLogReader.civil(text)) }
    var end = 0
    while end < text.count, ASCII.isDigit(text[end]) { end += 1 }
    guard end > 0, end <= 18 else { throw .badTime }
    if end < text.count {
      guard text[end] == ASCII.dot, end + 1 < text.count else { throw .badTime }
      for index in (end + 1)..<text.count where !ASCII.isDigit(text[index]) { throw .badTime }
    }
    var seconds: UInt64 = 0
    for index in 0..<end { seconds = seconds * 10 + UInt64(text[index] &- ASCII.zero) }
    return try checked(seconds)
  }

  @inline(__always)
  func checked(_ seconds: UInt64) throws(PassiveDNSLogRejection) -> UnixSeconds {
    guard seconds >= UInt64(TimeLimits.timeMin) else { throw .timeTooOld }
    guard seconds <= UInt64(now) + UInt64(TimeLimits.futureMax),
      let time = UnixSeconds(exactly: seconds)
    else { throw .timeInFuture }
    return time
  }

  static func civil(_ text: Span<UInt8>) throws(PassiveDNSLogRejection) -> UInt64 {
    guard text.count >= 19, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      text[10] == ASCII.space, text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
      text.count == 19 || text[19] == ASCII.dot
    else { throw .badTime }
    let year = try digits(text, 0..<4)
    let (month, day) = (try digits(text, 5..<7), try digits(text, 8..<10))
    let (hour, minute) = (try digits(text, 11..<13), try digits(text, 14..<16))
    let second = try digits(text, 17..<19)
    guard year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second <= 60
    else { throw .badTime }
    let days = ActivityDays.day(year: year, month: month, day: day)
    guard ActivityDays.civil(days) == (year, month, day) else { throw .badTime }
    return UInt64(days) * 86_400 + UInt64(hour * 3_600 + minute * 60 + min(second, 59))
  }

  private static func digits(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(PassiveDNSLogRejection) -> UInt32 {
    var value: UInt32 = 0
    for index in range {
      guard ASCII.isDigit(text[index]) else { throw .badTime }
      value = value * 10 + UInt32(text[index] &- ASCII.zero)
    }
    return value
  }

  /// True for lines that tell of an error: TTL 0, count 1, and a response code for an answer.
  static func isNegative(_ answer: Span<UInt8>, ttl: UInt64?, count: UInt64) -> Bool {
    guard ttl ?? 0 == 0, count == 1, answer.count >= 6 else { return false }
    for index in answer.indices {
      let octet = answer[index]
      guard octet &- 0x41 < 26 || octet == UInt8(ascii: "-") || ASCII.isDigit(octet) else {
        return false
      }
    }
    var word = ""
    for index in answer.indices { word.unicodeScalars.append(Unicode.Scalar(answer[index])) }
    return PassiveDNSLogReader.negatives.contains(word) || word.hasPrefix("UNKNOWN-ERROR-")
  }

  private static let negatives: Set<String> = [
    "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMPL", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
    "NOTAUTH", "NOTZONE",
  ]
}
