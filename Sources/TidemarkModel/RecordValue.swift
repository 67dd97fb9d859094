/// What a store remembers of a record: when it was first and last seen, how often, by whom, and on
/// which days between.
///
/// Merging is commutative and associative: any order and any grouping of observations gives the
/// same value.
public struct RecordValue: Hashable, Sendable {
  /// First seen.
  public var timeFirst: UnixSeconds
  /// Last seen; never before ``timeFirst``.
  public var timeLast: UnixSeconds
  /// Accepted responses that held the record, summed over sensors; saturates.
  public var count: UInt64
  /// Who saw it.
  public var sensors: SensorSet
  /// Days strictly between the first and the last day on which it was seen.
  public var activity: ActivityDays

  /// Makes a value.
  ///
  /// - Parameters:
  ///   - timeFirst: not after `timeLast`.
  ///   - activity: may hold the first and last day, and days outside; they are dropped.
  public init(
    timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64,
    sensors: SensorSet = SensorSet(), activity: ActivityDays = ActivityDays()
  ) {
    precondition(timeFirst <= timeLast, "timeFirst after timeLast")
    self.timeFirst = timeFirst
    self.timeLast = timeLast
    self.count = count
    self.sensors = sensors
    self.activity = activity
    dropBoundaryDays()
  }

  /// Day of ``timeFirst``.
  public var dayFirst: UnixDay { timeFirst / TimeLimits.secondsPerDay }
  /// Day of ``timeLast``.
  public var dayLast: UnixDay { timeLast / TimeLimits.secondsPerDay }

  /// All days on which the record was seen, ascending.
  public var daysSeen: [UnixDay] {
    dayFirst == dayLast ? [dayFirst] : [dayFirst] + activity.days + [dayLast]
  }

  /// Merges another value of the same record: widest span, summed count, united sets.
  public mutating func merge(_ other: RecordValue) {
    let (firstA, lastA, firstB, lastB) = (dayFirst, dayLast, other.dayFirst, other.dayLast)
    timeFirst = min(timeFirst, other.timeFirst)
    timeLast = max(timeLast, other.timeLast)
    let (sum, overflow) = count.addingReportingOverflow(other.count)
    count = overflow ? .max : sum
    sensors.formUnion(other.sensors)
    let sameDays = firstA == firstB && lastA == lastB
    if sameDays && other.activity.isEmpty { return }
    activity.formUnion(other.activity)
    for day in [firstA, lastA, firstB, lastB] where day != dayFirst && day != dayLast {
      activity.insert(day)
    }
    dropBoundaryDays()
  }

  private mutating func dropBoundaryDays() {
    guard !activity.isEmpty else { return }
    activity.remove(dayFirst)
    activity.remove(dayLast)
  }
}
