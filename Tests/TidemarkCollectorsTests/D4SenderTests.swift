import D4Wire
import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing
import TidemarkCollectors

@Suite(.timeLimit(.minutes(10))) struct D4SenderTests {
  private static let uuid = SensorUUID(text: "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f")
  private static let golden = "1322849924.408856||10.1.1.1||8.8.8.8||IN||"

  private func options(_ listener: D4Listener, type: D4Type = .passivedns) throws
    -> D4Sender.Options
  {
    var options = D4Sender.Options(
      target: try D4Target(url: "d4+tcp://127.0.0.1:\(listener.port)"),
      uuid: try #require(Self.uuid), key: try D4Key(octets: Array("a test's key".utf8)),
      type: type)
    options.lingerMilliseconds = 50
    options.retrySeconds = 0...0
    options.clock = { 1_700_000_000 }
    return options
  }

  private func sender(_ options: D4Sender.Options, _ outbox: any D4Outbox) throws -> D4Sender {
    try D4Sender(options, outbox: outbox, group: MultiThreadedEventLoopGroup.singleton)
  }

  /// Parcels of numbered lines, and what is said of them.
  private final class Parcels: Sendable {
    struct State {
      var given = 0
      var delivered: [UInt64] = []
    }

    let state = Mutex(State())
    let count: Int
    let lines: Int

    init(_ count: Int, lines: Int) {
      self.count = count
      self.lines = lines
    }

    func text(_ number: Int) -> [UInt8] {
      var text: [UInt8] = []
      for line in 0..<lines {
        text += Array("\(D4SenderTests.golden)p\(number)-l\(line).example.com.||A\n".utf8)
      }
      return text
    }

    var all: [UInt8] { (0..<count).flatMap(text) }

    var outbox: D4FeedOutbox {
      D4FeedOutbox(
        next: { [self] in
          let number = state.withLock { state in
            state.given += 1
            return state.given - 1
          }
          return number < count ? (text(number), UInt64(number + 1)) : nil
        },
        delivered: { [self] position in state.withLock { $0.delivered.append(position) } })
    }

    var delivered: UInt64 { state.withLock { $0.delivered.last ?? 0 } }
  }

  /// Ends the outbox as soon as all is delivered.
  private func run(_ parcels: Parcels, _ options: D4Sender.Options) async throws
    -> (isAll: Bool, account: D4SendAccount)
  {
    let ending = EndingOutbox(parcels.outbox, after: UInt64(parcels.count))
    let sender = try sender(options, ending)
    return (await sender.run(), sender.account)
  }

  private final class EndingOutbox: D4Outbox {
    private let inner: D4FeedOutbox
    private let last: UInt64

    init(_ inner: D4FeedOutbox, after last: UInt64) {
      self.inner = inner
      self.last = last
    }

    func next() async throws -> D4Outgoing { try await inner.next() }

    func delivered(_ parcel: D4Parcel) async throws {
      try await inner.delivered(parcel)
      if parcel.position == last { inner.end() }
    }

    func onArrival(_ wake: @escaping @Sendable () -> Void) { inner.onArrival(wake) }
  }

  @Test func sendsWholeLinesInPacketsThatProveTheSender() async throws {
    let listener = try await D4Listener.open(.reads)
    let parcels = Parcels(5, lines: 400)
    var options = try options(listener)
    options.snapOctets = 512
    let result = try await run(parcels, options)
    await listener.close()
    #expect(result.isAll)
    #expect(parcels.delivered == 5)
    #expect(listener.payload(0, .passivedns) == parcels.all)
    let packets = listener.packets(0)
    for packet in packets {
      #expect(packet.header.version == 1 && packet.header.uuid == Self.uuid)
      #expect(packet.header.timestamp == 1_700_000_000)
      #expect(packet.payload.count <= 512 && packet.payload.last == 0x0A)
      let isOurs = options.key.authenticates(packet.header, payload: packet.payload.span)
      #expect(isOurs)
    }
    #expect(result.account.packets == UInt64(packets.count))
    #expect(result.account.octetsDelivered == UInt64(parcels.all.count))
    #expect(result.account.octetsAgain == 0 && result.account.connections == 1)
  }

  /// The server goes away in the middle of some megabytes that no kernel takes at once.
  @Test func sendsAgainWhatNobodyAcknowledged() async throws {
    let listener = try await D4Listener.open(
      .hangsUp(afterOctets: 100_000), .hangsUp(afterOctets: 3_000_000), .reads)
    let parcels = Parcels(40, lines: 6_000)
    let result = try await run(parcels, try options(listener))
    await listener.close()
    #expect(result.isAll && parcels.delivered == 40)
    #expect(listener.connections == 3 && result.account.connections == 3)
    #expect(result.account.octetsAgain > 0)
    #expect(result.account.octetsDelivered == UInt64(parcels.all.count))
    // What the last connection got begins at a parcel's start, and what is before it was delivered
    // on an earlier one.
    let last = listener.payload(2, .passivedns)
    #expect(parcels.all.suffix(last.count).elementsEqual(last))
    let earlier = listener.payload(0, .passivedns).count + listener.payload(1, .passivedns).count
    #expect(earlier + last.count >= parcels.all.count)
  }

  /// Kernels acknowledge what a dead server never reads: a connection has to live on for a while.
  @Test func sendsAgainWhatWasAcknowledgedAndNotRead() async throws {
    let listener = try await D4Listener.open(.hangsUp(afterOctets: 1), .reads)
    let parcels = Parcels(1, lines: 3)
    var options = try options(listener)
    options.lingerMilliseconds = 1_000
    let result = try await run(parcels, options)
    await listener.close()
    #expect(result.isAll)
    #expect(listener.payload(1, .passivedns) == parcels.all)
    #expect(result.account.octetsAgain == UInt64(parcels.all.count))
  }

  @Test func saysNothingIsDeliveredThatNobodyTakes() async throws {
    let listener = try await D4Listener.open(.ignores)
    let parcels = Parcels(60, lines: 6_000)
    let sender = try sender(try options(listener), parcels.outbox)
    async let isAll = sender.run()
    sender.stop(withinSeconds: 0)
    #expect(await isAll == false)
    #expect(parcels.delivered < 60)
    await listener.close()
  }

  @Test func sendsTheMetaHeaderOnEachConnection() async throws {
    let listener = try await D4Listener.open(.hangsUp(afterOctets: 5_000), .reads)
    let parcels = Parcels(2, lines: 4_000)
    var options = try options(listener, type: .extended)
    options.snapOctets = 64
    let header = D4MetaHeader.passivednsCOF(origins: [try #require(Self.uuid)])
    options.metaHeader = header.json
    let result = try await run(parcels, options)
    await listener.close()
    #expect(result.isAll && listener.connections == 2)
    for connection in 0..<2 {
      #expect(listener.packets(connection).first?.header.type == .metaHeader)
      #expect(listener.payload(connection, .metaHeader) == header.json)
    }
    #expect(listener.payload(1, .extended) == parcels.all)
  }

  @Test func triesAgainUntilSomebodyListens() async throws {
    let gone = try await D4Listener.open(.reads)
    await gone.close()
    let parcels = Parcels(1, lines: 1)
    let failures = AsyncStream.makeStream(of: D4Sender.Event.self)
    let sender = try D4Sender(
      try options(gone), outbox: parcels.outbox, group: MultiThreadedEventLoopGroup.singleton
    ) { failures.continuation.yield($0) }
    async let isAll = sender.run()
    var count = 0
    for await event in failures.stream {
      guard case .lost = event else { continue }
      count += 1
      if count == 3 { break }
    }
    sender.stop(withinSeconds: 1)
    #expect(await isAll == false)
    #expect(sender.account.failures >= 3 && sender.account.connections == 0)
  }

  /// Told to stop while it connects, as for a partner that is revoked: nothing goes out, not even
  /// what went out before.
  @Test func sendsNothingAgainOnAConnectionThatComesTooLate() async throws {
    let listener = try await D4Listener.open(.hangsUp(afterOctets: 1), .reads)
    let parcels = Parcels(1, lines: 3)
    let (outbox, gate) = (parcels.outbox, DispatchSemaphore(value: 0))
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    var options = try options(listener, type: .extended)
    options.lingerMilliseconds = 60_000
    options.metaHeader = D4MetaHeader.passivednsCOF(origins: []).json
    let sender = try D4Sender(options, outbox: outbox, group: group) { event in
      guard case .lost = event else { return }
      // The kernel connects, and then the sender waits for its loop.
      loop.execute { gate.wait() }
      outbox.arrived()
    }
    async let isAll = sender.run()
    while listener.connections < 2 { await Task.yield() }
    sender.stop(withinSeconds: 60)
    gate.signal()
    #expect(await isAll == false)
    await listener.close()
    try await group.shutdownGracefully()
    #expect(sender.account.connections == 2 && sender.account.octetsAgain == 0)
    #expect(listener.packets(1).isEmpty && parcels.delivered == 0)
  }

  // MARK: Faults on this side

  /// Fails at every third call, or whenever something is to be remembered.
  private final class FaultyOutbox: D4Outbox {
    struct Fault: Error {}

    private let inner: any D4Outbox
    private let forgets: Bool
    private let calls = Mutex(0)

    init(_ inner: any D4Outbox, forgets: Bool) {
      self.inner = inner
      self.forgets = forgets
    }

    private func trip() throws {
      let number = calls.withLock { calls in
        calls += 1
        return calls
      }
      if number % 3 == 1 { throw Fault() }
    }

    func next() async throws -> D4Outgoing {
      if !forgets { try trip() }
      return try await inner.next()
    }

    func delivered(_ parcel: D4Parcel) async throws {
      if forgets { throw Fault() }
      try trip()
      try await inner.delivered(parcel)
    }

    func onArrival(_ wake: @escaping @Sendable () -> Void) { inner.onArrival(wake) }
  }

  /// What the receiver has is not sent again because a disk here cannot be read or written.
  @Test func sendsNothingAgainWhenTheOutboxFails() async throws {
    let listener = try await D4Listener.open(.reads)
    let parcels = Parcels(4, lines: 50)
    let outbox = FaultyOutbox(EndingOutbox(parcels.outbox, after: 4), forgets: false)
    let sender = try sender(try options(listener), outbox)
    #expect(await sender.run())
    await listener.close()
    #expect(parcels.delivered == 4)
    #expect(listener.connections == 1 && listener.payload(0, .passivedns) == parcels.all)
    #expect(sender.account.octetsAgain == 0 && sender.account.failures == 0)
    #expect(sender.account.octetsDelivered == UInt64(parcels.all.count))
  }

  /// What is not remembered comes twice after a restart: it stays below the same bound.
  @Test func waitsWhenTooMuchIsNotRemembered() async throws {
    let listener = try await D4Listener.open(.reads)
    let parcels = Parcels(100, lines: 10)
    var options = try options(listener)
    options.windowOctets = 3 * parcels.text(0).count
    let events = AsyncStream.makeStream(of: D4Sender.Event.self)
    let sender = try D4Sender(
      options, outbox: FaultyOutbox(parcels.outbox, forgets: true),
      group: MultiThreadedEventLoopGroup.singleton
    ) { events.continuation.yield($0) }
    async let isAll = sender.run()
    var failures = 0
    for await event in events.stream {
      if case .failed = event { failures += 1 }
      if failures == 10 { break }
    }
    sender.stop(withinSeconds: 1)
    #expect(await isAll == false)
    await listener.close()
    let given = parcels.state.withLock { $0.given }
    #expect(given <= 4)
    #expect(listener.connections == 1 && sender.account.octetsAgain == 0)
  }

  /// Stops a sender when it has begun the third parcel of its second connection.
  private final class Stopper: Sendable {
    private let state = Mutex((connections: 0, parcels: 0))
    private let sender = Mutex<D4Sender?>(nil)

    func watch(_ sender: D4Sender) { self.sender.withLock { $0 = sender } }

    func connected() { state.withLock { $0.connections += 1 } }

    func begins() {
      let isTime = state.withLock { state in
        guard state.connections == 2 else { return false }
        state.parcels += 1
        return state.parcels == 3
      }
      if isTime { sender.withLock { $0 }?.stop(withinSeconds: 10) }
    }
  }

  @Test func stopsInTheMiddleOfWhatIsSentAgain() async throws {
    let parcels = Parcels(30, lines: 100)
    let listener = try await D4Listener.open(
      .hangsUp(afterOctets: parcels.all.count), .reads)
    let stopper = Stopper()
    var options = try options(listener)
    options.lingerMilliseconds = 5_000
    options.clock = {
      stopper.begins()
      return 1_700_000_000
    }
    let sender = try D4Sender(
      options, outbox: parcels.outbox, group: MultiThreadedEventLoopGroup.singleton
    ) { if $0 == .connected { stopper.connected() } }
    stopper.watch(sender)
    #expect(await sender.run() == false)
    await listener.close()
    #expect(sender.account.octetsAgain > 0)
    #expect(sender.account.octetsAgain < UInt64(parcels.all.count / 2), "the rest stays here")
    #expect(parcels.delivered >= 3 && parcels.delivered < 30, "what was sent again is confirmed")
  }
}
