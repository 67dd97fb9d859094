import TidemarkAccess
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct BulkRouteTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1") + cof("www.example.com", "AAAA", "2001:db8::1")
    + cof("a.example.com", "CNAME", "www.example.com") + cof("example.org", "A", "192.0.2.1")

  private func members(_ name: String, _ lines: [String]) -> [String?] {
    lines.map { Reply.member(name, of: $0) }
  }

  @Test func everyKeyHasItsRowsAndAStatusInTheOrderOfTheBody() async throws {
    let body = """
      192.0.2.1
      none.example.net\r

        *.example.com \t
      a..b
      {"rdata_name":"www.example.com"}
      {"owner":"www.example.com","rrtype":"AAAA"}
      {"owner":1}
      {"colour":"red"}
      192.0.2.1
      """
    try await TestServer.serving(MemoryStore.holding(BulkRouteTests.sample)) { server in
      let reply = try await server.bulk(body)
      #expect(reply.status == 200 && reply.headers["content-type"] == "application/x-ndjson")
      let statuses = reply.rows.filter { $0.contains("\"status\":") }
      #expect(members("index", statuses) == ["0", "1", "3", "4", "5", "6", "7", "8", "9"])
      #expect(
        members("status", statuses) == [
          "complete", "complete", "complete", "invalid", "complete", "complete", "invalid",
          "invalid", "complete",
        ])
      #expect(
        members("rows", statuses) == ["2", "0", "3", nil, "1", "1", nil, nil, "2"])
      #expect(
        statuses[0] == "{\"index\":0,\"key\":\"192.0.2.1\",\"status\":\"complete\",\"rows\":2}")
      #expect(Reply.member("key", of: statuses[2]) == "*.example.com")
      // Rows stand before the status of their key.
      let indexes = members("index", reply.rows).compactMap { $0.flatMap { Int($0) } }
      #expect(indexes == indexes.sorted() && indexes.count == reply.rows.count)
      #expect(reply.last("end") == "complete")
      #expect(reply.last("keys") == "9" && reply.last("rows") == "9")
    }
  }

  @Test func rowsAreThoseOfALookUpWithAnIndex() async throws {
    try await TestServer.serving(MemoryStore.holding(BulkRouteTests.sample)) { server in
      let bulk = try await server.bulk("www.example.com\n", query: "?activity=true")
      let single = try await server.get("/api/v1/records?value=www.example.com&activity=true")
      let rows = single.rows.map { String($0.dropLast()) + ",\"index\":0}" }
      #expect(rows.count == 3 && Array(bulk.rows.dropLast()) == rows)
    }
  }

  @Test func aLimitedKeyGoesOnAsALookUp() async throws {
    let store = try MemoryStore.holding(BulkRouteTests.sample)
    try await TestServer.serving(store) { server in
      let key = "{\"below\":\"example.com\",\"last_after\":\"2020-01-01\"}"
      let reply = try await server.bulk("\(key)\n", query: "?limit=1&rrtype=A,AAAA")
      let status = try #require(reply.rows.last)
      #expect(reply.rows.count == 2 && Reply.member("status", of: status) == "limited")
      let cursor = try #require(Reply.member("cursor", of: status))
      let target = "/api/v1/records?rrtype=A,AAAA&last_after=2020-01-01&below=example.com"
      let rest = try await server.get("\(target)&cursor=\(cursor)")
      #expect(members("rrtype", rest.rows) == ["AAAA"])
      let other = try await server.get("/api/v1/records?below=example.com&cursor=\(cursor)")
      #expect(other.status == 400)
    }
  }

  @Test func goesOnAtALine() async throws {
    try await TestServer.serving(MemoryStore.holding(BulkRouteTests.sample)) { server in
      let body = "example.org\n\nexample.org\nexample.org"
      let reply = try await server.bulk(body, query: "?start=1")
      #expect(members("index", reply.rows) == ["2", "2", "3", "3"])
      let beyond = try await server.bulk(body, query: "?start=4")
      #expect(beyond.body == "{\"end\":\"complete\",\"keys\":0,\"rows\":0}\n")
      let empty = try await server.bulk("")
      #expect(empty.body == "{\"end\":\"complete\",\"keys\":0,\"rows\":0}\n")
    }
  }

  @Test func aSpentBudgetSaysWhereToGoOn() async throws {
    let book = TokenBook()
    let poor = book.add(TokenGrant(name: "poor", limits: LimitOverrides(rows: 3)))
    let store = try MemoryStore.holding(BulkRouteTests.sample)
    try await TestServer.serving(store, access: try book.control()) { server in
      let reply = try await server.bulk(
        "192.0.2.1\nwww.example.com\n", headers: ["Authorization: Bearer \(poor)"])
      #expect(
        reply.lines.last
          == "{\"end\":\"limited\",\"reason\":\"rows\",\"keys\":1,\"rows\":3,\"next\":1}")
      #expect(members("status", reply.rows).compactMap { $0 } == ["complete"])
    }
  }

  @Test func manyKeysAreStreamedInOrder() async throws {
    let rows = (0..<3_000).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let body = (0..<6_000).reversed().map { "n\($0).example.com\n" }.joined()
      let reply = try await server.bulk(body)
      #expect(reply.last("keys") == "6000" && reply.last("rows") == "3000")
      let keys = reply.rows.compactMap { Reply.member("key", of: $0) }
      #expect(keys == (0..<6_000).reversed().map { "n\($0).example.com" })
    }
  }

  @Test func aFailingStoreFailsItsKeysOnly() async throws {
    let store = FailingStore(try MemoryStore.holding(BulkRouteTests.sample), scans: 1)
    try await TestServer.serving(store) { server in
      let reply = try await server.bulk("{\"owner\":\"example.org\"}\n192.0.2.1\na..b\n")
      let statuses = members("status", reply.rows.filter { $0.contains("\"status\":") })
      #expect(statuses == ["complete", "failed", "invalid"])
      #expect(reply.last("end") == "complete" && reply.last("keys") == "3")
    }
  }

  @Test(
    "refuses the request",
    arguments: [
      ("?limit=-1", "", 400), ("?limit=100001", "", 400), ("?start=x", "", 400),
      ("?owner=example.com", "", 400), ("?colour=red", "", 400), ("?rrtype=NONSENSE", "", 400),
      ("?cursor=AAAA", "", 400), ("", "Content-Encoding: gzip", 415),
    ])
  func refuses(_ query: String, _ header: String, _ status: Int) async throws {
    try await TestServer.serving(MemoryStore.holding(BulkRouteTests.sample)) { server in
      let reply = try await server.bulk(
        "example.org\n", query: query, headers: header.isEmpty ? [] : [header])
      #expect(reply.status == status, "\(query)")
      #expect(reply.body.hasPrefix("{\"error\":\"") && reply.lines.count == 1)
    }
  }

  @Test func tooManyLinesAndOctetsAreRefused() async throws {
    try await TestServer.serving(MemoryStore.holding(BulkRouteTests.sample)) { server in
      let lines = String(repeating: "\n", count: 100_001)
      let reply = try await server.bulk(lines)
      #expect(reply.status == 413 && reply.body.contains("100000"))
      let most = try await server.bulk(String(repeating: "\n", count: 99_999) + "example.org")
      #expect(most.last("keys") == "1" && most.rows.count == 2)
      let head = "POST /api/v1/bulk HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      let announced = try Reply(
        try await server.exchange(Array((head + "Content-Length: 16777217\r\n\r\n").utf8)))
      #expect(announced.status == 413)
      let long = try await server.bulk(String(repeating: "a", count: 8_193) + "\nexample.org\n")
      #expect(members("status", long.rows).compactMap { $0 } == ["invalid", "complete"])
    }
  }

  @Test func otherMethodsAreRefused() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.get("/api/v1/bulk")
      #expect(reply.status == 405 && reply.headers["allow"] == "POST")
    }
  }
}
