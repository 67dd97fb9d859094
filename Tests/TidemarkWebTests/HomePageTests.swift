import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting
import TidemarkWeb
import Testing

/// What the first page says of a store.
struct HomePageTests {
  /// 2023-11-14 22:13:20.
  private static let start: UnixSeconds = 1_700_000_000
  private static let now: UnixSeconds = 1_795_314_000

  private static func survey(_ samples: [StoreSample], pieces: Int = .max) throws -> StoreSurvey {
    let store = MemoryStore()
    try store.apply(StoreSample.batch(samples))
    let cursor = RecordCursor(RecordQuery(.all), store: store)
    var survey = StoreSurvey()
    while true {
      var left = pieces
      let end = try cursor.next { row in
        survey.add(row)
        left -= 1
        return left > 0
      }
      if end != .paused { break }
    }
    survey.finish()
    return survey
  }

  private static func sample(
    _ name: String, _ day: UInt32, _ last: UInt8 = 1, type: RRType = .a, days: UInt32 = 0
  ) -> StoreSample {
    let time = start + day * 86_400
    let rdata: [UInt8] = type == .a ? [192, 0, 2, last] : StoreSample.wire("ns.example.net")
    return StoreSample(name, type, rdata, time: time, last: time + days * 86_400, count: 2)
  }

  private static func html(_ home: HomePage) -> String {
    var frame = PageFrame()
    frame.isOpen = true
    return String(decoding: PageTemplates.shared.render(home.page, in: frame), as: UTF8.self)
  }

  @Test(arguments: [1, 2, .max])
  func countsRowsNamesAndTimes(pieces: Int) throws {
    let survey = try Self.survey(
      [
        Self.sample("www.example.com", 0), Self.sample("www.example.com", 3, 2, days: 40),
        Self.sample("www.example.com", 5, type: .ns), Self.sample("b.example.org", 9),
      ], pieces: pieces)
    #expect(survey.rows == 4 && survey.names == 2 && survey.isComplete)
    #expect(survey.timeFirst == Self.start && survey.timeLast == Self.start + 43 * 86_400)
    #expect(survey.colours == [3, 0, 1, 0, 0, 0])
    #expect(
      survey.newest.map(\.wire) == ["b.example.org", "www.example.com"].map(StoreSample.wire))
    #expect(survey.newest.last?.rrtypes == [.a, .ns])
    #expect(survey.newest.last?.seen.count == 6)
    #expect(survey.newest.last?.seen.timeLast == Self.start + 43 * 86_400)
    let busiest = survey.busiest(5)
    #expect(busiest.map(\.address) == [0xC000_0201] && busiest.map(\.names) == [2])
  }

  @Test func keepsTheNewestNamesOnly() throws {
    let survey = try Self.survey((0..<40).map { Self.sample("n\($0 * 7 % 40).example.com", $0) })
    #expect(survey.names == 40 && survey.newest.count == StoreSurvey.newestMax)
    let times = survey.newest.map(\.seen.timeFirst)
    #expect(times == times.sorted(by: >))
    #expect(times.first == Self.start + 39 * 86_400)
  }

  @Test func chartShowsTheLastMonths() throws {
    let first = Self.sample("a.example.com", 0)
    let chart = try #require(
      TideChart(try Self.survey([first, Self.sample("b.example.com", 40, days: 30)])))
    #expect(TideChart.text(chart.first) == "2023-11" && chart.count == 3)
    #expect(chart.highest.rows == 1 && TideChart.text(chart.highest.month) == "2024-01")
    let long = try #require(
      TideChart(try Self.survey([first, Self.sample("b.example.com", 9_000)])))
    #expect(long.count == TideChart.monthsMax)
    #expect(TideChart(StoreSurvey()) == nil)
    let markup = chart.markup.string
    #expect(markup.contains("<rect class=\"t-address\""))
    #expect(markup.contains("from 2023-11 to 2024-01"))
  }

  @Test func pageShowsWhatThereIs() throws {
    var home = HomePage(now: Self.now)
    home.survey = try Self.survey([
      Self.sample("www.example.com", 0), Self.sample("kit.example.net", 30),
    ])
    home.datasets = ["main", "<b>"]
    home.sensors = 3
    let html = Self.html(home)
    #expect(html.contains("<a href=\"/ui/search?q=kit.example.net\">kit.example.net</a>"))
    #expect(html.contains("/ui/search?q=%2A.example.net"))
    #expect(html.contains("/ui/search?q=192.0.2.0%2F24"))
    #expect(html.contains("<dt>records</dt><dd>2</dd>"))
    #expect(html.contains("<dt>datasets</dt><dd>main, &lt;b&gt;</dd>"))
    #expect(html.contains("<time datetime=\"2023-12-14T22:13:20Z\">2023-12-14 22:13</time>"))
    #expect(html.contains("/all.css\""))
    // One box to type into, not two.
    #expect(html.split(separator: "name=\"q\"").count == 2)
    #expect(!html.contains(" style="))
  }

  @Test func emptyStoreSaysHowToFillIt() {
    var home = HomePage(now: Self.now)
    home.survey.finish()
    let html = Self.html(home)
    #expect(html.contains("This store is empty"))
    #expect(html.contains("No names yet"))
    #expect(html.contains("/ui/search?q=www.example.com"))
  }

  @Test func walkThatIsNotDoneSaysSo() {
    var home = HomePage(now: Self.now)
    home.records = 41_204_118
    let html = Self.html(home)
    #expect(html.contains("<dt>records, about</dt><dd>41,204,118</dd>"))
    #expect(html.contains("The walk goes on"))
    #expect(!html.contains("This store is empty"))
  }

  @Test func hostileNamesStayText() throws {
    var home = HomePage(now: Self.now)
    home.survey = try Self.survey([
      Self.sample("<script>alert(1)</script>.example.com", 1),
      Self.sample("\"onfocus=alert(1).example.com", 2),
    ])
    let html = Self.html(home)
    #expect(!html.contains("<script>alert"))
    #expect(!html.contains("\"onfocus"))
    #expect(html.contains("&lt;script&gt;alert"))
  }
}
