import D4Wire
import TidemarkAccess
import TidemarkHTTP
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import Testing

/// The state of the service: what is shown, and to whom.
@Suite(.timeLimit(.minutes(10)))
struct WebServiceTests {
  private static let parts = ["sensors", "sources", "sharing", "tokens"]

  private static func shelf(named name: String) throws -> SensorShelf {
    let shelf = SensorShelf()
    let uuid = try #require(SensorUUID(text: SensorShelf.known))
    var sum = SensorActivitySum(uuid: uuid, name: name, state: .approved)
    sum.lastSeen = TestServer.now - 3_600
    sum.records = 1_234
    sum.losses = 5
    sum.lastError = name
    shelf.add(sum)
    return shelf
  }

  private static func store() throws -> MemoryStore {
    try MemoryStore.holding(cof("www.example.com", "A", "192.0.2.1"))
  }

  @Test func showsOutlinesToEverybodyAndTheRestToAdministrators() async throws {
    let book = TokenBook()
    let reader = ["Authorization: Bearer " + book.add(TokenGrant(name: "reader"))]
    let admin = ["Authorization: Bearer " + book.add(TokenGrant(name: "boss", scopes: [.admin]))]
    let shelf = try Self.shelf(named: "roof-sensor")
    try await TestServer.serving(
      try Self.store(), access: book.control(), adjust: { $0.sensors = shelf }
    ) { server in
      let outlines = try await server.get("/ui/service", headers: reader)
      #expect(outlines.status == 200 && outlines.body.contains("<dt>Records</dt><dd>about 1</dd>"))
      #expect(!outlines.body.contains("Open connections"))
      let whole = try await server.get("/ui/service", headers: admin)
      #expect(whole.body.contains("Open connections") && whole.body.contains(">records</th>"))
      for part in Self.parts {
        let withheld = try await server.get("/ui/service?part=\(part)", headers: reader)
        #expect(withheld.status == 200 && withheld.body.contains("the scope admin only"))
        #expect(!withheld.body.contains("roof-sensor") && !withheld.body.contains("boss"))
        let shown = try await server.get("/ui/service?part=\(part)", headers: admin)
        #expect(shown.status == 200 && !shown.body.contains("the scope admin only"), "\(part)")
      }
      let stranger = try await server.get("/ui/service")
      #expect(stranger.status == 401)
    }
  }

  @Test func showsTokensWithoutWhatOpens() async throws {
    let book = TokenBook()
    let hostile = "<b>ops</b>"
    let secret = book.add(
      TokenGrant(name: hostile, scopes: [.admin], datasets: ["main"], perDay: 1_000),
      keepsKey: true)
    _ = book.add(TokenGrant(name: "gone", expires: 5))
    try await TestServer.serving(try Self.store(), access: book.control()) { server in
      let header = ["Authorization: Bearer \(secret)"]
      let reply = try await server.get("/ui/service?part=tokens", headers: header)
      for text in [
        "&lt;b&gt;ops&lt;/b&gt;", ">valid</span>", ">expired</span>", "1,000 a day, 999 left",
        ">main<",
      ] { #expect(reply.body.contains(text), "\(text)") }
      let digest = TokenDigest(of: secret).octets.prefix(8).map { octet in
        (octet < 16 ? "0" : "") + String(octet, radix: 16)
      }.joined()
      #expect(!reply.body.contains(secret) && !reply.body.lowercased().contains(digest))
      #expect(!reply.body.contains(hostile))
    }
  }

  @Test func showsSensorsInWordsAndEscapesTheirNames() async throws {
    let hostile = "<img src=x onerror=alert(1)>"
    let shelf = try Self.shelf(named: hostile)
    try await TestServer.serving(try Self.store(), adjust: { $0.sensors = shelf }) { server in
      let reply = try await server.get("/ui/service?part=sensors")
      // By what the directory says of the sensor now, not by what it did.
      #expect(reply.body.contains(">waits for approval</span>"))
      #expect(reply.body.contains("1,234") && reply.body.contains("5 (0.4 %)"))
      #expect(reply.body.contains("&lt;img src=x") && !reply.body.contains("<img"))
    }
  }

  @Test func showsWhatBecameOfPostedRecords() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let before = try await server.get("/ui/service?part=sources")
      #expect(before.body.contains("<span class=\"mono\">HTTP</span> <span class=\"badge\">"))
      let posted = try await server.post(
        cof("www.example.com", "A", "192.0.2.1") + "nonsense\n", id: "a-1")
      #expect(posted.status == 200)
      let after = try await server.get("/ui/service?part=sources")
      #expect(after.body.contains("<span class=\"mono\">HTTP</span></th>"))
      #expect(after.body.contains("<td class=\"mono\">malformed-json</td>"))
    }
  }

  @Test func showsPartnersWithoutTheirTokens() async throws {
    let world = ShareWorld()
    try await world.serving { server in
      let reply = try await server.get("/ui/service?part=sharing")
      #expect(reply.body.contains(">cert</span>") && reply.body.contains(">community<"))
      #expect(!reply.body.contains(world.secret))
    }
  }

  @Test func saysThatTheStoreCannotBeRead() async throws {
    let store = FailingStore(try Self.store(), scans: 0)
    try await TestServer.serving(store) { server in
      let reply = try await server.get("/ui/service")
      #expect(reply.status == 200 && reply.body.contains("The store cannot be read"))
    }
  }

  @Test func refusesPartsThatItHasNot() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let wrong = try await server.get("/ui/service?part=secrets")
      #expect(wrong.status == 404)
      let odd = try await server.get("/ui/service?colour=red")
      #expect(odd.status == 400)
      let method = try await server.get("/ui/service", method: "DELETE")
      #expect(method.status == 405)
    }
  }

  @Test func helpOffersWhatTheBoxTakes() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.get("/ui/help")
      #expect(reply.status == 200)
      for text in ["/ui/search?q=%2A.example.com", "Bailiwick", "Vantage", "<kbd>j</kbd>"] {
        #expect(reply.body.contains(text), "\(text)")
      }
    }
  }
}
