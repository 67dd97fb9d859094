import DNSWire

extension TimeText {
  /// Reads a time as people write it by hand. Everything is UTC.
  ///
  /// | text | means |
  /// | --- | --- |
  /// | what ``parse(_:)`` reads | the same |
  /// | `2025-01-31 12:00:00`, `2025-01-31T12:00` | that time |
  /// | `7d`, `-7d`, `1w2d3h`, `90m`, `2y` | so long before now; y, w, d, h, m, s, large to small |
  /// | `-3600` | seconds before now |
  /// | `now` | now |
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: nil for anything else; 1970 for what would be before it.
  public static func parse(_ text: String, now: UnixSeconds) -> UnixSeconds? {
    if let time = parse(text) { return time }
    if text == "now" { return now }
    if let time = zonelessTime(text) { return time }
    let octets = Array(text.utf8)
    let isNegative = octets.first == UInt8(ascii: "-")
    // A number without sign and unit is a time since 1970, or too large for one.
    guard isNegative || !octets.allSatisfy(ASCII.isDigit),
      let seconds = age(octets[(isNegative ? 1 : 0)...])
    else { return nil }
    return UInt64(now) > seconds ? now - UnixSeconds(seconds) : 0
  }

  /// A date with a time of day, with seconds or without.
  private static func zonelessTime(_ text: String) -> UnixSeconds? {
    switch text.utf8.count {
    case 16: parse(text + ":00Z")
    case 19: parse(text + "Z")
    default: nil
    }
  }

  /// Units from large to small, and the seconds of each; a year has 365 days.
  private static let units: [(letter: UInt8, seconds: UInt64)] = [
    (UInt8(ascii: "y"), 365 * 86_400), (UInt8(ascii: "w"), 7 * 86_400),
    (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3_600), (UInt8(ascii: "m"), 60),
    (UInt8(ascii: "s"), 1),
  ]

  /// Seconds of `3600` or `1w2d`; more than ``UnixSeconds`` can count becomes its largest value.
  private static func age(_ octets: ArraySlice<UInt8>) -> UInt64? {
    guard !octets.isEmpty else { return nil }
    var total: UInt64 = 0
    var rest = octets
    var unitsLeft = TimeText.units[...]
    while !rest.isEmpty {
      let digits = rest.prefix(while: ASCII.isDigit)
      guard (1...10).contains(digits.count) else { return nil }
      let number = digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - ASCII.zero) }
      rest = rest.dropFirst(digits.count)
      guard let letter = rest.popFirst() else {
        // Only a number alone has no unit.
        return digits.count == octets.count ? min(number, UInt64(UnixSeconds.max)) : nil
      }
      guard let at = unitsLeft.firstIndex(where: { $0.letter == ASCII.lowered(letter) }) else {
        return nil
      }
      total += number * unitsLeft[at].seconds
      unitsLeft = unitsLeft[(at + 1)...]
    }
    return min(total, UInt64(UnixSeconds.max))
  }
}
