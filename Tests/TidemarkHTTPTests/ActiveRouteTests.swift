import Synchronization
import TidemarkAccess
import TidemarkHTTP
import TidemarkQuery
import TidemarkStore
import Testing

/// Notes on whose behalf it was asked what.
private final class AskedResolver: ActiveResolving {
  private let notes = Mutex<[Int64?]>([])
  var callers: [Int64?] { notes.withLock { $0 } }

  func refresh(_ value: LookupValue, for caller: Int64?) async {
    notes.withLock { $0.append(caller) }
  }
}

/// Who the active resolver is told to be asked by: its budget is shared out among callers.
@Suite(.timeLimit(.minutes(10)))
struct ActiveRouteTests {
  @Test func theResolverIsToldWhoseTokenItIs() async throws {
    let resolver = AskedResolver()
    let book = TokenBook()
    let tokens = ["a", "b"].map { book.add(TokenGrant(name: $0, scopes: [.query, .active])) }
    let other = book.add(TokenGrant(name: "c", scopes: [.query]))
    try await TestServer.serving(
      MemoryStore(), access: book.control(), adjust: { $0.active = resolver }
    ) { server in
      for token in [tokens[0], tokens[1], other, tokens[0]] {
        let reply = try await server.get(
          "/pdns/query/www.example.com", headers: ["X-API-Key: \(token)"])
        #expect(reply.status == 200)
      }
    }
    #expect(resolver.callers == [1, 2, 1])
  }

  @Test func withoutTokensNobodyIsToldApart() async throws {
    let resolver = AskedResolver()
    try await TestServer.serving(MemoryStore(), adjust: { $0.active = resolver }) { server in
      _ = try await server.get("/pdns/query/www.example.com")
    }
    #expect(resolver.callers == [nil])
  }
}
