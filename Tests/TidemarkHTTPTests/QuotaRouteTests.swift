import Foundation
import NIOCore
import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// Quotas, places and grants as clients see them.
@Suite(.timeLimit(.minutes(10)))
struct QuotaRouteTests {
  @Test func whoamiShowsWhatTheTokenMay() async throws {
    let book = TokenBook()
    let token = book.add(
      TokenGrant(
        name: "desk \"1\"", scopes: [.active, .query], datasets: ["main", "lab"],
        limits: LimitOverrides(rows: 5, octets: 6, seconds: 1.5, concurrent: 7), perMinute: 100,
        perDay: 1_000, expires: 4_102_444_800))
    try await TestServer.serving(MemoryStore(), access: book.control()) { server in
      _ = try await server.get("/pdns/query/a", headers: ["Authorization: \(token)"])
      let reply = try await server.get("/api/v1/whoami", headers: ["Authorization: \(token)"])
      let reset = Int(TestServer.now)
      #expect(
        reply.body == """
          {"name":"desk \\"1\\"","scopes":["query","active"],"datasets":["lab","main"],\
          "expires":4102444800,\
          "limits":{"rows":5,"octets":6,"milliseconds":1500,"concurrent":7},\
          "quotas":{"minute":{"limit":100,"remaining":99,"reset":\(reset + 61)},\
          "day":{"limit":1000,"remaining":999,"reset":\(reset + 86_400)}}}

          """)
      #expect(reply.headers["cache-control"] == "no-store")
      let post = try await server.get(
        "/api/v1/whoami", method: "DELETE", headers: ["Authorization: \(token)"])
      #expect(post.status == 405)
    }
  }

  @Test func whoamiOfAnOpenServerIsAnonymous() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.get("/api/v1/whoami")
      #expect(reply.status == 200)
      #expect(
        reply.body.hasPrefix(
          "{\"name\":\"anonymous\",\"scopes\":[\"query\",\"ingest\",\"active\",\"register\","
            + "\"admin\",\"partner\",\"enrich\"],\"datasets\":null,\"expires\":null,"))
    }
  }

  @Test func answersTellWhatIsLeft() async throws {
    let book = TokenBook()
    let (bounded, free) = (
      book.add(TokenGrant(name: "a", perDay: 2)), book.add(TokenGrant(name: "b"))
    )
    try await TestServer.serving(MemoryStore(), access: book.control()) { server in
      let path = "/pdns/query/www.example.com"
      for left in ["1", "0"] {
        let reply = try await server.get(path, headers: ["X-API-Key: \(bounded)"])
        #expect(reply.status == 200)
        #expect(reply.headers["x-ratelimit-limit"] == "2")
        #expect(reply.headers["x-ratelimit-remaining"] == left)
        #expect(reply.headers["x-ratelimit-reset"] == String(Int(TestServer.now) + 86_400))
      }
      let refused = try await server.get(path, headers: ["X-API-Key: \(bounded)"])
      #expect(refused.status == 429 && refused.headers["retry-after"] == "86400")
      #expect(refused.body == "Rate Limit Exceeded\n")
      let reply = try await server.get(path, headers: ["X-API-Key: \(free)"])
      #expect(reply.status == 200 && reply.headers["x-ratelimit-limit"] == nil)
    }
  }

  @Test("a place is held while rows are sent, and free when the client leaves")
  func placesFollowTheAnswer() async throws {
    let book = TokenBook()
    let token = book.add(TokenGrant(name: "a", limits: LimitOverrides(concurrent: 1)))
    let access = try book.control()
    let rows = 200_000
    let store = try MemoryStore.holding(
      (0..<rows).map { index in
        let (high, low) = (String(index >> 16, radix: 16), String(index & 0xFFFF, radix: 16))
        return cof("big.example.com", "AAAA", "2001:db8:\(high):\(low)::1")
      }.joined())
    try await TestServer.serving(store, access: access) { server in
      let small = "/pdns/query/none.example.com"
      let large = "/api/v1/records?owner=big.example.com"
      let headers = ["X-API-Key: \(token)"]
      try await server.connect { reader, writer in
        try await writer.write(
          ByteBuffer(
            string: "GET \(large) HTTP/1.1\r\nHost: x\r\n\(headers[0])\r\n\r\n"))
        for try await _ in reader { break }
        #expect(access.counts.running == 1)
        let busy = try await server.get(small, headers: headers)
        #expect(busy.status == 429 && busy.headers["retry-after"] == "1")
        #expect(busy.body == "too many queries of this token are running\n")
      }
      // The client has left; the server notices with its next write.
      while try await server.get(small, headers: headers).status == 429 {}
      // An answer that is read to its end gives its place back too.
      let whole = try await server.get(large, headers: headers)
      #expect(whole.rows.count == rows)
      while try await server.get(small, headers: headers).status == 429 {}
      while access.counts.running > 0 { await Task.yield() }
    }
  }

  @Test func aTokenReadsAndWritesItsDatasetsOnly() async throws {
    let book = TokenBook()
    let token = book.add(
      TokenGrant(name: "a", scopes: [.query, .ingest], datasets: ["lab"]))
    let store = try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store, access: book.control()) { server in
      let headers = ["X-API-Key: \(token)"]
      let row = cof("www.example.com", "A", "192.0.2.2")
      for (query, status) in [("", 403), ("?dataset=main", 403), ("?dataset=lab", 200)] {
        let reply = try await server.post(row, id: "1", query: query, headers: headers)
        #expect(reply.status == status)
        if status == 403 { #expect(reply.body.contains("the token is not for dataset main")) }
      }
      let seen = try await server.get("/pdns/query/www.example.com", headers: headers)
      #expect(seen.lines.count == 1 && seen.body.contains("192.0.2.2"))
      let native = try await server.get(
        "/api/v1/records?owner=www.example.com", headers: headers)
      #expect(native.rows.count == 1 && native.body.contains("192.0.2.2"))
    }
  }

  @Test func aGrantOfADatasetThatIsNotThereShowsNothing() async throws {
    let book = TokenBook()
    let token = book.add(TokenGrant(name: "a", datasets: ["future"]))
    let store = try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
    try await TestServer.serving(store, access: book.control()) { server in
      for path in ["/pdns/query/www.example.com", "/api/v1/records?owner=www.example.com"] {
        let reply = try await server.get(path, headers: ["X-API-Key: \(token)"])
        #expect(reply.status == 200 && reply.rows.isEmpty)
      }
    }
  }
}
