import D4Wire
import Synchronization
import TidemarkIngest
import TidemarkModel
import TidemarkSharing

/// What the connections of a D4 server have in common: who is there, who may come, and where what
/// they send goes.
///
/// Whoever connects is a stranger until the code of its first packet was right; strangers cost
/// little and make room for each other. Nothing is ever sent back.
///
/// - Concurrency: any thread.
public final class D4Hub: Sendable {
  /// A sensor and a type, of which there is one session at a time.
  struct Sender: Hashable {
    let uuid: SensorUUID
    let type: D4Type
    /// Meta headers and what they announce may come in any number of sessions.
    var isExclusive: Bool { type != .metaHeader && type != .extended }
    /// Its packets hold packets, which have to be put together.
    var isCapture: Bool { type == .pcap || type == .pcapng }
  }

  private struct Connection {
    let number: UInt64
    let stream: D4Stream
    let end: @Sendable () -> Void
    /// The key that the first packet's code is checked with.
    var admittedBy: D4Key?
    /// Who it is, once its first packet's code was right, and the key that it was right with.
    var sender: (sender: Sender, key: D4Key)?
    /// Octets of a large first packet that are waited for.
    var awaited = 0
    /// Since when, nanoseconds.
    var awaitedSince: UInt64 = 0
  }

  private struct State {
    var connections: [ObjectIdentifier: Connection] = [:]
    var claims: [Sender: ObjectIdentifier] = [:]
    var awaited = 0
    var lastNumber: UInt64 = 0
    var buckets: [SensorUUID: OctetBucket] = [:]
    var newest: [Sender: UInt64] = [:]
    /// Sensors that nobody knows and whose names the store has nevertheless.
    var newcomers: Set<SensorUUID> = []
  }

  let options: D4Options
  let intake: SourceIntake
  let surroundings: Surroundings
  let counts = D4Events()
  private let formats: FormatOptions
  private let state = Mutex(State())

  /// Makes a hub without connections.
  ///
  /// - Parameter formats: settings of the formats that payloads have.
  public init(
    options: D4Options, formats: FormatOptions = FormatOptions(), intake: SourceIntake,
    surroundings: Surroundings
  ) {
    self.options = options
    self.formats = formats
    self.intake = intake
    self.surroundings = surroundings
  }

  /// Counts of sessions, packets, and refusals by reason.
  public var events: [(name: String, count: UInt64)] { counts.all }

  /// The intake of a new connection.
  public func makeStream() -> any StreamIntake { D4Stream(hub: self) }

  /// Ends the connection that has been a stranger for the longest time.
  ///
  /// - Returns: false when there are no strangers.
  public func makeRoom() -> Bool {
    let stranger = state.withLock { state in
      state.connections.values.filter { $0.sender == nil && !$0.stream.isLeaving }
        .min { $0.number < $1.number }
    }
    guard let stranger else { return false }
    evict(stranger)
    return true
  }

  private func evict(_ stranger: Connection) {
    counts.add(.evicted)
    stranger.stream.leave()
    stranger.end()
  }

  /// Takes down what sensors sent that are silent now, and ends connections of those that may not
  /// send any more and of those that are idle for too long.
  /// To be called about once a second.
  public func sweep() {
    let connections = state.withLock { Array($0.connections.values) }
    let now = surroundings.uptime()
    for connection in connections where !connection.stream.isLeaving {
      connection.stream.noteWhatIsDue()
      if let (sender, key) = connection.sender, let fault = revocation(of: sender.uuid, key) {
        refused(fault, sender.uuid)
      } else if let limit = options.idleSeconds, !connection.stream.isWaiting,
        now > connection.stream.lastOctets,
        now - connection.stream.lastOctets > UInt64(limit) * 1_000_000_000
      {
        counts.add(.idle)
      } else {
        continue
      }
      connection.stream.leave()
      connection.end()
    }
  }

  // MARK: Streams

  func opened(_ stream: D4Stream, end: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.lastNumber += 1
      state.connections[ObjectIdentifier(stream)] = Connection(
        number: state.lastNumber, stream: stream, end: end)
    }
  }

  /// Nothing more will come on the connection: its sensor may come back.
  func inputEnded(_ stream: D4Stream) {
    state.withLock { D4Hub.release(ObjectIdentifier(stream), &$0) }
  }

  func closed(_ stream: D4Stream) {
    state.withLock { state in
      D4Hub.release(ObjectIdentifier(stream), &state)
      let gone = state.connections.removeValue(forKey: ObjectIdentifier(stream))
      guard let uuid = gone?.sender?.sender.uuid else { return }
      let isLast = !state.connections.values.contains { $0.sender?.sender.uuid == uuid }
      if isLast { state.buckets.removeValue(forKey: uuid) }
    }
  }

  private static func release(_ id: ObjectIdentifier, _ state: inout State) {
    guard let connection = state.connections[id] else { return }
    state.awaited -= connection.awaited
    state.connections[id]?.awaited = 0
    if let sender = connection.sender?.sender, state.claims[sender] == id {
      state.claims.removeValue(forKey: sender)
    }
  }

  // MARK: Decisions

  /// What a first header is told.
  func admit(_ header: D4Header, _ stream: D4Stream) -> D4Session.Admission {
    let admission = admission(of: header.uuid)
    guard case .key(let key) = admission else {
      if admission == .refused(.unknownSensor) {
        surroundings.directory.noteUnknown(header.uuid)
      }
      return admission
    }
    let sender = Sender(uuid: header.uuid, type: header.type)
    let now = surroundings.uptime()
    let (fault, strangers) = state.withLock { state -> (D4Fault?, [Connection]) in
      let id = ObjectIdentifier(stream)
      state.connections[id]?.admittedBy = key
      if sender.isExclusive, state.claims[sender] != nil { return (.duplicate, []) }
      let size = Int(header.size)
      guard size > D4Limits.smallPayloadOctets else { return (nil, []) }
      let strangers = D4Hub.makeRoom(for: size, now, &state)
      guard state.awaited + size <= D4Limits.strangersOctetsMax else {
        return (.crowded, strangers)
      }
      state.awaited += size
      state.connections[id]?.awaited = size
      state.connections[id]?.awaitedSince = now
      return (nil, strangers)
    }
    for stranger in strangers { evict(stranger) }
    return fault.map { .refused($0) } ?? admission
  }

  /// Gives up large first packets that have been waited for too long, if another one needs their
  /// room.
  ///
  /// - Returns: the connections that have to end for it.
  private static func makeRoom(
    for size: Int, _ now: UInt64, _ state: inout State
  ) -> [Connection] {
    guard state.awaited + size > D4Limits.strangersOctetsMax else { return [] }
    let late = state.connections.values.filter {
      $0.awaited > 0 && now > $0.awaitedSince
        && now - $0.awaitedSince > D4Limits.strangerNanoseconds
    }
    var leaving: [Connection] = []
    for connection in late.sorted(by: { $0.awaitedSince < $1.awaitedSince })
    where state.awaited + size > D4Limits.strangersOctetsMax {
      release(ObjectIdentifier(connection.stream), &state)
      if !connection.stream.isLeaving { leaving.append(connection) }
    }
    return leaving
  }

  /// Takes down who a connection is: the code of its first packet was right.
  ///
  /// - Returns: the time of the newest packet of its sensor and type, if that is remembered.
  /// - Throws: ``D4Fault/duplicate``, ``D4Fault/crowded``, and what was decided about the sensor
  ///   since its header came.
  func authenticated(_ sender: Sender, _ stream: D4Stream) throws(D4Fault) -> UInt64 {
    let id = ObjectIdentifier(stream)
    // The key that was right, which is another one than today's if that was changed meanwhile.
    guard let key = state.withLock({ $0.connections[id]?.admittedBy }) else { throw .hmac }
    if let fault = revocation(of: sender.uuid, key) { throw fault }
    let result = state.withLock { state -> Result<UInt64, D4Fault> in
      D4Hub.release(id, &state)
      if let fault = D4Hub.crowding(of: sender, state) { return .failure(fault) }
      if sender.isExclusive { state.claims[sender] = id }
      state.connections[id]?.sender = (sender, key)
      return .success(state.newest[sender] ?? 0)
    }
    let newest = try result.get()
    counts.add(.session)
    return newest
  }

  /// What other sessions have against one more of a sensor; nil when it may begin.
  private static func crowding(of sender: Sender, _ state: State) -> D4Fault? {
    if sender.isExclusive, state.claims[sender] != nil { return .duplicate }
    var (own, captures) = (0, 0)
    for connection in state.connections.values where !connection.stream.isLeaving {
      guard let other = connection.sender?.sender else { continue }
      if other.uuid == sender.uuid { own += 1 }
      if other.isCapture { captures += 1 }
    }
    guard own < D4Limits.sessionsPerSensorMax else { return .duplicate }
    return sender.isCapture && captures >= D4Limits.captureSessionsMax ? .crowded : nil
  }

  /// Remembers the newest packet of a sensor and type.
  func remember(_ newest: UInt64, of sender: Sender) {
    state.withLock { state in
      guard state.newest[sender] != nil || state.newest.count < D4Limits.sendersMax else { return }
      state.newest[sender] = max(newest, state.newest[sender] ?? 0)
    }
  }

  /// Nanoseconds that a sensor has to wait after having sent so many octets.
  func wait(of uuid: SensorUUID, octets: Int) -> UInt64 {
    guard let rate = options.sensorOctetsPerSecond else { return 0 }
    let now = surroundings.uptime()
    return state.withLock {
      $0.buckets[uuid, default: OctetBucket(octetsPerSecond: rate, now: now)]
        .take(octets, now: now)
    }
  }

  /// Makes the decoder of a session.
  ///
  /// - Throws: ``D4Fault/store``.
  func makeFeed(_ header: D4Header) throws(D4Fault) -> D4Feed {
    let profile = surroundings.directory.profile(of: header.uuid) ?? newcomer(header.uuid)
    let format: SourceFormat =
      switch header.type {
      case .pcap, .pcapng: .pcap
      case .dnscapText: .dnscap
      case .ndjson, .extended: .cof
      default: .passivedns
      }
    guard var settings = try? surroundings.settings(profile) else { throw .store }
    settings.now = surroundings.clock()
    guard let decoder = format.makeDecoder(settings, options: formats, batch: RecordBatch())
    else { throw .type }
    return D4Feed(decoder)
  }

  /// A sensor that showed the shared secret and is not known yet. A store keeps a name for ever,
  /// and whoever has the secret can make up as many as it likes: beyond a bound, records have none.
  private func newcomer(_ uuid: SensorUUID) -> SensorProfile {
    let directory = surroundings.directory
    let isNamed = state.withLock { state in
      if state.newcomers.contains(uuid) { return true }
      if state.newcomers.count >= D4Limits.newcomersMax {
        state.newcomers = state.newcomers.filter { directory.profile(of: $0) == nil }
      }
      guard state.newcomers.count < D4Limits.newcomersMax else { return false }
      state.newcomers.insert(uuid)
      return true
    }
    return SensorProfile(uuid: uuid, name: isNamed ? nil : "")
  }
}
