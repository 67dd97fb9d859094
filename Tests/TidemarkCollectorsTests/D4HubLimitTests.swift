import D4Wire
import Foundation
import Testing
import TidemarkCollectors
import TidemarkSharing

/// What sensors, strangers, and holders of old keys can make a D4 server do, and no more.
@Suite struct D4HubLimitTests {
  private let uuid = SensorUUID.random()
  private let own = D4Packets.key("a key of its own")

  private func packet(_ name: String = "a.example", key: D4Key = D4World.key) -> [UInt8] {
    D4Packets.packet(D4Packets.line(name), from: uuid, key: key)
  }

  private func header(_ size: UInt32, from uuid: SensorUUID = .random()) -> [UInt8] {
    var octets: [UInt8] = []
    D4Header(type: .passivedns, uuid: uuid, timestamp: 0, size: size).encode(into: &octets)
    return octets
  }

  // MARK: Keys and decisions

  @Test func aKeyThatWasChangedBeforeTheFirstPacketWasWholeIsRefused() throws {
    let world = try D4World()
    world.directory.set(SensorProfile(uuid: uuid, state: .approved, key: own))
    let old = packet(key: own)
    let thief = world.connection(Array(old.prefix(D4Header.octetCount)))
    let new = D4Packets.key("the key after it")
    world.directory.set(SensorProfile(uuid: uuid, state: .approved, key: new))
    let taken = thief.send(Array(old.dropFirst(D4Header.octetCount)))
    #expect(taken.isAtEnd && taken.damage == "hmac")
    #expect(try world.rows().isEmpty && world.count("sessions") == 0)
    #expect(world.connect().send(packet(key: new)).damage == nil)
  }

  @Test func theSharedSecretLetsNobodyInWithAKeyThatNobodyApproved() throws {
    let world = try D4World()
    world.directory.set(SensorProfile(uuid: uuid, state: .pending, key: own))
    #expect(world.connect().send(packet(key: own)).damage == "pending")
    #expect(world.connect().send(packet()).damage == "pending")
    world.directory.set(SensorProfile(uuid: uuid, state: .pending))
    #expect(world.connect().send(packet()).damage == nil, "without a key the secret is enough")
  }

  // MARK: Names

  @Test func sensorsThatNobodyKnowsTakeABoundedNumberOfNames() throws {
    let world = try D4World()
    let uuids = (0...D4Limits.newcomersMax).map { _ in SensorUUID.random() }
    func send(_ number: Int, _ name: String) {
      world.connection(D4Packets.packet(D4Packets.line(name), from: uuids[number])).end()
    }
    for number in uuids.indices { send(number, "h\(number).example") }
    var rows = try sensors(world)
    #expect(rows.count == uuids.count, "records are kept")
    #expect(rows["h0.example"] == ["\(uuids[0])"])
    #expect(rows["h\(D4Limits.newcomersMax).example"] == [])
    #expect(rows.values.filter { !$0.isEmpty }.count == D4Limits.newcomersMax)

    world.directory.set(SensorProfile(uuid: uuids[0]))
    send(D4Limits.newcomersMax, "again.example")
    rows = try sensors(world)
    #expect(rows["again.example"] == ["\(uuids[D4Limits.newcomersMax])"], "one is known now")
  }

  /// The sensors of every record by its name.
  private func sensors(_ world: D4World) throws -> [String: [String]] {
    struct Row: Decodable {
      let rrname: String
      let sensors: [String]?
    }
    var found: [String: [String]] = [:]
    for line in try world.rows() {
      let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
      found[row.rrname] = row.sensors ?? []
    }
    return found
  }

  // MARK: Connections

  @Test func oneSensorCannotTakeAllConnections() throws {
    let world = try D4World()
    let meta = D4Packets.packet(
      D4MetaHeader.passivednsCOF(origins: []).json, from: uuid, type: .metaHeader)
    let sessions = (0..<D4Limits.sessionsPerSensorMax).map { _ in world.connection(meta) }
    #expect(world.connect().send(meta).damage == "duplicate")
    #expect(world.connect().send(packet()).damage == "duplicate", "of whatever type")
    let other = D4Packets.packet("x\n", from: .random())
    #expect(world.connect().send(other).damage == nil)
    sessions[0].end()
    #expect(world.connect().send(packet()).damage == nil, "there is room again")
  }

  @Test func fewCapturesAreReadAtTheSameTime() throws {
    let world = try D4World()
    func capture(_ type: D4Type) -> [UInt8] { D4Packets.packet([], from: .random(), type: type) }
    let sessions = (0..<D4Limits.captureSessionsMax).map { number in
      world.connection(capture(number % 2 == 0 ? .pcap : .pcapng))
    }
    #expect(world.connect().send(capture(.pcap)).damage == "crowded")
    #expect(world.connect().send(packet()).damage == nil, "lines need no room")
    sessions[0].end()
    #expect(world.connect().send(capture(.pcapng)).damage == nil)
    #expect(world.count("refused_crowded") == 1)
  }

  @Test func strangersCannotKeepTheRoomOfLargePacketsForEver() throws {
    let world = try D4World()
    let most = D4Limits.strangersOctetsMax / 1_000_000
    let strangers = (0..<most).map { _ in world.connection(header(1_000_000)) }
    #expect(world.connect().send(header(1_000_000)).damage == "crowded")
    world.time.pass(D4Limits.strangerNanoseconds + 1)
    world.hub.sweep()
    #expect(strangers.allSatisfy { !$0.isToEnd }, "who is slow may be, while there is room")
    let text = D4Packets.line("large.example") + String(repeating: "x", count: 900_000)
    let honest = world.connect()
    #expect(honest.send(D4Packets.packet(text, from: uuid)).damage == nil)
    #expect(strangers.filter(\.isToEnd).count == 1, "no more than has to")
    #expect(world.count("connections_evicted") == 1 && world.count("refused_crowded") == 1)
    let evicted = try #require(strangers.first { $0.isToEnd })
    #expect(evicted.send([0]).isAtEnd, "nothing is taken any more")
    evicted.end()
    #expect(try world.rows().count == 1)
  }

  @Test func whoWaitsForUsIsNotIdle() throws {
    let world = try D4World {
      $0.idleSeconds = 60
      $0.connectionOctetsPerSecond = 10
    }
    let connection = world.connection(packet())
    #expect(connection.send(packet("b.example")).isBusy, "held back")
    world.time.pass(100_000_000_000)
    world.hub.sweep()
    #expect(!connection.isToEnd && world.count("sessions_idle") == 0)
    while connection.send([]).isBusy { connection.intake.whenReady {} }
    world.time.pass(61_000_000_000)
    world.hub.sweep()
    #expect(connection.isToEnd, "now it is its turn")
    connection.end()
    #expect(try world.rows().count == 2)
  }

  // MARK: Rates

  @Test func metaHeadersCountAgainstTheRatesAndAreNoted() throws {
    for isSensor in [false, true] {
      let world = try D4World {
        $0.connectionOctetsPerSecond = isSensor ? nil : 1_000
        $0.sensorOctetsPerSecond = isSensor ? 1_000 : nil
      }
      let connection = world.connect()
      let blank = D4Packets.packet(
        [UInt8](repeating: 0x0A, count: 900), from: uuid, type: .metaHeader)
      #expect(!connection.send(blank).isBusy)
      #expect(connection.send(blank).isBusy, "blanks are octets too")
      #expect(world.count("held_back") == 1)
      connection.end()
      let activity = try #require(world.directory.activity(of: uuid))
      #expect(activity.packets == 2 && activity.octets == 1_800)
    }
  }
}
