import TidemarkAccess
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct SummaryRouteTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1", count: 5)
    + cof("www.example.com", "A", "192.0.2.2", first: 1_704_067_200, last: 1_709_251_200)
    + cof("example.com", "NS", "ns1.example.net", first: 1_600_000_000, last: 1_600_000_000)
    + cof("a.example.org", "A", "192.0.2.2") + cof("b.example.org", "A", "192.0.2.2")
    + cof("c.example.org", "NS", "ns1.example.net")

  private func ask(
    _ query: String, _ check: @escaping @Sendable (Reply) throws -> Void
  ) async throws {
    try await TestServer.serving(MemoryStore.holding(SummaryRouteTests.sample)) { server in
      try check(try await server.get("/api/v1/summary?\(query)"))
    }
  }

  @Test func sumsUpTheRowsOfALookUp() async throws {
    try await ask("below=example.com") { reply in
      #expect(reply.status == 200 && reply.headers["content-type"] == "application/json")
      #expect(
        reply.body == """
          {"end":"complete","rows":3,"count":11,"time_first":1600000000,"time_last":1709251200,\
          "owners":{"distinct":2,"more":false},"values":{"distinct":3,"more":false},\
          "rrtypes":[{"rrtype":"A","rows":2,"count":8},{"rrtype":"NS","rows":1,"count":3}],\
          "months":[{"month":"2020-09","rows":1},{"month":"2023-11","rows":1},\
          {"month":"2024-01","rows":1},{"month":"2024-03","rows":1}],\
          "hints":[{"rdata":"192.0.2.2","rrtype":"A","time_last":1709251200,"others":2,\
          "more":false},{"rdata":"192.0.2.1","rrtype":"A","time_last":1700000100,"others":0,\
          "more":false},{"rdata":"ns1.example.net","rrtype":"NS","time_last":1600000000,\
          "others":1,"more":false}]}

          """)
    }
  }

  @Test func aLookUpByRdataHintsAtOwners() async throws {
    try await ask("network=192.0.2.0/31") { reply in
      let hint = "\"hints\":[{\"rrname\":\"www.example.com\",\"time_last\":1700000100,"
      #expect(reply.body.contains(hint + "\"others\":1,\"more\":false}]"))
    }
  }

  @Test func aValueIsSummedUpOnBothSidesOnce() async throws {
    try await ask("value=ns1.example.net&hints=false") { reply in
      #expect(reply.last("rows") == "2")
      #expect(!reply.body.contains("hints"))
    }
  }

  @Test func nothingFoundIsASummaryToo() async throws {
    try await ask("owner=none.example.com") { reply in
      #expect(
        reply.body == """
          {"end":"complete","rows":0,"count":0,"owners":{"distinct":0,"more":false},\
          "values":{"distinct":0,"more":false},"rrtypes":[],"months":[],"hints":[]}

          """)
    }
  }

  @Test(
    "max_rows", arguments: [(1, "limited", "1"), (2, "limited", "2"), (3, "complete", "3")])
  func saysWhenItIsNotOfAllRows(_ most: Int, _ end: String, _ rows: String) async throws {
    try await ask("below=example.com&max_rows=\(most)") { reply in
      #expect(reply.last("end") == end && reply.last("rows") == rows)
      #expect(reply.last("reason") == (end == "limited" ? "max_rows" : nil))
    }
  }

  @Test func hintsKeepTheNewestAndStopCounting() async throws {
    var rows = (0..<40).map { index in
      cof(
        "www.example.com", "A", "192.0.2.\(index)", first: 1_700_000_000,
        last: 1_700_000_000 + (index * 7) % 40)
    }
    rows += (0..<1_200).map { cof("n\($0).example.org", "A", "192.0.2.17") }
    try await TestServer.serving(MemoryStore.holding(rows.joined())) { server in
      let reply = try await server.get("/api/v1/summary?owner=www.example.com")
      let hints = reply.body.split(separator: "{\"rdata\":").dropFirst().map(String.init)
      let times = hints.compactMap { Reply.member("time_last", of: $0).flatMap { Int($0) } }
      #expect(times == (1_700_000_015...1_700_000_039).reversed())
      let many = try #require(hints.first { $0.hasPrefix("\"192.0.2.17\"") })
      #expect(many.contains("\"others\":1000,\"more\":true"))
    }
  }

  @Test func manyRowsAreSummedUpInSlices() async throws {
    let rows = (0..<40_000).map { cof("n\($0).example.com", "A", "192.0.2.\($0 % 256)") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let reply = try await server.get("/api/v1/summary?below=example.com")
      #expect(reply.last("end") == "complete" && reply.last("rows") == "40000")
      #expect(reply.body.contains("\"owners\":{\"distinct\":40000,\"more\":false}"))
      #expect(reply.body.contains("\"values\":{\"distinct\":256,\"more\":false}"))
    }
  }

  @Test func differentOnesAreCountedUpToABound() async throws {
    let rows = (0..<65_537).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.serving(MemoryStore.holding(rows)) { server in
      let most = try await server.get("/api/v1/summary?below=example.com&max_rows=65536")
      #expect(most.body.contains("\"owners\":{\"distinct\":65536,\"more\":false}"))
      let more = try await server.get("/api/v1/summary?below=example.com")
      #expect(more.body.contains("\"owners\":{\"distinct\":65536,\"more\":true}"))
      #expect(more.body.contains("\"values\":{\"distinct\":1,\"more\":false}"))
    }
  }

  @Test func aSpentBudgetEndsTheSummary() async throws {
    let rows = (0..<40_000).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    let book = TokenBook()
    let poor = book.add(TokenGrant(name: "poor", limits: LimitOverrides(rows: 20_000)))
    let store = try MemoryStore.holding(rows)
    try await TestServer.serving(store, access: try book.control()) { server in
      for (target, last) in [("summary", "rows"), ("activity", "rows")] {
        let reply = try await server.get(
          "/api/v1/\(target)?below=example.com", headers: ["Authorization: Bearer \(poor)"])
        #expect(reply.last("end") == "limited" && reply.last("reason") == "rows")
        let met = Int(reply.last(last) ?? "") ?? 0
        #expect((20_000..<40_000).contains(met))
      }
    }
  }

  @Test func aFailureIsTold() async throws {
    let rows = (0..<40_000).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    let store = FailingStore(try MemoryStore.holding(rows), scans: 2)
    try await TestServer.serving(store) { server in
      let reply = try await server.get("/api/v1/summary?below=example.com")
      #expect(reply.last("end") == "failed")
      #expect(reply.last("error")?.contains("records family") == true)
    }
    let broken = FailingStore(try MemoryStore.holding(rows), scans: 0)
    try await TestServer.serving(broken) { server in
      let reply = try await server.get("/api/v1/summary?below=example.com")
      #expect(reply.status == 500 && reply.body.hasPrefix("{\"error\":"))
    }
  }

  @Test(
    "refuses",
    arguments: [
      "", "max_rows=1", "below=example.com&max_rows=-1", "below=example.com&limit=1",
      "below=example.com&hints=maybe", "below=example.com&cursor=AAAA", "below=a..b",
    ])
  func refuses(_ query: String) async throws {
    try await ask(query) { reply in
      #expect(reply.status == 400, "\(query)")
      #expect(reply.body.hasPrefix("{\"error\":\""))
    }
  }
}
