import Synchronization
import Testing
import TidemarkCollectors
import TidemarkModel
import TidemarkStore

@Suite(.timeLimit(.minutes(10)))
struct RelaySenderTests {
  private func spool(_ folder: SpoolFolder) throws -> RelaySpool {
    try RelaySpool(folder: folder.path, partOctets: 2_000)
  }

  private func undisturbed() throws -> String {
    let store = MemoryStore()
    try ReplayedSource().feed(DirectSink(store))
    return try exported(store)
  }

  @Test func failuresAreTriedAgainEverLaterUpToAMinute() async throws {
    let (folder, server, clock) = (SpoolFolder(), try PretendedServer(), RecordingClock())
    defer { folder.remove() }
    let spool = try spool(folder)
    try ReplayedSource().feed(spool)
    // Nobody there, busy, the token ran out, a proxy without route: none is about the body.
    server.fail(with: [0, 503, 500, 429, 408, 401, 404, 507])
    let events = Mutex<[RelaySender.Event]>([])
    let sender = RelaySender(spool: spool, transport: server, clock: clock) { event in
      events.withLock { $0.append(event) }
    }
    await sender.drain()
    let longest = [1, 2, 4, 8, 16, 32, 60, 60].map { Duration.seconds($0) }
    let sleeps = clock.sleeps
    #expect(sleeps.count == longest.count)
    #expect(zip(sleeps, longest).allSatisfy { $0 >= $1 / 2 && $0 <= $1 }, "\(sleeps)")
    #expect(sleeps != longest, "relays that lost the same server come back one by one")
    #expect(try exported(server.store) == undisturbed())
    #expect(spool.account.rowsRefused == 0)
    let seen = events.withLock { $0 }
    #expect(seen.count == 9 && seen.last == .recovered)
    #expect(
      seen[1] == .failed(reason: "the server answered 503: {\"error\":\"no\"}", retrySeconds: 2))
    // After a success it begins with a second again.
    try ReplayedSource(name: "y").feed(spool)
    server.fail(with: [0])
    await sender.drain()
    let last = try #require(clock.sleeps.last)
    #expect(last >= .milliseconds(500) && last <= .seconds(1))
  }

  @Test(arguments: [400, 413, 415, 422])
  func aBodyThatIsNeverTakenIsSetAside(_ status: Int) async throws {
    let (folder, server, clock) = (SpoolFolder(), try PretendedServer(), RecordingClock())
    defer { folder.remove() }
    let spool = try spool(folder)
    try ReplayedSource().feed(spool)
    server.fail(with: [status])
    await RelaySender(spool: spool, transport: server, clock: clock).drain()
    #expect(clock.sleeps.isEmpty)
    #expect(folder.files("refused").count == 1 && folder.files().isEmpty)
    #expect(spool.account.batchesRefused == 1 && spool.account.batchesDelivered == 4)
  }

  @Test func anAnswerThatIsNotOursConfirmsNothing() {
    #expect(RelayAnswer(status: 200, text: "<html>").verdict == .later)
    #expect(RelayAnswer(status: 302, text: "").verdict == .later)
    let answer = RelayAnswer(
      status: 200, text: "{\"duplicate\":false,\"offered\":9,\"observations\":7,\"stored\":7}\n")
    #expect(answer.verdict == .stored(leftOut: 2))
    let known = RelayAnswer(
      status: 200, text: "{\"duplicate\":true,\"offered\":0,\"observations\":7}\n")
    #expect(known.verdict == .stored(leftOut: 0))
  }

  @Test func cancellingFinishesTheRequestUnderWay() async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try spool(folder)
    try ReplayedSource().feed(spool)
    let transport = GatedTransport(try PretendedServer())
    let sender = RelaySender(spool: spool, transport: transport, clock: EndlessClock())
    let task = Task { await sender.run() }
    await transport.untilAsked()
    task.cancel()
    transport.open()
    await task.value
    #expect(transport.finished == 1)
    #expect(spool.account.rowsDelivered > 0 && spool.account.rowsWaiting > 0)
  }

  @Test func cancellingDoesNotWaitForEver() async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try spool(folder)
    try ReplayedSource().feed(spool)
    let transport = GatedTransport(try PretendedServer())
    let sender = RelaySender(spool: spool, transport: transport, clock: RecordingClock())
    let task = Task { await sender.run() }
    await transport.untilAsked()
    task.cancel()
    await task.value
    #expect(transport.finished == 0)
    #expect(spool.account.rowsDelivered == 0)
  }

  @Test func whatIsWrittenLaterIsSentToo() async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try spool(folder)
    let server = try PretendedServer()
    let transport = GatedTransport(server)
    transport.open()
    let sender = RelaySender(spool: spool, transport: transport, clock: EndlessClock())
    let task = Task { await sender.run() }
    for name in ["a", "b"] {
      try ReplayedSource(name: name, items: 12).feed(spool)
      await transport.untilAsked()
    }
    task.cancel()
    await task.value
    #expect(server.ids.count >= 2)
  }

  /// The whole way: a spool, HTTP on loopback, a server with a store.
  @Test func aRealServerEndsUpWithWhatAnImportGives() async throws {
    let (folder, store) = (SpoolFolder(), MemoryStore())
    defer { folder.remove() }
    try await LoopbackServer.serving(store) { port in
      let target = try RelayTarget(url: "http://127.0.0.1:\(port)/")
      let transport = try RelayHTTPTransport(target: target)
      do {
        let spool = try spool(folder)
        try ReplayedSource().feed(spool, batches: 3)
        // As after a crash behind the answer: the server has it, the spool does not know.
        let part = try #require(try spool.nextPart())
        let answer = try await transport.post(part)
        #expect(answer.status == 200 && answer.verdict == .stored(leftOut: 0))
      }
      let spool = try spool(folder)
      try ReplayedSource().feed(spool)
      await RelaySender(spool: spool, transport: transport, clock: RecordingClock()).drain()
      #expect(spool.account.batchesDelivered == 5 && spool.account.rowsLeftOut == 0)
      try await transport.shutdown()
    }
    #expect(try exported(store) == undisturbed())
  }

  @Test func aServerThatIsNotThereIsAFailure() async throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try spool(folder)
    try ReplayedSource().feed(spool)
    // A port that was free a moment ago may be another test's by now; this one is nobody's.
    let transport = try RelayHTTPTransport(target: try RelayTarget(url: "http://127.0.0.1:1"))
    let part = try #require(try spool.nextPart())
    await #expect(throws: (any Error).self) { try await transport.post(part) }
    try await transport.shutdown()
  }
}

@Suite struct RelayTargetTests {
  @Test(arguments: [
    "ftp://example.com", "example.com", "https://", "https://a b", "https://u@example.com",
    "https://example.com/?x=1", "https://example.com/#x", "http://\u{E9}.example.com", "https:///x",
  ])
  func refusesWhatIsNoServer(_ url: String) {
    #expect(throws: RelayTarget.Fault.badURL(url)) { try RelayTarget(url: url) }
  }

  @Test(arguments: [
    ("https://pdns.example.com", "https://pdns.example.com"),
    ("HTTPS://pdns.example.com:8443/", "https://pdns.example.com:8443"),
    ("http://[2001:db8::1]:8053/tide//", "http://[2001:db8::1]:8053/tide"),
  ])
  func takesServers(_ url: String, _ base: String) throws {
    #expect(try RelayTarget(url: url).base == base)
  }

  @Test func aTokenDoesNotLeaveTheMachineInTheClear() throws {
    #expect(throws: RelayTarget.Fault.tokenWithoutTLS("http://pdns.example.com")) {
      try RelayTarget(url: "http://pdns.example.com", tokenFile: "t")
    }
    #expect(throws: RelayTarget.Fault.tokenWithoutTLS("http://127.example.com")) {
      try RelayTarget(url: "http://127.example.com", tokenFile: "t")
    }
    for url in ["http://127.0.0.1:8053", "http://[::1]", "https://pdns.example.com"] {
      #expect(try RelayTarget(url: url, tokenFile: "t").tokenFile == "t")
    }
  }
}
