import DNSWire

/// Days as `YYYY-MM-DD` (RFC 3339 full-date).
package enum TextDay {
  /// Octets of a date.
  static let octets = 10

  /// Reads a date from 1970 on; nil for anything else, dates that no calendar has included.
  package static func parse(_ text: Span<UInt8>) -> UnixDay? {
    guard text.count == octets, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      let year = number(text, 0..<4), let month = number(text, 5..<7),
      let day = number(text, 8..<10), year >= 1970, (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    let result = ActivityDays.day(year: year, month: month, day: day)
    let back = ActivityDays.civil(result)
    return back.month == month && back.day == day ? result : nil
  }

  /// Appends a date up to 9999.
  package static func append(_ day: UnixDay, to out: inout [UInt8]) {
    let date = ActivityDays.civil(day)
    appendTwo(date.year / 100, to: &out)
    appendTwo(date.year % 100, to: &out)
    out.append(UInt8(ascii: "-"))
    appendTwo(date.month, to: &out)
    out.append(UInt8(ascii: "-"))
    appendTwo(date.day, to: &out)
  }

  private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
    var value: UInt32 = 0
    for index in range {
      guard ASCII.isDigit(text[index]) else { return nil }
      value = value * 10 + UInt32(text[index] - ASCII.zero)
    }
    return value
  }

  private static func appendTwo(_ value: UInt32, to out: inout [UInt8]) {
    out.append(ASCII.zero + UInt8(value / 10))
    out.append(ASCII.zero + UInt8(value % 10))
  }
}
