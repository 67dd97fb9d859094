import TidemarkModel

/// Times as the DomainTools interface writes them.
enum DomainToolsTime {
  /// `2026-01-31`.
  static func day(_ day: UnixDay) -> String {
    var out: [UInt8] = []
    TextDay.append(day, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// The day of a time, UTC; empty for times before 1970 and beyond 9999.
  static func day(ofSeconds seconds: Int64) -> String { number(seconds).map(day) ?? "" }

  /// The number of a time's day; nil for times before 1970 and beyond 9999.
  static func number(_ seconds: Int64) -> UnixDay? {
    (0..<253_402_300_800).contains(seconds) ? UnixDay(seconds / 86_400) : nil
  }

  /// `2026-01-31T12:00:00+00:00`; empty as ``day(ofSeconds:)``.
  static func instant(_ seconds: Int64, zone: String = "+00:00") -> String {
    guard let number = number(seconds) else { return "" }
    let rest = seconds % 86_400
    return "\(day(number))T\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))\(zone)"
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
