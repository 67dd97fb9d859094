import TidemarkModel

/// When a value (an address, a provider) was there: days, and whether they are all there are.
struct Presence: Sendable, Equatable {
  /// Ascending, each once; never empty.
  var days: [UnixDay]
  /// False when only the first and the last day are known, and the days between may be any.
  var isExact: Bool

  init(days: [UnixDay], isExact: Bool) {
    self.days = days
    self.isExact = isExact
  }

  /// What a record tells. Without days between first and last, anything but two sightings may be
  /// a source's sum, of which nobody knows the days.
  init(_ value: RecordValue) {
    days = value.daysSeen
    isExact = !value.activity.isEmpty || value.count == 2 || value.dayLast <= value.dayFirst + 1
  }

  /// Takes the days of another presence of the same value in.
  mutating func formUnion(_ other: Presence) {
    isExact = isExact && other.isExact
    var merged: [UnixDay] = []
    merged.reserveCapacity(days.count + other.days.count)
    var (left, right) = (0, 0)
    while left < days.count || right < other.days.count {
      let takesLeft =
        right == other.days.count || (left < days.count && days[left] <= other.days[right])
      let day = takesLeft ? days[left] : other.days[right]
      if takesLeft { left += 1 } else { right += 1 }
      if merged.last != day { merged.append(day) }
    }
    days = merged
  }
}

/// A value that was there from a first through a last day without being seen to be away.
struct PresenceRun<Value: Comparable & Sendable>: Sendable {
  let value: Value
  let first: UnixDay
  let last: UnixDay

  /// By (first, last, value).
  static func precedes(_ left: Self, _ right: Self) -> Bool {
    if left.first != right.first { return left.first < right.first }
    if left.last != right.last { return left.last < right.last }
    return left.value < right.value
  }

  /// True when this value was alive more recently: by (last, first, value).
  func isLater(than other: Self) -> Bool {
    if last != other.last { return last > other.last }
    if first != other.first { return first > other.first }
    return value > other.value
  }
}

extension PresenceRun {
  /// Cuts presences into runs, in the order of (first, last, value).
  ///
  /// A value was away when the others were seen on a day without it, or when it was not seen for
  /// more than `gapDays`. Where only first and last are known it was there all the time.
  ///
  /// - Parameter returnsAtOnce: false when an absence of up to `gapDays` is none, whoever was seen
  ///   meanwhile.
  static func runs(
    _ presences: [Value: Presence], gapDays: UnixDay, returnsAtOnce: Bool
  ) -> [PresenceRun] where Value: Hashable {
    var observed: [UnixDay] = []
    for presence in presences.values { observed += presence.days }
    observed.sort()
    var order: [UnixDay: Int] = [:]
    for day in observed where order[day] == nil { order[day] = order.count }
    var runs: [PresenceRun] = []
    for (value, presence) in presences {
      guard let firstDay = presence.days.first, let lastDay = presence.days.last else { continue }
      guard presence.isExact else {
        runs.append(PresenceRun(value: value, first: firstDay, last: lastDay))
        continue
      }
      var (first, last) = (firstDay, firstDay)
      for day in presence.days.dropFirst() {
        let isNext = (order[day] ?? 0) == (order[last] ?? 0) + 1
        if day - last > gapDays || (returnsAtOnce && !isNext) {
          runs.append(PresenceRun(value: value, first: first, last: last))
          first = day
        }
        last = day
      }
      runs.append(PresenceRun(value: value, first: first, last: last))
    }
    return runs.sorted(by: precedes)
  }
}
