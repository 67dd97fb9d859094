import D4Wire
import Dispatch
import Synchronization
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// Sensors in memory.
final class TestDirectory: SensorDirectory {
  private struct State {
    var profiles: [SensorUUID: SensorProfile] = [:]
    var unknown: [SensorUUID] = []
    var activities: [SensorUUID: SensorActivity] = [:]
  }

  private let state = Mutex(State())

  var unknown: [SensorUUID] { state.withLock { $0.unknown } }

  func activity(of uuid: SensorUUID) -> SensorActivity? { state.withLock { $0.activities[uuid] } }

  func set(_ profile: SensorProfile) { state.withLock { $0.profiles[profile.uuid] = profile } }

  func profile(of uuid: SensorUUID) -> SensorProfile? { state.withLock { $0.profiles[uuid] } }

  func profile(named sensor: String) -> SensorProfile? {
    state.withLock { $0.profiles.values.first { $0.name == sensor } }
  }

  func register(_ request: SensorRegistration) throws -> SensorRegistrationOutcome {
    set(SensorProfile(uuid: request.uuid, key: request.key))
    return .registered
  }

  func noteUnknown(_ uuid: SensorUUID) { state.withLock { $0.unknown.append(uuid) } }

  func note(_ activity: SensorActivity) {
    state.withLock { state in
      if state.activities[activity.uuid] == nil {
        state.activities[activity.uuid] = activity
      } else {
        state.activities[activity.uuid]?.add(activity)
      }
    }
  }

  func activities() -> [SensorActivitySum] { [] }
}

/// A sink that waits while it is told to.
final class GatedSink: BatchSink {
  let inner: DirectSink
  private let gate = DispatchSemaphore(value: 0)
  private let isShut = Mutex(false)

  init(_ inner: DirectSink) { self.inner = inner }

  func shut() { isShut.withLock { $0 = true } }

  func open() {
    isShut.withLock { $0 = false }
    gate.signal()
  }

  func write(_ batch: RecordBatch) throws -> UInt64 {
    if isShut.withLock({ $0 }) { gate.wait() }
    return try inner.write(batch)
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    try inner.states(prefix: prefix)
  }

  func sensor(named name: String) throws -> SensorNumber { try inner.sensor(named: name) }
}

/// A clock that stands still until it is told.
final class WorldTime: Sendable {
  private let nanoseconds = Mutex<UInt64>(1_000_000_000)

  var now: UInt64 { nanoseconds.withLock { $0 } }

  func pass(_ nanoseconds: UInt64) { self.nanoseconds.withLock { $0 += nanoseconds } }
}

/// A D4 server without its sockets: connections are told what comes.
final class D4World: Sendable {
  /// One connection, as a socket would drive it.
  final class Connection: Sendable {
    let intake: any StreamIntake
    private let state = Mutex<(pending: [UInt8], taken: StreamTaken)>(([], StreamTaken()))
    private let endings = Mutex(0)

    init(_ hub: D4Hub) {
      intake = hub.makeStream()
      intake.opened { [weak self] in self?.endings.withLock { $0 += 1 } }
    }

    /// Whether the server wants it to end.
    var isToEnd: Bool { endings.withLock { $0 > 0 } }

    /// Sends octets, whole or in pieces.
    @discardableResult
    func send(_ octets: [UInt8], pieces: Int = .max, isFinal: Bool = false) -> StreamTaken {
      var at = 0
      repeat {
        let end = min(octets.count, at + min(pieces, octets.count))
        take(Array(octets[at..<end]), isFinal: isFinal && end == octets.count)
        at = end
      } while at < octets.count
      return state.withLock { $0.taken }
    }

    private func take(_ octets: [UInt8], isFinal: Bool) {
      state.withLock { state in
        state.pending += octets
        state.taken = intake.take(state.pending.span, isFinal: isFinal)
        state.pending.removeFirst(state.taken.consumed)
      }
    }

    /// What is kept for later.
    var kept: Int { state.withLock { $0.pending.count } }

    /// The peer has closed.
    @discardableResult
    func end() -> StreamTaken {
      let taken = send([], isFinal: true)
      intake.close()
      return taken
    }
  }

  static let now: UnixSeconds = 1_700_000_100
  static let key = D4Packets.key("the key of the server")

  let hub: D4Hub
  let directory = TestDirectory()
  let store = MemoryStore()
  let sink: GatedSink
  let intake: SourceIntake
  let time = WorldTime()

  init(
    _ change: (inout D4Options) -> Void = { _ in },
    origins: @escaping @Sendable ([SensorUUID]) -> Bool = { _ in true }
  ) throws {
    sink = GatedSink(try DirectSink(store))
    intake = SourceIntake(name: "d4", writer: SinkWriter(sink: sink) { _ in })
    let registry = sink.inner.registry
    var options = D4Options()
    options.mode = .sharedSecret
    options.key = D4World.key
    change(&options)
    var surroundings = D4Hub.Surroundings(
      directory: directory, clock: { D4World.now },
      settings: { profile in
        SourceSettings(
          origin: ObservationOrigin(
            dataset: try registry.addDataset(profile.dataset),
            sensor: try registry.addSensor(profile.name), vantage: .client),
          now: D4World.now)
      })
    surroundings.takesOrigins = origins
    surroundings.uptime = { [time] in time.now }
    surroundings.later = { [time] wait, callback in
      time.pass(wait)
      callback()
    }
    hub = D4Hub(options: options, intake: intake, surroundings: surroundings)
  }

  func connect() -> Connection { Connection(hub) }

  /// A connection that has sent this.
  func connection(_ octets: [UInt8]) -> Connection {
    let connection = connect()
    connection.send(octets)
    return connection
  }

  func count(_ name: String) -> UInt64 { hub.events.first { $0.name == name }?.count ?? .max }

  /// The records of the store as lines, in key order.
  func rows() throws -> [String] {
    intake.finish()
    return try exported(store).split(separator: "\n").map(String.init)
  }
}

/// Packets of sensors.
enum D4Packets {
  static func key(_ text: String) -> D4Key {
    guard let key = try? D4Key(octets: Array(text.utf8)) else {
      preconditionFailure("\(text) is no key")
    }
    return key
  }

  /// A line of passivedns.
  static func line(_ name: String, _ address: String = "192.0.2.1", count: Int = 1) -> String {
    "1700000000.000001||198.51.100.7||192.0.2.53||IN||\(name).||A||\(address)||300||\(count)\n"
  }

  static func packet(
    _ payload: String, from uuid: SensorUUID, type: D4Type = .passivedns,
    key: D4Key = D4World.key, time: UInt64 = 1_700_000_090
  ) -> [UInt8] {
    packet(Array(payload.utf8), from: uuid, type: type, key: key, time: time)
  }

  static func packet(
    _ payload: [UInt8], from uuid: SensorUUID, type: D4Type = .passivedns,
    key: D4Key = D4World.key, time: UInt64 = 1_700_000_090
  ) -> [UInt8] {
    var octets: [UInt8] = []
    D4PacketWriter(uuid: uuid, type: type, key: key)
      .append(payload: payload.span, timestamp: time, to: &octets)
    return octets
  }
}
