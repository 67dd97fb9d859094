import DNSWire
import Foundation
import Testing
import TidemarkHTTP
import TidemarkModel
import TidemarkStore

/// Exports of a look-up, and hostile text on its pages.
@Suite(.timeLimit(.minutes(10)))
struct WebExportTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1") + cof("www.example.com", "TXT", "\\\"=1+1\\\"")
    + cof("=cmd.example.com", "A", "192.0.2.1")
    + cof("mail.example.com", "CNAME", "www.example.com")

  private func export(_ query: String, _ check: @escaping @Sendable (Reply) throws -> Void)
    async throws
  {
    try await TestServer.serving(MemoryStore.holding(WebExportTests.sample)) { server in
      try check(try await server.get("/ui/export?\(query)"))
    }
  }

  @Test(
    "every format is a file with a name of its own",
    arguments: [
      ("cof", "cof.ndjson", "application/x-ndjson"), ("csv", "csv", "text/csv; charset=utf-8"),
      ("ndjson", "ndjson", "application/x-ndjson"),
      ("stix", "stix.json", "application/stix+json;version=2.1"),
      ("misp", "misp.json", "application/json"), ("names", "txt", "text/plain; charset=utf-8"),
    ])
  func everyFormat(_ format: String, _ ending: String, _ type: String) async throws {
    try await export("q=*.example.com&format=\(format)") { reply in
      #expect(reply.status == 200)
      #expect(reply.headers["content-type"] == type)
      #expect(
        reply.headers["content-disposition"]
          == "attachment; filename=\"tidemark-example.com.\(ending)\"")
      #expect(reply.headers["cache-control"] == "no-store")
      #expect(reply.body.contains("www.example.com"))
      let documents = format == "stix" || format == "misp" ? [reply.body] : reply.lines
      for document in documents where format != "csv" && format != "names" {
        _ = try JSONSerialization.jsonObject(with: Data(document.utf8))
      }
    }
  }

  @Test func filesHaveEveryRow() async throws {
    try await export("q=*.example.com&format=cof") { #expect($0.lines.count == 4) }
    try await export("q=*.example.com&format=ndjson") { reply in
      #expect(reply.rows.count == 4)
      #expect(reply.last("end") == "complete")
    }
    try await export("q=*.example.com&format=csv") { reply in
      #expect(reply.body.split(separator: "\r\n").count == 5)
      #expect(reply.body.hasPrefix("rrname,rrtype,rdata,"))
      #expect(reply.body.contains("'=cmd.example.com"), "a formula runs")
    }
    try await export("q=*.example.com&format=names") { reply in
      #expect(Set(reply.lines) == ["www.example.com", "=cmd.example.com", "mail.example.com"])
    }
    try await export("q=*.example.com&format=cof&rrtype=CNAME") { #expect($0.lines.count == 1) }
    try await export("q=*.example.com&format=cof&sensor=nobody") { #expect($0.lines.isEmpty) }
    try await export("q=*.example.com&format=ndjson&sensor=nobody") { reply in
      #expect(reply.lines.count == 1 && reply.lines.last?.contains("\"rows\":0") == true)
    }
    try await export("q=none.example.org&format=csv") { #expect($0.lines.count == 1) }
    try await export("q=none.example.org&format=stix") { reply in
      _ = try JSONSerialization.jsonObject(with: Data(reply.octets))
    }
  }

  @Test func namesOfAPatternAreExported() async throws {
    try await export("q=*mail*&format=names") { #expect($0.body == "mail.example.com\n") }
    try await export("q=*mail*&format=ndjson") { reply in
      #expect(reply.lines.first?.hasPrefix("{\"rrname\":\"mail.example.com\"") == true)
    }
    try await export("q=*mail*&format=csv") { reply in
      #expect(reply.headers["content-type"] == "text/csv; charset=utf-8")
      let lines = reply.body.split(separator: "\r\n")
      #expect(lines.count == 2 && lines.first == "rrname,time_first,time_last,count")
      #expect(lines.last?.hasPrefix("mail.example.com,20") == true)
    }
    try await export("q=*cmd*&format=csv") { #expect($0.body.contains("\r\n'=cmd.example.com,")) }
    try await export("q=*nothing*&format=csv") { #expect($0.body.hasSuffix(",count\r\n")) }
    try await export("q=*mail*&format=stix") { #expect($0.status == 400) }
  }

  @Test func rdataOfAPatternIsExported() async throws {
    let text = #"\"=cmd|' /C calc'!A1\""#
    let store = try MemoryStore.holding(
      cof("a.example.com", "TXT", text) + cof("b.example.com", "TXT", text)
        + cof("c.example.com", "CNAME", "cmd.example.net"))
    try await TestServer.serving(store) { server in
      let json = try await server.get("/ui/export?q=cmd&as=contains&format=ndjson")
      #expect(json.lines.count == 3 && json.last("end") == "complete", "\(json.body)")
      #expect(json.body.contains("\"rrtype\":\"CNAME\",\"rdata\":\"cmd.example.net\","))
      #expect(json.body.contains("\"count\":6}"), "owners are added up: \(json.body)")
      let csv = try await server.get("/ui/export?q=cmd&as=contains&format=csv")
      #expect(csv.body.hasPrefix("rrtype,rdata,time_first,time_last,count\r\n"))
      #expect(csv.body.split(separator: "\r\n").count == 3)
      for format in ["names", "cof", "stix"] {
        let none = try await server.get("/ui/export?q=cmd&as=contains&format=\(format)")
        #expect(none.status == 400, "\(format)")
      }
    }
  }

  @Test func aPageToPrintHasNoScripts() async throws {
    try await export("q=www.example.com&format=print") { reply in
      #expect(reply.status == 200)
      #expect(reply.headers["content-type"] == "text/html; charset=utf-8")
      #expect(reply.headers["content-disposition"] == nil)
      #expect(WebSearchTests.rows(reply.body).count == 3)
      #expect(!reply.body.contains("table.js"))
      #expect(reply.body.contains("2024-06-01 00:00 UTC"))
    }
  }

  @Test(arguments: ["q=www.example.com", "q=www.example.com&format=pdf", "format=cof"])
  func refuses(_ query: String) async throws {
    try await export(query) { #expect($0.status == 400) }
  }

  /// Texts that would run, or break out of a cell, if they were not escaped.
  private static let payloads = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>", "</td></tr></table><h1 id=out>", "javascript:alert(1)",
    "\" autofocus onfocus=alert(1) x=\"", "<!--<b>-->", "&#60;script&#62;", "{{{mainMarkup}}}",
  ]

  @Test(arguments: payloads)
  func hostileTextIsText(_ payload: String) async throws {
    let rdata = payload.replacing("\\", with: "\\\\").replacing("\"", with: "\\\\\\\"")
    let owner = payload.utf8.map { octet in
      "\\\\" + String("00\(octet)".suffix(3))
    }.joined()
    let store = try MemoryStore.holding(
      cof("www.example.com", "TXT", "\\\"\(rdata)\\\"")
        + cof("www.example.com", "CNAME", "\(owner).example.net"))
    let typed = payload.utf8.map { octet in
      "%" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }.joined()
    try await TestServer.serving(store) { server in
      var pages: [Reply] = []
      for query in [
        "/ui/search?q=www.example.com&trail=\(typed)", "/ui/search?q=\(typed)",
        "/ui/search?q=\(typed)&as=text", "/ui/search?q=\(typed)&as=contains",
        "/ui/search?q=www.example.com&rrtype=\(typed)", "/ui/search?q=a&\(typed)=1",
        "/ui/search?q=www.example.com&sensor=\(typed)&bailiwick=\(typed)",
        "/ui/search?q=www.example.com&view=timeline", "/ui/rows?q=www.example.com",
        "/ui/export?q=www.example.com&format=print", "/ui/export?q=a&format=\(typed)",
      ] { pages.append(try await server.get(query)) }
      for page in pages {
        let body = page.body.lowercased()
        for mark in [
          "<script>", "<img", "<svg/", "<h1 id", "<!--", "\" autofocus", "<b>-",
          "href=\"javascript",
        ] {
          #expect(!body.contains(mark), "\(payload) made \(mark)")
        }
      }
      #expect(WebSearchTests.rows(pages[0].body).count == 2)
    }
  }
}
