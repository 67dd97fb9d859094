import DNSWire
import Foundation
import Testing
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore
import TidemarkTesting

/// A directory that is removed when the test lets it go.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var store: String { path + "/store" }
}

struct RocksDBStoreTests {
  @Test(arguments: StoreConformance.allCases)
  func keeps(_ rule: StoreConformance) throws {
    let scratch = try Scratch()
    try rule.run { try RocksDBStore(path: scratch.store) }
  }

  /// The same rules when index rows go into files of their own.
  @Test(arguments: StoreConformance.allCases)
  func keepsWithIngestedIndexRows(_ rule: StoreConformance) throws {
    let scratch = try Scratch()
    var tuning = RocksDBTuning()
    tuning.ingestRowsMin = 1
    let ingesting = tuning
    try rule.run { try RocksDBStore(path: scratch.store, tuning: ingesting) }
  }

  /// The same rules when names are moved into runs, three at a time.
  @Test(arguments: StoreConformance.allCases)
  func keepsWithRunsOfNames(_ rule: StoreConformance) throws {
    let scratch = try Scratch()
    var tuning = RocksDBTuning()
    tuning.lateNamesMin = 1
    tuning.sealedNamesMax = 3
    let sealing = tuning
    try rule.run { try RocksDBStore(path: scratch.store, tuning: sealing) }
  }

  @Test(arguments: [RocksDBTuning.RecordFilter.owner, .ownerAndKey])
  func readsTheSameAfterCompaction(_ filter: RocksDBTuning.RecordFilter) throws {
    let scratch = try Scratch()
    var tuning = RocksDBTuning()
    tuning.recordFilter = filter
    let store = try RocksDBStore(path: scratch.store, tuning: tuning)
    for part in 0..<4 {
      let samples = (0..<500).map { index in
        StoreSample("h\(index % 50).d\(part).example.com", .txt, [1, UInt8(index / 50)])
      }
      try store.apply(StoreSample.batch(samples))
    }
    func keys() throws -> [[UInt8]] {
      var page = KeyValuePage()
      _ = try store.read(.records, .all, limit: .max, into: &page)
      return (0..<page.count).map { page.keys[$0] }
    }
    let before = try keys()
    try store.compact()
    #expect(before.count == 2_000)
    #expect(try keys() == before)
    #expect(try store.statistics().families[0].octetsOnDisk > 0)
    #expect(try store.statistics().families[0].levels.map(\.files) == [1])
    // A subtree crosses owners: the owner filter must not be asked.
    let subtree = KeyRange.records(dataset: .main, atOrBelow: StoreSample.name("d2.example.com"))
    var page = KeyValuePage()
    _ = try store.read(.records, subtree, limit: .max, into: &page)
    #expect(page.count == 500)
    // So does a walk that starts at a name that is not there, which a filter would say.
    let absent = StoreSample.name("absent.d0.example.com")
    var walk = KeyRange.records(dataset: .main, owner: absent)
    walk.upper = nil
    page.removeAll()
    _ = try store.read(.records, walk, limit: .max, into: &page)
    #expect(page.count == before.count { !KeyRange.precedes($0, walk.lower) } && page.count > 0)
    let owner = KeyRange.records(dataset: .main, owner: StoreSample.name("h7.d2.example.com"))
    page.removeAll()
    _ = try store.read(.records, owner, limit: .max, into: &page)
    #expect(page.count == 10)
  }

  @Test func refusesToReadWhatIsNotThere() throws {
    let scratch = try Scratch()
    for mode in [RocksDBStore.Mode.write(create: false), .secondary, .readOnly] {
      #expect(throws: StoreError.notFound(path: scratch.store)) {
        try RocksDBStore(path: scratch.store, mode: mode)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.store))
  }

  @Test func refusesADirectoryWithOtherFiles() throws {
    let scratch = try Scratch()
    try Data("notes".utf8).write(to: URL(fileURLWithPath: scratch.path + "/notes.txt"))
    #expect(throws: StoreError.notAStore(path: scratch.path, detail: "something else is there")) {
      try RocksDBStore(path: scratch.path)
    }
  }

  @Test func saysThatThisProcessHoldsTheLock() throws {
    let scratch = try Scratch()
    let store = try RocksDBStore(path: scratch.store)
    #expect(throws: StoreError.locked(path: scratch.store, process: getpid())) {
      try RocksDBStore(path: scratch.store)
    }
    _ = try store.statistics()
  }

  @Test func saysWhichProcessHoldsTheLock() throws {
    let scratch = try Scratch()
    do { _ = try RocksDBStore(path: scratch.store) }
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    holder.arguments = [
      "python3", "-c",
      """
      import fcntl, sys
      file = open(sys.argv[1], "r+")
      fcntl.lockf(file, fcntl.LOCK_EX)
      print("held", flush=True)
      sys.stdin.read()
      """, scratch.store + "/LOCK",
    ]
    let (output, input) = (Pipe(), Pipe())
    holder.standardOutput = output
    holder.standardInput = input
    try holder.run()
    let said = output.fileHandleForReading.readData(ofLength: 5)
    try #require(said == Data("held\n".utf8))
    #expect(
      throws: StoreError.locked(path: scratch.store, process: holder.processIdentifier)
    ) {
      try RocksDBStore(path: scratch.store)
    }
    try input.fileHandleForWriting.close()
    holder.waitUntilExit()
    _ = try RocksDBStore(path: scratch.store)
  }

  @Test func removesFilesThatACrashLeft() throws {
    let scratch = try Scratch()
    do { _ = try RocksDBStore(path: scratch.store) }
    let leftover = scratch.store + "/inverse.ingest"
    try Data("half a file".utf8).write(to: URL(fileURLWithPath: leftover))
    _ = try RocksDBStore(path: scratch.store)
    #expect(!FileManager.default.fileExists(atPath: leftover))
  }

  @Test func refusesANewerFormat() throws {
    let scratch = try Scratch()
    do {
      let store = try RocksDBStore(path: scratch.store)
      let newer = RecordBatch.StateChange(key: StateKey.format, value: [0, 0, 0, 9])
      try store.apply(StoreSample.batch([], state: [newer]))
    }
    for mode in [RocksDBStore.Mode.write(create: true), .secondary, .readOnly] {
      let refusal = StoreError.formatTooNew(
        path: scratch.store, found: 9, known: StoreFormat.current)
      #expect(throws: refusal) { try RocksDBStore(path: scratch.store, mode: mode) }
    }
  }

  @Test func anOlderStoreGetsTheNumberOfItsWriter() throws {
    let scratch = try Scratch()
    let older = StoreFormat.encode(StoreFormat.current - 1)
    do {
      let store = try RocksDBStore(path: scratch.store)
      let change = RecordBatch.StateChange(key: StateKey.format, value: older)
      try store.apply(StoreSample.batch([], state: [change]))
    }
    for mode in [RocksDBStore.Mode.secondary, .readOnly] {
      let reader = try RocksDBStore(path: scratch.store, mode: mode)
      #expect(try reader.state(StateKey.format) == older)
      #expect(try reader.statistics().format == StoreFormat.current - 1)
    }
    let store = try RocksDBStore(path: scratch.store)
    #expect(try store.state(StateKey.format) == StoreFormat.encode(StoreFormat.current))
  }

  @Test func secondaryFollowsTheWriterAndWritesNothing() throws {
    let scratch = try Scratch()
    let primary = try RocksDBStore(path: scratch.store)
    let first = StoreSample("a.example.com", .a, [192, 0, 2, 1])
    try primary.apply(StoreSample.batch([first]))
    let secondary = try RocksDBStore(path: scratch.store, mode: .secondary)
    #expect(try secondary.value(ofRecord: first.key)?.count == 1)
    let second = StoreSample("b.example.com", .a, [192, 0, 2, 2])
    try primary.apply(StoreSample.batch([first, second]))
    #expect(try secondary.value(ofRecord: second.key) == nil)
    try secondary.catchUp()
    #expect(try secondary.value(ofRecord: second.key)?.count == 1)
    #expect(try secondary.value(ofRecord: first.key)?.count == 2)
    #expect(throws: StoreError.readOnly) { try secondary.apply(StoreSample.batch([first])) }
    #expect(throws: StoreError.readOnly) { try secondary.compact() }
  }

  @Test func readsOtherFamiliesWhenOneIsDamaged() throws {
    let scratch = try Scratch()
    do {
      let store = try RocksDBStore(path: scratch.store)
      try store.apply(StoreSample.batch(StoreSample.everyShape.map(\.sample)))
      try store.compact()
    }
    let inverse = try fileOfFamily("inverse", in: scratch.store)
    let length = try FileManager.default.attributesOfItem(atPath: inverse)[.size] as? Int ?? 0
    let file = try #require(FileHandle(forUpdatingAtPath: inverse))
    try file.write(contentsOf: Data(repeating: 0xA5, count: length))
    try file.close()
    let store = try RocksDBStore(path: scratch.store, mode: .readOnly)
    var page = KeyValuePage()
    _ = try store.read(.records, .all, limit: .max, into: &page)
    #expect(page.count == Set(StoreSample.everyShape.map(\.sample)).count)
    var damage: StoreError?
    do throws(StoreError) {
      _ = try store.read(.inverse, .all, limit: .max, into: &page)
    } catch {
      damage = error
    }
    guard case .corrupt(family: .inverse, _) = damage else {
      Issue.record("damage is reported as \(damage as Any)")
      return
    }
  }

  /// The one table file that holds keys of a family.
  private func fileOfFamily(_ family: String, in path: String) throws -> String {
    for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    where name.hasSuffix(".sst") {
      let content = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
      if content.range(of: Data(family.utf8)) != nil { return path + "/" + name }
    }
    throw StoreError.io(detail: "no file of \(family)")
  }
}
