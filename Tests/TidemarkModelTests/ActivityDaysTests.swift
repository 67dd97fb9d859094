import Testing
import TidemarkModel

struct ActivityDaysTests {
  @Test func calendarGoesBothWaysUntil2106() {
    var (year, month, day): (UInt32, UInt32, UInt32) = (1970, 1, 1)
    for number in UnixDay(0)..<49_710 {
      let date = ActivityDays.civil(number)
      #expect(date == (year, month, day), "day \(number)")
      #expect(ActivityDays.day(year: year, month: month, day: day) == number)
      day += 1
      if day > length(year, month) {
        (month, day) = (month + 1, 1)
        if month > 12 { (year, month) = (year + 1, 1) }
      }
    }
    #expect(year == 2106)
  }

  @Test func isASetOfDays() {
    var generator = Octets(seed: 51)
    var days = ActivityDays()
    var model = Set<UnixDay>()
    for _ in 0..<5_000 {
      let day = UnixDay.random(in: 20_000...20_400, using: &generator)
      if Int.random(in: 0...2, using: &generator) == 0 {
        days.remove(day)
        model.remove(day)
      } else {
        days.insert(day)
        model.insert(day)
      }
      #expect(days.count == model.count && days.isEmpty == model.isEmpty)
    }
    #expect(days.days == model.sorted(), "seed 51")
    let indices = days.months.map(\.index)
    #expect(indices == Set(indices).sorted(), "months ascend")
  }

  @Test func unionHoldsTheDaysOfBoth() {
    var generator = Octets(seed: 52)
    for _ in 0..<200 {
      var sets: [Set<UnixDay>] = []
      var activities: [ActivityDays] = []
      for _ in 0..<2 {
        var activity = ActivityDays()
        var set = Set<UnixDay>()
        for _ in 0..<20 {
          let day = UnixDay.random(in: 19_000...19_900, using: &generator)
          activity.insert(day)
          set.insert(day)
        }
        sets.append(set)
        activities.append(activity)
      }
      var union = activities[0]
      union.formUnion(activities[1])
      #expect(union.days == sets[0].union(sets[1]).sorted(), "seed 52")
    }
  }

  private func length(_ year: UInt32, _ month: UInt32) -> UInt32 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
