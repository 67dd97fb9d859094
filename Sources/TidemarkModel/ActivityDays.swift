/// The days between the first and the last on which a record was seen.
///
/// The first and last day are told by the times themselves and are not repeated here, so a record
/// seen on one or two days has an empty set. Months are counted from January 1970; each month has
/// 31 bits, bit 0 is day 1.
public struct ActivityDays: Hashable, Sendable {
  /// One month's days.
  public struct Month: Hashable, Sendable {
    /// Months since January 1970.
    public let index: UInt32
    /// Bit `d` stands for day `d + 1`; never 0.
    public fileprivate(set) var days: UInt32
  }

  /// In ascending order, no month twice.
  public private(set) var months: [Month] = []

  /// No day.
  public init() {}

  /// True when no day lies between the first and the last.
  public var isEmpty: Bool { months.isEmpty }

  /// Days in the set.
  public var count: Int { months.reduce(0) { $0 + $1.days.nonzeroBitCount } }

  /// Adds a day.
  public mutating func insert(_ day: UnixDay) {
    let (month, bit) = ActivityDays.position(of: day)
    insert(month: month, days: 1 << bit)
  }

  /// Removes a day, if it is there.
  public mutating func remove(_ day: UnixDay) {
    let (month, bit) = ActivityDays.position(of: day)
    guard let at = months.firstIndex(where: { $0.index == month }) else { return }
    months[at].days &= ~(1 << bit)
    if months[at].days == 0 { months.remove(at: at) }
  }

  /// Adds every day of `other`.
  public mutating func formUnion(_ other: ActivityDays) {
    for month in other.months { insert(month: month.index, days: month.days) }
  }

  /// The days, ascending.
  public var days: [UnixDay] {
    months.flatMap { month in
      (0..<31).lazy.filter { month.days & (1 << $0) != 0 }.map {
        ActivityDays.firstDay(ofMonth: month.index) + $0
      }
    }
  }

  /// Adds days of a month.
  ///
  /// - Parameters:
  ///   - month: months since January 1970.
  ///   - days: bit `d` stands for day `d + 1`; 0 adds nothing.
  public mutating func insert(month: UInt32, days: UInt32) {
    guard days != 0 else { return }
    var at = months.count
    while at > 0, months[at - 1].index >= month { at -= 1 }
    if at < months.count, months[at].index == month {
      months[at].days |= days
    } else {
      months.insert(Month(index: month, days: days), at: at)
    }
  }

  /// The month of a day, counted from January 1970.
  public static func month(of day: UnixDay) -> UInt32 { position(of: day).month }

  /// Month and bit of a day: the civil calendar by the era method, valid from 1970 on.
  static func position(of day: UnixDay) -> (month: UInt32, bit: UInt32) {
    let date = civil(day)
    return ((date.year - 1970) * 12 + date.month - 1, date.day - 1)
  }

  /// Year, month 1–12 and day 1–31 of a day.
  public static func civil(_ day: UnixDay) -> (year: UInt32, month: UInt32, day: UInt32) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth)
  }

  /// The first day of a month counted from January 1970.
  public static func firstDay(ofMonth index: UInt32) -> UnixDay {
    day(year: 1970 + index / 12, month: index % 12 + 1, day: 1)
  }

  /// The day of a civil date from 1970 on; the inverse of ``civil(_:)``.
  public static func day(year: UInt32, month: UInt32, day: UInt32) -> UnixDay {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let shiftedMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
