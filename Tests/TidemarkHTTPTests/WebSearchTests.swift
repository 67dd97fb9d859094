import DNSWire
import Testing
import TidemarkAccess
import TidemarkHTTP
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// The page of a look-up: rows, filters, order, pages.
@Suite(.timeLimit(.minutes(10)))
struct WebSearchTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1", last: 1_700_000_100, count: 5)
    + cof("www.example.com", "AAAA", "2001:db8::1", last: 1_710_000_000, count: 7)
    + cof(
      "www.example.com", "TXT", "\\\"v=spf1 -all\\\"", first: 1_680_000_000,
      last: 1_690_000_000, count: 1)
    + cof("www.example.com", "MX", "10 mail.example.net", last: 1_705_000_000, count: 9)
    + cof("login-a.example.com", "CNAME", "www.example.com", last: 1_708_000_000)
    + cof("login-b.example.com", "A", "192.0.2.2")

  private func ask(
    _ query: String, path: String = "/ui/search",
    _ check: @escaping @Sendable (Reply) throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore.holding(WebSearchTests.sample)) { server in
      try check(try await server.get("\(path)?\(query)"))
    }
  }

  /// The text of each row, without markup.
  static func rows(_ body: String) -> [String] {
    body.split(separator: "<tr><td", omittingEmptySubsequences: false).dropFirst().map { row in
      var text = ""
      var isTag = true
      for scalar in row.prefix(upTo: row.firstRange(of: "</tr>")?.lowerBound ?? row.endIndex)
        .unicodeScalars
      {
        if scalar == "<" { isTag = true }
        if !isTag { text.unicodeScalars.append(scalar) }
        if scalar == ">" {
          isTag = false
          text += " "
        }
      }
      return text.split(separator: " ").joined(separator: " ")
    }
  }

  @Test func showsRecordsNewestFirst() async throws {
    try await ask("q=www.example.com") { reply in
      #expect(reply.status == 200)
      #expect(reply.headers["content-type"] == "text/html; charset=utf-8")
      #expect(reply.body.contains("Read as: name www.example.com"))
      let rows = Self.rows(reply.body)
      #expect(rows.count == 5)
      #expect(rows.first?.contains("AAAA 2001:db8::1") == true)
      #expect(rows.first?.contains("2024-03-09 16:00") == true)
      #expect(rows.last?.contains("v=spf1 -all") == true)
      #expect(reply.body.contains("aria-sort=\"descending\""))
      #expect(!reply.body.contains("data-next"))
      #expect(reply.body.contains("Rows</span> 5<"))
    }
  }

  @Test(
    "filters",
    arguments: [
      ("rrtype=A", 1), ("rrtype=a,%20aaaa", 2), ("rrtype=&vantage=", 5), ("vantage=client", 0),
      ("after=2024-01-15", 2), ("before=2023-11-14", 1), ("before=2023-11-15", 5),
      ("after=2023-08-01&before=2024-01-01", 4), ("dataset=main", 5), ("bailiwick=example.com", 0),
      ("sensor=nobody", 0),
    ])
  func filters(_ filter: String, _ count: Int) async throws {
    try await ask("q=www.example.com&" + filter) { reply in
      #expect(reply.status == 200)
      #expect(Self.rows(reply.body).count == count)
      if count == 0 { #expect(reply.body.contains("No row fits these filters.")) }
    }
  }

  @Test(
    "sorts by every column",
    arguments: [
      ("sort=rrname", "login-a"), ("sort=rrname&dir=desc", "www.example.com"),
      ("sort=rrtype", "A 192.0.2.1"), ("sort=rrtype&dir=desc", "AAAA"),
      ("sort=count", "MX 10 mail.example.net"), ("sort=count&dir=asc", "TXT"),
      ("sort=last", "AAAA"), ("sort=last&dir=asc", "TXT"), ("sort=rdata&dir=asc", "TXT"),
    ])
  func sorts(_ sort: String, _ first: String) async throws {
    try await ask("q=www.example.com&" + sort) { reply in
      #expect(reply.status == 200)
      #expect(Self.rows(reply.body).count == 5)
      #expect(Self.rows(reply.body).first?.contains(first) == true, "\(Self.rows(reply.body))")
    }
  }

  @Test(
    "finds by pattern",
    arguments: [
      ("q=*login*", "login-a.example.com", 2), ("q=/%5Elogin-%5Bab%5D/", "login-b.example.com", 2),
      ("q=login&as=pattern", "login-a.example.com", 2), ("q=spf1&as=contains", "v=spf1", 1),
      ("q=/mail..?example/&as=contains", "mail.example.net", 1),
      ("q=%22v%3Dspf1+-all%22", "v=spf1", 1), ("q=*login*&sort=rrname&dir=desc", "login", 2),
    ])
  func findsByPattern(_ query: String, _ text: String, _ count: Int) async throws {
    try await ask(query) { reply in
      #expect(reply.status == 200)
      #expect(Self.rows(reply.body).count == count)
      #expect(Self.rows(reply.body).contains { $0.contains(text) })
    }
  }

  @Test(
    "refuses what is none, and keeps what was typed",
    arguments: [
      ("q=www.example.com&rrtype=NONE", "rrtype: no type is called NONE"),
      ("q=www.example.com&after=yesterday", "after: neither seconds"),
      ("q=www.example.com&vantage=moon", "vantage: moon is none of"),
      ("q=www.example.com&dataset=none", "dataset: there is no dataset none"),
      ("q=192.0.2.9-192.0.2.1", "a range goes from a lower"), ("q=/%28/", "not a pattern"),
      ("q=www.example.com&cursor=nonsense", "cursor: not one that this query gave"),
      ("q=www.example.com&cursor=99999", "cursor: sorted rows are shown up to"),
      ("q=*login*&view=timeline", "pattern"),
    ])
  func refuses(_ query: String, _ words: String) async throws {
    try await ask(query) { reply in
      #expect(reply.status == 400)
      #expect(reply.body.contains("class=\"note bad\""))
      #expect(reply.body.contains(words))
      #expect(reply.body.contains("name=\"q\""))
    }
  }

  @Test(
    "refuses parameters that there are not",
    arguments: [
      "q=a&colour=red", "q=a&size=99", "q=a&sort=owner", "q=a&q=b", "q=%FF", "q=a&view=list",
    ])
  func refusesParameters(_ query: String) async throws {
    for path in ["/ui/search", "/ui/rows", "/ui/export"] {
      try await ask(query, path: path) { reply in #expect(reply.status == 400, "\(path)") }
    }
  }

  @Test func nothingTypedLeadsToTheStart() async throws {
    try await ask("q=") { reply in
      #expect(reply.status == 303)
      #expect(reply.headers["location"] == "/")
    }
  }

  @Test func showsTheTimeline() async throws {
    try await ask("q=www.example.com&view=timeline") { reply in
      #expect(reply.status == 200)
      #expect(reply.body.contains("<svg class=\"tl-svg\""))
      #expect(reply.body.contains("data-key=\"t\">Table</a>"))
    }
  }

  /// Rows behind the first page come by `/ui/rows`, each row once.
  private static func walk(
    _ server: TestServer, _ query: String
  ) async throws -> [String] {
    let page = try await server.get("/ui/search?\(query)")
    #expect(page.status == 200)
    var found = rows(page.body)
    let mark = try #require(page.body.firstRange(of: "data-cursor=\""))
    var cursor = String(page.body[mark.upperBound...].prefix { $0 != "\"" })
    while !cursor.isEmpty {
      let reply = try await server.get("/ui/rows?\(query)&cursor=\(cursor)")
      try #require(reply.status == 200)
      found += rows(reply.body)
      cursor = reply.headers["x-tidemark-cursor"] ?? ""
      try #require(found.count < 10_000)
    }
    return found
  }

  private static func large(_ count: Int) throws -> MemoryStore {
    let lines = (0..<count).map { index in
      cof(
        "big.example.com", "A", "10.\(index >> 16).\(index >> 8 & 255).\(index & 255)",
        last: 1_700_000_100 + index, count: UInt64(index + 1))
    }
    return try MemoryStore.holding(lines.joined())
  }

  @Test(arguments: [1_000, 2_000, 2_001, 2_501, 3_333])
  func everyRowComesOnce(_ count: Int) async throws {
    try await TestServer.serving(Self.large(count)) { server in
      let plain = try await Self.walk(server, "q=big.example.com&size=500")
      #expect(plain.count == count && Set(plain).count == count)
      let isNewest = plain.first?.contains(" \(grouped(count)) ") == true
      #expect(isNewest == (count <= 2_000))
      let sorted = try await Self.walk(server, "q=big.example.com&size=1000&sort=count&dir=asc")
      #expect(sorted.count == count && Set(sorted).count == count)
      #expect(sorted.first?.contains(" 1 ") == true)
      #expect(sorted.last?.contains(" \(grouped(count)) ") == true)
    }
  }

  @Test func saysThatManyRowsAreInTheOrderOfTheStore() async throws {
    try await TestServer.serving(Self.large(2_500)) { server in
      let page = try await server.get("/ui/search?q=big.example.com")
      #expect(page.body.contains("More than 2,000 rows, shown in the order of the store."))
      #expect(page.body.contains("more than 2,000<"))
      #expect(Self.rows(page.body).count == 100)
      #expect(page.body.contains("data-next"))
      #expect(!page.body.contains("aria-sort"))
    }
  }

  /// Rdata has up to 64 KiB: pages are bounded by octets too, and say what they leave out.
  @Test func largeRowsAreShownInParts() async throws {
    let text = Array(repeating: #"\"\#(String(repeating: "a", count: 250))\""#, count: 240)
      .joined(separator: " ")
    let lines = (0..<700).map { index in
      cof("big.example.com", "TXT", #"\"\#(index)\" \#(text)"#, count: UInt64(index + 1))
    }
    try await TestServer.serving(MemoryStore.holding(lines.joined())) { server in
      let page = try await server.get("/ui/search?q=big.example.com&size=500")
      #expect(Self.rows(page.body).count == 500)
      #expect(page.body.contains("shown in the order of the store"))
      #expect(page.body.contains("Further rows cannot be reached from here"))
      let sorted = try await server.get("/ui/search?q=big.example.com&size=1000&sort=count")
      #expect(sorted.body.contains("rows could be read within what a page may take"))
      #expect((500..<700).contains(Self.rows(sorted.body).count))
      let bars = try await server.get("/ui/search?q=big.example.com&view=timeline")
      #expect(bars.status == 200 && bars.body.contains("timeline"))
    }
  }

  /// A cursor is for the query that gave it.
  @Test func cursorsAreForTheirQuery() async throws {
    try await TestServer.serving(Self.large(2_500)) { server in
      let page = try await server.get("/ui/search?q=big.example.com")
      let mark = try #require(page.body.firstRange(of: "data-cursor=\""))
      let cursor = String(page.body[mark.upperBound...].prefix { $0 != "\"" })
      let same = try await server.get("/ui/search?q=BIG.example.com.&size=500&cursor=\(cursor)")
      #expect(same.status == 200)
      #expect(Self.rows(same.body).count == 500)
      let other = try await server.get("/ui/search?q=www.example.com&cursor=\(cursor)")
      #expect(other.status == 400)
    }
  }
}

private func grouped(_ number: Int) -> String {
  number < 1_000 ? "\(number)" : "\(number / 1_000),\(String("00\(number % 1_000)".suffix(3)))"
}
