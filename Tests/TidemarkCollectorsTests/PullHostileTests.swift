import NIOCore
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// Servers of COF that are broken, hostile, or something else.
@Suite(.timeLimit(.minutes(10))) struct PullHostileTests {
  /// What becomes of a source after one connection to a server that answers so.
  private struct Outcome {
    var failure: PullFailure?
    var seconds = 0
    var account = Accounting()
    var values = PullStatistics().values
    /// What the server got behind the request.
    var received: [UInt8] = []
  }

  private func run(
    _ path: String, isWebSocket: Bool = false, closes: Bool = true,
    admits: @escaping PullClient.Admits = { _ in true },
    _ change: (inout PullClient.Options) -> Void = { _ in },
    _ answer: @escaping @Sendable (RequestHead) -> [UInt8]
  ) async throws -> Outcome {
    let server = try await ScriptedServer { .init(octets: answer($0), closes: closes) }
    let (world, events) = (try PullWorld(), PullEvents())
    let client = try world.client(
      "\(isWebSocket ? "ws" : "http")://localhost:\(server.port)\(path)", clock: EndlessClock(),
      events: events, admits: admits, change: change)
    client.start()
    var outcome = Outcome()
    if let end = await events.end() { (outcome.failure, outcome.seconds) = end }
    await client.stop()
    await server.untilEnded()
    world.intake.finish()
    outcome.account = world.intake.accounting
    outcome.values = client.statistics.values
    outcome.received = server.received
    #expect(outcome.account.isBalanced)
    try await server.close()
    return outcome
  }

  @Test(arguments: [
    ("302 Found", ["Location: http://localhost:1/x"], 302, 60), ("401 Unauthorized", [], 401, 60),
    ("403 Forbidden", [], 403, 60), ("404 Not Found", [], 404, 60), ("204 No Content", [], 204, 60),
    ("410 Gone", [], 410, 1), ("503 Busy", ["Retry-After: 77"], 503, 77),
    ("503 Busy", ["Retry-After: 999999"], 503, 3_600), ("503 Busy", ["Retry-After: -5"], 503, 1),
    ("503 Busy", ["Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"], 503, 1),
  ])
  func waitsAsAnAnswerThatIsNoStreamDemands(
    _ status: String, _ headers: [String], _ code: Int, _ seconds: Int
  ) async throws {
    for isWebSocket in [false, true] {
      let outcome = try await run(
        isWebSocket ? "/api/v1/share/s/ws" : "/api/v1/share/s",
        isWebSocket: isWebSocket
      ) { _ in Wire.answer(status, headers + ["Content-Length: 0"]) }
      guard case .refused(code, _) = outcome.failure else {
        Issue.record("\(String(describing: outcome.failure))")
        continue
      }
      #expect(outcome.seconds == seconds)
      #expect(outcome.values.refused == 1 && outcome.values.connections == 0)
      #expect(outcome.values.tokensRefused == (code == 401 || code == 403 ? 1 : 0))
      #expect(outcome.values.positionsLost == (code == 410 ? 1 : 0))
    }
  }

  @Test(arguments: [
    "Content-Type: text/html; charset=utf-8", "Content-Encoding: gzip", "Content-Encoding: br",
  ])
  func refusesAnswersThatSayTheyAreSomethingElse(_ header: String) async throws {
    let outcome = try await run("/x") { _ in
      Wire.answer("200 OK", [header], "<html>" + TestShare.row(1))
    }
    guard case .notCOF = outcome.failure else {
      Issue.record("\(String(describing: outcome.failure))")
      return
    }
    #expect(outcome.account == Accounting())
    #expect(outcome.seconds == 60)
  }

  @Test func aPageThatDoesNotSaySoCountsAsMalformed() async throws {
    let outcome = try await run("/x") { _ in
      Wire.answer("200 OK", [], "<html>\n<body>" + TestShare.row(1) + "</html>\n")
    }
    #expect(outcome.failure == nil)
    #expect(outcome.account.stored == 0 && Accounting.sum(outcome.account.malformed) > 0)
  }

  @Test(arguments: [false, true])
  func endsAStreamThatNeverHasARow(_ hasLines: Bool) async throws {
    let outcome = try await run("/x") { _ in
      let line = String(repeating: "x", count: 65_536) + (hasLines ? "\n" : "")
      return Wire.answer("200 OK", [], String(repeating: line, count: 400))
    }
    #expect(outcome.failure == .damaged("no rows"))
    #expect(outcome.values.octets < 20 << 20)
  }

  @Test func takesObjectsWithoutAnythingBetweenThem() async throws {
    let rows = (1...4_000).map { String(TestShare.row($0).dropLast()) }.joined()
    let outcome = try await run("/x") { _ in Wire.answer("200 OK", [], rows) }
    #expect(outcome.failure == nil)
    #expect(outcome.account.stored == 4_000)
  }

  @Test func anAnswerShorterThanItSaysLosesItsUnconfirmedRows() async throws {
    let body = TestShare.row(1) + TestShare.position(1) + TestShare.row(2)
    let outcome = try await run("/api/v1/share/s") { _ in
      Wire.answer("200 OK", ["Content-Length: 99999"], body)
    }
    guard case .disconnected = outcome.failure else {
      Issue.record("\(String(describing: outcome.failure))")
      return
    }
    #expect(outcome.account.stored == 1)
    #expect(outcome.values.chunks == 1 && outcome.values.chunksDiscarded == 1)
  }

  @Test func anAnswerLongerThanItSaysIsCut() async throws {
    let body = TestShare.row(1) + TestShare.position(1)
    let outcome = try await run("/api/v1/share/s") { _ in
      Wire.answer(
        "200 OK", ["Content-Length: \(body.utf8.count)"],
        body + TestShare.row(2) + TestShare.position(2))
    }
    #expect(outcome.account.stored == 1)
  }

  @Test func aStreamOfWhatWeGaveIsNotTaken() async throws {
    let own = "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f"
    let other = "11111111-2222-4333-8444-555555555555"
    for isWebSocket in [false, true] {
      for origins in ["Tidemark-Origins: \(other), \(own)", "tidemark-origins: \(own)"] {
        let outcome = try await run(
          isWebSocket ? "/api/v1/share/s/ws" : "/api/v1/share/s", isWebSocket: isWebSocket,
          admits: { !$0.contains(own) }
        ) { head in
          let rows = TestShare.row(1) + TestShare.position(1)
          return isWebSocket
            ? head.switching(origins + "\r\n") + Wire.frame(0x81, rows) + Wire.frame(0x88)
            : Wire.answer("200 OK", [origins], rows)
        }
        #expect(outcome.failure == .ownOrigin && outcome.seconds == 60)
        #expect(outcome.account == Accounting() && outcome.values.loopsRefused == 1)
      }
    }
  }

  @Test func aPositionThatWasReachedIsNotTakenAgain() async throws {
    let outcome = try await run("/api/v1/share/s") { _ in
      Wire.chunked([
        TestShare.row(1), TestShare.position(5), TestShare.row(1), TestShare.position(5),
        TestShare.row(2), TestShare.position(4), TestShare.row(3), TestShare.position(6),
      ])
    }
    #expect(outcome.account.stored == 2 && outcome.account.merged == 0)
    #expect(outcome.values.chunks == 2 && outcome.values.chunksRepeated == 2)
  }

  @Test func whatATidemarkSaysAtTheEndIsNoRow() async throws {
    let ends: [(String, PullFailure?, Int)] = [
      ("complete", nil, 1), ("stopped", nil, 1), ("revoked", .revoked, 60),
      ("failed", .disconnected("the server failed"), 1),
    ]
    for (word, failure, seconds) in ends {
      let outcome = try await run("/api/v1/share/s") { _ in
        Wire.chunked([
          TestShare.row(1), TestShare.position(1), TestShare.position(1),
          "{\"end\":\"\(word)\",\"position\":\"1\",\"rows\":1}\n",
        ])
      }
      #expect(outcome.failure == failure && outcome.seconds == seconds)
      #expect(outcome.account.stored == 1 && outcome.account.offered == 1)
      #expect(outcome.values.chunksRepeated == 0)
    }
    for (code, failure) in [
      (1_008, PullFailure.revoked), (4_410, .refused(status: 410, retrySeconds: nil)),
      (1_011, .disconnected("the server failed")),
    ] {
      let outcome = try await run("/api/v1/share/s/ws", isWebSocket: true) { head in
        head.switching() + Wire.frame(0x88, octets: [UInt8(code >> 8), UInt8(code & 0xFF)])
      }
      #expect(outcome.failure == failure)
    }
  }

  @Test func endsAStreamWhosePositionNeverComes() async throws {
    let rows = (0...4_096).map { TestShare.row($0) }.joined()
    let outcome = try await run("/api/v1/share/s") { _ in Wire.answer("200 OK", [], rows) }
    #expect(outcome.failure == .damaged("too much without a position"))
    #expect(outcome.account == Accounting() && outcome.values.chunksDiscarded == 1)
    let line = String(repeating: "x", count: 3 << 20)
    let long = try await run("/api/v1/share/s") { _ in Wire.answer("200 OK", [], line) }
    #expect(long.failure == .damaged("a line is too long"))
  }

  @Test func aChunkCutInsideAnObjectDoesNotSpoilTheNext() async throws {
    let outcome = try await run("/api/v1/share/s") { _ in
      Wire.chunked([
        "{\"rrname\":\n", TestShare.position(1), TestShare.row(2), TestShare.position(2),
      ])
    }
    #expect(outcome.account.stored == 1)
    #expect(outcome.account.malformed == [.init(name: "truncated", count: 1)])
  }

  @Test func givesUpAServerThatIsSilent() async throws {
    for isWebSocket in [false, true] {
      let outcome = try await run(
        "/x", isWebSocket: isWebSocket, closes: false,
        {
          $0.idleTime = .milliseconds(30)
          $0.pingInterval = .milliseconds(10)
        },
        { head in
          isWebSocket
            ? head.switching() : Wire.answer("200 OK", ["Content-Length: 10"])
        })
      #expect(outcome.failure == .idle && outcome.values.idle == 1)
      if isWebSocket {
        // Masked, as clients must: two pings, then the goodbye.
        #expect(outcome.received.starts(with: [0x89, 0x80]))
      }
    }
  }
}
