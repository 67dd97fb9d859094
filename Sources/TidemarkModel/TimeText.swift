import DNSWire

/// Times as people write them: seconds since 1970, or RFC 3339.
public enum TimeText {
  /// Reads `1700000000`, `2023-11-14`, `2023-11-14T22:13:20Z` or `2023-11-14T23:13:20.5+01:00`;
  /// fractions are cut off.
  ///
  /// - Returns: nil for anything else, and for times that ``UnixSeconds`` cannot hold.
  public static func parse(_ text: String) -> UnixSeconds? {
    let octets = Array(text.utf8)
    if !octets.isEmpty, octets.allSatisfy(ASCII.isDigit) { return UnixSeconds(text) }
    var reader = FieldReader(octets: octets)
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
      reader.take("-"), let day = reader.number(2),
      let start = secondsOfDate(year: year, month: month, day: day)
    else { return nil }
    if reader.isAtEnd { return UnixSeconds(exactly: start) }
    // A plus sign that was not encoded arrives as a blank.
    guard reader.take("T") || reader.take("t") || reader.take(" "),
      let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
      reader.take(":"), let second = reader.number(2), hour < 24, minute < 60, second <= 60,
      reader.skipFraction(), let offset = reader.offset(), reader.isAtEnd
    else { return nil }
    let seconds = Int64(start) + Int64(hour * 3_600 + minute * 60 + second) - offset
    return UnixSeconds(exactly: seconds)
  }

  private static func secondsOfDate(year: UInt32, month: UInt32, day: UInt32) -> UInt64? {
    guard year >= 1970, (1...12).contains(month), (1...31).contains(day) else { return nil }
    let number = ActivityDays.day(year: year, month: month, day: day)
    let back = ActivityDays.civil(number)
    guard back.month == month, back.day == day else { return nil }
    return UInt64(number) * UInt64(TimeLimits.secondsPerDay)
  }

  private struct FieldReader {
    let octets: [UInt8]
    var at = 0

    var isAtEnd: Bool { at == octets.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard at < octets.count, UInt32(octets[at]) == character.value else { return false }
      at += 1
      return true
    }

    mutating func number(_ digits: Int) -> UInt32? {
      guard octets.count - at >= digits, octets[at..<(at + digits)].allSatisfy(ASCII.isDigit)
      else { return nil }
      let value = octets[at..<(at + digits)].reduce(0) { $0 * 10 + UInt32($1 - ASCII.zero) }
      at += digits
      return value
    }

    mutating func skipFraction() -> Bool {
      guard take(".") else { return true }
      let start = at
      while at < octets.count, ASCII.isDigit(octets[at]) { at += 1 }
      return at > start
    }

    /// Seconds east of Greenwich.
    mutating func offset() -> Int64? {
      if take("Z") || take("z") { return 0 }
      let isWest = take("-")
      guard isWest || take("+") || take(" "), let hour = number(2), take(":"),
        let minute = number(2), hour < 24, minute < 60
      else { return nil }
      let seconds = Int64(hour * 3_600 + minute * 60)
      return isWest ? -seconds : seconds
    }
  }
}
