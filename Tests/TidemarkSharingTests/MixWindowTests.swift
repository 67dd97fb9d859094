import DNSWire
import Testing
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// When windows open and end, how long records wait, and what is bounded.
struct MixWindowTests {
  private func pair(_ owner: String) -> [Sighting] { [Sighting(owner, 1), Sighting(owner, 2)] }

  @Test func aWindowOpensWithTheFirstContribution() throws {
    let rig = try MixRig()
    try rig.tick(0)
    #expect(rig.account.windowClosesAt == nil)
    try rig.add(Sighting("x", 0), at: 3)
    #expect(rig.account.windowClosesAt == nil, "nobody's record opens none")
    try rig.add(pair("a"), at: 5)
    #expect(rig.account.windowClosesAt == UInt64(MixRig.start) + 15)
    try rig.tick(14)
    #expect(try rig.owners() == [])
    try rig.tick(15)
    #expect(try rig.owners() == [["a"]])
    #expect(try rig.chunks()[0].releasedAt == MixRig.start + 15)
    #expect(rig.account.windowClosesAt == nil)
  }

  @Test func aWindowStaysOpenUntilEnoughContributed() throws {
    var settings = MixRig.settings()
    settings.sensorsMin = 3
    let rig = try MixRig(settings)
    try rig.add(pair("a"), at: 0)
    try rig.tick(10)
    #expect(try rig.owners() == [])
    #expect(rig.account.windowClosesAt == UInt64(MixRig.start) + 20)
    try rig.add(Sighting("b", 3), at: 11)
    try rig.tick(19)
    #expect(try rig.owners() == [])
    try rig.tick(20)
    #expect(try rig.owners() == [["a"]])
    #expect(rig.account.totals.windowsExtended == 1)
  }

  @Test func contributorsOfEarlierWindowsDoNotCountForThis() throws {
    let rig = try MixRig()
    try rig.add(Sighting("a", 1), Sighting("b", 2), at: 0)
    try rig.tick(10)
    try rig.add(Sighting("a", 2), at: 20)
    try rig.tick(30)
    #expect(try rig.owners() == [], "only sensor 2 contributed since")
    #expect(rig.account.totals.windowsExtended == 1)
  }

  @Test func aRestartGoesOnWithTheWindow() throws {
    var rig = try MixRig()
    try rig.add(pair("a"), at: 0)
    try rig.restart()
    #expect(rig.account.windowClosesAt == UInt64(MixRig.start) + 10)
    #expect(rig.account.recordsPending == 1)
    try rig.tick(9)
    #expect(try rig.owners() == [])
    try rig.restart()
    try rig.tick(500)
    #expect(try rig.owners() == [["a"]], "late")
  }

  @Test func anExtensionSurvivesARestart() throws {
    var settings = MixRig.settings()
    settings.sensorsMin = 3
    var rig = try MixRig(settings)
    try rig.add(pair("a"), at: 0)
    try rig.tick(10)
    try rig.restart()
    try rig.add(Sighting("b", 3), at: 12)
    try rig.tick(19)
    #expect(try rig.owners() == [])
    try rig.tick(20)
    #expect(try rig.owners() == [["a"]])
  }

  @Test func recordsThatWaitTooLongAreDropped() throws {
    let rig = try MixRig()
    try rig.add([Sighting("old", 1, count: 7), Sighting("x", 2)], at: 0)
    try rig.tick(10)
    for now in UnixSeconds(100)...160 { try rig.tick(now) }
    #expect(rig.account.recordsPending == 2, "a minute, since nobody contributes")
    try rig.tick(161)
    #expect(rig.account.recordsPending == 0)
    #expect(rig.account.totals.sightings(dropped: .tooOld) == 8)
    #expect(rig.account.totals.records(dropped: .tooOld) == 2)
    #expect(rig.account.isBalanced)
    let applies = rig.store.applies
    for now in UnixSeconds(162)...180 { try rig.tick(now) }
    #expect(rig.store.applies == applies, "nothing is due, nothing is written")
  }

  @Test func recordsThatWaitTooLongAreDroppedWhenAWindowIsProlonged() throws {
    let rig = try MixRig()
    try rig.add(Sighting("old", 1), at: 0)
    for now in stride(from: UnixSeconds(10), through: 100, by: 10) { try rig.tick(now) }
    #expect(rig.account.recordsPending == 1)
    try rig.tick(110)
    #expect(rig.account.recordsPending == 0)
    #expect(rig.account.totals.sightings(dropped: .tooOld) == 1)
  }

  /// Sensors that fall silent leave records that grow too old second by second.
  @Test func aPoolThatNobodyContributesToIsNotWrittenForEachRecordThatGoes() throws {
    var settings = MixRig.settings()
    settings.windowSeconds = 100
    let rig = try MixRig(settings)
    for second in UnixSeconds(0)..<99 { try rig.add(Sighting("o\(second)", 1), at: second) }
    try rig.add(Sighting("x", 2), at: 99)
    try rig.tick(100)
    #expect(rig.account.recordsPending == 100 && rig.account.windowClosesAt == nil)
    let applies = rig.store.applies
    for now in UnixSeconds(101)...400 { try rig.tick(now) }
    #expect(rig.account.recordsPending == 0 && rig.store.applies == applies + 1)
    #expect(rig.account.totals.records(dropped: .tooOld) == 100 && rig.account.isBalanced)
  }

  @Test func aFullPoolEndsItsWindowEarly() throws {
    var settings = MixRig.settings()
    settings.poolRecordsMax = 100
    let rig = try MixRig(settings)
    for index in 0..<1_000 { try rig.add(pair("o\(index)"), at: 0) }
    #expect(rig.account.recordsPending <= 100)
    #expect(rig.account.totals.windowsEarly == 9)
    #expect(rig.account.totals.dropped == 0)
    try rig.tick(10)
    #expect(Set(try rig.owners().joined()).count == 1_000)
    #expect(rig.account.isBalanced)
  }

  @Test func aFullPoolThatMayNotEndDropsWhatWaitsLongest() throws {
    var settings = MixRig.settings()
    settings.poolRecordsMax = 100
    let rig = try MixRig(settings)
    for index in 0..<250 { try rig.add(Sighting("o\(index)", 1), at: UnixSeconds(index / 50)) }
    #expect(rig.account.recordsPending <= 100)
    #expect(try rig.owners() == [])
    #expect(rig.account.totals.records(dropped: .poolFull) >= 150)
    #expect(rig.account.isBalanced)
    // The newest are still there: a second sensor makes them safe.
    try rig.add(Sighting("o249", 2), Sighting("o0", 2), at: 6)
    try rig.tick(10)
    #expect(try rig.owners() == [["o249"]])
  }

  @Test func oneBatchMayBeLargerThanThePool() throws {
    var settings = MixRig.settings()
    settings.poolRecordsMax = 10
    let rig = try MixRig(settings)
    try rig.add((0..<500).flatMap { pair("o\($0)") }, at: 0)
    #expect(rig.account.recordsPending <= 10)
    try rig.tick(10)
    #expect(Set(try rig.owners().joined()).count == 500)
    #expect(rig.account.isBalanced)
  }

  @Test func keysAreBoundedToo() throws {
    var settings = MixRig.settings()
    settings.poolRecordsMax = 1_000
    let rig = try MixRig(settings)
    let batch = RecordBatch(keepsSensorsApart: true)
    for index in UInt16(0)..<40 {
      let rdata = [UInt8(index)] + [UInt8](repeating: 1, count: 60_000)
      let key = TextRecord.key(rdata)
      batch.add(key: key.span, timeFirst: 1, timeLast: 1, count: 1, sensor: 1)
    }
    _ = try rig.mixer.apply(batch, now: MixRig.start)
    #expect(rig.account.recordsPending <= 19, "a megabyte of keys")
    #expect(rig.account.recordsPending >= 12)
    #expect(rig.account.isBalanced)
  }

  @Test func countsThatOverflowAreAccountedFor() throws {
    let rig = try MixRig()
    try rig.add(Sighting("a", 1, count: .max), at: 0)
    try rig.add(Sighting("a", 2, count: 5), at: 0)
    #expect(rig.account.isBalanced)
    try rig.tick(10)
    #expect(try rig.chunks()[0].records[0].count == .max)
    #expect(rig.account.totals.sightings(dropped: .saturated) == 5)
    #expect(rig.account.isBalanced)
  }

  @Test func aLongWindowDoesNotMakeTheJournalGrow() throws {
    var settings = MixRig.settings()
    settings.windowSeconds = 1_000_000
    var rig = try MixRig([settings], journalOctetsMax: 2_000)
    var most = 0
    for round in UnixSeconds(0)..<200 {
      try rig.add((0..<10).flatMap { pair("o\($0)") }, at: round)
      try rig.tick(round)
      var page = KeyValuePage()
      _ = try rig.store.read(.state, .prefix(Array("mj".utf8)), limit: .max, into: &page)
      most = max(most, page.octetCount)
    }
    #expect(most < 4_000, "\(most)")
    try rig.restart()
    #expect(rig.account.pending == 4_000)
    try rig.tick(2_000_000)
    #expect(try rig.chunks()[0].records.map(\.count) == [UInt64](repeating: 400, count: 10))
  }

  @Test func whatNobodyWantsIsNotWrittenTwice() throws {
    let rig = try MixRig()
    let applies = rig.store.applies
    try rig.add(Sighting("a", 0), Sighting("b", 0), at: 0)
    var page = KeyValuePage()
    _ = try rig.store.read(.state, .prefix(Array("mj".utf8)), limit: .max, into: &page)
    #expect(page.isEmpty)
    #expect(rig.store.applies == applies + 1)
  }
}

enum TextRecord {
  static func key(_ rdata: [UInt8]) -> [UInt8] {
    var key: [UInt8] = []
    let root: [UInt8] = [0]
    RecordKey.append(
      dataset: .main, rrname: root.span, rrtype: .txt, rdata: rdata.span, vantage: .authority,
      bailiwick: .unknown, to: &key)
    return key
  }
}
