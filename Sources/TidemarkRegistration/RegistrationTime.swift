/// A time that a registry states, together with how it was written.
///
/// - Equality: the instant and its precision count, the text does not.
public struct RegistrationTime: Sendable, Hashable, Codable {
  /// How much of the time was written.
  public enum Precision: String, Sendable, Hashable, Codable {
    /// Date and time of day.
    case second
    /// A date; the time of day is 00:00:00 UTC.
    case day
    /// Year and month; the day is the first.
    case month
  }

  /// Seconds since 1970-01-01T00:00:00Z; earlier times are negative.
  public var seconds: Int64
  /// How exact it is.
  public var precision: Precision
  /// As the answer has it.
  public var text: String

  /// Takes a time.
  public init(seconds: Int64, precision: Precision, text: String) {
    self.seconds = seconds
    self.precision = precision
    self.text = text
  }

  /// The same instant, however written.
  public static func == (one: RegistrationTime, other: RegistrationTime) -> Bool {
    one.seconds == other.seconds && one.precision == other.precision
  }

  /// Hashes the instant.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(seconds)
    hasher.combine(precision)
  }
}

/// Days of the proleptic Gregorian calendar.
enum CivilCalendar {
  static let years = 1_900...9_999

  /// Days since 1970-01-01; nil for days that are in no month.
  static func day(year: Int, month: Int, day: Int) -> Int64? {
    guard years.contains(year), (1...12).contains(month), day >= 1 else { return nil }
    guard day <= length(ofMonth: month, year: year) else { return nil }
    // Years begin in March here, so that the leap day is the last one.
    let shifted = month > 2 ? year : year - 1
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400
    return Int64(days + (153 * monthFromMarch + 2) / 5 + day - 1) - 719_468
  }

  private static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: isLeap(year) ? 29 : 28
    default: 31
    }
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }
}
