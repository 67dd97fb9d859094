import TidemarkModel
import TidemarkPivots
import TidemarkTesting
import Testing

struct AddressHistoryTests {
  typealias Row = (address: PivotAddress, value: RecordValue)

  /// A row that was seen on days given by number, and on no other.
  static func row(_ last: UInt8, days: [UnixDay]) -> Row? {
    guard let address = PivotAddress(octets: [192, 0, 2, last]), let first = days.min(),
      let end = days.max()
    else { return nil }
    var activity = ActivityDays()
    for day in days where day != first && day != end { activity.insert(day) }
    let value = RecordValue(
      timeFirst: first * 86_400, timeLast: end * 86_400 + 5, count: UInt64(days.count),
      activity: activity)
    return (address, value)
  }

  /// A row of which only first and last are known.
  static func interval(_ last: UInt8, _ first: UnixDay, _ end: UnixDay) -> Row? {
    guard let address = PivotAddress(octets: [192, 0, 2, last]) else { return nil }
    return (
      address,
      RecordValue(timeFirst: first * 86_400, timeLast: end * 86_400 + 7, count: 1_000)
    )
  }

  /// `N 100 - .1` for each event.
  static func text(_ history: AddressHistory) -> [String] {
    func last(_ address: PivotAddress?) -> String {
      address?.octets.last.map { ".\($0)" } ?? "-"
    }
    return history.events.map {
      "\($0.action.rawValue) \($0.day) \(last($0.before)) \(last($0.after))"
    }
  }

  static func history(_ rows: [Row?], today: UnixDay) -> AddressHistory {
    AddressHistory(rows.compactMap(\.self), today: today)
  }

  @Test func changesFromOneAddressToTheNext() {
    let history = Self.history(
      [Self.interval(2, 120, 150), Self.interval(1, 100, 119)], today: 160)
    #expect(Self.text(history) == ["N 100 - .1", "C 120 .1 .2"])
    #expect(history.precision == .interval)
  }

  @Test func doesNotResolveAfterAMonthOfSilence() {
    let rows = [Self.interval(1, 100, 110), Self.interval(2, 141, 150)]
    #expect(
      Self.text(Self.history(rows, today: 150))
        == ["N 100 - .1", "D 111 .1 -", "N 141 - .2"])
    let near = [Self.interval(1, 100, 110), Self.interval(2, 140, 150)]
    #expect(Self.text(Self.history(near, today: 180)) == ["N 100 - .1", "C 140 .1 .2"])
    #expect(
      Self.text(Self.history(near, today: 181)) == [
        "N 100 - .1", "C 140 .1 .2", "D 151 .2 -",
      ])
  }

  @Test func takesTheRowsOfTheFirstDayInTheOrderOfTheirValues() {
    let rows = [
      Self.interval(3, 100, 105), Self.interval(1, 100, 120), Self.interval(2, 100, 110),
    ]
    #expect(
      Self.text(Self.history(rows, today: 120))
        == ["N 100 - .1", "C 100 .1 .2", "C 100 .1 .3"])
  }

  @Test func seesTwoAddressesAlternateForAYear() {
    let even = Self.row(1, days: (0..<183).map { 1_000 + 2 * $0 })
    let odd = Self.row(2, days: (0..<182).map { 1_001 + 2 * $0 })
    let history = Self.history([odd, even], today: 1_370)
    #expect(history.precision == .days)
    #expect(history.events.count == 365)
    #expect(
      Array(Self.text(history).prefix(3)) == [
        "N 1000 - .1", "C 1001 .1 .2", "C 1002 .2 .1",
      ])
    for (index, event) in history.events.enumerated() {
      #expect(event.day == 1_000 + UnixDay(index))
      #expect(event.after?.octets.last == (index.isMultiple(of: 2) ? 1 : 2))
    }
  }

  @Test func addressesSeenTogetherEveryDayAreNoChange() {
    let rows = (1...4).map { Self.row(UInt8($0), days: Array(1_000..<1_100)) }
    #expect(Self.history(rows, today: 1_100).events.count == 4)
  }

  @Test func anAddressSeenNowAndThenStaysTheSame() {
    let rows = [Self.row(1, days: [1_000, 1_020, 1_050, 1_075])]
    #expect(Self.text(Self.history(rows, today: 1_080)) == ["N 1000 - .1"])
  }

  @Test func nothingIsNoHistory() {
    #expect(AddressHistory([], today: 5).events.isEmpty)
  }

  @Test func mergesSeveralRowsOfAnAddress() {
    let rows = [Self.row(1, days: [1_000, 1_001]), Self.row(1, days: [1_001, 1_003])]
    #expect(Self.text(Self.history(rows, today: 1_003)) == ["N 1000 - .1"])
  }

  /// The rules of a history, which hold for every input.
  static func check(_ history: AddressHistory, _ seed: UInt64) {
    let events = history.events
    #expect(events.first.map { $0.action == .new } ?? true, "seed \(seed)")
    for (index, event) in events.enumerated() {
      #expect((event.before == nil) == (event.action == .new), "seed \(seed)")
      #expect((event.after == nil) == (event.action == .notResolvable), "seed \(seed)")
      #expect(event.before != event.after, "seed \(seed)")
      guard index > 0 else { continue }
      #expect(events[index - 1].day <= event.day, "seed \(seed)")
      let followsSilence = events[index - 1].action == .notResolvable
      #expect(followsSilence == (event.action == .new), "seed \(seed)")
    }
  }

  /// The rules of pivots.md section 3.1, done the slow way on intervals.
  static func model(_ rows: [(value: UInt8, first: UnixDay, last: UnixDay)], today: UnixDay)
    -> [String]
  {
    guard let start = rows.map({ $0.first }).min() else { return [] }
    let sorted = rows.sorted { left, right in
      let isSet = left.first == start && right.first == start
      if isSet { return left.value < right.value }
      return (left.first, left.last, left.value) < (right.first, right.last, right.value)
    }
    var events: [String] = []
    for (index, row) in sorted.enumerated() {
      let latest = sorted[..<index].max {
        ($0.last, $0.first, $0.value) < ($1.last, $1.first, $1.value)
      }
      if let latest, Int(row.first) - Int(latest.last) <= 30 {
        events.append("C \(row.first) .\(latest.value) .\(row.value)")
      } else {
        if let latest { events.append("D \(latest.last + 1) .\(latest.value) -") }
        events.append("N \(row.first) - .\(row.value)")
      }
    }
    let latest = sorted.max { ($0.last, $0.first, $0.value) < ($1.last, $1.first, $1.value) }
    if let latest, Int(today) - Int(latest.last) > 30 {
      events.append("D \(latest.last + 1) .\(latest.value) -")
    }
    return events
  }

  @Test func intervalsKeepTheRulesInTenThousandHistories() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of interval histories: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      var rows: [(value: UInt8, first: UnixDay, last: UnixDay)] = []
      let span = UnixDay.random(in: 1...600, using: &generator)
      for value in 1...UInt8.random(in: 1...12, using: &generator) {
        let first = 1_000 + UnixDay.random(in: 0...span, using: &generator)
        // Short lives are the common ones; at least two days apart, so that days are not known.
        let longest: UnixDay = Bool.random(using: &generator) ? 5 : 200
        let last = first + UnixDay.random(in: 2...longest, using: &generator)
        rows.append((value, first, last))
      }
      let today = 1_000 + UnixDay.random(in: 0...1_000, using: &generator)
      let shuffled = rows.shuffled(using: &generator)
      let history = Self.history(
        shuffled.map { Self.interval($0.value, $0.first, $0.last) }, today: today)
      #expect(Self.text(history) == Self.model(rows, today: today), "seed \(seed)")
      #expect(
        history.events.compactMap { $0.after?.octets.last }.sorted() == rows.map { $0.value },
        "seed \(seed)")
      Self.check(history, seed)
    }
  }

  @Test func daysKeepTheRulesInTenThousandHistories() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of daily histories: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      var rows: [Row] = []
      var seen: [UnixDay: Set<UInt8>] = [:]
      let span = UnixDay.random(in: 1...150, using: &generator)
      for value in 1...UInt8.random(in: 1...5, using: &generator) {
        let count = Int.random(in: 1...20, using: &generator)
        let days = Set(
          (0..<count).map { _ in 1_000 + UnixDay.random(in: 0...span, using: &generator) })
        for day in days { seen[day, default: []].insert(value) }
        // On two days with a day between, the count tells that these are all.
        if let row = Self.row(value, days: days.sorted()) { rows.append(row) }
      }
      let history = Self.history(rows, today: 1_150)
      Self.check(history, seed)
      let shuffled = rows.shuffled(using: &generator)
      #expect(Self.history(shuffled, today: 1_150) == history, "seed \(seed)")
      // An event that brings an address is on a day on which it was seen, and was not on the last
      // day before on which anything was seen, or that day was long ago.
      for event in history.events {
        guard let value = event.after?.octets.last else { continue }
        #expect(seen[event.day]?.contains(value) == true, "seed \(seed)")
        let before = seen.keys.filter { $0 < event.day }.max()
        if let before, event.day - before <= 30 {
          #expect(seen[before]?.contains(value) == false, "seed \(seed)")
        }
      }
    }
  }
}
