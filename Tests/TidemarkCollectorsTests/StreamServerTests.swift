import Foundation
import NIOCore
import NIOPosix
import Testing
import TidemarkCollectors

/// Producers that connect to us, over real sockets.
@Suite(.timeLimit(.minutes(10))) struct StreamServerTests {
  enum Transport: CaseIterable { case unix, tcp }

  /// A server that listens, and the way to it.
  private final class Running: Sendable {
    let gate = TestIntake.Gate()
    let events = StreamEvents()
    let server: StreamServer
    let path: String
    let port: Int

    init(
      _ transport: Transport = .unix, _ change: (inout StreamServer.Options) -> Void = { _ in }
    ) async throws {
      path = StreamServerTests.path()
      let endpoint: StreamEndpoint =
        transport == .unix ? .unix(path: path) : .tcp(host: "127.0.0.1", port: 0)
      var options = StreamServer.Options(endpoint: endpoint)
      options.hasHandshake = true
      change(&options)
      server = StreamServer(
        options: options, group: MultiThreadedEventLoopGroup.singleton,
        makeIntake: { [gate] in TestIntake(gate) }, report: events.report)
      port = try await server.start()?.port ?? 0
    }

    func connect() throws -> TestSocket {
      try port == 0 ? TestSocket(unix: path) : TestSocket(port: port)
    }

    /// A producer whose READY was answered.
    func accepted() throws -> TestSocket {
      let producer = try connect()
      try producer.send(Frames.ready)
      #expect(try producer.receive(Frames.accept.count) == Frames.accept)
      try producer.send(Frames.start)
      return producer
    }
  }

  static func path() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-\(UInt32.random(in: 0 ... .max)).sock").path
  }

  private let one = Frames.data([1, 2, 3])
  private let two = Frames.data([4, 5])

  @Test(arguments: Transport.allCases)
  func answersAProducerFromReadyToFinish(transport: Transport) async throws {
    let running = try await Running(transport)
    let producer = try running.accepted()
    try producer.send(one + two + Frames.stop)
    #expect(try producer.receive(100) == Frames.finish, "and then the connection's end")
    #expect(await running.events.end() == .closed(.complete))
    #expect(running.gate.frames == [[1, 2, 3], [4, 5]])
    await running.server.stop()
    #expect(running.gate.closed == 1)
  }

  @Test(arguments: Transport.allCases)
  func losesNothingOfAProducerThatClosesRightAfterStop(transport: Transport) async throws {
    let running = try await Running(transport)
    let frames = (0..<20_000).map { Frames.data([UInt8(truncatingIfNeeded: $0), 7]) }
    do {
      let producer = try running.accepted()
      try producer.send(frames.flatMap { $0 } + Frames.stop)
    }
    let end = await running.events.end()
    #expect(end == .closed(.complete) || end == .closed(.byPeer))
    #expect(running.gate.frames.count == frames.count)
    #expect(running.server.statistics.values.failed == 0)
    await running.server.stop()
  }

  @Test func takesAProducerThatWantsNoAnswers() async throws {
    let running = try await Running()
    do {
      let producer = try running.connect()
      try producer.send(Frames.start + one)
    }
    #expect(await running.events.end() == .closed(.byPeer))
    #expect(running.gate.frames == [[1, 2, 3]])
    await running.server.stop()
  }

  @Test func sendsAwayWhoSpeaksSomethingElse() async throws {
    let running = try await Running()
    let producer = try running.connect()
    try producer.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(try producer.receive(1) == [])
    #expect(await running.events.end() == .closed(.damaged("notAFrameStream")))
    #expect(running.server.statistics.values.damaged == 1)
    await running.server.stop()
  }

  @Test func refusesConnectionsBeyondTheLimit() async throws {
    let running = try await Running { $0.connectionsMax = 2 }
    let producers = [try running.accepted(), try running.accepted()]
    let late = try running.connect()
    #expect(try late.receive(1) == [])
    #expect(running.server.statistics.values.refused == 1)
    for producer in producers { try producer.send(one + Frames.stop) }
    for producer in producers { #expect(try producer.receive(12) == Frames.finish) }
    _ = await running.events.end()
    _ = await running.events.end()
    #expect(try running.accepted().receive(0) == [], "there is room again")
    await running.server.stop()
  }

  @Test func sendsAwayWhoDoesNotFinishTheHandshake() async throws {
    let running = try await Running { $0.handshakeTime = .milliseconds(200) }
    let idle = try running.accepted()
    let silent = try running.connect()
    let ready = try running.connect()
    try ready.send(Frames.ready)
    #expect(try ready.receive(100) == Frames.accept, "and then the connection's end")
    #expect(try silent.receive(1) == [])
    #expect(await running.events.end() == .closed(.handshakeTimeout))
    #expect(await running.events.end() == .closed(.handshakeTimeout))
    #expect(running.server.statistics.values.handshakeTimeouts == 2)
    try idle.send(one + Frames.stop)
    #expect(try idle.receive(12) == Frames.finish, "who is understood may be idle")
    await running.server.stop()
  }

  @Test func answersAProducerThatStopsWhileTheStoreIsBusy() async throws {
    let running = try await Running()
    let producer = try running.accepted()
    running.gate.shut()
    for _ in 0..<50 { try producer.send(one) }
    try producer.send(two + Frames.stop)
    #expect(try producer.receive(12) == Frames.finish)
    #expect(running.gate.frames.count < 51, "the store is still busy")
    running.gate.open()
    _ = await running.events.end()
    #expect(running.gate.frames.count == 51)
    #expect(running.gate.frames.last == [4, 5])
    await running.server.stop()
  }

  @Test func takesWhatCameWhenTheProducerIsGoneAndTheStoreBusy() async throws {
    let running = try await Running()
    do {
      let producer = try running.accepted()
      running.gate.shut()
      for _ in 0..<1_000 { try producer.send(one) }
    }
    running.gate.open()
    #expect(await running.events.end() == .closed(.byPeer))
    #expect(running.gate.frames.count == 1_000)
    await running.server.stop()
  }

  @Test func holdsAProducerBackWhileTheStoreIsBusy() async throws {
    let ahead = 256 << 10
    let running = try await Running { $0.aheadOctetsMax = ahead }
    let producer = try running.accepted()
    running.gate.shut()
    let frame = Frames.data([UInt8](repeating: 9, count: 65_532))
    // Whatever the system buffers, 64 MiB are more.
    var sent = 0
    while true {
      let more = producer.sendWhatFits(frame, from: sent, max: 64 << 20)
      sent += more
      // Once the reader has stopped, what is written stays in the system's buffer.
      let octets = running.server.statistics.values.octets
      if more == 0, octets >= UInt64(ahead) { break }
      try #require(sent < 64 << 20, "nobody holds the producer back")
      await Task.yield()
    }
    // The system hands over what it likes in one piece; all that was sent is far more.
    #expect(running.server.statistics.values.octets < UInt64(8 * ahead))
    running.gate.open()
    let rest = (frame.count - sent % frame.count) % frame.count
    try producer.send(frame.suffix(rest) + Frames.stop)
    #expect(try producer.receive(12) == Frames.finish)
    #expect(running.gate.frames.count == (sent + rest) / frame.count)
    await running.server.stop()
  }

  // MARK: Files

  @Test func replacesASocketThatNobodyAnswersOn() async throws {
    let path = Self.path()
    do { _ = try TestSocket.listen(unix: path) }
    var options = StreamServer.Options(endpoint: .unix(path: path))
    options.mode = 0o622
    let server = StreamServer(
      options: options, group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { TestIntake(TestIntake.Gate()) })
    try await server.start()
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o622)
    await server.stop()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func leavesASocketAloneThatSomebodyListensOn() async throws {
    let path = Self.path()
    let listener = try TestSocket.listen(unix: path)
    let server = StreamServer(
      options: .init(endpoint: .unix(path: path)), group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { TestIntake(TestIntake.Gate()) })
    await #expect(throws: StreamError.inUse(path)) { try await server.start() }
    #expect(FileManager.default.fileExists(atPath: path))
    withExtendedLifetime(listener) {}
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func leavesAFileAloneThatIsNoSocket() async throws {
    let path = Self.path()
    try Data("kept".utf8).write(to: URL(fileURLWithPath: path))
    let server = StreamServer(
      options: .init(endpoint: .unix(path: path)), group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { TestIntake(TestIntake.Gate()) })
    await #expect(throws: StreamError.notASocket(path)) { try await server.start() }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "kept")
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func refusesPathsAndGroupsThatCannotBe() async throws {
    let long = "/tmp/" + String(repeating: "a", count: 103)
    let group = MultiThreadedEventLoopGroup.singleton
    let server = StreamServer(
      options: .init(endpoint: .unix(path: long)), group: group,
      makeIntake: { TestIntake(TestIntake.Gate()) })
    await #expect(throws: StreamError.pathTooLong(long)) { try await server.start() }
    var options = StreamServer.Options(endpoint: .unix(path: Self.path()))
    options.group = "no-such-group-here"
    let other = StreamServer(
      options: options, group: group, makeIntake: { TestIntake(TestIntake.Gate()) })
    await #expect(throws: StreamError.unknownGroup("no-such-group-here")) {
      try await other.start()
    }
  }

  @Test func tellsEndpointsOfThisMachineFromOthers() {
    #expect(StreamEndpoint.unix(path: "/tmp/x").isLocal)
    for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
      #expect(StreamEndpoint.tcp(host: host, port: 1).isLocal)
    }
    for host in ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "example.com", "127.example.com"] {
      #expect(!StreamEndpoint.tcp(host: host, port: 1).isLocal)
    }
  }
}
