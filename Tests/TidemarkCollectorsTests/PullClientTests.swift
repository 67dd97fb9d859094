import FoundationEssentials
import Synchronization
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkStore
import TidemarkTesting

/// Streams of COF from a server that does as it should, over links that do not.
@Suite(.timeLimit(.minutes(10))) struct PullClientTests {
  private static func path(_ isWebSocket: Bool) -> String {
    isWebSocket ? "/api/v1/share/main/ws" : "/api/v1/share/main"
  }

  private static func url(_ server: ScriptedServer, _ isWebSocket: Bool) -> String {
    "\(isWebSocket ? "ws" : "http")://localhost:\(server.port)\(path(isWebSocket))"
  }

  @Test(arguments: [false, true])
  func takesAStreamAndSaysWhereItStands(_ isWebSocket: Bool) async throws {
    let share = TestShare(chunks: 3)
    let (done, isDone) = AsyncStream.makeStream(of: Void.self)
    let server = try await ScriptedServer { head in
      if head.after == share.last { isDone.yield() }
      return .init(octets: share.answer(head, isWebSocket: isWebSocket))
    }
    let world = try PullWorld()
    let client = try world.client(PullClientTests.url(server, isWebSocket))
    client.start()
    _ = await done.first { _ in true }
    await client.stop()
    world.intake.finish()
    #expect(try world.exported() == share.expected())
    #expect(world.intake.accounting.isBalanced)
    #expect(world.intake.accounting.offered == 6)
    let first = try #require(server.heads.first)
    let wish = isWebSocket ? "positions=true" : "follow=true"
    #expect(first.target == "\(PullClientTests.path(isWebSocket))?\(wish)")
    #expect(first.field("Accept") == "application/x-ndjson")
    #expect(first.field("Authorization") == nil)
    #expect(first.field("Sec-WebSocket-Extensions") == nil)
    let position = PullPosition(
      source: "partner", url: PullClientTests.url(server, isWebSocket))
    let stored = try world.sink.states(prefix: position.key)
    #expect(stored.map(\.value) == [[1, 0, 0, 0, 0, 0, 0, 0, 3]])
    try await server.close()
  }

  /// The first connection breaks after each number of octets that it can.
  @Test(arguments: [false, true])
  func everyRowCountsOnceWhereverTheLinkBreaks(_ isWebSocket: Bool) async throws {
    let share = TestShare(chunks: 3)
    let expected = try share.expected()
    let (done, isDone) = AsyncStream.makeStream(of: Void.self)
    let cut = Mutex<Int?>(nil)
    let server = try await ScriptedServer { head in
      if head.after == share.last { isDone.yield() }
      let whole = share.answer(head, isWebSocket: isWebSocket)
      let now = cut.withLock { cut in
        defer { cut = nil }
        return cut
      }
      return .init(octets: Array(whole.prefix(now ?? whole.count)))
    }
    let head = RequestHead(text: "GET / HTTP/1.1\r\n\r\n")
    let octets = share.answer(head, isWebSocket: isWebSocket).count
    for octet in 0..<octets {
      cut.withLock { $0 = octet }
      let world = try PullWorld()
      let client = try world.client(PullClientTests.url(server, isWebSocket))
      client.start()
      // A word of the connection before may come late.
      for await _ in done {
        world.intake.finish()
        if try world.exported() == expected { break }
      }
      await client.stop()
      world.intake.finish()
      try #require(try world.exported() == expected, "cut after \(octet) octets")
    }
    try await server.close()
  }

  /// Links break and collectors are killed, both at places drawn by lot.
  @Test(arguments: [false, true])
  func everyRowCountsOnceHoweverOftenEitherSideDies(_ isWebSocket: Bool) async throws {
    let seed = UInt64.random(in: 1 ... .max)
    print("PullClientTests seed \(seed)")
    let random = Mutex(SeededGenerator(seed: seed))
    let share = TestShare(chunks: 60)
    let intake = Mutex<SourceIntake?>(nil)
    let (asked, ask) = AsyncStream.makeStream(of: UInt64.self)
    let server = try await ScriptedServer { head in
      // A part of what was taken is written, sooner or later.
      if random.withLock({ $0.next() % 2 == 0 }) { intake.withLock { $0 }?.flush() }
      ask.yield(head.after ?? 0)
      let whole = share.answer(head, isWebSocket: isWebSocket)
      let cut = random.withLock { Int($0.next() % 2_500) }
      return .init(octets: Array(whole.prefix(cut)))
    }
    let store = MemoryStore()
    var (deaths, isAtEnd) = (0, false)
    var requests = asked.makeAsyncIterator()
    while !isAtEnd {
      let world = try PullWorld(store)
      intake.withLock { $0 = world.intake }
      let client = try world.client(PullClientTests.url(server, isWebSocket))
      client.start()
      for _ in 0..<random.withLock({ 1 + $0.next() % 6 }) {
        isAtEnd = await requests.next() == share.last
        if isAtEnd { break }
      }
      if isAtEnd {
        await client.stop()
        world.intake.finish()
      } else {
        deaths += 1
        world.die()
        await client.stop()
      }
    }
    #expect(deaths > 0, "seed \(seed)")
    #expect(try TidemarkCollectorsTests.exported(store) == share.expected(), "seed \(seed)")
    try await server.close()
  }

  @Test(arguments: [false, true])
  func aTrustedServerGetsTheToken(_ isWebSocket: Bool) async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    _ = try RelaySpool(folder: folder.path)
    try folder.replace("ca.pem", with: Array(TestCertificate.certificate.utf8))
    try folder.replace("token", with: Array("tm_first\n".utf8))
    let share = TestShare(chunks: 1)
    let (done, isDone) = AsyncStream.makeStream(of: Void.self)
    let server = try await ScriptedServer(hasTLS: true) { head in
      if head.after == share.last { isDone.yield() }
      return .init(octets: share.answer(head, isWebSocket: isWebSocket))
    }
    let world = try PullWorld()
    let scheme = isWebSocket ? "wss" : "https"
    let client = try world.client(
      "\(scheme)://localhost:\(server.port)\(PullClientTests.path(isWebSocket))",
      change: {
        $0.tokenFile = "\(folder.path)/token"
        $0.tls = .client(authorities: "\(folder.path)/ca.pem", certificates: nil, key: nil)
      })
    client.start()
    _ = await done.first { _ in true }
    await client.stop()
    world.intake.finish()
    #expect(server.heads.allSatisfy { $0.field("Authorization") == "Bearer tm_first" })
    #expect(try world.exported() == share.expected())
    try await server.close()
  }

  @Test(arguments: [false, true])
  func aServerThatIsNotTrustedGetsNothing(_ isWebSocket: Bool) async throws {
    let server = try await ScriptedServer(hasTLS: true) { _ in .init(octets: []) }
    let (world, events) = (try PullWorld(), PullEvents())
    let scheme = isWebSocket ? "wss" : "https"
    let client = try world.client("\(scheme)://localhost:\(server.port)/x", events: events)
    client.start()
    let end = await events.end()
    await client.stop()
    guard case .disconnected = end?.failure else {
      Issue.record("connected: \(String(describing: end))")
      return
    }
    #expect(server.heads.isEmpty)
    try await server.close()
  }

  @Test func waitsLongerAndLongerForAServerThatIsNotThere() async throws {
    let (world, clock, events) = (try PullWorld(), RecordingClock(), PullEvents())
    let port = try await LoopbackServer.closedPort()
    let client = try world.client("http://127.0.0.1:\(port)/x", clock: clock, events: events)
    client.start()
    var waits: [Int] = []
    for _ in 0..<8 { waits.append(await events.end()?.seconds ?? 0) }
    await client.stop()
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
    let first = try #require(clock.sleeps.first)
    #expect(first >= .milliseconds(500) && first <= .seconds(1))
  }

  @Test(arguments: [false, true])
  func aForeignServerIsTakenAsItComes(_ isWebSocket: Bool) async throws {
    let server = try await ScriptedServer { head in
      let rows = String(TestShare.row(1).dropLast()) + TestShare.row(2)
      guard isWebSocket else {
        return .init(octets: Wire.answer("200 OK", [], rows + String(TestShare.row(3).dropLast())))
      }
      return .init(
        octets: head.switching() + Wire.frame(0x81, rows)
          + Wire.frame(0x02, octets: Array(TestShare.row(3).utf8.prefix(20)))
          + Wire.frame(0x80, octets: Array(TestShare.row(3).utf8.dropFirst(20)))
          + Wire.frame(0x82, "not json") + Wire.frame(0x88))
    }
    let (world, events) = (try PullWorld(), PullEvents())
    let scheme = isWebSocket ? "ws" : "http"
    let client = try world.client(
      "\(scheme)://localhost:\(server.port)/cof?x=1", clock: EndlessClock(), events: events)
    client.start()
    #expect(await events.end()?.failure == nil)
    await client.stop()
    world.intake.finish()
    let account = world.intake.accounting
    #expect(account.stored == 3 && account.isBalanced)
    #expect(Accounting.sum(account.malformed) == (isWebSocket ? 1 : 0))
    #expect(server.heads.first?.target == "/cof?x=1")
    try await server.close()
  }

  @Test func theFirstPositionOfAForeignServerIsRemembered() async throws {
    let share = TestShare(chunks: 2)
    let server = try await ScriptedServer { head in
      .init(octets: Wire.chunked(share.lines(after: head.after ?? 0)))
    }
    let world = try PullWorld()
    let url = "http://localhost:\(server.port)/rows"
    for round in 0..<2 {
      let events = PullEvents()
      let client = try world.client(url, clock: EndlessClock(), events: events)
      client.start()
      #expect(await events.end()?.failure == nil)
      await client.stop()
      world.intake.flush()
      world.intake.finish()
      #expect(server.heads[round].after == (round == 0 ? nil : 2))
    }
    #expect(try world.exported() == share.expected())
    try await server.close()
  }
}
