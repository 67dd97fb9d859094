import TidemarkEnrichment
import TidemarkModel
import TidemarkWeb
import Testing

struct ResultPageTests {
  /// Runs an action whose one table has these cells in its rows.
  private static func result(
    _ action: String, table: String, _ rows: [[String: Cell]], word: String? = nil
  ) async throws -> (result: ActionResult, world: LibraryWorld) {
    let world = try LibraryWorld { request throws(ActionFailure) in
      var filled = request.table(table, word: word)
      for row in rows { filled.append(row) }
      var answer = SourceAnswer(
        source: LibraryWorld.hostile,
        raw: RawAnswer(contentType: LibraryWorld.hostile, octets: [1]))
      answer.tables = [filled]
      answer.notes = [ResultNote(LibraryWorld.hostile, LibraryWorld.hostile)]
      return answer
    }
    return (try await world.run(action), world)
  }

  private static func html(_ page: ResultPage) -> String {
    page.page.main(["form_token": "f0rm"])
  }

  @Test func showsRowsToTickAndTheButtonsOfTheCatalogue() async throws {
    let (result, world) = try await Self.result(
      "hosting-history", table: "addresses",
      [
        ["type": .text("New"), "address": .text("192.0.2.1"), "date": .time(1_525_564_800)],
        ["type": .text("Change"), "address": .text("192.0.2.2")],
      ])
    var page = ResultPage(result)
    page.operation = try world.registry.operation("tidemark")
    let html = Self.html(page)
    #expect(html.contains("IP Address History") && html.contains("2018-05-06 00:00"))
    #expect(html.contains("name=\"button\" value=\"Add Selected IP Addresses\""))
    #expect(html.count(of: "name=\"row\"") == 2 && html.count(of: "name=\"all\"") == 1)
    #expect(html.contains("name=\"row\" value=\"1\" form=\"form-1\""))
    #expect(html.contains("id=\"form-1\"") && html.contains("value=\"f0rm\""))
    // The column with the address feeds the button and is not shown.
    #expect(!html.contains("192.0.2.1"))
    #expect(html.contains("Hosting History"))
  }

  @Test func tablesWithoutButtonsHaveNothingToTick() async throws {
    let (result, _) = try await Self.result(
      "whois-history", table: "servers", [["server": .text("whois.example.net")]])
    let html = Self.html(ResultPage(result))
    #expect(html.contains("whois.example.net") && !html.contains("type=\"checkbox\""))
  }

  @Test func whatStrangersWroteStaysInItsCell() async throws {
    let hostile = Cell.text(LibraryWorld.hostile)
    let (result, _) = try await Self.result(
      "passive-dns", table: "records",
      [["rrname": hostile, "rrtype": hostile, "rdata": hostile, "count": .integer(-7)]])
    var page = ResultPage(result)
    page.raw = RawSummary(contentType: LibraryWorld.hostile, octetCount: 2_048, isCut: true)
    let html = Self.html(page)
    #expect(!html.isBrokenOpen)
    #expect(html.contains("&lt;script&gt;x&lt;/script&gt;&quot;&#39;&gt;"))
    #expect(html.contains("\\u{202E}") && html.contains("−7") && html.contains("2.0 KiB"))
  }

  @Test func titlesOfRepeatedTablesAreForeignToo() async throws {
    let (result, _) = try await Self.result(
      "reverse-ip", table: "domains-on", [["domain": .text("a.example")]],
      word: LibraryWorld.hostile)
    let html = Self.html(ResultPage(result))
    #expect(!html.isBrokenOpen && html.contains("Domains on &lt;script&gt;"))
    #expect(html.contains("href=\"/ui/search?q=a.example\""))
  }

  @Test func longRecordsAreFolded() async throws {
    let record = "Domain: EXAMPLE.COM\nRegistrar: one\n" + String(repeating: "x", count: 400)
    let (result, _) = try await Self.result(
      "whois-history", table: "records", [["date": .text("2018-05-02"), "record": .text(record)]])
    let html = Self.html(ResultPage(result))
    #expect(html.contains("<summary class=\"mono\">Domain: EXAMPLE.COM …</summary>"))
    #expect(html.contains("Registrar: one"))
  }

  @Test func filesAreSafeForSpreadsheets() async throws {
    let (result, _) = try await Self.result(
      "passive-dns", table: "records",
      [
        [
          "rrname": .text("=cmd|' /C calc'!A0"), "rrtype": .text("A"),
          "rdata": .text("a\r\nb,\"c\""), "time_first": .time(1_700_000_000), "count": .integer(3),
        ]
      ])
    let table = try #require(result.table("records"))
    let lines = String(decoding: ResultTableMarkup.csv(table), as: UTF8.self)
      .split(separator: "\r\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("\"Record Name\",") && !lines[0].contains("Matched Side"))
    #expect(lines[1].hasPrefix("\"'=cmd|"))
    #expect(lines[1].contains("\\013\\010b") && lines[1].contains("2023-11-14T22:13:20Z"))
  }

  @Test(arguments: [
    (ActionFailure(.refused, code: 401, message: "no"), "Wrong key, or none"),
    (ActionFailure(.refused, code: 400, message: "no"), "Refused"),
    (ActionFailure(.unavailable, code: 429, message: "no"), "Over the quota"),
    (ActionFailure(.unavailable, code: 504, message: "no"), "Timed out"),
    (ActionFailure(.unavailable, message: "a.example: no connection in time"), "Timed out"),
    (ActionFailure(.unavailable, message: "a.example: no connection"), "Unreachable"),
    (ActionFailure(.unavailable, code: 500, message: "no"), "The service failed"),
    (ActionFailure(.notFound, code: 404, message: "no"), "Not found"),
    (ActionFailure(.notConfigured, message: "set list"), "Not configured"),
  ])
  func failuresAreShownAsWhatTheyAre(failure: ActionFailure, heading: String) async throws {
    let world = try LibraryWorld { _ throws(ActionFailure) in throw failure }
    let result = try await world.run("risk")
    let html = Self.html(ResultPage(result))
    #expect(html.contains("<h2>\(heading)</h2>") && html.contains(failure.message))
    let isHarmless = failure.kind == .notFound
    #expect(html.contains("role=\"alert\"") == !isHarmless)
  }

  @Test func tellsWhatWasAddedAndWhatWasRefused() async throws {
    let (result, world) = try await Self.result(
      "fqdn-whois", table: "emails",
      [["email": .text("a@example.com")], ["email": .text(LibraryWorld.hostile)]])
    let button = "Add Selected Email Addresses"
    let outcome = try world.library.add(
      Selection(result: result.id, rows: [.init(table: "emails")], button: button, author: "desk"),
      now: LibraryWorld.now)
    var page = ResultPage(result)
    page.report = ResultPage.Report(button: button, outcome: outcome)
    page.selections = try world.library.selections(ofResult: result.id)
    let html = Self.html(page)
    #expect(html.contains("1 added, 0 were there already, 1 refused."))
    #expect(html.contains("<li>Email Addresses, row 2: ") && !html.isBrokenOpen)
    #expect(html.contains("Added from this result") && html.contains("<td>desk</td>"))
  }
}
