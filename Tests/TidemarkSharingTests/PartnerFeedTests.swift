import D4Wire
import DNSWire
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import Testing

/// What leaves the house, when, and what is counted.
@Suite(.timeLimit(.minutes(10)))
struct PartnerFeedTests {
  private func names(_ chunk: PartnerChunk?) -> Int { chunk?.records.count ?? -1 }

  @Test func everyRecordIsCountedOnce() throws {
    var policy = PartnerPolicy(stream: "community")
    policy.include = ["example.com"]
    let world = PartnerWorld(policy)
    world.log.release([
      try shared("a.example.com"), try shared("a.example.org"), try shared("b.example.com"),
      try shared("c.example.com", tlp: .red), try shared("d.example.com", .a, "10.0.0.1"),
    ])
    world.log.release([try shared("e.example.net")])
    world.log.release([])
    let feed = try world.open()
    #expect(names(try feed.next()) == 2 && feed.position == 1)
    #expect(names(try feed.next()) == 0 && feed.position == 2)
    #expect(names(try feed.next()) == 0 && feed.position == 3)
    #expect(try feed.next() == nil)
    let wanted = [
      Release(partner: 1, rule: .released, rows: 2), Release(partner: 1, rule: .tlp, rows: 1),
      Release(partner: 1, rule: .zone, rows: 2),
      Release(partner: 1, rule: .privateAddress, rows: 1),
    ]
    #expect(world.ledger.totals == wanted && feed.rows == 2)
    #expect(world.ledger.take() == wanted)
    #expect(world.ledger.take().isEmpty && world.ledger.totals == wanted)
  }

  @Test func whatCouldNotBeWrittenIsTakenBack() throws {
    let ledger = ReleaseLedger()
    var counts = PartnerCounts()
    for rule in PartnerRule.allCases { counts[rule] = 1 }
    ledger.add(counts, of: 4)
    let taken = ledger.take()
    #expect(taken.map(\.rule) == PartnerRule.allCases)
    ledger.add(counts, of: 4)
    ledger.giveBack(taken)
    #expect(ledger.take().map(\.rows) == PartnerRule.allCases.map { _ in 2 })
  }

  @Test func aChunkThatIsNotWantedYetIsNotCounted() throws {
    let world = PartnerWorld()
    world.log.release([try shared("a.example.com")], at: 100)
    world.log.release([try shared("b.example.com")], at: 200)
    let feed = try world.open(outlet: .files)
    #expect(names(try feed.next { $0 < 200 }) == 1)
    #expect(try feed.next { $0 < 200 } == nil)
    #expect(feed.position == 1 && world.ledger.totals.map(\.rows) == [1])
    #expect(names(try feed.next()) == 1)
  }

  @Test("a revoked partner gets nothing more, by whatever it was revoked")
  func revocationStopsAFeed() throws {
    let changes: [(inout Partner) -> Void] = [
      { $0.revoked = 1 }, { $0.expires = Int64(PartnerWorld.now) },
      { $0.policy.stream = "another" },
    ]
    for change in changes {
      let world = PartnerWorld(expires: Int64(PartnerWorld.now) + 1)
      world.log.release([try shared("a.example.com")])
      world.log.release([try shared("b.example.com")])
      let feed = try world.open()
      #expect(names(try feed.next()) == 1)
      world.list.change(1, change)
      #expect(throws: PartnerRevoked.self) { try feed.check() }
      #expect(throws: PartnerRevoked.self) { try feed.next() }
      #expect(world.ledger.totals.map(\.rows) == [1] && feed.position == 1)
    }
  }

  @Test func streamsOfOthersAreNotThere() throws {
    let world = PartnerWorld()
    for stream in ["other", ""] {
      #expect(throws: PartnerRefusal.unknownStream) {
        try world.hub.open(world.partner, stream: stream, from: .oldest, outlet: .http)
      }
    }
    var policy = PartnerPolicy(stream: "gone")
    policy.streamsMax = 1
    let without = PartnerWorld(policy)
    #expect(throws: PartnerRefusal.unknownStream) {
      try without.hub.open(without.partner, stream: "gone", from: .oldest, outlet: .http)
    }
  }

  @Test func positionsAreHeldAgainstTheLog() throws {
    let world = PartnerWorld()
    #expect(try world.open(.after(0)).position == 0)
    for _ in 0..<5 { world.log.release([try shared("a.example.com")]) }
    #expect(try world.open(.newest).position == 5 && world.open(.oldest).position == 0)
    #expect(try world.open(.after(5)).next() == nil)
    #expect(try world.open(.after(4)).next()?.sequence == 5)
    #expect(throws: PartnerPositionLost(position: 6, first: 1, last: 5)) {
      try world.open(.after(6))
    }
    #expect(throws: PartnerPositionLost.self) { try world.open(.after(.max)) }
    let behind = try world.open(.after(1))
    let fresh = try world.open(.oldest)
    world.log.drop(through: 3)
    #expect(throws: PartnerPositionLost(position: 1, first: 4, last: 5)) { try behind.next() }
    #expect(try fresh.next()?.sequence == 4)
    #expect(throws: PartnerPositionLost(position: 2, first: 4, last: 5)) {
      try world.open(.after(2))
    }
    #expect(try world.open(.after(3)).next()?.sequence == 4)
    let last = try world.open(.after(4))
    world.log.drop(through: 5)
    #expect(throws: PartnerPositionLost(position: 4, first: 6, last: 5)) { try last.next() }
    #expect(try world.open(.oldest).position == 5)
  }

  @Test func aPartnerHasSoManyStreamsAtOnce() throws {
    var policy = PartnerPolicy(stream: "community")
    policy.streamsMax = 2
    let world = PartnerWorld(policy)
    var held: [PartnerFeed] = [try world.open(), try world.open(outlet: .websocket)]
    #expect(throws: PartnerRefusal.tooMany(2)) { try world.open() }
    // What the partner does not ask for takes no place.
    let files = try world.open(outlet: .files)
    #expect(throws: PartnerRefusal.tooMany(2)) { try world.open(outlet: .websocket) }
    held.removeLast()
    _ = try world.open()
    #expect(
      world.hub.streams == [
        .init(partner: 1, outlet: .files, open: 1, opened: 1),
        .init(partner: 1, outlet: .http, open: 1, opened: 2),
        .init(partner: 1, outlet: .websocket, open: 0, opened: 1),
      ])
    withExtendedLifetime((held, files)) {}
  }

  @Test func aFeedKnowsWhenItsOriginsAreNotAll() throws {
    let world = PartnerWorld()
    let origins = try Origins(store: FaultyStore())
    let hub = PartnerHub(
      directory: world.list, ledger: world.ledger, log: { [log = world.log] _ in log },
      originIDs: { origins.all }, datasetName: { _ in "main" },
      clock: { Int64(PartnerWorld.now) })
    let partner = try world.partner
    let feed = try hub.open(partner, stream: "community", from: .oldest, outlet: .http)
    #expect(feed.origins == [origins.own] && !feed.isOutdated)
    let other = SensorUUID.random()
    #expect(try origins.learn([other]) == nil)
    // What the receiver was told does not change by itself.
    #expect(feed.origins == [origins.own] && feed.isOutdated)
    #expect(try origins.learn([other]) == nil)
    let next = try hub.open(partner, stream: "community", from: .oldest, outlet: .http)
    #expect(next.origins == [origins.own, other] && !next.isOutdated)
  }

  @Test func agesCountFromTheEndOfWhatTimesWereRoundedTo() throws {
    var policy = PartnerPolicy(stream: "community")
    policy.maxAgeSeconds = 3_600
    let world = PartnerWorld(policy)
    let log = MemoryLog(coarsenSeconds: 3_600)
    let hub = PartnerHub(
      directory: world.list, ledger: world.ledger, log: { _ in log }, originIDs: { [] },
      datasetName: { _ in "main" }, clock: { Int64(PartnerWorld.now) })
    for age: UnixSeconds in [7_199, 7_200] {
      log.release([try shared("a.example.com", last: PartnerWorld.now - age)])
    }
    let feed = try hub.open(world.partner, stream: "community", from: .oldest, outlet: .http)
    #expect(try [names(feed.next()), names(feed.next())] == [1, 0])
    #expect(world.ledger.totals.map(\.rule) == [.released, .age])
  }

  @Test func theRateIsOneForAllStreams() throws {
    var policy = PartnerPolicy(stream: "community")
    policy.rowsPerSecondMax = 2
    let world = PartnerWorld(policy)
    let records = try (0..<10).map { try shared("h\($0).example.com") }
    for _ in 0..<3 { world.log.release(records) }
    let (one, other) = (try world.open(), try world.open())
    #expect(names(try one.next()) == 10)
    // One second of the five that ten rows are worth may be made up for.
    #expect(one.wait == .seconds(4) && other.wait == .seconds(4))
    #expect(try other.next() == nil && other.position == 0)
    world.clock.advance(.seconds(3))
    #expect(try one.next() == nil)
    world.clock.advance(.seconds(1))
    #expect(names(try other.next()) == 10 && one.wait == .seconds(5))
    // A file is not a flow.
    #expect(names(try world.open(outlet: .files).next()) == 10)
  }

  @Test func theTypesOfD4AreForItsOutletOnly() throws {
    let world = PartnerWorld()
    world.log.release([
      try shared("a.example.com"), try shared("a.example.com", .https, "1 . alpn=h2"),
      try shared("a.example.com", .cname, "a||b.example.com."),
    ])
    #expect(names(try world.open(outlet: .push, isForD4Types: true).next()) == 1)
    #expect(names(try world.open(outlet: .push).next()) == 3)
    #expect(world.ledger.totals.map(\.rule) == [.released, .d4Type, .d4Text])
    #expect(world.ledger.totals.map(\.rows) == [4, 1, 1])
  }

  @Test func rowsAreWrittenInBothForms() throws {
    var (writer, out) = (SharedRowWriter(stream: "community"), [UInt8]())
    let records = [
      try shared("a.example.com"), try shared("a.example.com", .https, "1 . alpn=h2"),
      try shared("b.example.com", .mx, "mail.example.com", vantage: .text),
      SharedRecord(key: [1, 2, 3], timeFirst: 1, timeLast: 1, count: 1, tlp: .clear),
    ]
    for record in records { writer.appendCOF(record, to: &out) }
    let rows = String(decoding: out, as: UTF8.self).split(separator: "\n")
    #expect(rows.count == 3)
    #expect(rows.allSatisfy { $0.hasSuffix(#""count":3,"sensor_id":"community"}"#) })
    #expect(rows[2].contains(#""rdata":"mail.example.com""#))
    out = []
    for record in records { writer.appendPassiveDNS(record, to: &out) }
    #expect(
      String(decoding: out, as: UTF8.self) == """
        1717199990.000000||||||IN||a.example.com.||A||192.0.2.1||0||1
        1717200000.000000||||||IN||a.example.com.||A||192.0.2.1||0||2
        1717199990.000000||||||IN||b.example.com.||MX||mail.example.com||0||1
        1717200000.000000||||||IN||b.example.com.||MX||mail.example.com||0||2

        """)
  }

  @Test(arguments: [0, 1, 255, 1 << 40, UInt64.max])
  func positionsOfPushesAreKeptInEightOctets(_ sequence: UInt64) {
    let octets = PartnerPosition.octets(sequence)
    #expect(octets.count == 8 && PartnerPosition.sequence(octets) == sequence)
    #expect(PartnerPosition.sequence(octets + [0]) == nil)
    let digest = (0..<32).map { UInt8($0) }
    for id: Int64 in [1, 2] {
      let partner = Partner(
        id: id, name: "cert", token: 1, tokenDigest: digest,
        policy: PartnerPolicy(stream: "main"), created: 0)
      #expect(PartnerPosition.key(of: partner) == [0x75] + digest.prefix(16))
    }
  }
}
