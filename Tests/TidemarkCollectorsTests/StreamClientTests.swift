import NIOCore
import NIOPosix
import Testing
import TidemarkCollectors

/// Producers that we connect to.
@Suite(.timeLimit(.minutes(10))) struct StreamClientTests {
  private func client(_ path: String, _ gate: TestIntake.Gate, _ events: StreamEvents)
    -> StreamClient
  {
    var options = StreamClient.Options(endpoint: .unix(path: path))
    options.hasHandshake = true
    options.reconnect = .milliseconds(1) ... .milliseconds(20)
    return StreamClient(
      options: options, group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { TestIntake(gate) }, report: events.report)
  }

  /// What a producer does that listens, as CoreDNS.
  private func produce(_ octets: [UInt8], on listener: TestSocket) throws {
    let connection = try listener.accept()
    try connection.send(Frames.ready)
    #expect(try connection.receive(Frames.accept.count) == Frames.accept)
    try connection.send(Frames.start + octets + Frames.stop)
    #expect(try connection.receive(100) == Frames.finish)
  }

  @Test func connectsAgainAndAgain() async throws {
    let (path, gate, events) = (StreamServerTests.path(), TestIntake.Gate(), StreamEvents())
    let listener = try TestSocket.listen(unix: path)
    let client = client(path, gate, events)
    try client.start()
    for round in 0..<3 {
      try produce(Frames.data([UInt8(round)]), on: listener)
      #expect(await events.end() == .closed(.complete))
    }
    await client.stop()
    #expect(gate.frames == [[0], [1], [2]])
    #expect(client.statistics.values.opened >= 3)
  }

  @Test func waitsLongerAndLongerForAProducerThatIsNotThere() async throws {
    let (path, gate, events) = (StreamServerTests.path(), TestIntake.Gate(), StreamEvents())
    let client = client(path, gate, events)
    try client.start()
    for _ in 0..<4 {
      let event = await events.next {
        if case .notConnected = $0 { true } else { false }
      }
      #expect(event != nil)
    }
    let listener = try TestSocket.listen(unix: path)
    try produce(Frames.data([1]), on: listener)
    #expect(await events.end() == .closed(.complete))
    await client.stop()
    #expect(gate.frames == [[1]])
    #expect(client.statistics.values.failed >= 4)
  }

  @Test func doesNotConnectAgainOnceStopped() async throws {
    let (path, gate, events) = (StreamServerTests.path(), TestIntake.Gate(), StreamEvents())
    let listener = try TestSocket.listen(unix: path)
    let client = client(path, gate, events)
    try client.start()
    let connection = try listener.accept()
    _ = await events.next { $0 == .opened }
    await client.stop()
    #expect(try connection.receive(1) == [])
    #expect(await events.end() != nil)
    #expect(client.statistics.values.open == 0)
  }
}
