import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// The routes of the D4 passive DNS analyzer, and the request of the ThreatQ guide.
@Suite(.timeLimit(.minutes(10)))
struct D4RouteTests {
  private static let sample =
    cof("a.example.com", "A", "192.0.2.1") + cof("a.example.com", "MX", "10 mail.example.net")
    + cof("a.example.com", "SOA", "ns1.example.net h.example.net 1 2 3 4 5")
    + cof("b.example.com", "A", "192.0.2.1") + cof("b.example.com", "NS", "ns1.example.net")
    + cof("c.example.com", "NS", "ns1.example.net") + cof("c.example.com", "A", "192.0.2.3")
    + cof("x.example.org", "CNAME", "a.example.com")

  private func tuples(_ reply: Reply) -> [String] {
    reply.lines.map { line in
      ["rrname", "rrtype", "rdata"].compactMap { Reply.member($0, of: line) }
        .joined(separator: " ")
    }
  }

  private func ask(_ target: String) async throws -> Reply {
    let result = Box<Reply>()
    try await TestServer.servingCircl(MemoryStore.holding(D4RouteTests.sample)) { server in
      await result.set(try await server.get(target))
    }
    return try #require(await result.value)
  }

  private actor Box<Value: Sendable> {
    private(set) var value: Value?
    func set(_ new: Value) { value = new }
  }

  @Test(arguments: ["a.example.com", "A.Example.COM."])
  func aNameFindsWhatItOwns(_ name: String) async throws {
    let reply = try await ask("/query/\(name)")
    #expect(reply.headers["content-type"] == "application/x-ndjson")
    #expect(
      tuples(reply) == [
        "a.example.com A 192.0.2.1",
        "a.example.com SOA ns1.example.net h.example.net 1 2 3 4 5",
        "a.example.com MX 10 mail.example.net",
      ])
    #expect(Reply.member("origin", of: reply.lines[0]) == "https://pdns.example.com/")
  }

  @Test("text with blanks is rdata, and a name with blanks")
  func textIsLookedUpOnBothSides() async throws {
    let named = cof("a\\\\032b.example.com", "A", "192.0.2.7")
    let store = try MemoryStore.holding(D4RouteTests.sample + named)
    try await TestServer.servingCircl(store) { server in
      let name = try await server.get("/query/a%20b.example.com")
      #expect(tuples(name) == ["a\\\\032b.example.com A 192.0.2.7"])
      let rdata = try await server.get("/query/10%20mail.example.net")
      #expect(tuples(rdata).count == 3 && rdata.body.contains("10 mail.example.net"))
    }
  }

  @Test(arguments: ["/query/192.0.2.1", "/fquery/192.0.2.1"])
  func anAddressFindsEverythingOfItsOwners(_ target: String) async throws {
    let reply = try await ask(target)
    #expect(
      tuples(reply) == [
        "a.example.com A 192.0.2.1",
        "a.example.com SOA ns1.example.net h.example.net 1 2 3 4 5",
        "a.example.com MX 10 mail.example.net", "b.example.com A 192.0.2.1",
        "b.example.com NS ns1.example.net",
      ])
  }

  @Test func rdataFindsEverythingOfItsOwnersOnce() async throws {
    // a.example.com names ns1 in its SOA record, b and c in their NS records.
    let reply = try await ask("/fquery/ns1.example.net")
    #expect(tuples(reply).count == 7)
    #expect(Set(tuples(reply)).count == 7)
    #expect(!reply.body.contains("example.org"))
  }

  @Test(arguments: ["/query/none.example.com", "/query/203.0.113.1", "/fquery/none.example.com"])
  func nothingFoundIsEmpty(_ target: String) async throws {
    let reply = try await ask(target)
    #expect(reply.status == 200 && reply.octets.isEmpty)
    #expect(reply.headers["x-dribble-errors"] == nil)
  }

  @Test(arguments: ["/query/", "/query/%", "/fquery/a..b"])
  func garbageIsOneLineOfText(_ target: String) async throws {
    let reply = try await ask(target)
    #expect(reply.status == 400)
    #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
    #expect(reply.lines.count == 1)
  }

  @Test func onlyGetIsTakenAndTheBarePathIsLeftToOthers() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(D4RouteTests.sample)) { server in
      let posted = try await server.get("/query/a.example.com", method: "POST")
      #expect(posted.status == 405 && posted.headers["allow"] == "GET, HEAD")
      let bare = try await server.get("/query", method: "POST")
      #expect(bare.status == 404)
    }
  }

  @Test func largeSetsAreCutAloud() async throws {
    var settings = CirclSettings()
    settings.setRowsMax = 2
    let rows = (0..<5).map { cof("h\($0).example.com", "A", "192.0.2.1") }.joined()
    let more = (0..<4).map { cof("h0.example.com", "TXT", "t\($0)") }.joined()
    try await TestServer.servingCircl(MemoryStore.holding(rows + more), settings) { server in
      let reply = try await server.get("/query/192.0.2.1")
      #expect(
        tuples(reply) == [
          "h0.example.com A 192.0.2.1", "h0.example.com TXT \\", "h0.example.com TXT \\",
          "h1.example.com A 192.0.2.1",
        ])
      #expect(
        reply.headers["x-dribble-errors"] == """
          [{"error":"maxset","record":"h0.example.com","value":2,"rrtype":"TXT",\
          "total_value":4}, \
          {"error":"maxset","record":"192.0.2.1","value":2,"rrtype":"A","total_value":5}]
          """)
    }
  }

  @Test func infoNeverFails() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(D4RouteTests.sample)) { server in
      let posted = try await server.post(
        cof("z.example.com", "A", "192.0.2.8"), id: "1", query: "?sensor=lux1")
      #expect(posted.status == 200)
      let reply = try await server.get("/info")
      #expect(
        reply.body == """
          {"version":"\(TidemarkServer.version)","software":"tidemark","stats":9,\
          "sensors":[{"sensor_id":"lux1","count":null}]}

          """)
    }
    try await TestServer.servingCircl(FailingStore(MemoryStore(), scans: 0)) { server in
      let reply = try await server.get("/info")
      #expect(reply.status == 200)
      #expect(reply.body.contains("\"stats\":0,"))
    }
  }

  /// The seven rows that the ThreatQ guide prints for 104.196.175.197; three hosts are enough here.
  @Test func theThreatQRequestFindsTheRowsOfTheOwners() async throws {
    var settings = CirclSettings()
    settings.expandsAddresses = true
    settings.repeatsRData = true
    let sample =
      cof("www.example.com", "A", "192.0.2.197") + cof("example.org", "A", "192.0.2.197")
      + (1...5).map { cof("example.org", "NS", "dns0\($0).example.net") }.joined()
    try await TestServer.servingCircl(MemoryStore.holding(sample), settings) { server in
      let reply = try await server.get("/pdns/query/192.0.2.197")
      #expect(reply.lines.count == 7)
      for line in reply.lines {
        #expect(Reply.member("rrdata", of: line) == Reply.member("rdata", of: line))
      }
      let name = try await server.get("/pdns/query/www.example.com")
      #expect(tuples(name) == ["www.example.com A 192.0.2.197"])
    }
  }
}
