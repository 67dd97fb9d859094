import CRocksDB
import DNSWire
import Dispatch
import Synchronization
import Testing
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore
import TidemarkTesting

/// Names in runs: whoever reads the names family sees every name once, wherever it is.
struct NameRunTests {
  /// A store that seals, and one that has never heard of runs, given the same batches.
  private struct Pair {
    let scratch: Scratch
    let tuning: RocksDBTuning
    var store: RocksDBStore?
    let plain = MemoryStore()

    init(lateNamesMin: Int = 1, sealedNamesMax: Int, ingestRowsMin: Int) throws {
      scratch = try Scratch()
      var tuning = RocksDBTuning()
      tuning.lateNamesMin = lateNamesMin
      tuning.sealedNamesMax = sealedNamesMax
      tuning.ingestRowsMin = ingestRowsMin
      self.tuning = tuning
      try reopen()
    }

    mutating func reopen() throws {
      store = nil
      store = try RocksDBStore(path: scratch.store, tuning: tuning)
    }

    func names(
      _ store: any RecordStore, _ range: KeyRange, limit: Int = .max
    ) throws -> [[UInt8]] {
      var names: [[UInt8]] = []
      try store.scan(.names, range, limit: limit) { key, value in
        #expect(value.count == 0)
        var name: [UInt8] = []
        for index in key.indices { name.append(key[index]) }
        names.append(name)
        return true
      }
      return names
    }

    /// Compares what both show of a range.
    func compare(_ range: KeyRange, limit: Int = .max) throws {
      let store = try #require(store)
      let (seen, wanted) = try (
        names(store, range, limit: limit), names(plain, range, limit: limit)
      )
      #expect(seen == wanted, "\(range), \(limit)")
    }

    /// Closes the store and counts the rows that RocksDB has in the names family.
    mutating func rows() throws -> (runs: Int, late: Int) {
      store = nil
      return try NameRows.count(in: scratch.store)
    }
  }

  private static let labels =
    ["www", "mail", "a", "b", "ns1", "example", "com", "net", "x--y", "\\000\\001z", "\\002"]
    + [String(repeating: "l", count: 63), String(repeating: "\\000", count: 60)]

  private static func owner(_ generator: inout SeededGenerator) -> String {
    var text = "h\(Int.random(in: 0..<3_000, using: &generator))"
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      text += "." + (labels.randomElement(using: &generator) ?? "")
    }
    return Bool.random(using: &generator) ? text : "www." + text
  }

  @Test(arguments: UInt64(1)...6)
  func showsWhatAStoreWithoutRunsShows(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var pair = try Pair(
      sealedNamesMax: Int.random(in: 1...400, using: &generator),
      ingestRowsMin: Bool.random(using: &generator) ? 1 : 65_536)
    for step in 0..<24 {
      let samples = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
        StoreSample(
          NameRunTests.owner(&generator), .a, generator.octets(4...4),
          dataset: Bool.random(using: &generator) ? 1 : 2)
      }
      try pair.store?.apply(StoreSample.batch(samples))
      try pair.plain.apply(StoreSample.batch(samples))
      if step % 7 == 6 { try pair.reopen() }
      if step % 11 == 10 { try pair.store?.compact() }
      try pair.compare(.all)
      for _ in 0..<8 {
        let name = StoreSample.name(NameRunTests.owner(&generator))
        let dataset: DatasetNumber = Bool.random(using: &generator) ? 1 : 2
        let limit = Int.random(in: 1...300, using: &generator)
        try pair.compare(NamesKey.range(dataset: dataset, startingWith: name))
        var key: [UInt8] = []
        NamesKey.append(dataset: dataset, rrname: name.wire.span, to: &key)
        try pair.compare(KeyRange(lower: key, upper: nil), limit: limit)
        try pair.compare(KeyRange(lower: [], upper: key), limit: limit)
        try pair.compare(KeyRange.all.after(key), limit: limit)
      }
    }
    try pair.store?.compact()
    try pair.compare(.all)
    let names = try pair.names(pair.plain, .all).count
    #expect(names > 1_000)
    let rows = try pair.rows()
    #expect(rows.late == 0)
    // A run holds 64 names and more, but for the last of a part that was divided.
    #expect(rows.runs > 0 && rows.runs <= names / 64 + 1)
  }

  @Test func sealsWhatComesWithEachBatch() throws {
    // A batch brings more than one write moves.
    var pair = try Pair(sealedNamesMax: 300, ingestRowsMin: 65_536)
    for part in 0..<6 {
      let samples = (0..<1_000).map { StoreSample("h\($0).d\(part).example", .a, [192, 0, 2, 1]) }
      try pair.store?.apply(StoreSample.batch(samples))
      try pair.plain.apply(StoreSample.batch(samples))
    }
    // Nothing but the batches has sealed them.
    try pair.compare(.all)
    let rows = try pair.rows()
    #expect(rows.late == 0)
    #expect((1...6_000 / 64).contains(rows.runs))
  }

  @Test("a scan beside sealing shows every name that came before it began")
  func readersBesideSealing() throws {
    // A pass takes some fifty batches, so that most names are moved long after they came.
    let pair = try Pair(lateNamesMin: 200, sealedNamesMax: 4, ingestRowsMin: 65_536)
    let store = try #require(pair.store)
    let batches = (0..<600).map { part in
      (0..<4).map { StoreSample("h\($0 * 600 + part).example", .a, [192, 0, 2, 1]) }
    }
    let applied = Mutex(0)
    let failure = Mutex<String?>(nil)
    DispatchQueue.concurrentPerform(iterations: 2) { role in
      do {
        if role == 0 {
          for batch in batches {
            try store.apply(StoreSample.batch(batch))
            applied.withLock { $0 += 1 }
          }
          return
        }
        var wanted = 0
        while wanted < batches.count {
          wanted = applied.withLock { $0 }
          var names = 0
          try store.scan(.names, .all, limit: .max) { _, _ in
            names += 1
            return true
          }
          if names < 4 * wanted { failure.withLock { $0 = "\(names) names of \(4 * wanted)" } }
        }
      } catch {
        failure.withLock { $0 = "\(error)" }
        applied.withLock { $0 = batches.count }
      }
    }
    #expect(failure.withLock { $0 } == nil)
    #expect(try pair.names(store, .all).count == 4 * batches.count)
  }

  @Test func aSecondarySeesEveryNameOnceWhileNamesAreSealed() throws {
    let pair = try Pair(sealedNamesMax: 64, ingestRowsMin: 65_536)
    let store = try #require(pair.store)
    let reader = try RocksDBStore(path: pair.scratch.store, mode: .secondary)
    for part in 0..<8 {
      let samples = (0..<100).map {
        StoreSample("h\($0 * 8 + part).example", .a, [192, 0, 2, 1])
      }
      try store.apply(StoreSample.batch(samples))
      try pair.plain.apply(StoreSample.batch(samples))
      try reader.catchUp()
      #expect(try pair.names(reader, .all) == pair.names(pair.plain, .all))
    }
  }
}

/// The names family as RocksDB has it.
private enum NameRows {
  static func count(in path: String) throws -> (runs: Int, late: Int) {
    let options = unsafe rocksdb_options_create()
    defer { unsafe rocksdb_options_destroy(options) }
    var failure: UnsafeMutablePointer<CChar>?
    var count = 0
    let names = unsafe rocksdb_list_column_families(options, path, &count, &failure)
    defer { unsafe rocksdb_list_column_families_destroy(names, count) }
    var families = unsafe [UnsafePointer<CChar>?]()
    for index in 0..<count { unsafe families.append(UnsafePointer(names?[index])) }
    let same = unsafe [OpaquePointer?](repeating: options, count: count)
    var handles = unsafe [OpaquePointer?](repeating: nil, count: count)
    let database = unsafe rocksdb_open_for_read_only_column_families(
      options, path, CInt(count), families, same, &handles, 0, &failure)
    defer {
      unsafe handles.forEach { unsafe rocksdb_column_family_handle_destroy($0) }
      unsafe rocksdb_close(database)
    }
    let place = try #require(
      unsafe families.firstIndex { unsafe $0.map { unsafe String(cString: $0) } == "names" })
    let reads = unsafe rocksdb_readoptions_create()
    let iterator = unsafe rocksdb_create_iterator_cf(database, reads, handles[place])
    defer {
      unsafe rocksdb_iter_destroy(iterator)
      unsafe rocksdb_readoptions_destroy(reads)
    }
    var rows = (runs: 0, late: 0)
    unsafe rocksdb_iter_seek_to_first(iterator)
    while unsafe rocksdb_iter_valid(iterator) != 0 {
      var length = 0
      let key = unsafe rocksdb_iter_key(iterator, &length)
      let isRun = unsafe length > 2 && key?[0] == 0 && key?[1] == 0
      if isRun { rows.runs += 1 } else { rows.late += 1 }
      unsafe rocksdb_iter_next(iterator)
    }
    return rows
  }
}
