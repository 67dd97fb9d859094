import TidemarkAccess
import TidemarkStore
import Testing

/// Lists looked up by the page, with and without its script.
@Suite(.timeLimit(.minutes(10)))
struct WebBulkTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1") + cof("www.example.com", "AAAA", "2001:db8::1")
    + cof("a.example.com", "CNAME", "www.example.com", first: 1_600_000_000)
    + cof("example.org", "A", "192.0.2.1")

  private static func encoded(_ text: String) -> String {
    text.utf8.map { octet in
      "%" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }.joined()
  }

  /// Sends a list as the page does.
  private static func send(
    _ server: TestServer, _ list: String, to path: String = "/ui/bulk/run", _ more: String = "",
    headers: [String] = []
  ) async throws -> Reply {
    let page = try await server.get("/ui/bulk", headers: headers)
    let token = try WebAccessTests.formToken(page)
    return try await server.form(
      path, "form_token=\(token)&lines=\(encoded(list))\(more)", headers: headers)
  }

  private static func members(_ name: String, _ reply: Reply) -> [String?] {
    reply.rows.map { Reply.member(name, of: $0) }
  }

  @Test func everyLineHasAStatusInTheOrderOfTheList() async throws {
    let list = """
      hxxp://www[.]example[.]com/login\r

      # a note
      192.0.2.1
      none.example.net
      /^mail/
        *.example.com \t
      192.0.2.9-192.0.2.1
      """
    try await TestServer.serving(MemoryStore.holding(Self.sample)) { server in
      let reply = try await Self.send(server, list)
      #expect(reply.status == 200 && reply.headers["content-type"] == "application/x-ndjson")
      #expect(Self.members("index", reply) == ["0", "3", "4", "5", "6", "7"])
      #expect(
        Self.members("status", reply) == [
          "found", "found", "nothing", "invalid", "found", "invalid",
        ])
      #expect(Self.members("rows", reply) == ["3", "2", "0", "0", "3", "0"])
      #expect(Reply.member("value", of: reply.rows[0]) == "www.example.com")
      #expect(Reply.member("time_first", of: reply.rows[0]) == "1600000000")
      #expect(Reply.member("time_last", of: reply.rows[0]) == "1700000100")
      #expect(reply.rows[0].contains("\"changes\":") && !reply.rows[1].contains("\"changes\":"))
      #expect(Reply.member("kind", of: reply.rows[1]) == "address")
      #expect(reply.rows[3].contains("patterns are looked up one at a time"))
      #expect(reply.rows[5].contains("lower to a higher"))
      #expect(reply.last("end") == "complete" && reply.last("lines") == "6")
    }
  }

  @Test func aLineMeetsNoMoreRowsThanAskedFor() async throws {
    var sample = cof("other.example.org", "A", "192.0.2.1")
    for host in 0..<120 { sample += cof("h\(host).example.com", "A", "198.51.100.\(host)") }
    try await TestServer.serving(MemoryStore.holding(sample)) { server in
      let reply = try await Self.send(
        server, "*.example.com\nother.example.org\n", "&rows_max=100")
      #expect(Self.members("status", reply) == ["limited", "found"])
      #expect(Self.members("rows", reply) == ["100", "1"])
      let odd = try await Self.send(server, "*.example.com", "&rows_max=7")
      #expect(Self.members("rows", odd) == ["120"])
    }
  }

  @Test func filtersHoldForEveryLine() async throws {
    try await TestServer.serving(MemoryStore.holding(Self.sample)) { server in
      let typed = try await Self.send(server, "www.example.com\n192.0.2.1", "&rrtype=AAAA,+CNAME")
      #expect(Self.members("rows", typed) == ["2", "0"])
      let late = try await Self.send(server, "www.example.com", "&after=2024-01-01")
      #expect(Self.members("status", late) == ["nothing"])
      for wrong in ["&rrtype=NONSENSE", "&after=never", "&as=exe"] {
        let reply = try await Self.send(server, "www.example.com", wrong)
        #expect(reply.status == 400, "\(wrong)")
      }
    }
  }

  @Test func aPieceHasItsBounds() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let whole = try await Self.send(server, String(repeating: "a\n", count: 2_000))
      #expect(whole.status == 200 && whole.rows.count == 2_000)
      let more = try await Self.send(server, String(repeating: "a\n", count: 2_001))
      #expect(more.status == 413)
      let long = try await Self.send(server, String(repeating: "a", count: 20_000))
      #expect(Self.members("status", long) == ["invalid"])
      // What is no blank to the script must have a status.
      let odd = try await Self.send(server, "\u{1}\n\u{200B}\na.example.net")
      #expect(Self.members("status", odd) == ["invalid", "invalid", "nothing"])
    }
  }

  @Test func aLineThatFailsRefusesItselfOnly() async throws {
    let store = FailingStore(try MemoryStore.holding(Self.sample), scans: 0)
    try await TestServer.serving(store) { server in
      let reply = try await Self.send(server, "www.example.com\n/x/\n")
      #expect(Self.members("status", reply) == ["failed", "invalid"])
      #expect(reply.last("end") == "complete")
    }
  }

  @Test func statusesAreSafeInSpreadsheets() async throws {
    try await TestServer.serving(MemoryStore.holding(Self.sample)) { server in
      let reply = try await Self.send(
        server, "=HYPERLINK(\"http://x\")\n@a b\n-1 c\nwww.example.com\n", "&as=csv")
      #expect(reply.headers["content-type"] == "text/csv; charset=utf-8")
      #expect(reply.headers["content-disposition"] == "attachment; filename=\"bulk.csv\"")
      let lines = reply.body.split(separator: "\r\n")
      #expect(lines.count == 5)
      for line in lines.dropFirst() {
        for cell in line.split(separator: ",") {
          let start = cell.drop { $0 == "\"" }.first
          #expect(start.map { !"=+-@".contains($0) } ?? true, "\(line)")
        }
      }
      #expect(lines[4].hasPrefix("4,www.example.com,www.example.com,name,found,3,"))
    }
  }

  @Test func allRowsComeAsAFile() async throws {
    try await TestServer.serving(MemoryStore.holding(Self.sample)) { server in
      let reply = try await Self.send(server, "192[.]0[.]2[.]1\n# x\n/a/\n", "&as=rows")
      #expect(reply.headers["content-disposition"]?.contains("bulk-rows.ndjson") == true)
      let names = Self.members("rrname", reply).compactMap { $0 }
      #expect(Set(names) == ["www.example.com", "example.org"])
      let statuses = reply.rows.filter { $0.contains("\"status\":") }
      // Patterns are none of the values.
      #expect(statuses.map { Reply.member("status", of: $0) ?? "" } == ["complete"])
      #expect(reply.last("end") == "complete")
    }
  }

  @Test func worksWithoutAScript() async throws {
    try await TestServer.serving(MemoryStore.holding(Self.sample)) { server in
      let hostile = "<script>alert(1)</script>"
      let reply = try await Self.send(
        server, "www[.]example[.]com\n\(hostile)\nnone.example.net", to: "/ui/bulk")
      #expect(reply.status == 200 && !reply.body.contains(hostile))
      #expect(reply.body.contains("&lt;script&gt;alert(1)"))
      #expect(reply.body.contains("href=\"/ui/search?q=www.example.com\""))
      for words in [">found</span>", ">nothing</span>"] { #expect(reply.body.contains(words)) }
      let long = try await Self.send(
        server, String(repeating: "a.example.net\n", count: 1_001), to: "/ui/bulk")
      #expect(long.body.contains("Only the first 1000 values"))
      #expect(long.body.split(separator: ">nothing</span>").count == 1_001)
    }
  }

  @Test func readsOnlyWhatTheTokenMay() async throws {
    let book = TokenBook()
    let secret = book.add(TokenGrant(name: "guest", scopes: [.query], datasets: ["other"]))
    let store = try MemoryStore.holding(Self.sample)
    try await TestServer.serving(store, access: book.control()) { server in
      let header = ["Authorization: Bearer \(secret)"]
      let reply = try await Self.send(server, "www.example.com", headers: header)
      #expect(Self.members("status", reply) == ["nothing"])
      let rows = try await Self.send(server, "www.example.com", "&as=rows", headers: header)
      #expect(!rows.body.contains("192.0.2.1"))
      let stranger = try await server.get("/ui/bulk")
      #expect(stranger.status == 401)
    }
  }
}
