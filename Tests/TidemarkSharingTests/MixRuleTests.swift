import Testing
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// What a window lets out, and whose contributions count.
struct MixRuleTests {
  struct Case: CustomStringConvertible {
    let k: Int
    let n: UInt64
    /// Count by sensor.
    let counts: [SensorNumber: UInt64]
    let isReleased: Bool
    var description: String { "k=\(k) n=\(n) \(counts.sorted { $0.key < $1.key })" }
  }

  @Test(arguments: [
    Case(k: 1, n: 0, counts: [1: 1], isReleased: true),
    Case(k: 2, n: 0, counts: [1: 1], isReleased: false),
    Case(k: 2, n: 0, counts: [1: 1_000_000], isReleased: false),
    Case(k: 2, n: 0, counts: [1: 1, 2: 1], isReleased: true),
    Case(k: 3, n: 0, counts: [1: 5, 2: 5], isReleased: false),
    Case(k: 3, n: 0, counts: [1: 1, 2: 1, 3: 1], isReleased: true),
    Case(k: 3, n: 10, counts: [1: 9], isReleased: false),
    Case(k: 3, n: 10, counts: [1: 10], isReleased: true),
    Case(k: 3, n: 10, counts: [1: 4, 2: 6], isReleased: true),
    Case(k: 3, n: 10, counts: [1: 4, 2: 5], isReleased: false),
    // Sensors without a name are nobody, and neither are their sightings.
    Case(k: 2, n: 0, counts: [0: 1, 1: 1], isReleased: false),
    Case(k: 3, n: 10, counts: [0: 100, 1: 9], isReleased: false),
  ])
  func releasesWhatEnoughSensorsOrSightingsSaw(_ row: Case) throws {
    var settings = MixRig.settings()
    settings.sensorsMin = 1
    settings.sensorsPerRecordMin = row.k
    settings.sightingsMin = row.n
    let rig = try MixRig(settings)
    try rig.add(row.counts.map { Sighting("a", $0.key, count: $0.value) }, at: 0)
    try rig.tick(10)
    #expect(try rig.owners() == (row.isReleased ? [["a"]] : []))
    if row.isReleased {
      let sum = row.counts.reduce(0) { $0 + ($1.key == 0 ? 0 : $1.value) }
      #expect(try rig.chunks()[0].records[0].count == sum)
    }
    #expect(rig.account.isBalanced)
  }

  @Test func sensorsOfSeveralBatchesAndWindowsAddUp() throws {
    let rig = try MixRig()
    try rig.add(Sighting("a", 1, time: 1), Sighting("b", 2), at: 0)
    try rig.tick(10)
    #expect(try rig.owners() == [])
    try rig.add(Sighting("a", 2, time: 50), Sighting("c", 3), at: 50)
    try rig.tick(59)
    #expect(try rig.owners() == [])
    try rig.tick(60)
    #expect(try rig.owners() == [["a"]])
    let record = try rig.chunks()[0].records[0]
    #expect(record.timeFirst == MixRig.start + 1 && record.timeLast == MixRig.start + 50)
    #expect(record.count == 2)
    #expect(rig.account.recordsPending == 2)
  }

  @Test func aReleasedRecordBeginsAnew() throws {
    let rig = try MixRig()
    try rig.add(Sighting("a", 1, count: 3), Sighting("a", 2), at: 0)
    try rig.tick(10)
    try rig.add(Sighting("a", 3), Sighting("b", 4), at: 20)
    try rig.tick(30)
    #expect(try rig.owners() == [["a"]], "one sensor since it was let out")
    try rig.add(Sighting("a", 1, count: 5), at: 40)
    try rig.add(Sighting("b", 1), at: 41)
    try rig.tick(50)
    #expect(try rig.owners() == [["a"]], "only sensor 1 in that window")
    try rig.add(Sighting("c", 2), at: 51)
    try rig.tick(60)
    #expect(try rig.owners() == [["a"], ["a", "b"]])
    #expect(try rig.chunks()[1].records.first { $0.count == 6 } != nil)
  }

  @Test func timesAreRoundedDown() throws {
    var settings = MixRig.settings()
    settings.coarsenSeconds = 3_600
    let rig = try MixRig(settings)
    try rig.add(Sighting("a", 1, time: 100), Sighting("a", 2, time: 4_000), at: 4_000)
    try rig.tick(4_010)
    let record = try rig.chunks()[0].records[0]
    #expect(record.timeFirst == (MixRig.start + 100) / 3_600 * 3_600)
    #expect(record.timeLast == (MixRig.start + 4_000) / 3_600 * 3_600)
    #expect(record.timeFirst < record.timeLast)
  }

  @Test func onlyWhatMarkingStateClassAndListLetIn() throws {
    let directory = KnownSensors()
    directory.set("s1", tlp: .clear)
    directory.set("s2", tlp: .green)
    directory.set("s3", tlp: .amber)
    directory.set("s4", tlp: .clear, state: .pending)
    directory.set("s5", tlp: .clear, mixClass: "alone")
    directory.set("s6", tlp: .clear, state: .blocked)
    var settings = MixRig.settings()
    settings.excludedSensors = ["s7"]
    settings.tlpDefault = .amber
    settings.sensorsMin = 1
    settings.sensorsPerRecordMin = 1
    let rig = try MixRig(settings, directory: directory)
    let sightings = (1...8).map { Sighting("o\($0)", $0) }
    try rig.add(sightings, at: 0)
    try rig.tick(10)
    #expect(try rig.owners() == [["o1", "o2"]])
    let tlps = try rig.chunks()[0].records.reduce(into: [:]) {
      $0[Sighting.owner(of: $1.key)] = $1.tlp
    }
    #expect(tlps == ["o1": .clear, "o2": .green])
    #expect(rig.account.totals.pooled == 2, "the others are not even pooled")
  }

  @Test func theStrictestMarkingIsTheRecords() throws {
    let directory = KnownSensors()
    directory.set("s1", tlp: .clear)
    directory.set("s2", tlp: .amber)
    var settings = MixRig.settings()
    settings.tlpMax = .amberStrict
    let rig = try MixRig(settings, directory: directory)
    try rig.add(Sighting("a", 1), Sighting("a", 2), Sighting("b", 1), Sighting("b", 3), at: 0)
    try rig.tick(10)
    let tlps = try rig.chunks()[0].records.reduce(into: [:]) {
      $0[Sighting.owner(of: $1.key)] = $1.tlp
    }
    #expect(tlps == ["a": .amber, "b": .green])
  }

  @Test func timesAndCountsOfOthersDoNotShow() throws {
    let directory = KnownSensors()
    directory.set("s3", tlp: .red)
    let rig = try MixRig(MixRig.settings(), directory: directory)
    // All in one batch: the record in the store holds the sum of all three.
    try rig.add(
      Sighting("a", 1, time: 5), Sighting("a", 2, time: 6),
      Sighting("a", 3, time: 1, count: 100), Sighting("a", 3, time: 90), at: 90)
    try rig.tick(100)
    let record = try rig.chunks()[0].records[0]
    #expect(record.timeFirst == MixRig.start + 5 && record.timeLast == MixRig.start + 6)
    #expect(record.count == 2)
  }

  @Test func whatASensorGaveIsHeldBackOnceItIsBlocked() throws {
    let directory = KnownSensors()
    for number in 1...4 { directory.set("s\(number)") }
    let rig = try MixRig(MixRig.settings(), directory: directory)
    try rig.add(
      Sighting("a", 1), Sighting("a", 2), Sighting("b", 3), Sighting("b", 4), at: 0)
    directory.set("s2", state: .blocked)
    try rig.tick(10)
    #expect(try rig.owners() == [["b"]])
    #expect(rig.account.totals.sightings(dropped: .policy) == 2)
    #expect(rig.account.isBalanced)
  }

  @Test func sensorsOfOneOwnerCountOnceWhenOwnersCount() throws {
    let directory = KnownSensors()
    directory.set("s1", owner: "one")
    directory.set("s2", owner: "one")
    directory.set("s3", owner: "two")
    directory.set("s4")
    directory.set("s5")
    var settings = MixRig.settings()
    settings.voice = .owners
    let rig = try MixRig(settings, directory: directory)
    try rig.add(Sighting("same", 1), Sighting("same", 2), at: 0)
    try rig.tick(10)
    #expect(rig.account.totals.windows == 0, "one owner is not enough for a window")
    try rig.add(
      Sighting("two", 1), Sighting("two", 3), Sighting("none", 4), Sighting("none", 5), at: 11)
    try rig.tick(20)
    #expect(try rig.owners() == [["none", "two"]])
  }

  @Test func streamsTakeTheirDatasetsOnly() throws {
    var other = MixRig.settings("other")
    other.datasets = ["lab"]
    let rig = try MixRig([MixRig.settings(), other])
    let lab = try rig.registry.addDataset("lab")
    try rig.add(
      Sighting("a", 1), Sighting("a", 2), Sighting("b", 1, dataset: lab),
      Sighting("b", 2, dataset: lab), Sighting("c", 1, dataset: 9), Sighting("c", 2, dataset: 9),
      at: 0)
    try rig.tick(10)
    #expect(try rig.owners() == [["a"]])
    #expect(try rig.owners("other") == [["b"]])
  }

  @Test func largeReleasesAreCutIntoChunksAndShuffled() throws {
    let rig = try MixRig()
    let names = (0..<9_000).map { "o\($0)" }
    try rig.add(names.flatMap { [Sighting($0, 1), Sighting($0, 2)] }, at: 0)
    try rig.tick(10)
    let chunks = try rig.chunks()
    #expect(chunks.map(\.sequence) == [1, 2, 3])
    #expect(chunks.map(\.records.count) == [4_096, 4_096, 808])
    let keys = chunks.flatMap(\.records).map(\.key)
    #expect(Set(keys).count == 9_000)
    let ascending = zip(keys, keys.dropFirst()).count { $0.lexicographicallyPrecedes($1) }
    // In an order that says nothing about half of the neighbours ascend; sorted, all do.
    #expect((4_000...5_000).contains(ascending), "\(ascending)")
  }
}
