import DNSWire
import Foundation
import Synchronization
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

@Suite struct RedisAddressTests {
  @Test(
    arguments: [
      ("redis://127.0.0.1", "redis://127.0.0.1:6379/0"),
      ("redis://d4.example.net:6380/2", "redis://d4.example.net:6380/2"),
      ("redis://:p%40ss@[::1]:1/", "redis://[::1]:1/0"),
    ])
  func readsAddressesAndShowsNoPassword(_ url: String, _ wanted: String) throws {
    #expect(try RedisAddress(url: url).description == wanted)
  }

  @Test func readsUserAndPassword() throws {
    let address = try RedisAddress(url: "redis://me:p%40s:s@host/1")
    #expect(address.user == "me" && address.password == "p@s:s")
  }

  @Test(
    arguments: [
      "http://host", "redis://", "redis://host:99999", "redis://host/x", "redis://user@host",
      "redis://:%zz@host", "redis://a b", "redis://host/-1",
    ])
  func refusesWhatIsNone(_ url: String) {
    #expect(throws: RedisAddress.Fault.self) { try RedisAddress(url: url) }
  }
}

@Suite(.enabled(if: RedisServerProcess.isInstalled), .timeLimit(.minutes(10)))
struct RedisQueueTests {
  private let server: RedisServerProcess
  private static let list = "analyzer:8:6072e072-bfaa-4395-9bb1-cdb3b470d715"

  init() throws { server = try RedisServerProcess() }

  private func connect() throws -> RedisConnection { try RedisConnection(try server.address()) }

  private func queue(_ consumer: String = "c1", entries: Int = 3) throws -> RedisQueue {
    var limits = RedisQueue.Limits()
    limits.entriesMax = entries
    limits.entryOctetsMax = 100
    return try RedisQueue(try connect(), list: Self.list, consumer: consumer, limits: limits)
  }

  /// As d4-core does it.
  private func push(_ lines: [String]) throws {
    let connection = try connect()
    for line in lines { _ = try connection.call(["LPUSH", Self.list, line]) }
  }

  private func text(_ batch: RedisQueue.Batch?) -> String? {
    batch.map { String(decoding: $0.octets, as: UTF8.self) }
  }

  @Test func takesTheOldestFirst() throws {
    try push(["1", "2", "3", "4"])
    let queue = try queue()
    let batch = try #require(try queue.take())
    #expect(text(batch) == "1\n2\n3\n" && batch.entries == 3)
    try queue.acknowledge(batch)
    #expect(text(try queue.take()) == "4\n")
    #expect(try queue.waiting() == 0)
  }

  /// Whoever dies before the acknowledgement gets the same batch again, and nothing else.
  @Test func givesABatchAgainUntilItIsAcknowledged() throws {
    try push(["1", "2", "3", "4"])
    let first = try #require(try queue().take())
    try push(["5"])
    let again = try queue()
    #expect(try again.take() == first)
    // An acknowledgement that comes late is of another batch.
    try push(["6"])
    let other = try queue("c2")
    try again.acknowledge(try #require(try other.take()))
    #expect(try again.take() == first)
    try again.acknowledge(first)
    #expect(try again.take() == nil)
  }

  @Test func givesConsumersDifferentBatches() throws {
    try push(["1", "2", "3", "4"])
    let (one, other) = (try queue("c1"), try queue("c2"))
    #expect(text(try one.take()) == "1\n2\n3\n")
    #expect(text(try other.take()) == "4\n")
    let held = try other.heldByOthers()
    #expect(held.map(\.name) == ["tidemark:taken:c1:\(Self.list)"] && held.map(\.entries) == [3])
  }

  @Test func cutsEntriesBeyondTheBound() throws {
    try push([String(repeating: "x", count: 300), "y"])
    let batch = try #require(try queue().take())
    #expect(text(batch) == String(repeating: "x", count: 100) + "\ny\n")
  }

  @Test func takesNothingFromAnEmptyQueue() throws {
    let queue = try queue()
    #expect(try queue.take() == nil)
  }

  @Test func saysWhoItIs() throws {
    let server = try RedisServerProcess(password: "p@ss")
    #expect(throws: RedisError.self) {
      try RedisConnection(try server.address()).call(["PING"])
    }
    #expect(throws: RedisError.self) { try RedisConnection(try server.address(":wrong@")) }
    let connection = try RedisConnection(try server.address(":p%40ss@"))
    #expect(try connection.call(["PING"]) == .status("PONG"))
  }

  @Test func refusesRepliesBeyondTheBound() throws {
    let connection = try connect()
    _ = try connection.call(["SET", "long", String(repeating: "x", count: 2 << 20)])
    var limits = RedisConnection.Limits()
    limits.replyOctetsMax = 1 << 20
    let bounded = try RedisConnection(try server.address(), limits: limits)
    #expect(throws: RedisError.tooLarge) { try bounded.call(["GET", "long"]) }
  }

  @Test func keepsTheOrderOfManyReplies() throws {
    let connection = try connect()
    let commands = (0..<500).map { ["ECHO", "\($0)"].map { Array($0.utf8) } }
    let replies = try connection.pipeline(commands)
    #expect(replies == (0..<500).map { .octets(Array("\($0)".utf8)) })
    #expect(throws: RedisError.self) { try connection.call(["NONSENSE"]) }
    #expect(try connection.call(["PING"]) == .status("PONG"))
  }

  // MARK: The source of a collector

  private func line(_ number: Int) -> String {
    "1600000000.000000||192.0.2.7||192.0.2.53||IN||h\(number).example.com.||A||192.0.2.1||9||1"
  }

  /// Takes from the queue until a sink has so many sightings in all.
  private func run(_ sink: KeepingSink, until count: UInt64) async throws -> [QueueSource.Event] {
    let events = Mutex<[QueueSource.Event]>([])
    let intake = SourceIntake(
      name: "queue", writer: SinkWriter(sink: sink) { _ in })
    var options = QueueSource.Options(
      address: try server.address(), list: Self.list, identity: "test")
    options.limits.entriesMax = 100
    let source = QueueSource(
      options, intake: intake, sink: sink,
      makeDecoder: {
        let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .client)
        let settings = SourceSettings(origin: origin, now: 1_700_000_000)
        return .make(
          TextDecoder(
            PassiveDNSLogFeed(vantage: .client, now: 1_700_000_000), settings: settings))
      },
      onEvent: { event in events.withLock { $0.append(event) } })
    try source.start { error in Issue.record("\(error)") }
    let connection = try connect()
    while try sink.count < count || connection.call(["LLEN", Self.list]).number ?? 0 > 0 {
      await Task.yield()
    }
    await withCheckedContinuation { done in
      Thread.detachNewThread {
        source.stop()
        done.resume()
      }
    }
    intake.finish()
    #expect(intake.accounting.isBalanced)
    return events.withLock { $0 }
  }

  @Test func storesEveryEntryOnce() async throws {
    let sink = KeepingSink()
    try push((0..<1_000).map(line) + ["not a record"])
    let events = try await run(sink, until: 1_000)
    #expect(sink.records == 1_000 && sink.count == 1_000)
    #expect(events == [.connected(waiting: 1_001)])
    let left = try connect().call(["KEYS", "tidemark:taken:*"])
    #expect(left == .array([]))
  }

  /// The store has the batch and the acknowledgement never came: as after kill -9 between the two.
  @Test func onlyAcknowledgesWhatTheStoreHas() async throws {
    let sink = KeepingSink()
    try push((0..<40).map(line))
    _ = try await run(sink, until: 40)
    let connection = try connect()
    let consumers = try connection.call(["SMEMBERS", "tidemark:consumers:\(Self.list)"])
    let consumer = String(decoding: try #require(consumers.elements?.first?.text), as: UTF8.self)
    let position = try #require(
      sink.state.withLock { $0.states.first { $0.key.last == 1 }?.value })
    let held = "tidemark:taken:\(consumer):\(Self.list)"
    for number in 0..<40 { _ = try connection.call(["RPUSH", held, line(number)]) }
    let token = String(decoding: position[1...32], as: UTF8.self)
    _ = try connection.call(["SET", held + ":token", token])
    try push([line(40)])
    let events = try await run(sink, until: 41)
    #expect(events.contains(.known))
    #expect(sink.records == 41 && sink.count == 41)
  }

  /// The batch was taken and the process died before the store had it.
  @Test func storesWhatWasTakenAndNotStored() async throws {
    let sink = KeepingSink()
    try push((0..<10).map(line))
    _ = try await run(sink, until: 10)
    let consumers = try connect().call(["SMEMBERS", "tidemark:consumers:\(Self.list)"])
    let consumer = String(decoding: try #require(consumers.elements?.first?.text), as: UTF8.self)
    try push((10..<15).map(line))
    let taken = try #require(
      try RedisQueue(try connect(), list: Self.list, consumer: consumer).take())
    #expect(taken.entries == 5)
    let events = try await run(sink, until: 15)
    #expect(!events.contains(.known))
    #expect(sink.records == 15 && sink.count == 15)
  }
}
