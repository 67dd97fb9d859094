import Testing
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// Random histories against the plain rule, with and without crashes at every step.
struct MixHistoryTests {
  @Test(arguments: UInt64(1)...60)
  func historiesGiveWhatTheRuleSays(_ seed: UInt64) throws {
    let history = MixHistory(seed: seed, events: 120)
    let rig = try MixRig(history.settings)
    var reference = MixReference(history.settings)
    for event in history.events {
      switch event {
      case .batch(let sightings, let now):
        try rig.add(sightings, at: now)
        reference.add(sightings, at: MixRig.start + now)
      case .tick(let now):
        try rig.tick(now)
        reference.tick(MixRig.start + now)
      }
      try check(rig, reference, "seed \(seed)")
    }
    #expect(reference.released.count + Int(reference.dropped) + reference.pool.count > 0)
  }

  @Test(arguments: UInt64(101)...130)
  func aRestartAfterEveryStepChangesNothing(_ seed: UInt64) throws {
    let history = MixHistory(seed: seed, events: 80)
    var rig = try MixRig(history.settings)
    var reference = MixReference(history.settings)
    for event in history.events {
      switch event {
      case .batch(let sightings, let now):
        try rig.add(sightings, at: now)
        reference.add(sightings, at: MixRig.start + now)
      case .tick(let now):
        try rig.tick(now)
        reference.tick(MixRig.start + now)
      }
      try rig.restart()
      try check(rig, reference, "seed \(seed)")
    }
  }

  /// Each write of a history fails once, before or after it reached the disk. Where it was before,
  /// the caller comes again; where it was after, the process is gone and what was written holds.
  @Test(arguments: [
    (UInt64(201), FaultyStore.Fault.refused), (202, .refused), (203, .refused), (204, .refused),
    (201, .writtenThenLost), (202, .writtenThenLost), (203, .writtenThenLost),
    (204, .writtenThenLost),
  ])
  func aFaultAtAnyWriteLosesAndRepeatsNothing(_ seed: UInt64, _ fault: FaultyStore.Fault) throws {
    let history = MixHistory(seed: seed, events: 60)
    var writes = 0
    var isMet = false
    repeat {
      isMet = false
      var rig = try MixRig(history.settings)
      var reference = MixReference(history.settings)
      rig.store.fail(after: writes, fault)
      for event in history.events {
        switch event {
        case .batch(let sightings, let now):
          do {
            try rig.add(sightings, at: now)
          } catch {
            isMet = true
            try rig.restart()
            if fault == .refused { try rig.add(sightings, at: now) }
          }
          reference.add(sightings, at: MixRig.start + now)
        case .tick(let now):
          do {
            try rig.tick(now)
          } catch {
            isMet = true
            if fault == .writtenThenLost { try rig.restart() }
            try rig.tick(now)
          }
          reference.tick(MixRig.start + now)
        }
        try check(rig, reference, "seed \(seed), write \(writes)")
      }
      writes += 1
    } while isMet
    #expect(writes > 30, "so many writes must have failed")
  }

  /// With a small pool the plain rule does not apply, but every sighting still has one fate.
  @Test(arguments: UInt64(301)...330)
  func smallPoolsConserveSightings(_ seed: UInt64) throws {
    var history = MixHistory(seed: seed, events: 150)
    history.settings.poolRecordsMax = 8
    var rig = try MixRig([history.settings], journalOctetsMax: 200)
    var sightings: UInt64 = 0
    for (index, event) in history.events.enumerated() {
      switch event {
      case .batch(let batch, let now):
        try rig.add(batch, at: now)
        sightings += batch.reduce(0) { $0 + ($1.sensor > 0 ? $1.count : 0) }
      case .tick(let now): try rig.tick(now)
      }
      if index % 7 == 0 { try rig.restart() }
      let account = rig.account
      #expect(account.recordsPending <= 8, "seed \(seed)")
      #expect(account.isBalanced && account.totals.pooled == sightings, "seed \(seed)")
      let released = try rig.releases().joined().reduce(0) { $0 + $1.count }
      #expect(account.totals.released == released, "seed \(seed)")
    }
  }

  /// A batch that is in the store and not yet in the pool, because making room failed.
  @Test func whatCouldNotBePooledIsPooledByTheNextTick() throws {
    var settings = MixRig.settings()
    settings.poolRecordsMax = 8
    let rig = try MixRig(settings)
    rig.store.fail(after: 1, .refused)
    try rig.add((0..<20).flatMap { [Sighting("o\($0)", 1), Sighting("o\($0)", 2)] }, at: 0)
    #expect(rig.account.totals.pooled < 40)
    #expect(throws: StoreError.self) { try rig.tick(1) }
    try rig.tick(2)
    #expect(rig.account.totals.pooled == 40)
    try rig.tick(20)
    #expect(Set(try rig.owners().joined()).count == 20)
    #expect(try rig.releases().joined().allSatisfy { $0.count == 2 })
  }

  @Test func aRefusedBatchIsNotChangedAndNotPooled() throws {
    let rig = try MixRig()
    let batch = Sighting.batch([Sighting("a", 1), Sighting("a", 2)])
    batch.stateChanges = [.init(key: [0x63, 1], value: [2])]
    rig.store.fail(after: 0, .refused)
    #expect(throws: StoreError.self) { try rig.mixer.apply(batch, now: MixRig.start) }
    #expect(batch.stateChanges == [.init(key: [0x63, 1], value: [2])])
    #expect(rig.account.totals.pooled == 0)
    _ = try rig.mixer.apply(batch, now: MixRig.start)
    #expect(rig.account.totals.pooled == 2)
    #expect(try rig.store.state([0x63, 1]) == [2])
  }

  @Test func aStreamThatComesBackBeginsBehindWhatItMissed() throws {
    let both = [MixRig.settings(), MixRig.settings("other")]
    var rig = try MixRig(both)
    let pair = [Sighting("a", 1), Sighting("a", 2)]
    try rig.add(pair, at: 0)
    try rig.tick(10)
    try rig.add(Sighting("waits", 1), Sighting("x", 2), at: 11)
    try rig.restart(with: [both[0]])
    try rig.add([Sighting("missed", 1), Sighting("missed", 2)], at: 12)
    try rig.tick(30)
    try rig.restart(with: both)
    #expect(rig.mixer.accounts[1].recordsPending == 0)
    try rig.add([Sighting("b", 1), Sighting("b", 2)], at: 40)
    try rig.tick(60)
    #expect(try rig.owners("mix") == [["a"], ["missed"], ["b"]])
    #expect(try rig.owners("other") == [["a"], ["b"]])
    #expect(try rig.chunks("other").map(\.sequence) == [1, 2])
    #expect(rig.mixer.accounts.allSatisfy { $0.isBalanced })
  }

  @Test func theLastStreamLeavesNeitherPoolNorJournal() throws {
    var rig = try MixRig()
    #expect(try Mixer.hasStreams(rig.store) && !Mixer.hasStreams(FaultyStore()))
    try rig.add([Sighting("pooled", 1), Sighting("x", 2)], at: 0)
    try rig.tick(10)
    try rig.add(Sighting("journaled", 1), at: 11)
    try rig.restart(with: [])
    for prefix in ["mj", "mp"] {
      var page = KeyValuePage()
      _ = try rig.store.read(.state, .prefix(Array(prefix.utf8)), limit: .max, into: &page)
      #expect(page.isEmpty, "\(prefix)")
    }
    let stream = try #require(try StreamSummary.all(of: rig.store).first)
    #expect(!stream.isMixed && stream.pending == 0)
    #expect(try Mixer.hasStreams(rig.store), "somebody has to look after what it let out")
    // Nobody mixes now.
    try rig.add(Sighting("missed", 1), Sighting("missed", 2), at: 12)
    try rig.tick(30)
    try rig.restart()
    try rig.add(
      Sighting("pooled", 2), Sighting("journaled", 2), Sighting("b", 1), Sighting("b", 2), at: 40)
    try rig.tick(50)
    #expect(try rig.owners() == [["b"]], "what was there before counts no more")
    #expect(rig.account.isBalanced)
  }

  @Test func aNewStreamKeepsWhatItPooledBeforeACrash() throws {
    var rig = try MixRig()
    try rig.restart(with: [MixRig.settings(), MixRig.settings("new")])
    try rig.add(Sighting("a", 1), Sighting("a", 2), at: 0)
    try rig.restart(with: [MixRig.settings(), MixRig.settings("new")])
    try rig.tick(10)
    #expect(try rig.owners("new") == [["a"]])
  }

  private func check(_ rig: MixRig, _ reference: MixReference, _ place: String) throws {
    let account = rig.account
    #expect(try rig.releases() == reference.released, "\(place)")
    #expect(account.isBalanced, "\(place)")
    #expect(account.totals.dropped == reference.dropped, "\(place)")
    #expect(account.recordsPending == UInt64(reference.pool.count), "\(place)")
    #expect(account.pending == reference.pool.values.reduce(0) { $0 + $1.count }, "\(place)")
  }
}
