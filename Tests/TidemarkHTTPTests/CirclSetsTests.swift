import TidemarkAccess
import TidemarkCompression
import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// Replies without pages: sets that are cut, options, types, compression.
@Suite(.timeLimit(.minutes(10)))
struct CirclSetsTests {
  /// Five A, four TXT and two MX records of a name, and six CNAME records that point to it.
  private static let sample =
    (0..<5).map { cof("big.example.com", "A", "192.0.2.\($0)") }.joined()
    + (0..<4).map { cof("big.example.com", "TXT", "t\($0)") }.joined()
    + (0..<2).map { cof("big.example.com", "MX", "\($0) mail.example.com") }.joined()
    + (0..<6).map { cof("c\($0).example.org", "CNAME", "big.example.com") }.joined()

  private func settings(sets: Int, counted: Int = 1_000) -> CirclSettings {
    var settings = CirclSettings()
    settings.setRowsMax = sets
    settings.countRowsMax = counted
    return settings
  }

  private func types(_ reply: Reply) -> [String] {
    reply.lines.compactMap { Reply.member("rrtype", of: $0) }
  }

  @Test func everySetIsCutByItselfAndCounted() async throws {
    let store = try MemoryStore.holding(CirclSetsTests.sample)
    try await TestServer.servingCircl(store, settings(sets: 3)) { server in
      let reply = try await server.get("/pdns/query/big.example.com")
      #expect(reply.status == 200)
      #expect(
        types(reply) == ["A", "A", "A", "MX", "MX", "TXT", "TXT", "TXT"]
          + ["CNAME", "CNAME", "CNAME"])
      #expect(
        reply.headers["x-dribble-errors"] == """
          [{"error":"maxset","record":"big.example.com","value":3,"rrtype":"A","total_value":5}, \
          {"error":"maxset","record":"big.example.com","value":3,"rrtype":"TXT","total_value":4}, \
          {"error":"maxset","record":"big.example.com","value":3,"rrtype":"CNAME","total_value":6}]
          """)
      #expect(reply.headers["x-dribble-cursor"] == nil)
    }
  }

  @Test func nothingCutMeansNoHeader() async throws {
    let store = try MemoryStore.holding(CirclSetsTests.sample)
    try await TestServer.servingCircl(store, settings(sets: 6)) { server in
      let reply = try await server.get("/pdns/query/big.example.com")
      #expect(reply.lines.count == 17)
      #expect(reply.headers["x-dribble-errors"] == nil)
    }
  }

  @Test(
    "as many rows as the caller may have are all of them; one less is told",
    arguments: ["/pdns/query/big.example.com", "/query/192.0.2.9"])
  func rowsThatJustSufficeAreNotCut(_ target: String) async throws {
    let all = 17
    let owners =
      (0..<8).map { cof("o\($0).example.com", "A", "192.0.2.9") }.joined()
      + (0..<9).map { cof("o7.example.com", "TXT", "t\($0)") }.joined()
    let store = try MemoryStore.holding(CirclSetsTests.sample + owners)
    let book = TokenBook()
    let tokens = [all, all - 1].map { (rows: Int) in
      book.add(TokenGrant(name: "\(rows)", limits: LimitOverrides(rows: rows)))
    }
    try await TestServer.serving(store, access: book.control()) { server in
      let whole = try await server.get(target, headers: ["X-API-Key: \(tokens[0])"])
      #expect(whole.lines.count == all)
      #expect(whole.headers["x-dribble-errors"] == nil)
      let cut = try await server.get(target, headers: ["X-API-Key: \(tokens[1])"])
      #expect(cut.lines.count == all - 1)
      let value = target.split(separator: "/").last ?? ""
      #expect(
        cut.headers["x-dribble-errors"] == """
          [{"error":"budget","record":"\(value)","limit":"rows","value":\(all - 1)}]
          """)
    }
  }

  @Test func countingIsBoundedAndTheOtherTypesAreStillFound() async throws {
    let store = try MemoryStore.holding(CirclSetsTests.sample)
    try await TestServer.servingCircl(store, settings(sets: 1, counted: 2)) { server in
      let reply = try await server.get("/pdns/query/big.example.com")
      #expect(types(reply) == ["A", "MX", "TXT", "CNAME"])
      #expect(
        reply.headers["x-dribble-errors"] == """
          [{"error":"maxset","record":"big.example.com","value":1,"rrtype":"A","total_value":3,\
          "total_is_minimum":true}, \
          {"error":"maxset","record":"big.example.com","value":1,"rrtype":"MX","total_value":2,\
          "total_is_minimum":true}, \
          {"error":"maxset","record":"big.example.com","value":1,"rrtype":"TXT","total_value":2,\
          "total_is_minimum":true}, \
          {"error":"maxset","record":"big.example.com","value":1,"rrtype":"CNAME",\
          "total_value":2,"total_is_minimum":true}]
          """)
    }
  }

  @Test func aWildcardTellsWhereItsSearchEnded() async throws {
    let rows = (0..<50).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.servingCircl(
      MemoryStore.holding(rows), settings(sets: 2, counted: 10)
    ) { server in
      let reply = try await server.get("/pdns/query/*.example.com")
      #expect(reply.lines.count == 2)
      #expect(
        reply.headers["x-dribble-errors"] == """
          [{"error":"maxset","record":"*.example.com","value":2,"rrtype":"A","total_value":12,\
          "total_is_minimum":true}, \
          {"error":"budget","record":"*.example.com","limit":"counted","value":2}]
          """)
    }
  }

  @Test func octetsAreBounded() async throws {
    // Rows of some 50,000 octets, together more than a reply may have.
    let text = String(repeating: "\\\"" + String(repeating: "a", count: 250) + "\\\" ", count: 200)
    let rows = (0..<400).map { cof("t\($0).example.com", "TXT", text + "\($0)") }.joined()
    try await TestServer.servingCircl(MemoryStore.holding(rows)) { server in
      let whole = try await server.get("/pdns/query/*.example.com")
      #expect(whole.octets.count >= CirclLimits.answerOctets)
      #expect(whole.octets.count < CirclLimits.answerOctets + 100_000)
      #expect(
        whole.headers["x-dribble-errors"]?.contains("\"error\":\"budget\"") == true)
      #expect(whole.headers["x-dribble-errors"]?.contains("\"limit\":\"octets\"") == true)
      let pages = try await server.pages("*.example.com", 1_000)
      #expect(pages.count == 5)
      #expect(Set(pages.flatMap(\.lines)).count == 400)
    }
  }

  @Test func manyErrorsStayAHeaderOfBoundedSize() async throws {
    let rows = (1..<200).map {
      cof("x.example.com", "TYPE\(1_000 + $0)", "\\\\# 1 01")
        + cof("x.example.com", "TYPE\(1_000 + $0)", "\\\\# 1 02")
    }
    try await TestServer.servingCircl(
      MemoryStore.holding(rows.joined()), settings(sets: 1)
    ) { server in
      let reply = try await server.get("/pdns/query/x.example.com")
      #expect(reply.lines.count == 199)
      let errors = try #require(reply.headers["x-dribble-errors"])
      #expect(errors.utf8.count <= CirclLimits.errorsOctets)
      #expect(errors.hasSuffix("]"))
      let shown = errors.split(separator: "\"maxset\"").count - 1
      #expect(errors.contains("{\"error\":\"more\",\"value\":\(199 - shown)}"))
    }
  }

  @Test(arguments: [
    ("A", 5), ("a", 5), ("Txt", 4), ("TYPE16", 4), ("AAAA", 0), ("NOPE", 0), ("A,TXT", 0), ("*", 0),
    ("", 17),
  ])
  func filtersTypes(_ type: String, _ rows: Int) async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclSetsTests.sample)) { server in
      let reply = try await server.get(
        "/pdns/query/big.example.com",
        headers: ["Dribble-Filter-RRtype: \(type)", "dribble-disable-active-query: 1"])
      #expect(reply.status == 200)
      #expect(reply.lines.count == rows)
      #expect(reply.headers["x-dribble-errors"] == nil)
    }
  }

  @Test func answersAreTheSameEveryTime() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclSetsTests.sample)) { server in
      let first = try await server.get("/pdns/query/*.com")
      for _ in 0..<3 {
        let again = try await server.get("/pdns/query/*.com")
        #expect(again.octets == first.octets)
      }
    }
  }

  @Test func aSwappedServerSwapsEveryReply() async throws {
    var settings = CirclSettings()
    settings.orientation = .swapped
    settings.repeatsRData = true
    let row = cof("www.example.com", "A", "192.0.2.1")
    try await TestServer.servingCircl(MemoryStore.holding(row), settings) { server in
      for headers in [[], ["dribble-paginate-count: 5"]] {
        let reply = try await server.get("/pdns/query/www.example.com", headers: headers)
        #expect(
          reply.body == """
            {"rrname":"192.0.2.1","rrtype":"A","rdata":"www.example.com","time_first":1700000000,\
            "time_last":1700000100,"count":3,"rrdata":"www.example.com",\
            "origin":"https://pdns.example.com/"}

            """)
      }
    }
  }

  @Test func numbersCanBeKeptIn32Bits() async throws {
    var settings = CirclSettings()
    settings.numberMax = UInt64(Int32.max)
    let row = cof("www.example.com", "A", "192.0.2.1", count: .max)
    try await TestServer.servingCircl(MemoryStore.holding(row), settings) { server in
      let reply = try await server.get("/pdns/query/www.example.com")
      #expect(Reply.member("count", of: reply.lines[0]) == "2147483647")
      #expect(Reply.member("time_first", of: reply.lines[0]) == "1700000000")
    }
  }

  @Test func zoneRowsSayThatTheyAre() async throws {
    let zone = """
      {"rrname":"example.com","rrtype":"NS","rdata":"ns1.example.net",\
      "zone_time_first":1700000000,"zone_time_last":1700000500}

      """
    try await TestServer.servingCircl(MemoryStore.holding(zone)) { server in
      let alone = try await server.get("/pdns/query/example.com")
      #expect(
        alone.body.hasSuffix(
          """
          "time_first":1700000000,"time_last":1700000500,"count":1,"zone_time_first":1700000000,\
          "zone_time_last":1700000500,"origin":"https://pdns.example.com/"}

          """))
      let posted = try await server.post(
        cof("example.com", "NS", "ns1.example.net"), id: "seen", query: "?vantage=client")
      #expect(posted.status == 200)
      let both = try await server.get("/pdns/query/example.com")
      #expect(both.lines.count == 1 && !both.body.contains("zone_time"))
    }
  }

  @Test(arguments: [
    ("gzip", true), ("gzip, deflate", true), ("GZIP;q=0.5", true), ("*", true), ("", false),
    ("gzip;q=0", false), ("gzip; q=0.0, *", false), ("br, identity", false), ("*;q=0", false),
  ])
  func compressesWhenAsked(_ accepted: String, _ isPacked: Bool) async throws {
    let rows = (0..<500).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.servingCircl(MemoryStore.holding(rows)) { server in
      let plain = try await server.get("/pdns/query/192.0.2.1")
      let reply = try await server.get(
        "/pdns/query/192.0.2.1", headers: ["Accept-Encoding: \(accepted)"])
      #expect(reply.headers["content-encoding"] == (isPacked ? "gzip" : nil))
      #expect(reply.headers["vary"] == plain.headers["vary"])
      guard isPacked else {
        #expect(reply.octets == plain.octets)
        return
      }
      #expect(reply.octets.count < plain.octets.count / 5)
      #expect(try reply.unpacked == plain.octets)
    }
  }

  @Test func compressesStreams() async throws {
    let rows = (0..<5_000).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.servingCircl(MemoryStore.holding(rows)) { server in
      let target = "/api/v1/records?below=example.com"
      let plain = try await server.get(target)
      let reply = try await server.get(target, headers: ["Accept-Encoding: gzip"])
      #expect(reply.headers["content-encoding"] == "gzip")
      #expect(reply.headers["vary"]?.contains("Accept-Encoding") == true)
      #expect(try reply.unpacked == plain.octets)
    }
  }
}

extension Reply {
  /// The body without its gzip.
  var unpacked: [UInt8] {
    get throws {
      var all: [UInt8] = []
      var piece: [UInt8] = []
      guard var unpacker = Unpacker(.gzip, octetsMax: 1 << 28) else { return all }
      var at = 0
      while try unpacker.next(octets.span, at: &at, isLast: false, into: &piece) { all += piece }
      let none: [UInt8] = []
      at = 0
      while try unpacker.next(none.span, at: &at, isLast: true, into: &piece) { all += piece }
      return all
    }
  }
}
