import DNSWire
import Testing
import TidemarkModel
import TidemarkWeb

/// Bars stand where they belong, gaps show, and foreign text stays text.
struct TimelineChartTests {
  private static let start: UnixDay = 20_000
  private static let second: UnixSeconds = 20_000 * 86_400

  private static func bar(
    _ rdata: String, _ rrtype: RRType = .a, days: [UnixDay], from: UnixDay, to: UnixDay
  ) -> TimelineBar {
    TimelineBar(
      rrname: "www.example.com", rrtype: rrtype, rdata: rdata, first: from * 86_400,
      last: to * 86_400 + 86_399, count: UInt64(days.count), days: days)
  }

  /// A chart of exactly 660 days, a pixel each.
  private static func svg(_ bars: [TimelineBar], asked: String = "www.example.com") -> String {
    TimelineChart(
      bars, asked: asked, after: second, before: second + 660 * 86_400,
      now: second + 660 * 86_400
    ) { WebLink.search($0) }.markup().string
  }

  @Test func joinsDaysToRuns() {
    #expect(
      DayRun.runs([7, 5, 6, 9, 7], within: 5...11)
        == [DayRun(first: 5, count: 3), DayRun(first: 9, count: 1), DayRun(first: 11, count: 1)])
    #expect(DayRun.runs([], within: 5...5) == [DayRun(first: 5, count: 1)])
    #expect(DayRun.runs([], within: 5...6) == [DayRun(first: 5, count: 2)])
    #expect(DayRun.runs([.max], within: UnixDay.max...UnixDay.max).first?.end == 1 << 32)
  }

  @Test func toleratesDaysOutsideOfTheSpan() {
    let bar = TimelineBar(
      rrname: "a.example", rrtype: .a, rdata: "192.0.2.1", first: 900_000, last: 864_000, count: 1,
      days: [0, 9, 12, 4_000_000])
    #expect(bar.first == 864_000)
    #expect(bar.last == 900_000)
    #expect(bar.runs == [DayRun(first: 10, count: 1)])
    #expect(bar.days == 1)
  }

  @Test func drawsDaysAndGaps() {
    let start = TimelineChartTests.start
    let days: [UnixDay] = Array((start + 100)..<(start + 110)) + [start + 150]
    let svg = TimelineChartTests.svg([
      TimelineChartTests.bar("192.0.2.1", days: days, from: start + 100, to: start + 200)
    ])
    // Axis 32, head 30, half a row 12: 74. The line starts at 372, a day is a pixel.
    #expect(svg.contains("class=\"tl-span\" d=\"M472 74h101\""))
    // Ten days, forty without, one (two pixels at least), and the last one.
    #expect(svg.contains("class=\"tl-days\" d=\"M472 74h10m40 0h2m48 0h2\""))
    #expect(svg.contains("seen on 12 days, 11 times"))
  }

  @Test func clipsBarsAndLeavesOutThoseElsewhere() {
    let start = TimelineChartTests.start
    let svg = TimelineChartTests.svg([
      TimelineChartTests.bar("192.0.2.1", days: [], from: start - 900, to: start + 900),
      TimelineChartTests.bar("192.0.2.2", days: [], from: start - 900, to: start - 800),
    ])
    #expect(svg.contains("class=\"tl-span\" d=\"M372 74h660\""))
    #expect(svg.components("class=\"tl-span\"") == 1)
    #expect(svg.contains("class=\"tl-days\" d=\"\""))
    #expect(svg.contains(">192.0.2.2<"))
  }

  @Test func groupsByTypeWithTheNewestFirst() {
    let start = TimelineChartTests.start
    let bars = [
      TimelineChartTests.bar("10 mx.example.net.", .mx, days: [], from: start, to: start + 9),
      TimelineChartTests.bar("192.0.2.1", days: [], from: start, to: start + 5),
      TimelineChartTests.bar("192.0.2.2", days: [], from: start, to: start + 7),
      TimelineChartTests.bar("odd", RRType(rawValue: 65_280), days: [], from: start, to: start),
    ]
    let groups = TimelineGroup.groups(bars)
    #expect(groups.map(\.rrtype) == [.a, .mx, RRType(rawValue: 65_280)])
    #expect(groups.first?.bars.map(\.rdata) == ["192.0.2.2", "192.0.2.1"])
    let kept = TimelineGroup.newest(2, of: groups)
    #expect(kept.flatMap(\.bars).map(\.rdata) == ["192.0.2.2", "10 mx.example.net."])
    let svg = TimelineChartTests.svg(bars)
    #expect(svg.contains("class=\"tl-head tl-mx\""))
    #expect(svg.contains(">TYPE65280<tspan"))
  }

  @Test func namesBarsAfterTheOtherSide() {
    let start = TimelineChartTests.start
    let bars = [TimelineChartTests.bar("192.0.2.1", days: [], from: start, to: start)]
    let name = "<a href=\"/ui/search?q=www.example.com\">"
    let address = "<a href=\"/ui/search?q=192.0.2.1\">"
    #expect(TimelineChartTests.svg(bars).contains(address))
    #expect(!TimelineChartTests.svg(bars).contains(name))
    #expect(TimelineChartTests.svg(bars, asked: "WWW.example.com.").contains(address))
    #expect(TimelineChartTests.svg(bars, asked: "192.0.2.1").contains(name))
    let more = TimelineBar(
      rrname: "b.example", rrtype: .a, rdata: "192.0.2.9", first: 1, last: 1, count: 1, days: [])
    #expect(TimelineChartTests.svg(bars + [more], asked: "*.example").contains(name))
    #expect(TimelineChartTests.svg(bars + [more], asked: "*.example").contains(address))
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\"><svg onload=alert(1)>", "'\u{301}>\"\u{301}><b>", "]]>",
    "</title><script>", "\u{202E}moc.elpmaxe", "&lt;b&gt;", "\u{0}\u{1B}[2J", "javascript:alert(1)",
  ])
  func escapesForeignText(text: String) {
    let bar = TimelineBar(
      rrname: text, rrtype: .txt, rdata: text, first: 1, last: 9, count: 1, days: [])
    let plain = TimelineBar(
      rrname: "x", rrtype: .txt, rdata: "x", first: 1, last: 9, count: 1, days: [])
    for asked in ["", text] {
      let svg = TimelineChartTests.svg([bar], asked: asked)
      let expected = TimelineChartTests.svg([plain], asked: asked.isEmpty ? "" : "x")
      #expect(svg.components("<") == expected.components("<"))
      #expect(svg.components(">") == expected.components(">"))
      #expect(svg.components("\"") == expected.components("\""))
      #expect(!svg.contains("\u{202E}"))
      #expect(!svg.contains("href=\"javascript"))
    }
  }

  @Test func cutsLongLabelsButNotTitles() {
    let start = TimelineChartTests.start
    let text = String(repeating: "x", count: 500)
    let svg = TimelineChartTests.svg([
      TimelineChartTests.bar(text, .txt, days: [], from: start, to: start)
    ])
    #expect(svg.contains(">" + String(repeating: "x", count: 39) + "…<"))
    #expect(svg.contains(text))
  }

  @Test func drawsNoMoreThanItSays() {
    let start = TimelineChartTests.start
    let bars = (0..<5_000).map { number in
      TimelineChartTests.bar(
        "192.0.2.\(number)", days: stride(from: start, to: start + 400, by: 2).map { $0 },
        from: start, to: start + 400)
    }
    let chart = TimelineChart(bars, asked: "", after: nil, before: nil, now: 0) { $0 }
    #expect(chart.drawn == TimelineChart.barsMax)
    let svg = chart.markup()
    #expect(svg.string.contains("200 of 5,000"))
    // The worst that one can ask for: every second day of every bar.
    #expect(svg.octets.count < 600_000)
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(_ text: String) -> Int {
    let (all, part) = (Array(utf8), Array(text.utf8))
    guard all.count >= part.count else { return 0 }
    return (0...(all.count - part.count)).count { all[$0..<($0 + part.count)].elementsEqual(part) }
  }
}
