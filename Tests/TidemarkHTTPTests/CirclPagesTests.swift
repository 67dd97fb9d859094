import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// Pages of the CIRCL interface: `dribble-paginate-count` and `dribble-paginate-cursor`.
@Suite(.timeLimit(.minutes(10)))
struct CirclPagesTests {
  /// Ten CNAME records that point to one name, and two records of that name.
  private static let sample =
    (0..<10).map { cof("c\($0).example.org", "CNAME", "cdn.example.net") }.joined()
    + cof("cdn.example.net", "A", "192.0.2.1") + cof("cdn.example.net", "A", "192.0.2.2")

  private func rows(_ replies: [Reply]) -> [String] { replies.flatMap(\.lines) }

  @Test(arguments: [1, 3, 4, 5, 6, 11, 12, 13, 1_000])
  func pagesTogetherAreTheAnswer(_ size: Int) async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclPagesTests.sample)) { server in
      let whole = try await server.get("/pdns/query/cdn.example.net")
      let pages = try await server.pages("cdn.example.net", size)
      #expect(rows(pages) == whole.lines)
      #expect(whole.lines.count == 12)
      // Exact pages, and no cursor on the last one, full or not.
      #expect(pages.count == (12 + size - 1) / size)
      #expect(pages.dropLast().allSatisfy { $0.lines.count == size })
      #expect(pages.allSatisfy { $0.headers["x-dribble-errors"] == "[]" })
    }
  }

  @Test func cursorsArePositiveNumbersBelow63Bits() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclPagesTests.sample)) { server in
      let pages = try await server.pages("cdn.example.net", 1)
      let cursors = pages.compactMap { $0.headers["x-dribble-cursor"] }
      #expect(cursors.count == 11)
      #expect(Set(cursors).count == 11)
      for cursor in cursors {
        let number = try #require(Int64(cursor))
        #expect(number > 0)
        #expect(String(number) == cursor)
      }
    }
  }

  @Test func filterAndPagesGoTogether() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclPagesTests.sample)) { server in
      let pages = try await server.pages("cdn.example.net", 4, type: "cname")
      #expect(pages.count == 3)
      #expect(rows(pages).count == 10)
      #expect(rows(pages).allSatisfy { $0.contains("\"rrtype\":\"CNAME\"") })
      let none = try await server.page("cdn.example.net", "4", type: "NONSENSE")
      #expect(none.status == 200 && none.octets.isEmpty)
      #expect(none.headers["x-dribble-cursor"] == nil)
      #expect(none.headers["x-dribble-errors"] == "[]")
    }
  }

  @Test func rowsThatComeBetweenPagesAreNeitherSkippedNorRepeated() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclPagesTests.sample)) { server in
      let first = try await server.page("cdn.example.net", "6")
      let cursor = try #require(first.headers["x-dribble-cursor"])
      // Before the first row, in front of the next one, and at the end.
      let added =
        cof("cdn.example.net", "A", "192.0.2.0")
        + cof("c3a.example.org", "CNAME", "cdn.example.net")
        + cof("c99.example.org", "CNAME", "cdn.example.net")
      let posted = try await server.post(added, id: "between")
      #expect(posted.status == 200)
      let second = try await server.page("cdn.example.net", "1000", cursor: cursor)
      let seen = first.lines + second.lines
      #expect(Set(seen).count == seen.count)
      #expect(seen.count == 14)
      let owners = second.lines.compactMap { Reply.member("rrname", of: $0) }
      #expect(
        owners
          == [
            "c3a", "c4", "c5", "c6", "c7", "c8", "c9", "c99",
          ].map { $0 + ".example.org" })
    }
  }

  @Test func cursorsSurviveARestart() async throws {
    let store = try MemoryStore.holding(CirclPagesTests.sample)
    try await TestServer.servingCircl(store) { server in
      let reply = try await server.page("cdn.example.net", "5")
      // Nothing but the store is shared with the other server.
      try await TestServer.servingCircl(store) { other in
        let cursor = try #require(reply.headers["x-dribble-cursor"])
        let rest = try await other.page("cdn.example.net", "1000", cursor: cursor)
        #expect(rest.lines.count == 7)
        #expect(Set(rest.lines).isDisjoint(with: reply.lines))
      }
    }
  }

  @Test(arguments: ["0", "-1", "+5", "five", "1.5", "", "5, 5", "0x10", "١"])
  func badCountsAre400(_ count: String) async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclPagesTests.sample)) { server in
      let reply = try await server.page("cdn.example.net", count)
      #expect(reply.status == 400)
      #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
      #expect(reply.lines.count == 1 && reply.body.hasSuffix("\n"))
    }
  }

  @Test func largeCountsAreLowered() async throws {
    let rows = (0..<1_001).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    try await TestServer.servingCircl(MemoryStore.holding(rows)) { server in
      for count in ["1001", "99999999999999999999999999"] {
        let reply = try await server.page("192.0.2.1", count)
        #expect(reply.lines.count == 1_000)
        #expect(reply.headers["x-dribble-cursor"] != nil)
      }
    }
  }

  @Test func cursorsOfOthersAndNonsenseAre400() async throws {
    try await TestServer.servingCircl(MemoryStore.holding(CirclPagesTests.sample)) { server in
      let cursor = try #require(
        try await server.page("cdn.example.net", "2").headers["x-dribble-cursor"])
      let number = try #require(UInt64(cursor))
      for wrong in ["0", "-1", "abc", "1", String(number + 1), "18446744073709551616", "9e9"] {
        let reply = try await server.page("cdn.example.net", "2", cursor: wrong)
        #expect(reply.status == 400, "\(wrong)")
        #expect(reply.lines.count == 1 && !reply.body.hasPrefix("{"))
      }
      let otherValue = try await server.page("c1.example.org", "2", cursor: cursor)
      #expect(otherValue.status == 400)
      let otherType = try await server.page("cdn.example.net", "2", cursor: cursor, type: "A")
      #expect(otherType.status == 400)
      let otherCase = try await server.page("CDN.example.NET", "7", cursor: cursor)
      #expect(otherCase.status == 200)
      let withoutCount = try await server.get(
        "/pdns/query/cdn.example.net", headers: ["dribble-paginate-cursor: \(cursor)"])
      #expect(withoutCount.status == 400)
    }
  }

  @Test func cursorsExpireAndAreRemovedAFewAtATime() async throws {
    let store = try MemoryStore.holding(CirclPagesTests.sample)
    let clock = TestClock()
    try await TestServer.servingCircl(store, clock: { clock.now }) { server in
      var last = ""
      for _ in 0..<40 {
        let reply = try await server.page("cdn.example.net", "2")
        last = try #require(reply.headers["x-dribble-cursor"])
      }
      #expect(try store.cursorKeys.count == 40)
      clock.advance(seconds: CirclLimits.cursorSeconds - 1)
      let inTime = try await server.page("cdn.example.net", "100", cursor: last)
      #expect(inTime.status == 200)
      clock.advance(seconds: 1)
      let late = try await server.page("cdn.example.net", "100", cursor: last)
      #expect(late.status == 400)
      clock.advance(seconds: 1)
      for left in [25, 10, 3, 4] {
        _ = try await server.page("cdn.example.net", "2")
        #expect(try store.cursorKeys.count == left)
      }
    }
  }

  @Test func theOldestCursorsGoWhenThereAreTooMany() async throws {
    let store = try MemoryStore.holding(CirclPagesTests.sample)
    let batch = RecordBatch()
    let surplus = 5
    batch.stateChanges = (0..<(CirclLimits.cursorsMax + surplus)).map { index in
      // Of the last hour, by the clock of tests.
      let seconds = TestServer.now - 1_577_836_800 - 3_600
      let key =
        [UInt8(ascii: "p")] + StoreFormat.encode(seconds) + StoreFormat.encode(UInt32(index + 1))
      return RecordBatch.StateChange(key: key, value: [0])
    }
    try store.apply(batch)
    let oldest = try store.cursorKeys[0]
    try await TestServer.servingCircl(store) { server in
      let reply = try await server.page("cdn.example.net", "2")
      let cursor = try #require(reply.headers["x-dribble-cursor"])
      let keys = try store.cursorKeys
      #expect(keys.count == CirclLimits.cursorsMax + 1)
      #expect(!keys.contains(oldest))
      let next = try await server.page("cdn.example.net", "2", cursor: cursor)
      #expect(next.lines.count == 2)
    }
  }

  @Test func pagesGoOnWhileTheStoreCannotBeWritten() async throws {
    let store = FailingStore(try MemoryStore.holding(CirclPagesTests.sample), scans: 1_000)
    try await TestServer.servingCircl(store) { server in
      let pages = try await server.pages("cdn.example.net", 5)
      #expect(pages.map(\.lines.count) == [5, 5, 2])
    }
  }

  @Test func expandedAddressesHavePagesToo() async throws {
    var settings = CirclSettings()
    settings.expandsAddresses = true
    let sample = (0..<5).map { host in
      cof("h\(host).example.com", "A", "192.0.2.1") + cof("h\(host).example.com", "A", "192.0.2.9")
        + cof("h\(host).example.com", "MX", "10 mail.example.net")
    }
    try await TestServer.servingCircl(MemoryStore.holding(sample.joined()), settings) { server in
      let whole = try await server.get("/pdns/query/192.0.2.1")
      #expect(whole.lines.count == 15)
      for size in [1, 2, 3, 4, 15] {
        let pages = try await server.pages("192.0.2.1", size)
        #expect(rows(pages) == whole.lines)
        #expect(pages.count == (15 + size - 1) / size)
      }
      let types = try await server.pages("192.0.2.1", 2, type: "MX")
      #expect(rows(types).count == 5)
    }
  }
}
