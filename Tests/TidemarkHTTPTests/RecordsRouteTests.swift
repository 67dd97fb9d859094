import DNSWire
import TidemarkModel
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct RecordsRouteTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1") + cof("www.example.com", "AAAA", "2001:db8::1")
    + cof("example.com", "NS", "ns1.example.net", first: 1_600_000_000, last: 1_710_000_000)
    + cof("a.example.com", "CNAME", "www.example.com")

  private func ask(
    _ query: String, _ check: @escaping @Sendable (Reply) throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore.holding(RecordsRouteTests.sample)) { server in
      try check(try await server.get("/api/v1/records?\(query)"))
    }
  }

  @Test func rowsSayMoreThanCOFAndTheLastLineSaysHowItEnded() async throws {
    let store = try MemoryStore.holding(
      """
      {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1700000000,\
      "time_last":1700000000,"count":2,"bailiwick":"example.com"}
      {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1700200000,\
      "time_last":1700200000,"count":2,"bailiwick":"example.com"}
      {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1700600000,\
      "time_last":1700600000,"count":2,"bailiwick":"example.com"}

      """)
    try await TestServer.serving(store) { server in
      let reply = try await server.get("/api/v1/records?owner=WWW.example.com.&activity=true")
      #expect(reply.headers["content-type"] == "application/x-ndjson")
      #expect(
        reply.body == """
          {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1700000000,\
          "time_last":1700600000,"count":6,"bailiwick":"example.com","vantage":"authority",\
          "sensors":1,"days":3,"activity":["2023-11-14","2023-11-17","2023-11-21"]}
          {"end":"complete","rows":1}

          """)
    }
  }

  @Test(
    "finds by every subject",
    arguments: [
      ("value=www.example.com", 3), ("owner=www.example.com", 2), ("below=example.com", 4),
      ("network=192.0.2.0/24", 1), ("network=2001%3Adb8::/32", 1),
      ("rdata_name=www.example.com", 1), ("rdata_name_below=example.net", 1),
      ("one_below=example.com", 3), ("one_below=com", 1), ("starting_with=www", 2),
      ("starting_with=WWW.example.*", 2), ("starting_with=ww", 0),
      ("range=192.0.2.0-192.0.2.1", 1), ("range=192.0.2.2-192.0.2.9", 0),
      ("range=2001:db8::-2001:db8::f", 1), ("rdata=C0000201", 1), ("rdata=c00002", 0),
      ("rdata=20010db8000000000000000000000001", 1), ("rdata_name_one_below=example.net", 1),
      ("rdata_name_one_below=net", 0), ("rdata_name_starting_with=ns1.*", 1),
      ("owner=none.example.org", 0),
    ])
  func findsBySubject(_ query: String, _ rows: Int) async throws {
    try await ask(query) { reply in
      #expect(reply.status == 200)
      #expect(reply.rows.count == rows)
      #expect(reply.last("end") == "complete")
      #expect(reply.last("rows") == String(rows))
    }
  }

  @Test(
    "filters",
    arguments: [
      ("rrtype=A,AAAA", 2), ("rrtype=cname", 1), ("rrtype=TYPE2", 1), ("vantage=authority", 4),
      ("vantage=client,zone", 0), ("first_after=1699999999", 3), ("first_after=1700000000", 0),
      ("first_before=1700000000", 1), ("last_after=2024-01-01", 1),
      ("last_before=2024-01-01T00:00:00Z", 3), ("last_before=2023-11-14T23:15:01%2B01:00", 3),
      ("last_before=2023-11-14T23:15:00+01:00", 0), ("last_after=20w", 1), ("last_after=1w2d", 0),
      ("first_before=-100000000", 1), ("last_before=2024-01-01+00:00:00", 3),
      ("bailiwick=example.com", 0), ("last_after=2024-03-09T16:00:00.9Z", 0),
      ("last_after=2024-03-09T15:59:59.9Z", 1), ("dataset=main", 4), ("merge=true", 4),
    ])
  func filters(_ filter: String, _ rows: Int) async throws {
    try await ask("below=example.com&" + filter) { reply in
      #expect(reply.status == 200)
      #expect(reply.rows.count == rows, "\(filter)")
    }
  }

  @Test(
    "refuses in JSON",
    arguments: [
      "", "limit=1", "owner=example.com&below=example.com", "owner=example.com&owner=example.com",
      "owner=example.com&colour=red", "owner=example.com&rrtype=NONSENSE", "owner=a..b",
      "owner=example.com&limit=-1",
      "owner=example.com&limit=99999999999999999999", "owner=example.com&first_after=yesterday",
      "owner=example.com&first_after=2023-02-29", "owner=example.com&first_after=4294967296",
      "owner=example.com&last_after=2023-11-14T25:00:00Z", "owner=example.com&vantage=moon",
      "owner=example.com&dataset=none", "owner=example.com&cursor=abc", "network=192.0.2.0/33",
      "network=example.com", "owner=example.com&merge=maybe", "owner=%", "owner=%ff", "value=",
      "owner=example.com&cursor=", "owner=example.com&cursor=%22%0a", "rdata=c", "rdata=",
      "rdata=zz", "range=192.0.2.1", "range=192.0.2.9-192.0.2.1", "range=192.0.2.1-2001:db8::",
      "range=192.0.2.0/24-192.0.2.9", "owner=example.com&last_after=1d2w",
      "owner=example.com&last_after=-", "owner=example.com&last_after=1dd",
      "owner=example.com&limit=1000000001", "owner=example.com&bailiwick=a..b",
    ])
  func refuses(_ query: String) async throws {
    try await ask(query) { reply in
      #expect(reply.status == 400, "\(query)")
      #expect(reply.headers["content-type"] == "application/json")
      #expect(reply.body.hasPrefix("{\"error\":\"") && reply.lines.count == 1)
    }
  }

  @Test func pagesNeitherSkipNorRepeat() async throws {
    let names = (0..<50).map { "n\($0).example.com" }
    let rows = names.map { cof($0, "AAAA", "2001:db8::1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      for query in ["value=2001:db8::1", "below=example.com", "network=2001:db8::/64"] {
        var seen: [String] = []
        var cursor: String?
        var pages = 0
        repeat {
          let more = cursor.map { "&cursor=" + $0 } ?? ""
          let reply = try await server.get("/api/v1/records?\(query)&limit=7\(more)")
          seen += reply.rows.compactMap { Reply.member("rrname", of: $0) }
          cursor = reply.last("cursor")
          pages += 1
          #expect(reply.last("end") == (cursor == nil ? "complete" : "limited"))
          // A row that comes behind the page's end is seen, one before it is not.
          let id = "\(query)-\(pages)".filter { $0 != " " }
          let late = cof("a\(pages).example.com", "AAAA", "2001:db8::1")
          if pages == 3 {
            let posted = try await server.post(late, id: id)
            #expect(posted.status == 200)
          }
        } while cursor != nil && pages < 100
        #expect(Set(seen).count == seen.count)
        #expect(Set(seen).isSuperset(of: names))
      }
    }
  }

  @Test func aCursorGoesOnBetweenTheSidesOfAValue() async throws {
    let rows =
      cof("www.example.com", "A", "192.0.2.1") + cof("a.example.com", "CNAME", "www.example.com")
      + cof("b.example.com", "CNAME", "www.example.com")
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      var seen: [String] = []
      var more = ""
      for _ in 0..<3 {
        let reply = try await server.get("/api/v1/records?value=www.example.com&limit=1\(more)")
        seen += reply.rows.compactMap { Reply.member("rrname", of: $0) }
        more = reply.last("cursor").map { "&cursor=" + $0 } ?? ""
      }
      #expect(seen == ["www.example.com", "a.example.com", "b.example.com"])
      #expect(more.isEmpty)
    }
  }

  @Test func aCursorOfAnotherQueryIsRefused() async throws {
    try await TestServer.serving(MemoryStore.holding(RecordsRouteTests.sample)) { server in
      let first = try await server.get("/api/v1/records?below=example.com&limit=1")
      let cursor = try #require(first.last("cursor"))
      for query in ["below=example.net", "owner=example.com", "below=example.com&rrtype=A"] {
        let reply = try await server.get("/api/v1/records?\(query)&cursor=\(cursor)")
        #expect(reply.status == 400, "\(query)")
      }
      // How much is shown may change.
      let next = try await server.get(
        "/api/v1/records?below=example.com&limit=2&activity=true&cursor=\(cursor)")
      #expect(next.rows.count == 2)
    }
  }

  @Test func aFailureInMidAnswerIsTold() async throws {
    let rows = (0..<5_000).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    let store = FailingStore(try MemoryStore.holding(rows), scans: 3)
    try await TestServer.serving(store) { server in
      let reply = try await server.get("/api/v1/records?below=example.com")
      #expect(reply.status == 200)
      #expect(reply.last("end") == "failed")
      #expect(reply.last("error")?.contains("records family") == true)
      #expect(reply.last("rows") == String(reply.rows.count))
      #expect(reply.last("cursor") != nil)
      // The CIRCL route has no words for it: what is not complete is not sent.
      let broken = FailingStore(try MemoryStore.holding(rows), scans: 1)
      try await TestServer.serving(broken) { server in
        let reply = try await server.get("/pdns/query/*.example.com")
        #expect(reply.status == 500)
        #expect(reply.lines.count == 1 && !reply.body.hasPrefix("{"))
      }
    }
  }

  @Test func datasetsAreApartAndNamed() async throws {
    try await TestServer.serving(MemoryStore.holding(RecordsRouteTests.sample)) { server in
      let body = cof("www.example.com", "A", "192.0.2.1")
      let reply1 = try await server.post(body, id: "x", query: "?dataset=partner")
      #expect(reply1.status == 200)
      let one = try await server.get("/api/v1/records?owner=www.example.com&dataset=partner")
      #expect(one.rows.count == 1)
      let reply2 = try await server.get("/pdns/query/192.0.2.1")
      #expect(reply2.body.contains("\"count\":6,"))
      let both = try await server.get("/api/v1/records?owner=www.example.com")
      #expect(
        both.rows.compactMap { Reply.member("dataset", of: $0) } == ["main", "partner", "main"])
      let merged = try await server.get(
        "/api/v1/records?owner=www.example.com&dataset=main,partner&merge=true&rrtype=A")
      #expect(merged.rows.compactMap { Reply.member("count", of: $0) } == ["6"])
    }
  }

  @Test func headOfAStreamEndsTheConnection() async throws {
    let rows = (0..<1_000).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let small = try await server.get("/api/v1/records?owner=n1.example.com", method: "HEAD")
      #expect(small.octets.isEmpty && small.headers["content-length"] != "0")
      let large = try await server.get("/api/v1/records?below=example.com", method: "HEAD")
      #expect(large.status == 200)
      #expect(large.headers["connection"] == "close")
      #expect(large.octets.isEmpty)
    }
  }

  @Test func otherMethodsAreRefused() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.get("/api/v1/records?owner=example.com", method: "DELETE")
      #expect(reply.status == 405 && reply.headers["allow"] == "GET, HEAD")
    }
  }
}
