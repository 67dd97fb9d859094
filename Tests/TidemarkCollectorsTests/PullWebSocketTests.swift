import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// WebSocket servers that break the rules, and what only WebSockets have.
@Suite(.timeLimit(.minutes(10))) struct PullWebSocketTests {
  private struct Outcome {
    var failure: PullFailure?
    var account = Accounting()
    var frames: [ClientFrame] = []
  }

  /// A frame that our client sent.
  private struct ClientFrame: Equatable {
    var first: UInt8
    var isMasked: Bool
    var payload: [UInt8]
  }

  private func run(
    closes: Bool = true, _ answer: @escaping @Sendable (RequestHead) -> [UInt8]
  ) async throws -> Outcome {
    let server = try await ScriptedServer { .init(octets: answer($0), closes: closes) }
    let (world, events) = (try PullWorld(), PullEvents())
    let client = try world.client(
      "ws://localhost:\(server.port)/feed", clock: EndlessClock(), events: events)
    client.start()
    var outcome = Outcome(failure: await events.end()?.failure)
    await server.untilEnded()
    await client.stop()
    world.intake.finish()
    outcome.account = world.intake.accounting
    outcome.frames = PullWebSocketTests.frames(server.received)
    try await server.close()
    return outcome
  }

  /// Frames of up to 125 octets, unmasked.
  private static func frames(_ octets: [UInt8]) -> [ClientFrame] {
    var frames: [ClientFrame] = []
    var rest = octets[...]
    while rest.count >= 6 {
      let head = Array(rest.prefix(6))
      let payload = rest.dropFirst(6).prefix(Int(head[1] & 0x7F))
      let key = head[2...5]
      frames.append(
        ClientFrame(
          first: head[0], isMasked: head[1] & 0x80 != 0,
          payload: payload.enumerated().map { $1 ^ key[2 + $0 % 4] }))
      rest = rest.dropFirst(6 + payload.count)
    }
    return frames
  }

  private static func hasGoodbye(_ code: UInt16, _ outcome: Outcome) -> Bool {
    outcome.frames.contains(
      ClientFrame(
        first: 0x88, isMasked: true, payload: [UInt8(code >> 8), UInt8(code & 0xFF)]))
  }

  @Test func answersPingsAndSaysGoodbye() async throws {
    let outcome = try await run(closes: false) { head in
      head.switching() + Wire.frame(0x89, "are you there") + Wire.frame(0x81, TestShare.row(1))
        + Wire.frame(0x8A) + Wire.frame(0x88, octets: [3, 232])
    }
    #expect(outcome.failure == nil)
    #expect(outcome.account.stored == 1)
    #expect(
      outcome.frames.first
        == ClientFrame(first: 0x8A, isMasked: true, payload: Array("are you there".utf8)))
    #expect(PullWebSocketTests.hasGoodbye(1_000, outcome))
  }

  @Test func endsConnectionsThatBreakTheRules() async throws {
    let row = TestShare.row(1)
    let cases: [(octets: [UInt8], code: UInt16)] = [
      (Wire.frame(0xC1, row), 1_002), (Wire.frame(0x80, row), 1_002),
      (Wire.frame(0x01, row) + Wire.frame(0x81, row), 1_002), (Wire.frame(0x83), 1_002),
      ([0x81, 0x82, 1, 2, 3, 4, 5, 6], 1_002), (Wire.frame(0x88, octets: [3]), 1_002),
      // Control frames in parts or too long.
      (Wire.frame(0x09), 1_002), ([0x89, 126, 0, 126] + [UInt8](repeating: 0, count: 126), 1_002),
      // Lengths that only pretend, and messages without an end.
      ([0x81, 127] + Wire.length(1 << 30), 1_009), ([0x81, 127] + Wire.length(.max), 1_009),
      (
        (0..<5).reduce([]) { octets, part in
          octets + Wire.frame(part == 0 ? 0x01 : 0x00, String(repeating: "x", count: 1 << 20))
        }, 1_009
      ),
    ]
    for (number, broken) in cases.enumerated() {
      let outcome = try await run(closes: false) { head in
        head.switching() + Wire.frame(0x81, row) + broken.octets
      }
      guard case .damaged = outcome.failure else {
        Issue.record("case \(number): \(String(describing: outcome.failure))")
        continue
      }
      #expect(PullWebSocketTests.hasGoodbye(broken.code, outcome), "case \(number)")
      #expect(outcome.account.stored == 1, "case \(number)")
    }
  }

  @Test(arguments: ["Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: cof"])
  func agreesToNothingThatWasNotAskedFor(_ header: String) async throws {
    let outcome = try await run { head in
      head.switching(header + "\r\n") + Wire.frame(0x81, TestShare.row(1))
    }
    guard case .notCOF = outcome.failure else {
      Issue.record("\(String(describing: outcome.failure))")
      return
    }
    #expect(outcome.account == Accounting())
  }

  @Test func takesNothingFromWhoDoesNotKnowTheKey() async throws {
    let outcome = try await run { head in
      RequestHead(text: "GET / HTTP/1.1\r\nSec-WebSocket-Key: AAAA\r\n\r\n").switching()
        + Wire.frame(0x81, TestShare.row(1))
    }
    #expect(outcome.failure != nil)
    #expect(outcome.account == Accounting())
  }

  @Test func aConnectionThatEndsWithoutAWordIsBroken() async throws {
    let outcome = try await run { head in
      head.switching() + Wire.frame(0x81, TestShare.row(1)) + Wire.frame(0x01, "{\"rrna")
    }
    guard case .disconnected = outcome.failure else {
      Issue.record("\(String(describing: outcome.failure))")
      return
    }
    #expect(outcome.account.stored == 1)
  }
}
