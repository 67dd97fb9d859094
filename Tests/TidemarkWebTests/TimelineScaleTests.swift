import DNSWire
import Testing
import TidemarkModel
import TidemarkWeb

/// Times become places, and marks stand where people look for them.
struct TimelineScaleTests {
  private static let day: UnixSeconds = 86_400

  /// Midnight of a date.
  static func time(_ year: UInt32, _ month: UInt32, _ day: UInt32) -> UnixSeconds {
    ActivityDays.day(year: year, month: month, day: day) * 86_400
  }

  @Test func spreadsTimesOverItsWidth() {
    let scale = TimelineScale(from: 100_000, to: 200_000, width: 500)
    #expect(scale.x(100_000) == 0)
    #expect(scale.x(150_000) == 250)
    #expect(scale.x(200_000) == 500)
    #expect(scale.x(5) == 0)
    #expect(scale.x(.max) == 500)
  }

  @Test func keepsAnHourAtLeast() {
    for (from, to) in [(0, 0), (7, 7), (.max, .max), (9, 5)] as [(UnixSeconds, UnixSeconds)] {
      let scale = TimelineScale(from: from, to: to, width: 0)
      #expect(scale.seconds >= 3_600)
      #expect(scale.from <= min(from, to))
      #expect(scale.to >= max(from, to))
      #expect(scale.width == 1)
    }
  }

  @Test(
    arguments: [
      (7_300, "2010", false), (2_000, "2023", false), (900, "2024-07", true),
      (400, "2024-07", true), (200, "2024-11", true), (120, "2024-11-11", false),
      (40, "2024-11-25", false),
      (12, "2024-12-21", false), (5, "2024-12-28", false),
    ] as [(UInt32, String, Bool)])
  func marksUnitsOfPeople(days: UInt32, label: String, hasMajor: Bool) {
    let end = TimelineScaleTests.time(2025, 1, 2)
    let scale = TimelineScale(from: end - days * TimelineScaleTests.day, to: end, width: 600)
    let ticks = scale.ticks(most: 8)
    #expect((2...10).contains(ticks.count), "\(ticks.map(\.label))")
    #expect(ticks.contains { $0.label == label }, "\(ticks.map(\.label))")
    #expect(ticks.allSatisfy { scale.from <= $0.time && $0.time <= scale.to })
    #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0.time < $1.time })
    if hasMajor { #expect(ticks.contains { $0.isMajor && $0.label == "2025-01" }) }
  }

  @Test func beginsWeeksOnMonday() {
    let from = TimelineScaleTests.time(2024, 12, 1)
    let ticks = TimelineScale(from: from, to: from + 40 * 86_400, width: 600).ticks(most: 8)
    let labels = [
      "2024-12-02", "2024-12-09", "2024-12-16", "2024-12-23", "2024-12-30", "2025-01-06",
    ]
    #expect(ticks.map(\.label) == labels)
    #expect(ticks.map(\.isMajor) == [true, false, false, false, false, true])
  }

  @Test func marksHoursOfADay() {
    let from = TimelineScaleTests.time(2024, 2, 28) + 43_200
    let ticks = TimelineScale(from: from, to: from + 86_400, width: 600).ticks(most: 4)
    let labels = ["02-28 12:00", "02-28 18:00", "02-29 00:00", "02-29 06:00", "02-29 12:00"]
    #expect(ticks.map(\.label) == labels)
    #expect(ticks.map(\.isMajor) == [false, false, true, false, false])
  }

  @Test func endsAtTheEndOfTime() {
    let scale = TimelineScale(from: 0, to: .max, width: 600)
    let labels = scale.ticks(most: 8).map(\.label)
    #expect(labels == ["1980", "2000", "2020", "2040", "2060", "2080", "2100"])
    #expect(TimelineScale(from: .max - 90_000, to: .max, width: 9).ticks(most: 40).count == 25)
  }

  @Test func showsWhatIsOverWithLittleRoomBehind() {
    let first = TimelineScaleTests.time(2015, 1, 1)
    let last = first + 300 * 86_400
    let bars = [
      TimelineBar(
        rrname: "a.example", rrtype: .a, rdata: "192.0.2.1", first: first, last: last, count: 2,
        days: [])
    ]
    func scale(now: UnixSeconds, after: UnixSeconds? = nil, before: UnixSeconds? = nil)
      -> TimelineScale
    {
      TimelineScale(showing: bars, after: after, before: before, now: now, width: 100)
    }
    #expect(scale(now: last + 864_000).to == last + 864_000)
    #expect(scale(now: last + 1_000 * 86_400).to == last + 15 * 86_400)
    #expect(scale(now: last).from == first)
    let cut = scale(now: last, after: first + 86_400, before: last - 86_400)
    #expect(cut.from == first + 86_400)
    #expect(cut.to == last - 86_400)
  }
}
