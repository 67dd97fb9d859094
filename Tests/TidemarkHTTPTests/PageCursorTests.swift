import Synchronization
import TidemarkAccess
import TidemarkModel
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct PageCursorTests {
  private static let rows =
    (0..<9).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
    + cof("zzz.example.org", "A", "192.0.2.7")

  private static let page = "/api/v1/records?below=example.com&limit=1"

  /// A page's cursor.
  private func cursor(_ server: TestServer) async throws -> String {
    try #require(try await server.get(PageCursorTests.page).last("cursor"))
  }

  @Test func everyChangedCharacterIsRefused() async throws {
    try await TestServer.serving(MemoryStore.holding(PageCursorTests.rows)) { server in
      let cursor = Array(try await cursor(server))
      for at in cursor.indices {
        for other in [Character("A"), "B", "_"] where cursor[at] != other {
          var changed = cursor
          changed[at] = other
          let reply = try await server.get("\(PageCursorTests.page)&cursor=\(String(changed))")
          #expect(reply.status == 400, "character \(at)")
          #expect(reply.body == "{\"error\":\"cursor: not one that this query gave\"}\n")
        }
      }
      for text in [String(cursor.dropLast()), String(cursor) + "A", String(cursor.dropFirst())] {
        let reply = try await server.get("\(PageCursorTests.page)&cursor=\(text)")
        #expect(reply.status == 400)
      }
    }
  }

  @Test func outlivesTheServer() async throws {
    let store = try MemoryStore.holding(PageCursorTests.rows)
    let kept = Mutex("")
    try await TestServer.serving(store) { server in
      let text = try await cursor(server)
      kept.withLock { $0 = text }
    }
    try await TestServer.serving(store) { server in
      let text = kept.withLock { $0 }
      let reply = try await server.get("\(PageCursorTests.page)&cursor=\(text)")
      #expect(reply.rows.compactMap { Reply.member("rrname", of: $0) } == ["n1.example.com"])
    }
  }

  @Test func belongsToTheDatasetsOfTheCaller() async throws {
    let book = TokenBook()
    let main = book.add(TokenGrant(name: "main", scopes: [.query], datasets: ["main"]))
    let same = book.add(TokenGrant(name: "same", scopes: [.query], datasets: ["main"]))
    let more = book.add(TokenGrant(name: "more", scopes: [.query], datasets: ["lab", "main"]))
    let all = book.add(TokenGrant(name: "all", scopes: [.query]))
    let store = try MemoryStore.holding(PageCursorTests.rows)
    try await TestServer.serving(store, access: try book.control()) { server in
      let first = try await server.get(
        PageCursorTests.page, headers: ["Authorization: Bearer \(main)"])
      let cursor = try #require(first.last("cursor"))
      for (secret, status) in [(main, 200), (same, 200), (more, 400), (all, 400)] {
        let reply = try await server.get(
          "\(PageCursorTests.page)&cursor=\(cursor)", headers: ["Authorization: Bearer \(secret)"])
        #expect(reply.status == status)
      }
    }
  }

  @Test func theKeyLiesInTheStoreAndIsMadeOnce() async throws {
    let store = try MemoryStore.holding(PageCursorTests.rows)
    #expect(try store.state(StateKey.cursorKey) == nil)
    try await TestServer.serving(store) { _ in }
    let key = try #require(try store.state(StateKey.cursorKey))
    #expect(key.count == 32 && Set(key).count > 8)
    try await TestServer.serving(store) { _ in }
    #expect(try store.state(StateKey.cursorKey) == key)
  }

  @Test func cursorsOfAnotherStoreAreRefused() async throws {
    let kept = Mutex("")
    try await TestServer.serving(MemoryStore.holding(PageCursorTests.rows)) { server in
      let text = try await cursor(server)
      kept.withLock { $0 = text }
    }
    try await TestServer.serving(MemoryStore.holding(PageCursorTests.rows)) { server in
      let text = kept.withLock { $0 }
      let reply = try await server.get("\(PageCursorTests.page)&cursor=\(text)")
      #expect(reply.status == 400)
    }
  }

  @Test func aStoreThatCannotBeWrittenHasCursorsOfTheProcess() async throws {
    let store = FailingStore(try MemoryStore.holding(PageCursorTests.rows), scans: 100)
    try await TestServer.serving(store) { server in
      let text = try await cursor(server)
      let reply = try await server.get("\(PageCursorTests.page)&cursor=\(text)")
      #expect(reply.rows.count == 1)
    }
    #expect(try store.state(StateKey.cursorKey) == nil)
  }

  @Test func laterPagesCountAgesFromTheFirst() async throws {
    // Each request comes ten days after the one before.
    let time = Mutex(TestServer.now)
    let clock: @Sendable () -> UnixSeconds = {
      time.withLock { time in
        time += 864_000
        return time
      }
    }
    let rows = (0..<4).map { index in
      cof("n\(index).example.com", "A", "192.0.2.1", last: Int(TestServer.now) - 1_000)
    }
    try await TestServer.serving(MemoryStore.holding(rows.joined()), clock: clock) { server in
      var more = ""
      var seen = 0
      repeat {
        let reply = try await server.get(
          "/api/v1/records?below=example.com&last_after=2w&limit=1\(more)")
        seen += reply.rows.count
        more = reply.last("cursor").map { "&cursor=" + $0 } ?? ""
      } while !more.isEmpty && seen < 10
      #expect(seen == 4)
      let fresh = try await server.get("/api/v1/records?below=example.com&last_after=2w")
      #expect(fresh.rows.isEmpty)
    }
  }
}
