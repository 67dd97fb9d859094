public import TidemarkModel

/// A mark of the time axis.
public struct TimelineTick: Sendable, Equatable {
  /// Where.
  public let time: UnixSeconds
  /// UTC: `2024`, `2024-04`, `2024-04-15` or `04-15 06:00`, as fine as the marks are.
  public let label: String
  /// True where a coarser unit begins too: a year among months, a month among days.
  public let isMajor: Bool
}

/// From times to places on a line.
public struct TimelineScale: Sendable, Equatable {
  /// Shortest span, seconds: below it there is nothing to see, as times are whole seconds and
  /// activity whole days.
  public static let secondsMin: UnixSeconds = 3_600

  /// Left end.
  public let from: UnixSeconds
  /// Right end; at least ``secondsMin`` later.
  public let to: UnixSeconds
  /// Length of the line, pixels.
  public let width: Int

  /// Makes a scale. Ends in the wrong order are swapped, a span that is too short is widened.
  public init(from: UnixSeconds, to: UnixSeconds, width: Int) {
    var (low, high) = (min(from, to), max(from, to))
    if high - low < TimelineScale.secondsMin {
      let half = TimelineScale.secondsMin / 2
      low = low > half ? low - half : 0
      low = min(low, .max - TimelineScale.secondsMin)
      high = max(high, low + TimelineScale.secondsMin)
    }
    self.from = low
    self.to = high
    self.width = max(width, 1)
  }

  /// The scale on which bars are shown.
  ///
  /// - Parameters:
  ///   - after: where it begins; nil for the first of the bars.
  ///   - before: where it ends; nil for now, or, when nothing was seen for long, shortly behind the
  ///     last of the bars.
  public init(
    showing bars: [TimelineBar], after: UnixSeconds?, before: UnixSeconds?, now: UnixSeconds,
    width: Int
  ) {
    let first = bars.lazy.map(\.first).min() ?? (now > 86_400 ? now - 86_400 : 0)
    let last = bars.lazy.map(\.last).max() ?? now
    let from = after ?? before.map { min(first, $0) } ?? first
    let span = UInt64(last > from ? last - from : 0)
    // A quarter of the line may be empty to show that something is over, not more.
    let reach = UInt64(last) + max(span / 3, 86_400)
    let end =
      UInt64(now) <= reach ? max(now, last) : TimelineScale.clamped(UInt64(last) + span / 20)
    self.init(from: from, to: before ?? end, width: width)
  }

  /// Seconds from end to end.
  public var seconds: UInt64 { UInt64(to - from) }

  /// The place of a time: 0 to ``width``; times outside are at the ends.
  public func x(_ time: UInt64) -> Double {
    guard time > UInt64(from) else { return 0 }
    let part = min(time - UInt64(from), seconds)
    return Double(part) / Double(seconds) * Double(width)
  }

  /// Marks in a step that people count in: years, quarters, months, weeks, days or hours.
  ///
  /// - Parameter most: the finest step is taken that gives no more than about this many.
  public func ticks(most: Int) -> [TimelineTick] {
    let most = UInt64(max(most, 1))
    let step = TimelineStep.all.first { seconds / $0.seconds <= most } ?? TimelineStep.coarsest
    return step.times(from: from, to: to).map { time in
      TimelineTick(time: time, label: step.label(time), isMajor: step.isMajor(time))
    }
  }

  private static func clamped(_ time: UInt64) -> UnixSeconds {
    UnixSeconds(min(time, UInt64(UnixSeconds.max)))
  }
}

/// How far two marks of a time axis are apart.
enum TimelineStep: Sendable, Equatable {
  case hours(UInt64)
  case days(UInt64)
  /// Weeks begin on Monday.
  case weeks(UInt64)
  case months(UInt64)

  /// From fine to coarse.
  static let all: [TimelineStep] = [
    .hours(1), .hours(3), .hours(6), .hours(12), .days(1), .days(2), .weeks(1), .weeks(2),
    .months(1), .months(3), .months(6), .months(12), .months(24), .months(60), .months(120),
  ]
  static let coarsest = TimelineStep.months(240)

  /// 1970-01-05, the first Monday.
  private static let monday: UInt64 = 4 * 86_400

  /// Length, for months about.
  var seconds: UInt64 {
    switch self {
    case .hours(let count): count * 3_600
    case .days(let count): count * 86_400
    case .weeks(let count): count * 7 * 86_400
    case .months(let count): count * 2_629_746
    }
  }

  /// The marks within a span, both ends included.
  func times(from: UnixSeconds, to: UnixSeconds) -> [UnixSeconds] {
    switch self {
    case .hours, .days: evenTimes(from: UInt64(from), to: UInt64(to), offset: 0)
    case .weeks:
      evenTimes(from: UInt64(from), to: UInt64(to), offset: TimelineStep.monday % seconds)
    case .months(let count): monthTimes(from: from, to: to, count: UInt32(count))
    }
  }

  private func evenTimes(from: UInt64, to: UInt64, offset: UInt64) -> [UnixSeconds] {
    var time = from <= offset ? offset : (from - offset + seconds - 1) / seconds * seconds + offset
    var times: [UnixSeconds] = []
    while time <= to {
      times.append(UnixSeconds(time))
      time += seconds
    }
    return times
  }

  private func monthTimes(from: UnixSeconds, to: UnixSeconds, count: UInt32) -> [UnixSeconds] {
    let start = ActivityDays.civil(from / TimeLimits.secondsPerDay)
    // Months since year 0, so that multiples of them are years that end in 0 or 5.
    var month = (start.year * 12 + start.month - 1) / count * count
    var times: [UnixSeconds] = []
    while true {
      if month >= 1970 * 12 {
        let day = ActivityDays.day(year: month / 12, month: month % 12 + 1, day: 1)
        let time = UInt64(day) * UInt64(TimeLimits.secondsPerDay)
        guard time <= UInt64(to) else { return times }
        if time >= UInt64(from) { times.append(UnixSeconds(time)) }
      }
      month += count
    }
  }

  func label(_ time: UnixSeconds) -> String {
    let date = ActivityDays.civil(time / TimeLimits.secondsPerDay)
    let day = "\(TimelineStep.two(date.month))-\(TimelineStep.two(date.day))"
    switch self {
    case .hours:
      let hour = time % TimeLimits.secondsPerDay / 3_600
      return "\(day) \(TimelineStep.two(hour)):00"
    case .days, .weeks: return "\(date.year)-\(day)"
    case .months(let count):
      return count % 12 == 0 ? "\(date.year)" : "\(date.year)-\(TimelineStep.two(date.month))"
    }
  }

  func isMajor(_ time: UnixSeconds) -> Bool {
    let date = ActivityDays.civil(time / TimeLimits.secondsPerDay)
    switch self {
    case .hours: return time % TimeLimits.secondsPerDay == 0
    case .days: return date.day == 1
    case .weeks: return date.day <= 7
    case .months(let count): return count % 12 != 0 && date.month == 1
    }
  }

  private static func two(_ number: UInt32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
