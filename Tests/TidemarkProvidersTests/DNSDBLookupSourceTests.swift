import TidemarkEnrichment
import TidemarkProviders
import Testing

/// A DNSDB server on loopback is asked.
struct DNSDBLookupSourceTests {
  static let begin = "{\"cond\":\"begin\"}\n"
  static let end = "{\"cond\":\"succeeded\"}\n"
  static let row =
    #"{"obj":{"count":5,"time_first":100,"time_last":200,"#
    + #""rrname":"www.example.com.","rrtype":"A","bailiwick":"example.com.","#
    + #""rdata":["192.0.2.1","192.0.2.2"]}}"# + "\n"
  static let inverse =
    #"{"obj":{"count":2,"zone_time_first":50,"zone_time_last":60,"#
    + #""rrname":"example.net.","rrtype":"CNAME","rdata":["www.example.com."]}}"# + "\n"

  private func run(
    _ bodies: (rrset: String, rdata: String), settings: [String: String] = [:]
  ) async throws -> (result: ActionResult, questions: [ScriptedService.Question]) {
    try await ServiceWorld.run("dnsdb", settings: settings) { question in
      let body = question.path.contains("/rrset/") ? bodies.rrset : bodies.rdata
      return .octets(ScriptedService.answer("200 OK", [], body))
    }
  }

  @Test func asksBothSidesOfAName() async throws {
    let (result, questions) = try await run(
      (Self.begin + Self.row + Self.end, Self.begin + Self.inverse + Self.end),
      settings: ["max_rows": "7"])
    #expect(
      questions.map(\.target) == [
        "/dnsdb/v2/lookup/rrset/name/www.example.com?limit=8",
        "/dnsdb/v2/lookup/rdata/name/www.example.com?limit=8",
      ])
    #expect(questions.allSatisfy { $0.field("X-API-Key") == "d-n-s-d-b-key" })
    #expect(result.status == .ok && !result.isTruncated && result.notes.isEmpty)
    #expect(
      result.column("rrname", of: "records")
        == ["www.example.com", "www.example.com", "example.net"])
    #expect(
      result.column("rdata", of: "records") == ["192.0.2.1", "192.0.2.2", "www.example.com"])
    #expect(result.table("records")?.cell(2, "time_first") == .time(50))
    #expect(result.table("records")?.rows.allSatisfy { !$0.proposals.isEmpty } == true)
  }

  @Test func asksForAnAddressOnce() async throws {
    let (_, questions) = try await ServiceWorld.run("dnsdb", "passive-dns", .ipv6, "2001:db8::1") {
      _ in .octets(ScriptedService.answer("200 OK", [], Self.begin + Self.end))
    }
    #expect(questions.map(\.path) == ["/dnsdb/v2/lookup/rdata/ip/2001:db8::1"])
  }

  @Test(arguments: [
    ("{\"cond\":\"limited\",\"msg\":\"Result limit reached\"}\n", "Result limit reached"),
    ("{\"cond\":\"failed\",\"msg\":\"processing timeout\"}\n", "processing timeout"),
    ("", "the answer breaks off"),
  ])
  func rowsBeforeTheEndCountWhateverTheEnd(_ end: String, _ note: String) async throws {
    let (result, _) = try await run((Self.begin + Self.row + end, Self.begin + Self.end))
    #expect(result.table("records")?.rows.count == 2)
    #expect(result.isTruncated && result.note("Incomplete") == note)
  }

  /// A server that does not know the limit: what was not asked for is not read.
  @Test func moreRowsThanWereAskedForAreLeft() async throws {
    let rows = String(repeating: Self.row, count: 50)
    let (result, _) = try await run(
      (Self.begin + rows + Self.end, Self.begin + Self.end), settings: ["max_rows": "4"])
    #expect(result.table("records")?.rows.count == 4 && result.isTruncated)
    #expect(result.note("Incomplete") == "there are more than 5 rows")
  }

  @Test func nothingIsEmpty() async throws {
    let (result, _) = try await run((Self.begin + Self.end, ""))
    #expect(result.status == .empty && !result.isTruncated)
  }

  @Test func oneSideWithoutRecordsIsNoFailure() async throws {
    let none = ScriptedService.answer("404 Not Found", [], "Error: no results found for query.\n")
    let (half, _) = try await ServiceWorld.run("dnsdb") { question in
      question.path.contains("/rrset/")
        ? .octets(none)
        : .octets(ScriptedService.answer("200 OK", [], Self.begin + Self.inverse + Self.end))
    }
    #expect(half.status == .ok && half.notes.isEmpty)
    let (whole, _) = try await ServiceWorld.run("dnsdb") { _ in .octets(none) }
    #expect(whole.failure?.kind == .notFound && whole.failure?.code == 404)
    #expect(whole.failure?.message == "Error: no results found for query.")
  }

  @Test func whoeverRefusesIsNotAskedAgain() async throws {
    let (result, questions) = try await ServiceWorld.run("dnsdb") { _ in
      .octets(
        ScriptedService.answer(
          "429 Too Many Requests", ["Retry-After: 60"], "Error: Rate limit exceeded\n"))
    }
    #expect(questions.count == 1)
    #expect(
      result.failure
        == ActionFailure(
          .unavailable, code: 429, message: "Error: Rate limit exceeded; try again in 60 s"))
  }

  @Test func aLimitOnTheSecondQuestionKeepsTheFirst() async throws {
    let (result, _) = try await ServiceWorld.run("dnsdb") { question in
      question.number == 0
        ? .octets(ScriptedService.answer("200 OK", [], Self.begin + Self.row + Self.end))
        : .octets(ScriptedService.answer("429 Too Many Requests", [], "Error: Quota is used up"))
    }
    #expect(result.table("records")?.rows.count == 2)
    #expect(result.isTruncated && result.note("Incomplete") == "Error: Quota is used up")
  }

  @Test(arguments: [
    (
      "{\"cond\":\"begin\"}{\"cond\":\"failed\",\"msg\":\"shards are missing\"}",
      "shards are missing"
    ),
    ("{\"error\":{\"message\":\"shards are missing\"}}", "shards are missing"),
    ("{\"cond\":\"begin\"}", "the answer breaks off before the first row"),
    ("<html>Welcome</html>", "the answer is none of DNSDB's"),
  ])
  func aFailureWithoutRowsKeepsItsWords(_ text: String, _ message: String) async throws {
    let (result, _) = try await run((text, Self.begin + Self.end))
    #expect(result.failure?.kind == .unavailable && result.failure?.message == message)
  }

  /// Version 1 has neither `obj` nor an end; rows may be dated for people, numbers be text.
  @Test func takesOlderAndLooserRows() async throws {
    let body =
      #"{"count":"5","time_first":"2013-01-14T19:23:53Z","time_last":1358191433,"#
      + #""rrname":"a.example.","rrtype":"a","rdata":"192.0.2.1"}"# + "\nx\n{\"obj\":7}\n"
    let (result, _) = try await run((body, ""))
    #expect(result.table("records")?.cell(0, "time_first") == .time(1_358_191_433))
    #expect(result.table("records")?.cell(0, "count") == .integer(5))
    #expect(result.note("Unreadable lines") == "2" && !result.isTruncated)
  }

  @Test func namesLoseTheirFinalDotAndOtherDataKeepsIt() async throws {
    let rows = ["0 .", "10 mail.example.", "\\\"a\\\\.", "."].map {
      "{\"obj\":{\"rrname\":\"example.\",\"rrtype\":\"MX\",\"rdata\":[\"\($0)\"]}}\n"
    }
    let (result, _) = try await run((Self.begin + rows.joined() + Self.end, ""))
    #expect(
      result.column("rdata", of: "records") == ["0 .", "10 mail.example", "\"a\\.", "."])
  }
}
