import DNSWire

/// Times of logs: microseconds since 1970.
enum LogTime {
  /// Reads `2009-11-24T21:27:09.534255-0100`: RFC 3339 and the form of ISO 8601 without a colon in
  /// the offset. The offset must be there. Digits beyond microseconds are cut off.
  static func iso(_ text: Span<UInt8>) -> Int64? {
    guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      text[10] | 0x20 == UInt8(ascii: "t") || text[10] == ASCII.space,
      text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
      let century = pair(text, 0), let years = pair(text, 2), let month = pair(text, 5),
      let day = pair(text, 8), let hour = pair(text, 11), let minute = pair(text, 14),
      let second = pair(text, 17), hour < 24, minute < 60, second <= 60,
      let days = dayNumber(year: century * 100 + years, month: month, day: day)
    else { return nil }
    var at = 19
    guard let fraction = fraction(text, at: &at), let offset = offset(text, at: at) else {
      return nil
    }
    // A leap second falls on the last second of its minute, as everywhere in the model.
    let inDay = Int64(hour * 3_600 + minute * 60 + min(second, 59))
    return (Int64(days) * 86_400 + inDay - offset) * 1_000_000 + fraction
  }

  /// Reads decimal seconds, `1700000000.054238` or `8.7e-05`; nothing below 0.
  static func decimal(_ text: Span<UInt8>) -> Int64? {
    var value: Int64 = 0
    var at = 0
    while at < text.count, at < 12, ASCII.isDigit(text[at]) {
      value = value &* 10 &+ Int64(text[at] &- ASCII.zero)
      at += 1
    }
    guard at > 0 else { return nil }
    let whole = value
    if at == text.count { return whole * 1_000_000 }
    if text[at] == ASCII.dot, at + 1 < text.count, let micros = fraction(text, at: &at),
      at == text.count
    {
      return whole * 1_000_000 + micros
    }
    guard let micros = try? TextDecimal.floor(text, power: 6) else { return nil }
    return Int64(exactly: micros)
  }

  private static func pair(_ text: Span<UInt8>, _ at: Int) -> UInt32? {
    let (tens, ones) = (text[at], text[at + 1])
    guard ASCII.isDigit(tens), ASCII.isDigit(ones) else { return nil }
    return UInt32(tens &- ASCII.zero) * 10 + UInt32(ones &- ASCII.zero)
  }

  private static func dayNumber(year: UInt32, month: UInt32, day: UInt32) -> UInt32? {
    guard year >= 1970, (1...12).contains(month), (1...31).contains(day) else { return nil }
    let number = ActivityDays.day(year: year, month: month, day: day)
    guard day <= 28 || ActivityDays.civil(number) == (year, month, day) else { return nil }
    return number
  }

  /// Microseconds of a fraction, which may be missing.
  private static func fraction(_ text: Span<UInt8>, at: inout Int) -> Int64? {
    guard at < text.count, text[at] == ASCII.dot else { return 0 }
    at += 1
    let start = at
    var value: Int64 = 0
    while at < text.count, ASCII.isDigit(text[at]) {
      if at - start < 6 { value = value * 10 + Int64(text[at] &- ASCII.zero) }
      at += 1
    }
    guard at > start else { return nil }
    for _ in min(at - start, 6)..<6 { value *= 10 }
    return value
  }

  /// Seconds east of Greenwich: `Z`, `+01`, `+0100` or `+01:00`, up to the text's end.
  private static func offset(_ text: Span<UInt8>, at start: Int) -> Int64? {
    guard start < text.count else { return nil }
    if text[start] | 0x20 == UInt8(ascii: "z") { return start + 1 == text.count ? 0 : nil }
    let isWest = text[start] == UInt8(ascii: "-")
    guard isWest || text[start] == UInt8(ascii: "+") else { return nil }
    let rest = text.count - start - 1
    guard rest == 2 || rest == 4 || rest == 5, let hours = pair(text, start + 1), hours < 24
    else { return nil }
    var minutes: UInt32 = 0
    if rest > 2 {
      guard rest == 4 || text[start + 3] == UInt8(ascii: ":"),
        let value = pair(text, text.count - 2), value < 60
      else { return nil }
      minutes = value
    }
    let seconds = Int64(hours * 3_600 + minutes * 60)
    return isWest ? -seconds : seconds
  }

  /// Checks a time against the bounds of the model.
  ///
  /// - Throws: ``TextRejection/timeOutOfRange``.
  static func checked(
    micros: Int64, now: UnixSeconds
  ) throws(TextRejection) -> UnixSeconds {
    let seconds = micros / 1_000_000
    guard micros >= 0, seconds >= Int64(TimeLimits.timeMin),
      seconds <= Int64(now) + Int64(TimeLimits.futureMax),
      let time = UnixSeconds(exactly: seconds)
    else { throw .timeOutOfRange }
    return time
  }
}
