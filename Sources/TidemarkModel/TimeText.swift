import DNSWire

/// Times as people write them.
public enum TimeText {
  /// Reads seconds since 1970, `YYYY-MM-DD`, or `YYYY-MM-DDThh:mm:ssZ` (RFC 3339 in UTC; a blank
  /// may stand for the T, the Z may be missing).
  ///
  /// - Returns: nil for anything else, and for times that ``UnixSeconds`` cannot hold.
  public static func parse(_ text: String) -> UnixSeconds? {
    let octets = Array(text.utf8)
    guard !octets.isEmpty else { return nil }
    if octets.allSatisfy(ASCII.isDigit) { return UnixSeconds(text) }
    guard octets.count >= 10, octets[4] == hyphen, octets[7] == hyphen,
      let year = number(octets[0..<4]), let month = number(octets[5..<7]),
      let day = number(octets[8..<10]), (1970...2105).contains(year), (1...12).contains(month),
      day >= 1
    else { return nil }
    let date = ActivityDays.day(year: year, month: month, day: day)
    guard ActivityDays.civil(date) == (year, month, day) else { return nil }
    guard let seconds = secondsOfDay(octets[10...]) else { return nil }
    return date * TimeLimits.secondsPerDay + seconds
  }

  private static let hyphen = UInt8(ascii: "-")
  private static let colon = UInt8(ascii: ":")

  private static func secondsOfDay(_ text: ArraySlice<UInt8>) -> UInt32? {
    if text.isEmpty { return 0 }
    var octets = Array(text)
    if octets.last == UInt8(ascii: "Z") { octets.removeLast() }
    guard octets.count == 9, octets[0] == UInt8(ascii: "T") || octets[0] == ASCII.space,
      octets[3] == colon, octets[6] == colon,
      let hour = number(octets[1..<3]), let minute = number(octets[4..<6]),
      let second = number(octets[7..<9]), hour < 24, minute < 60, second < 60
    else { return nil }
    return hour * 3_600 + minute * 60 + second
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard digits.allSatisfy(ASCII.isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + UInt32($1 - ASCII.zero) }
  }
}
