import D4Wire
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkSharing

/// Who may send to a D4 server, and what becomes of the others.
@Suite struct D4HubTests {
  private let uuid = SensorUUID.random()
  private let own = D4Packets.key("a key of its own")

  private var packet: [UInt8] { D4Packets.packet(D4Packets.line("a.example"), from: uuid) }

  private func refusal(_ world: D4World, _ octets: [UInt8]) -> String? {
    let taken = world.connect().send(octets)
    return taken.isAtEnd ? taken.damage : nil
  }

  // MARK: Modes and keys

  @Test func registrationTakesApprovedSensorsOnly() throws {
    let world = try D4World { $0.mode = .registration }
    #expect(refusal(world, packet) == "unknown-sensor")
    #expect(world.directory.unknown == [uuid])
    world.directory.set(SensorProfile(uuid: uuid, state: .pending))
    #expect(refusal(world, packet) == "pending")
    world.directory.set(SensorProfile(uuid: uuid, state: .blocked))
    #expect(refusal(world, packet) == "blocked")
    world.directory.set(SensorProfile(uuid: uuid, state: .approved))
    #expect(refusal(world, packet) == nil)
    #expect(world.count("refused_unknown_sensor") == 1 && world.count("refused_pending") == 1)
    #expect(world.count("refused_blocked") == 1 && world.count("sessions") == 1)
    #expect(world.directory.unknown.count == 1)
  }

  @Test func aStrangerIsRefusedBeforeItsPayloadComes() throws {
    let world = try D4World { $0.mode = .registration }
    let connection = world.connect()
    let taken = connection.send(Array(packet.prefix(D4Header.octetCount)))
    #expect(taken.isAtEnd && connection.kept == 0)
  }

  @Test func theSharedSecretLetsEverybodyInButTheBlocked() throws {
    let world = try D4World()
    #expect(refusal(world, packet) == nil)
    #expect(world.directory.activity(of: uuid) != nil, "it becomes known by what it does")
    let blocked = SensorUUID.random()
    world.directory.set(SensorProfile(uuid: blocked, state: .blocked))
    #expect(refusal(world, D4Packets.packet("x\n", from: blocked)) == "blocked")
  }

  @Test func aSensorWithAKeyOfItsOwnNeedsIt() throws {
    let world = try D4World()
    world.directory.set(SensorProfile(uuid: uuid, state: .approved, key: own))
    #expect(refusal(world, packet) == "hmac")
    #expect(refusal(world, D4Packets.packet("x\n", from: uuid, key: own)) == nil)
    #expect(world.count("refused_hmac") == 1)
    #expect(
      world.directory.activity(of: uuid)?.lastError == "its packets are signed with another key")
  }

  @Test func theSampleKeyIsRefusedUnlessAllowed() throws {
    let sample = D4Packets.key(D4Key.sample)
    let packet = D4Packets.packet("x\n", from: uuid, key: sample)
    let world = try D4World { $0.key = sample }
    #expect(refusal(world, packet) == "sample-key")
    world.directory.set(SensorProfile(uuid: uuid, state: .approved, key: sample))
    #expect(refusal(world, packet) == "sample-key")
    let lenient = try D4World {
      $0.key = sample
      $0.acceptsSampleKey = true
    }
    #expect(refusal(lenient, packet) == nil)
  }

  @Test func withoutAnyKeyNobodyIsLetIn() throws {
    let world = try D4World {
      $0.mode = .registration
      $0.key = nil
    }
    world.directory.set(SensorProfile(uuid: uuid, state: .approved))
    #expect(refusal(world, packet) == "no-key")
  }

  @Test func typesSizesAndVersionsAreThoseOfTheOptions() throws {
    let world = try D4World {
      $0.types = [.passivedns]
      $0.payloadOctetsMax = 100
    }
    #expect(refusal(world, D4Packets.packet("x", from: uuid, type: .ndjson)) == "type")
    #expect(
      refusal(world, D4Packets.packet(String(repeating: "x", count: 101), from: uuid)) == "size")
    #expect(refusal(world, [0x16, 3, 1]) == "version")
    for name in ["refused_type", "refused_size", "refused_version"] {
      #expect(world.count(name) == 1)
    }
    #expect(world.count("refused_hmac") == 0)
  }

  @Test func whatCameBeforeAFaultIsKept() throws {
    let world = try D4World()
    var bad = D4Packets.packet(D4Packets.line("b.example"), from: uuid)
    bad[bad.count - 1] ^= 1
    #expect(refusal(world, packet + bad) == "hmac")
    #expect(try world.rows().count == 1)
  }

  // MARK: Extended types

  @Test func aStreamOfOurOwnOriginIsRefused() throws {
    let ours = SensorUUID.random()
    let world = try D4World(origins: { !$0.contains(ours) })
    let meta = D4MetaHeader.passivednsCOF(origins: [SensorUUID.random(), ours])
    #expect(
      refusal(world, D4Packets.packet(meta.json, from: uuid, type: .metaHeader)) == "own-origin")
    let other = D4MetaHeader.passivednsCOF(origins: [SensorUUID.random()])
    #expect(refusal(world, D4Packets.packet(other.json, from: uuid, type: .metaHeader)) == nil)
    #expect(world.count("refused_own_origin") == 1)
  }

  @Test func otherExtendedTypesAreRefused() throws {
    let world = try D4World()
    let meta = Array("{\"type\":\"ja3-jl\"}".utf8)
    #expect(
      refusal(world, D4Packets.packet(meta, from: uuid, type: .metaHeader)) == "meta-type")
  }

  // MARK: One session for each sensor and type

  @Test func theSecondSessionIsRefusedWhileTheFirstLives() throws {
    let world = try D4World()
    let first = world.connection(packet)
    #expect(refusal(world, packet) == "duplicate")
    #expect(
      refusal(world, D4Packets.packet("{}", from: uuid, type: .ndjson)) == nil, "another type")
    #expect(first.send(packet).damage == nil, "the first goes on")
    first.end()
    #expect(refusal(world, packet) == nil, "the sensor is back")
    #expect(world.count("refused_duplicate") == 1)
  }

  @Test func aSecondSessionIsRefusedAtItsHeader() throws {
    let world = try D4World()
    let first = world.connection(packet)
    #expect(refusal(world, Array(packet.prefix(D4Header.octetCount))) == "duplicate")
    first.end()
  }

  @Test func whoHasNotShownTheKeyTakesNobodysPlace() throws {
    let world = try D4World()
    let thief = world.connection(Array(packet.dropLast()))
    #expect(refusal(world, packet) == nil, "the place is free until a code was right")
    #expect(thief.send([packet[packet.count - 1]]).damage == "duplicate")
    #expect(world.count("sessions") == 1)
    let rows = try world.rows()
    #expect(rows.count == 1, "the second one's packet is not taken")
  }

  @Test func extendedTypesMayHaveManySessions() throws {
    let world = try D4World()
    let meta = D4MetaHeader.passivednsCOF(origins: []).json
    for _ in 0..<5 {
      #expect(refusal(world, D4Packets.packet(meta, from: uuid, type: .metaHeader)) == nil)
    }
  }

  @Test func aSensorMayComeBackWhileItsLastOctetsWaitForTheStore() throws {
    let world = try D4World { $0.connectionOctetsPerSecond = 10 }
    let first = world.connection(packet)
    #expect(first.send(packet, isFinal: true).isBusy, "held back")
    #expect(refusal(world, packet) == nil)
  }

  // MARK: Ends from our side

  @Test func blockingASensorEndsItsSessions() throws {
    let world = try D4World { $0.mode = .registration }
    world.directory.set(SensorProfile(uuid: uuid, state: .approved))
    let connection = world.connection(packet)
    world.hub.sweep()
    #expect(!connection.isToEnd)
    world.directory.set(SensorProfile(uuid: uuid, state: .blocked))
    world.hub.sweep()
    #expect(connection.isToEnd)
    #expect(connection.send(packet).isAtEnd, "nothing is taken any more")
    connection.end()
    #expect(try world.rows().count == 1)
    #expect(world.intake.accounting.offered == 1)
  }

  @Test func aNewKeyEndsSessionsOfTheOldOne() throws {
    let world = try D4World()
    let connection = world.connection(packet)
    world.directory.set(SensorProfile(uuid: uuid, state: .approved, key: own))
    world.hub.sweep()
    #expect(connection.isToEnd)
  }

  @Test func idleSessionsEndOnlyWhenThatIsWanted() throws {
    for limit in [nil, 60] as [Int?] {
      let world = try D4World { $0.idleSeconds = limit }
      let connection = world.connection(packet)
      world.time.pass(50_000_000_000)
      world.hub.sweep()
      #expect(!connection.isToEnd)
      world.time.pass(20_000_000_000)
      world.hub.sweep()
      #expect(connection.isToEnd == (limit != nil))
      #expect(world.count("sessions_idle") == (limit == nil ? 0 : 1))
    }
  }

  @Test func strangersMakeRoomAndSensorsDoNot() throws {
    let world = try D4World()
    let known = world.connection(packet)
    let strangers = (0..<3).map { _ in world.connect() }
    #expect(world.hub.makeRoom())
    #expect(strangers.map(\.isToEnd) == [true, false, false], "the first that came")
    #expect(world.hub.makeRoom() && world.hub.makeRoom())
    #expect(!world.hub.makeRoom() && !known.isToEnd)
    #expect(world.count("connections_evicted") == 3)
  }

  // MARK: Limits

  @Test func largeFirstPacketsOfStrangersAreBounded() throws {
    let world = try D4World()
    var octets: [UInt8] = []
    var waiting: [D4World.Connection] = []
    let most = D4Limits.strangersOctetsMax / 1_000_000
    for number in 0...most {
      octets.removeAll()
      D4Header(type: .passivedns, uuid: .random(), timestamp: 0, size: 1_000_000)
        .encode(into: &octets)
      waiting.append(world.connect())
      #expect(waiting[number].send(octets).damage == (number < most ? nil : "crowded"))
    }
    #expect(refusal(world, packet) == nil, "small packets are always waited for")
    waiting[0].end()
    #expect(world.connect().send(octets).damage == nil, "there is room again")
    #expect(world.count("refused_crowded") == 1)
  }

  @Test func aConnectionIsHeldToItsRateAndLosesNothing() throws {
    for isSensor in [false, true] {
      let world = try D4World {
        $0.connectionOctetsPerSecond = isSensor ? nil : 1_000
        $0.sensorOctetsPerSecond = isSensor ? 1_000 : nil
      }
      let connection = world.connect()
      let start = world.time.now
      var octets = 0
      for number in 0..<100 {
        let line = D4Packets.line("h\(number).example")
        octets += line.utf8.count
        if connection.send(D4Packets.packet(line, from: uuid)).isBusy {
          #expect(connection.send([]).isBusy, "not before its time")
          connection.intake.whenReady {}
          #expect(!connection.send([]).isBusy)
        }
      }
      connection.end()
      let seconds = Double(world.time.now - start) / 1e9
      #expect(abs(seconds - (Double(octets) / 1_000 - 1)) < 0.5, "\(seconds) s for \(octets)")
      #expect(try world.rows().count == 100)
      #expect(world.count("held_back") > 50)
    }
  }

  @Test func aRecordedSessionIsRefusedWhenThatIsWanted() throws {
    for window in [nil, 60] as [Int?] {
      let world = try D4World { $0.replaySeconds = window }
      let old = D4Packets.packet(D4Packets.line("a.example"), from: uuid, time: 1_700_000_000)
      let new = D4Packets.packet(D4Packets.line("b.example"), from: uuid, time: 1_700_000_061)
      world.connection(old + new).end()
      #expect(refusal(world, old) == (window == nil ? nil : "replayed"))
    }
  }

  @Test func aClockThatWasAheadDoesNotLockItsSensorOut() throws {
    let world = try D4World { $0.replaySeconds = 60 }
    world.connection(D4Packets.packet("x\n", from: uuid, time: .max)).end()
    let now = UInt64(D4World.now)
    #expect(refusal(world, D4Packets.packet("x\n", from: uuid, time: now)) == nil)
    #expect(world.directory.activity(of: uuid)?.clockOffset != nil)
  }
}
