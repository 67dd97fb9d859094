import TidemarkWeb
import Testing

/// Statuses of a list, as JSON, as cells of a spreadsheet and as rows of a page.
struct BulkPageTests {
  private static func line(_ text: String, _ state: BulkLine.State = .nothing) -> BulkLine {
    var line = BulkLine(index: 4, line: text, value: "www.example.com", kind: "name")
    line.state = state
    return line
  }

  private static func csv(_ line: BulkLine) -> String {
    var out: [UInt8] = []
    line.appendCSV(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private static func html(_ lines: [BulkLine], list: String = "", note: String = "") -> String {
    var settings = BulkPage.Settings()
    settings.list = list
    let outcome = BulkPage.Outcome(lines: lines, note: note)
    let page = BulkPage.page(settings, outcome, listMax: 100_000)
    return String(decoding: PageTemplates.shared.render(page, in: PageFrame()), as: UTF8.self)
  }

  @Test func addsRows() {
    var line = Self.line("a")
    line.add(first: 1_700_000_000, last: 1_700_000_100)
    line.add(first: 1_600_000_000, last: 1_650_000_000)
    #expect(line.rows == 2)
    #expect(line.timeFirst == 1_600_000_000 && line.timeLast == 1_700_000_100)
  }

  @Test func writesJSON() {
    var line = Self.line("hxxp://www[.]example[.]com/\"", .found)
    line.changes = "the host of the URL taken"
    line.add(first: 1_600_000_000, last: 1_700_000_100)
    var out: [UInt8] = []
    line.appendJSON(to: &out)
    #expect(
      String(decoding: out, as: UTF8.self) == """
        {"index":4,"line":"hxxp://www[.]example[.]com/\\"","status":"found",\
        "value":"www.example.com","kind":"name","changes":"the host of the URL taken","rows":1,\
        "time_first":1600000000,"time_last":1700000100}

        """)
  }

  @Test(arguments: [
    ("=1+2", "'=1+2"), ("@SUM(1)", "'@SUM(1)"), ("-2", "'-2"), ("+3", "'+3"),
    ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""), ("a,\"b\"", "\"a,\"\"b\"\"\""),
    ("a\r\n=1", "a\\013\\010=1"), ("\t=1", "\\009=1"), ("a\u{202E}b", "a\\226\\128\\174b"),
  ])
  func makesFormulasText(text: String, cell: String) {
    var line = Self.line(text, .invalid)
    line.reason = text
    line.value = ""
    line.kind = ""
    #expect(Self.csv(line) == "5,\(cell),,,invalid,0,,,\(cell)\r\n")
  }

  @Test func writesTimesForPeopleAndSpreadsheets() {
    var line = Self.line("a", .found)
    line.add(first: 1_600_000_000, last: 1_700_000_100)
    #expect(
      Self.csv(line)
        == "5,a,www.example.com,name,found,1,2020-09-13T12:26:40Z,2023-11-14T22:15:00Z,\r\n")
    let html = Self.html([line])
    #expect(html.contains("<time datetime=\"2020-09-13T12:26:40Z\">2020-09-13 12:26</time>"))
    #expect(html.contains("href=\"/ui/search?q=www.example.com\""))
  }

  @Test func showsEveryStateInWords() {
    for state in BulkLine.State.allCases {
      let html = Self.html([Self.line("a", state)])
      #expect(html.contains(">\(state.words)</span>"), "\(state)")
    }
    #expect(Self.html([]).contains("The list has no values."))
  }

  @Test func escapesWhatWasPasted() {
    let hostile = "</textarea><script>alert(1)</script>\"'"
    var line = Self.line(hostile, .invalid)
    line.value = hostile
    line.kind = hostile
    line.reason = hostile
    line.changes = hostile
    let html = Self.html([line], list: hostile, note: hostile)
    #expect(!html.contains("<script>alert") && !html.contains("</textarea><script"))
    #expect(html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)"))
  }
}
