import D4Wire
import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// What readers of a stream see.
struct StreamLogTests {
  private func release(_ owner: String, _ rig: MixRig, at now: UnixSeconds) throws {
    try rig.add(Sighting(owner, 1), Sighting(owner, 2), at: now)
    try rig.tick(now + 10)
  }

  @Test func numbersGoOnAcrossRestarts() throws {
    var rig = try MixRig()
    for round in UnixSeconds(0)..<3 {
      try release("o\(round)", rig, at: round * 20)
      try rig.restart()
    }
    #expect(try rig.chunks().map(\.sequence) == [1, 2, 3])
    #expect(try rig.owners() == [["o0"], ["o1"], ["o2"]])
    let log = try #require(rig.mixer.log(named: "mix"))
    #expect(log.bounds?.first == 1 && log.bounds?.last == 3)
    #expect(try log.next(after: 3) == nil)
    #expect(try log.next(after: 1_000) == nil)
    #expect(try log.next(after: 1)?.sequence == 2)
  }

  @Test func chunksAreKeptForTheirTime() throws {
    var settings = MixRig.settings()
    settings.retentionSeconds = 100
    var rig = try MixRig(settings)
    try release("a", rig, at: 0)
    try release("b", rig, at: 50)
    try rig.tick(110)
    #expect(rig.mixer.log(named: "mix")?.bounds?.first == 1)
    try rig.tick(111)
    var log = try #require(rig.mixer.log(named: "mix"))
    #expect(log.bounds?.first == 2)
    #expect(try log.next(after: 0)?.sequence == 2)
    try rig.tick(200)
    #expect(log.bounds == nil)
    #expect(try log.next(after: 0) == nil)
    // Nothing is left, and the numbers still go on.
    try rig.restart()
    try release("c", rig, at: 210)
    log = try #require(rig.mixer.log(named: "mix"))
    #expect(log.bounds?.first == 3 && log.bounds?.last == 3)
  }

  @Test("nobody reads the log of a stream that ended, and it still goes", arguments: [true, false])
  func chunksOfAStreamThatEndedAreKeptForItsTime(_ hasOther: Bool) throws {
    var settings = MixRig.settings()
    settings.retentionSeconds = 100
    var rig = try MixRig(settings)
    try release("a", rig, at: 0)
    try rig.restart(with: hasOther ? [MixRig.settings("other")] : [])
    func summary() throws -> StreamSummary? {
      try StreamSummary.all(of: rig.store).first { $0.name == "mix" }
    }
    try rig.tick(110)
    #expect(try summary()?.first == 1)
    rig.store.fail(after: 0, .refused)
    #expect(throws: StoreError.self) { try rig.tick(111) }
    #expect(try summary()?.first == 1)
    try rig.tick(112)
    #expect(try summary()?.first == nil && summary()?.octets == 0)
    for prefix in ["ml", "mi"] {
      var page = KeyValuePage()
      _ = try rig.store.read(.state, .prefix(Array(prefix.utf8)), limit: .max, into: &page)
      #expect(page.isEmpty, "\(prefix)")
    }
    // It comes back, and its numbers go on.
    try rig.restart()
    try release("b", rig, at: 120)
    #expect(try rig.chunks().map(\.sequence) == [2])
  }

  @Test func chunksAreKeptWithinTheirOctets() throws {
    var settings = MixRig.settings()
    settings.retentionOctets = 200
    let rig = try MixRig(settings)
    for round in UnixSeconds(0)..<20 { try release("o\(round)", rig, at: round * 20) }
    let log = try #require(rig.mixer.log(named: "mix"))
    #expect(log.size.octets <= 200 && log.size.chunks >= 2)
    #expect(log.bounds?.last == 20)
    var page = KeyValuePage()
    _ = try rig.store.read(.state, .prefix(Array("ml".utf8)), limit: .max, into: &page)
    #expect(page.count == log.size.chunks)
    _ = try rig.store.read(.state, .prefix(Array("mi".utf8)), limit: .max, into: &page)
    #expect(page.count == 2 * log.size.chunks)
  }

  @Test("no text is longer than what receivers take before a position", arguments: [true, false])
  func chunksAreCutByWhatTheirTextMayBecome(_ hasBitmaps: Bool) throws {
    let rig = try MixRig()
    let count = hasBitmaps ? 20 : 3_000
    let batch = RecordBatch(keepsSensorsApart: true)
    for index in 0..<count {
      let key = try hasBitmaps ? LongText.bitmap(index) : LongText.name(index)
      for sensor: SensorNumber in [1, 2] {
        batch.add(
          key: key.span, timeFirst: MixRig.start, timeLast: MixRig.start, count: 1, sensor: sensor)
      }
    }
    _ = try rig.mixer.apply(batch, now: MixRig.start)
    try rig.tick(10)
    var writer = SharedRowWriter(stream: "mix")
    var lines = PositionedLines(sendsPositions: true)
    var rows = 0
    for chunk in try rig.chunks() {
      var text: [UInt8] = []
      for record in chunk.records { writer.appendCOF(record, to: &text) }
      text += Array("{\"position\":\"\(chunk.sequence)\"}\n".utf8)
      var at = 0
      let step = try lines.next(text.span, at: &at)
      #expect(step == .chunk(position: chunk.sequence) && at == text.count)
      rows += lines.chunk.count { $0 == 0x0A }
    }
    #expect(rows == count)
  }

  @Test func listenersHearOfReleases() async throws {
    let rig = try MixRig()
    let log = try #require(rig.mixer.log(named: "mix"))
    var arrivals = log.arrivals().makeAsyncIterator()
    try release("a", rig, at: 0)
    let heard: Void? = await arrivals.next()
    #expect(heard != nil)
    try release("b", rig, at: 20)
    try release("c", rig, at: 40)
    await arrivals.next()
    #expect(try log.next(after: 2)?.sequence == 3, "two releases may be heard as one")
  }

  @Test func aDamagedChunkIsSaidAndNotSkipped() throws {
    let rig = try MixRig()
    try release("a", rig, at: 0)
    let key = Array("mlmix".utf8) + [0, 0, 0, 0, 0, 0, 0, 0, 1]
    let whole = try #require(try rig.store.state(key))
    let log = try StreamLog(name: "mix", store: rig.store)
    for damaged in [[], [2], Array(whole.dropLast()), whole + [0]] {
      let batch = RecordBatch()
      batch.stateChanges = [.init(key: key, value: damaged)]
      try rig.store.apply(batch)
      #expect(throws: StoreError.self) { try log.next(after: 0) }
    }
  }

  @Test func aSummaryTellsOfStreamsThatEnded() throws {
    var rig = try MixRig([MixRig.settings(), MixRig.settings("other")])
    try release("a", rig, at: 0)
    try rig.add(Sighting("b", 1), at: 20)
    try rig.restart(with: [MixRig.settings("other")])
    let streams = try StreamSummary.all(of: rig.store)
    #expect(streams.map(\.name) == ["mix", "other"])
    #expect(streams.map(\.isMixed) == [false, true])
    #expect(streams.map(\.last) == [1, 1] && streams.map(\.first) == [1, 1])
    #expect(streams[0].totals.released == 2 && streams[0].pending == 0)
  }
}

/// The ids that keep streams from going in circles.
struct OriginsTests {
  @Test func theOwnIdIsMadeOnce() throws {
    let store = FaultyStore()
    let first = try Origins(store: store)
    #expect(first.own.isVersion4)
    #expect(try Origins(store: store).own == first.own)
    #expect(try Origins(store: FaultyStore()).own != first.own)
  }

  @Test func whatIsLearntIsKeptAndCarried() throws {
    let store = FaultyStore()
    let origins = try Origins(store: store)
    let others = [SensorUUID.random(), SensorUUID.random()].sorted()
    #expect(try origins.learn([others[1], others[0], others[1]]) == nil)
    #expect(origins.all == [origins.own] + others)
    let applies = store.applies
    #expect(try origins.learn(others) == nil)
    #expect(store.applies == applies, "nothing new, nothing written")
    #expect(try Origins(store: store).all == origins.all)
  }

  @Test func theOwnIdIsRefusedAndNothingLearnt() throws {
    let origins = try Origins(store: FaultyStore())
    #expect(try origins.learn([SensorUUID.random(), origins.own]) == .isOwn(origins.own))
    #expect(origins.all == [origins.own])
  }

  @Test func metaHeadersHaveRoomForAll() throws {
    let origins = try Origins(store: FaultyStore())
    let many = (0..<Origins.learntMax).map { _ in SensorUUID.random() }
    #expect(try origins.learn(many) == nil)
    #expect(origins.all.count == Origins.learntMax + 1)
    #expect(D4MetaHeader.passivednsCOF(origins: origins.all).origins == origins.all)
  }

  @Test func aStreamCannotTeachWithoutBound() throws {
    let origins = try Origins(store: FaultyStore())
    let many = (0...Origins.learntMax).map { _ in SensorUUID.random() }
    #expect(try origins.learn(many) == .tooMany)
    #expect(origins.all == [origins.own])
    #expect(try origins.learn(Array(many.dropLast())) == nil)
    #expect(try origins.learn([many[0]]) == nil)
    #expect(try origins.learn([many[Origins.learntMax]]) == .tooMany)
  }
}

/// Keys of records whose text is long.
enum LongText {
  /// A name of 255 octets that are no characters, which is its own bailiwick.
  static func name(_ index: Int) throws -> [UInt8] {
    var wire: [UInt8] = []
    for octets: UInt8 in [63, 63, 63, 61] {
      wire += [octets] + [UInt8](repeating: 0xFF, count: Int(octets))
    }
    wire.append(0)
    (wire[1], wire[2]) = (0x80 + UInt8(index / 100), 0x80 + UInt8(index % 100))
    return key(wire, .a, [192, 0, 2, 1], Bailiwick(labels: 4))
  }

  /// An NSEC record with all types above 255.
  static func bitmap(_ index: Int) throws -> [UInt8] {
    var rdata: [UInt8] = [0]
    for window: UInt8 in 1...255 {
      rdata += [window, 32] + [UInt8](repeating: 0xFF, count: 32)
    }
    let owner = try DomainName(text: "n\(index).example.com")
    return key(owner.wire, .nsec, rdata, .unknown)
  }

  private static func key(
    _ wire: [UInt8], _ rrtype: RRType, _ rdata: [UInt8], _ bailiwick: Bailiwick
  ) -> [UInt8] {
    var key: [UInt8] = []
    RecordKey.append(
      dataset: .main, rrname: wire.span, rrtype: rrtype, rdata: rdata.span, vantage: .authority,
      bailiwick: bailiwick, to: &key)
    return key
  }
}
