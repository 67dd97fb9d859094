import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ActivityRouteTests {
  private static let day = 86_400

  /// Seen on the days given, one observation each.
  private static func seen(_ name: String, _ type: String, _ rdata: String, on days: [Int])
    -> String
  {
    days.map { cof(name, type, rdata, first: $0 * day + 60, last: $0 * day + 60) }.joined()
  }

  private static let sample =
    seen("www.example.com", "A", "192.0.2.1", on: [19_000, 19_001, 19_010])
    + seen("www.example.com", "AAAA", "2001:db8::1", on: [19_001])
    + seen("www.example.org", "A", "192.0.2.1", on: [19_002])

  @Test func countsRowsOfEachDayByType() async throws {
    try await TestServer.serving(MemoryStore.holding(ActivityRouteTests.sample)) { server in
      let reply = try await server.get("/api/v1/activity?owner=www.example.com")
      #expect(reply.headers["content-type"] == "application/x-ndjson")
      #expect(
        reply.body == """
          {"day":"2022-01-08","rows":1,"rrtypes":{"A":1}}
          {"day":"2022-01-09","rows":2,"rrtypes":{"A":1,"AAAA":1}}
          {"day":"2022-01-18","rows":1,"rrtypes":{"A":1}}
          {"end":"complete","days":3,"rows":2}

          """)
      let network = try await server.get("/api/v1/activity?network=192.0.2.0/24")
      #expect(network.rows.count == 4 && network.last("rows") == "2")
      let none = try await server.get("/api/v1/activity?owner=none.example.com")
      #expect(none.body == "{\"end\":\"complete\",\"days\":0,\"rows\":0}\n")
    }
  }

  @Test func mergedRowsCountOnce() async throws {
    let store = try MemoryStore.holding(ActivityRouteTests.sample)
    try await TestServer.serving(store) { server in
      let body = ActivityRouteTests.seen("www.example.org", "A", "192.0.2.1", on: [19_002])
      let posted = try await server.post(body, id: "again", query: "?vantage=client")
      #expect(posted.status == 200)
      let apart = try await server.get("/api/v1/activity?owner=www.example.org")
      #expect(apart.rows == ["{\"day\":\"2022-01-10\",\"rows\":2,\"rrtypes\":{\"A\":2}}"])
      let merged = try await server.get("/api/v1/activity?owner=www.example.org&merge=true")
      #expect(merged.rows == ["{\"day\":\"2022-01-10\",\"rows\":1,\"rrtypes\":{\"A\":1}}"])
    }
  }

  @Test func saysWhenItIsNotOfAllRows() async throws {
    try await TestServer.serving(MemoryStore.holding(ActivityRouteTests.sample)) { server in
      let reply = try await server.get("/api/v1/activity?below=example.com&max_rows=1")
      #expect(reply.last("end") == "limited" && reply.last("reason") == "max_rows")
      #expect(reply.last("rows") == "1")
    }
  }

  @Test func manyDaysAreStreamed() async throws {
    let days = (0..<6_000).map { 10_000 + $0 }
    let rows = ActivityRouteTests.seen("www.example.com", "A", "192.0.2.1", on: days)
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let reply = try await server.get("/api/v1/activity?owner=www.example.com")
      #expect(reply.headers["transfer-encoding"] == "chunked")
      #expect(reply.rows.count == 6_000 && reply.last("days") == "6000")
      #expect(reply.last("end") == "complete" && reply.last("rows") == "1")
    }
  }
}
