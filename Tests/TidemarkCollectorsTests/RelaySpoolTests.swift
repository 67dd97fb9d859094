import DNSWire
import Synchronization
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkStore

@Suite struct RelaySpoolTests {
  private static let partOctets = 2_000

  /// What an import without relay gives.
  private func undisturbed(_ source: ReplayedSource = ReplayedSource()) throws -> String {
    let store = MemoryStore()
    try source.feed(DirectSink(store))
    return try exported(store)
  }

  private func open(
    _ folder: SpoolFolder, maxOctets: UInt64 = 1 << 30, hook: SpoolHook? = nil
  ) throws -> RelaySpool {
    try RelaySpool(
      folder: folder.path, maxOctets: maxOctets, partOctets: RelaySpoolTests.partOctets,
      hook: hook)
  }

  /// Sends everything, without trying again.
  private func deliver(_ spool: RelaySpool, to server: PretendedServer) throws {
    while let part = try spool.nextPart() {
      let answer = try server.take(part)
      guard case .stored = answer.verdict else { return }
      try spool.delivered(part)
    }
  }

  @Test func whatGoesThroughIsWhatAnImportGives() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    let spool = try open(folder)
    try ReplayedSource().feed(spool)
    #expect(folder.files().count == 5)
    try deliver(spool, to: server)
    #expect(try exported(server.store) == undisturbed())
    #expect(folder.files().isEmpty)
    #expect(server.ids.count > 5 && Set(server.ids).count == server.ids.count)
    #expect(server.ids.allSatisfy { $0.hasPrefix("\(spool.id)-") && BatchIDRules.takes($0) })
    let account = spool.account
    #expect(account.batchesDelivered == 5 && account.rowsWaiting == 0 && account.octets == 0)
    #expect(account.rowsDelivered > 0)
  }

  /// The heart of it: the process dies before every single change of the disk, in turn, starts
  /// again, and the server ends up with exactly what it should have.
  @Test(arguments: [false, true])
  func aDeathAtAnyStepNeitherLosesNorDoubles(_ sendsInBetween: Bool) throws {
    let source = ReplayedSource(items: 24, batchItems: 8)
    let expected = try undisturbed(source)
    let whole = SpoolFolder()
    defer { whole.remove() }
    let all = try live(source, dying: .max, sendsInBetween, whole, try PretendedServer())
    #expect(all > 40)
    for step in 0..<all {
      let (folder, server) = (SpoolFolder(), try PretendedServer())
      defer { folder.remove() }
      _ = try live(source, dying: step, sendsInBetween, folder, server)
      let spool = try open(folder)
      try source.feed(spool)
      try deliver(spool, to: server)
      #expect(try exported(server.store) == expected, "died before step \(step) of \(all)")
      #expect(folder.files().isEmpty && folder.files(ending: ".tmp").isEmpty)
      #expect(spool.account.rowsDropped == 0 && spool.account.rowsDamaged == 0)
    }
  }

  /// A process that may die; returns the steps it made.
  private func live(
    _ source: ReplayedSource, dying: Int, _ sendsInBetween: Bool, _ folder: SpoolFolder,
    _ server: PretendedServer
  ) throws -> Int {
    let disk = DyingDisk(beforeStep: dying)
    do {
      let spool = try open(folder, hook: disk.hook)
      for _ in 0..<3 {
        try source.feed(spool, batches: 1)
        if sendsInBetween { try deliver(spool, to: server) }
      }
      try deliver(spool, to: server)
    } catch is SpoolError {
      #expect(dying != .max)
    }
    return disk.stepsSeen
  }

  /// One failure that passes, as of a full disk: the same process tries again.
  @Test func aStepThatFailsOnceIsTriedAgainWithoutLossOrDouble() throws {
    let source = ReplayedSource(items: 24, batchItems: 8)
    let expected = try undisturbed(source)
    let whole = SpoolFolder()
    defer { whole.remove() }
    let all = try live(source, dying: .max, true, whole, try PretendedServer())
    for failing in 3..<all {
      let (folder, server) = (SpoolFolder(), try PretendedServer())
      defer { folder.remove() }
      let steps = Mutex(0)
      let hook: SpoolHook = { _ throws(SpoolError) in
        let step = steps.withLock { steps in
          steps += 1
          return steps
        }
        if step == failing { throw .io(path: "full", code: 28) }
      }
      guard let spool = try? open(folder, hook: hook) else { continue }
      var isDone = false
      for _ in 0..<12 where !isDone {
        do {
          try source.feed(spool, batches: 1)
          try deliver(spool, to: server)
          isDone = spool.account.batchesDelivered == 3
        } catch is SpoolError {}
      }
      #expect(isDone)
      #expect(try exported(server.store) == expected, "step \(failing) failed once")
    }
  }

  @Test func aLostAnswerIsSentAgainUnderTheSameId() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    let spool = try open(folder)
    try ReplayedSource().feed(spool)
    server.loseAnswer()
    #expect(throws: PretendedServer.Lost.self) { try deliver(spool, to: server) }
    try deliver(spool, to: server)
    #expect(server.ids[0] == server.ids[1])
    #expect(try exported(server.store) == undisturbed())
  }

  @Test func positionsAreThereBeforeAndAfterDelivery() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    func positions(_ spool: RelaySpool) throws -> [[UInt8]] {
      try spool.states(prefix: Array("c-".utf8)).map(\.value)
    }
    do {
      let spool = try open(folder)
      #expect(try positions(spool).isEmpty)
      try ReplayedSource().feed(spool, batches: 2)
      #expect(try positions(spool) == [[24]])
      #expect(try spool.states(prefix: Array("d".utf8)).isEmpty)
    }
    do {
      let spool = try open(folder)
      #expect(try positions(spool) == [[24]])
      try deliver(spool, to: server)
    }
    let spool = try open(folder)
    #expect(try positions(spool) == [[24]])
    #expect(folder.files().isEmpty)
  }

  @Test func namesKeepTheirNumbersAndTheSpoolItsId() throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let id: String
    do {
      let spool = try open(folder)
      id = spool.id
      #expect(try spool.sensor(named: "") == 0)
      #expect(try spool.sensor(named: "b") == 1 && spool.sensor(named: "a") == 2)
      #expect(try spool.dataset(named: "main") == .main && spool.dataset(named: "p") == 2)
      try ReplayedSource().feed(spool, batches: 1)
    }
    let spool = try open(folder)
    #expect(spool.id == id && id.utf8.count == 32)
    #expect(try spool.sensor(named: "a") == 2 && spool.dataset(named: "p") == 2)
    #expect(throws: SpoolError.badName(what: "sensor")) {
      try spool.sensor(named: String(repeating: "x", count: 256))
    }
    #expect(throws: SpoolError.badName(what: "dataset")) { try spool.dataset(named: "") }
  }

  @Test func eachDatasetHasBodiesOfItsOwn() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    let spool = try open(folder)
    let other = try spool.dataset(named: "partner")
    let batch = RecordBatch()
    for dataset in [DatasetNumber.main, other] {
      var key: [UInt8] = []
      RecordKey.append(
        dataset: dataset, rrname: [0].span, rrtype: .a, rdata: [192, 0, 2, 1].span,
        vantage: .client, bailiwick: .unknown, to: &key)
      batch.add(
        key: key.span, timeFirst: 1_700_000_000, timeLast: 1_700_000_000, count: 1, sensor: 0)
    }
    _ = try spool.write(batch)
    try deliver(spool, to: server)
    #expect(server.ids.count == 2)
    let lines = try exported(server.store).split(separator: "\n")
    #expect(lines.filter { $0.contains("\"dataset\":\"partner\"") }.count == 1)
    #expect(lines.count == 2)
  }

  @Test func whenFullTheOldestAreDroppedAndCounted() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    let size = try sizeOfOneBatch()
    let counted: SpoolAccount
    do {
      let spool = try open(folder, maxOctets: size * 3)
      for name in ["a", "b", "c", "d", "e", "f"] {
        try ReplayedSource(name: name, items: 12).feed(spool)
        #expect(spool.account.octets <= size * 3)
      }
      counted = spool.account
      #expect(counted.batchesDropped >= 3 && counted.batchesDropped + counted.batchesWaiting == 6)
      #expect(
        counted.rowsDropped + counted.rowsWaiting == 6
          * (counted.rowsDropped / counted.batchesDropped))
    }
    let spool = try open(folder, maxOctets: size * 3)
    #expect(spool.account == counted)
    // Dropped is not read again: every source is where it was.
    for name in ["a", "b", "c", "d", "e", "f"] {
      try ReplayedSource(name: name, items: 12).feed(spool)
    }
    #expect(spool.account == counted)
    try deliver(spool, to: server)
    #expect(spool.account.rowsDelivered == counted.rowsWaiting)
    let lines = try exported(server.store)
    #expect(!lines.contains("\"a1.example\"") && lines.contains("\"f1.example\""))
  }

  @Test func aBatchThatIsLargerThanTheSpoolIsDropped() throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try open(folder, maxOctets: 100)
    try ReplayedSource(items: 12).feed(spool)
    #expect(spool.account.batchesDropped == 1 && spool.account.rowsDropped > 0)
    #expect(folder.files().isEmpty && folder.files(ending: ".tmp").isEmpty)
    #expect(try spool.nextPart() == nil)
    #expect(try spool.states(prefix: ReplayedSource.key).map(\.value) == [[12]])
  }

  @Test func aBodyThatArrivesAfterItsFileWasDroppedIsCountedOnce() throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let size = try sizeOfOneBatch()
    let spool = try open(folder, maxOctets: size * 2)
    try ReplayedSource(name: "a", items: 12).feed(spool)
    let rows = spool.account.rowsWaiting
    let part = try #require(try spool.nextPart())
    for name in ["b", "c", "d"] { try ReplayedSource(name: name, items: 12).feed(spool) }
    #expect(spool.account.batchesDropped >= 1)
    try spool.delivered(part)
    let account = spool.account
    #expect(account.rowsDelivered == part.rows)
    #expect(account.rowsDelivered + account.rowsDropped + account.rowsWaiting == rows * 4)
  }

  private func sizeOfOneBatch() throws -> UInt64 {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try open(folder)
    try ReplayedSource(name: "a", items: 12).feed(spool)
    return spool.account.octets + 40
  }

  @Test func aRefusedBodyIsSetAsideAndTheOthersGoOn() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    let spool = try open(folder)
    try ReplayedSource().feed(spool, batches: 2)
    let rows = spool.account.rowsWaiting
    let first = try #require(try spool.nextPart())
    try spool.refused(first)
    try deliver(spool, to: server)
    #expect(folder.files("refused").count == 1 && folder.files().isEmpty)
    let account = spool.account
    #expect(account.batchesRefused == 1 && account.rowsRefused == first.rows)
    #expect(account.batchesDelivered == 1)
    #expect(account.rowsDelivered == rows - first.rows)
    #expect(account.octets > 0)
  }

  @Test func damagedFilesAreSetAsideAndCounted() throws {
    let (folder, server) = (SpoolFolder(), try PretendedServer())
    defer { folder.remove() }
    do {
      let spool = try open(folder)
      try ReplayedSource().feed(spool)
    }
    let names = folder.files()
    // The first in its index, the second in a body, the third cut short.
    try folder.damage(names[0]) { $0[$0.count - 40] ^= 1 }
    try folder.damage(names[1]) { $0[30] ^= 1 }
    try folder.damage(names[2]) { $0.removeLast(10) }
    for round in 0..<2 {
      let spool = try open(folder)
      #expect(spool.account.batchesDamaged == (round == 0 ? 2 : 3))
      try deliver(spool, to: server)
      #expect(spool.account.batchesDamaged == 3 && spool.account.batchesDelivered == 2)
      #expect(spool.account.rowsDamaged > 0)
    }
    #expect(folder.files("damaged") == Array(names[..<3]))
    #expect(folder.files().isEmpty)
    // Their numbers are not given out again: the server knows bodies under them.
    let spool = try open(folder)
    try ReplayedSource(name: "y", items: 12).feed(spool)
    #expect(folder.files()[0] > names[4])
  }

  @Test func aSpoolWithoutItsStateIsNotOpened() throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    do {
      let spool = try open(folder)
      try ReplayedSource().feed(spool)
    }
    let state = try folder.octets(of: "state")
    for octet in [0, 12, state.count / 2, state.count - 1] {
      try folder.damage("state") { $0[octet] ^= 0x40 }
      #expect(throws: SpoolError.damagedState(path: "\(folder.path)/state")) { try open(folder) }
      try folder.replace("state", with: state)
    }
    #expect(try open(folder).account.batchesWaiting == 5)
  }

  @Test func twoRelaysDoNotShareASpool() throws {
    let folder = SpoolFolder()
    defer { folder.remove() }
    let spool = try open(folder)
    #expect(throws: SpoolError.inUse(folder: folder.path)) { try open(folder) }
    #expect(spool.account.batchesWaiting == 0)
  }
}

/// What the server's interface says about ids: 1 to 128 visible ASCII characters.
enum BatchIDRules {
  static func takes(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
