/// Times of RRSIG and SIG: seconds since 1970 in 32 bits, written as `YYYYMMDDHHMMSS` in UTC
/// (RFC 4034 section 3.2).
enum SignatureTime {
  /// Appends fourteen digits.
  static func append(_ seconds: UInt32, to out: inout [UInt8]) {
    let date = civil(days: Int(seconds / 86_400))
    let second = Int(seconds % 86_400)
    appendTwo(date.year / 100, to: &out)
    appendTwo(date.year % 100, to: &out)
    appendTwo(date.month, to: &out)
    appendTwo(date.day, to: &out)
    appendTwo(second / 3_600, to: &out)
    appendTwo(second / 60 % 60, to: &out)
    appendTwo(second % 60, to: &out)
  }

  private static func appendTwo(_ value: Int, to out: inout [UInt8]) {
    out.append(ASCII.zero + UInt8(truncatingIfNeeded: value / 10))
    out.append(ASCII.zero + UInt8(truncatingIfNeeded: value % 10))
  }

  /// Reads fourteen digits as a date, fewer as seconds since 1970.
  static func parse(_ text: Span<UInt8>) -> UInt32? {
    guard text.count > 0, text.count <= 14 else { return nil }
    var value = 0
    for index in 0..<text.count {
      guard ASCII.isDigit(text[index]) else { return nil }
      value = value * 10 + Int(text[index] &- ASCII.zero)
    }
    guard text.count == 14 else { return UInt32(exactly: value) }
    let second = value % 100
    let minute = value / 100 % 100
    let hour = value / 10_000 % 100
    let date = (
      year: value / 10_000_000_000, month: value / 100_000_000 % 100,
      day: value / 1_000_000 % 100
    )
    guard date.year >= 1970, (1...12).contains(date.month), date.day >= 1 else { return nil }
    guard hour < 24, minute < 60, second < 60 else { return nil }
    let days = days(year: date.year, month: date.month, day: date.day)
    // A day past the end of its month would come back as another date.
    guard civil(days: days) == date else { return nil }
    return UInt32(exactly: days * 86_400 + hour * 3_600 + minute * 60 + second)
  }

  /// Days from 1970-01-01, with years that begin in March so that leap days come last.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
      - 719_468
  }

  private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
