import DNSWire
import TidemarkModel
public import TidemarkStore

/// The rules that every ``RecordStore`` keeps. Each store's test target runs all of them, each on
/// a new store.
public struct StoreConformance: Sendable, CaseIterable, CustomStringConvertible {
  /// Opens the store under test. Called again after the store that it gave was let go, it opens
  /// the same one.
  public typealias Open = @Sendable () throws -> any RecordStore

  /// A rule that does not hold.
  public struct Broken: Error, CustomStringConvertible {
    /// Which rule, and what was seen.
    public let description: String
  }

  /// What the rule says.
  public let description: String
  let check: @Sendable (Open) throws -> Void

  init(_ description: String, _ check: @escaping @Sendable (Open) throws -> Void) {
    self.description = description
    self.check = check
  }

  /// Checks the rule on a new store.
  ///
  /// - Throws: ``Broken``, or what the store throws.
  public func run(_ open: Open) throws {
    do {
      try check(open)
    } catch let broken as Broken {
      throw Broken(description: "\(description): \(broken.description)")
    }
  }

  /// All rules.
  public static let allCases = mergeRules + readRules + indexRules + modelRules

  static func expect(_ condition: Bool, _ detail: @autoclosure () -> String) throws {
    if !condition { throw Broken(description: detail()) }
  }

  /// All rows of a range.
  static func rows(
    _ store: any RecordStore, _ family: StoreFamily, _ range: KeyRange = .all, limit: Int = .max
  ) throws -> [[UInt8]: [UInt8]] {
    var page = KeyValuePage()
    _ = try store.read(family, range, limit: limit, into: &page)
    var rows: [[UInt8]: [UInt8]] = [:]
    for index in 0..<page.count { rows[page.keys[index]] = page.values[index] }
    try expect(rows.count == page.count, "a key was shown twice")
    return rows
  }

  /// The keys of a range in the order shown.
  static func keys(
    _ store: any RecordStore, _ family: StoreFamily, _ range: KeyRange, limit: Int = .max
  ) throws -> [[UInt8]] {
    var page = KeyValuePage()
    _ = try store.read(family, range, limit: limit, into: &page)
    return (0..<page.count).map { page.keys[$0] }
  }

  /// The record keys that a range of the inverse family leads to.
  static func found(_ store: any RecordStore, _ range: KeyRange) throws -> [[UInt8]] {
    var page = KeyValuePage()
    _ = try store.read(.inverse, range, limit: .max, into: &page)
    var records = OctetStrings()
    var origins: [Int] = []
    try store.recordKeys(ofInverse: page.keys, in: range, into: &records, origins: &origins)
    try expect(origins.count == records.count, "an origin for each record")
    return (0..<records.count).map { records[$0] }
  }
}

/// Merging.
extension StoreConformance {
  static let mergeRules = [
    StoreConformance("a new store is empty and has the current format") { open in
      let store = try open()
      try StoreFormat.check(store, path: "")
      for family in [StoreFamily.records, .inverse, .names] {
        try expect(try rows(store, family).isEmpty, "\(family) holds rows")
      }
    },
    StoreConformance("created and updated records are counted") { open in
      let store = try open()
      let two = [
        StoreSample("a.example.com", .a, [192, 0, 2, 1]),
        StoreSample("b.example.com", .a, [192, 0, 2, 2]),
      ]
      try expect(try store.apply(StoreSample.batch(two)) == ApplySummary(created: 2), "first")
      let three = two + [StoreSample("c.example.com", .a, [192, 0, 2, 3])]
      let summary = try store.apply(StoreSample.batch(three))
      try expect(summary == ApplySummary(created: 1, updated: 2), "second: \(summary)")
    },
    StoreConformance("the order and grouping of observations do not matter") { open in
      var samples: [StoreSample] = []
      for day in [0, 40, 3, 3, 90, 17] as [UInt32] {
        samples.append(
          StoreSample(
            "www.example.com", .a, [192, 0, 2, 1], time: 1_700_000_000 + day * 86_400,
            count: UInt64(day) + 1, sensor: day))
      }
      let expected = try valueOf(samples)
      let orders = [samples, samples.reversed(), Array(samples[3...] + samples[..<3])]
      let store = try open()
      for (dataset, order) in orders.enumerated() {
        for split in 0...2 {
          let number = DatasetNumber(10 * dataset + split + 1)
          let moved = order.map { sample in
            var sample = sample
            sample.key[1] = UInt8(number)
            return sample
          }
          for group in groups(moved, sizes: [1, 2, 6][split]) {
            try store.apply(StoreSample.batch(group))
          }
          let value = try store.value(ofRecord: moved[0].key)
          try expect(value == expected, "order \(dataset), groups \(split): \(value as Any)")
        }
      }
    },
    StoreConformance("state is written with the records of its batch") { open in
      let store = try open()
      let key = StateKey.checkpoint([1, 2, 3])
      let first = [RecordBatch.StateChange(key: key, value: [7])]
      try store.apply(StoreSample.batch([StoreSample("example.com", .txt, [0])], state: first))
      try expect(try store.state(key) == [7], "state of a batch with records")
      let second = [
        RecordBatch.StateChange(key: key, value: []),
        RecordBatch.StateChange(key: key + [0], value: [8]),
      ]
      try expect(try store.apply(StoreSample.batch([], state: second)) == ApplySummary(), "counts")
      try expect(try store.state(key) == [], "an empty value is a value")
      try store.apply(
        StoreSample.batch([], state: [RecordBatch.StateChange(key: key, value: nil)]))
      try expect(try store.state(key) == nil, "a deleted key")
      try expect(try store.state(key + [0]) == [8], "its neighbour")
    },
    StoreConformance("a batch with a bad key changes nothing") { open in
      let store = try open()
      let batch = StoreSample.batch(
        [StoreSample("example.com", .txt, [0])],
        state: [RecordBatch.StateChange(key: StateKey.checkpoint([1]), value: [1])])
      batch.add(
        key: [0, 1, 9].span, timeFirst: 1_750_000_000, timeLast: 1_750_000_000, count: 1,
        sensor: 0)
      do {
        try store.apply(batch)
        throw Broken(description: "accepted")
      } catch is StoreError {
        try expect(try rows(store, .records).isEmpty, "records were written")
        try expect(try store.state(StateKey.checkpoint([1])) == nil, "state was written")
      }
    },
    StoreConformance("reopening keeps everything") { open in
      var before: [[[UInt8]: [UInt8]]] = []
      do {
        let store = try open()
        try store.apply(
          StoreSample.batch(
            StoreSample.everyShape.map(\.sample),
            state: [RecordBatch.StateChange(key: StateKey.checkpoint([9]), value: [9, 9])]))
        before = try StoreFamily.allCases.map { try rows(store, $0) }
      }
      let store = try open()
      let after = try StoreFamily.allCases.map { try rows(store, $0) }
      try expect(before == after, "rows differ")
      try expect(!after[0].isEmpty && !after[1].isEmpty && !after[2].isEmpty, "nothing was there")
    },
    StoreConformance("registries give numbers once and keep them") { open in
      do {
        let registry = try Registry(store: try open())
        try expect(registry.dataset("main") == .main, "main is dataset 1")
        try expect(try registry.addDataset("lab") == 2, "first dataset")
        try expect(try registry.addDataset("lab") == 2, "the same again")
        try expect(try registry.addSensor("") == 0, "the sensor without a name")
        try expect(try registry.addSensor("lux1") == 1, "first sensor")
        try expect(try registry.addSensor("lux2") == 2, "second sensor")
      }
      let registry = try Registry(store: try open())
      try expect(registry.dataset("lab") == 2 && registry.name(ofDataset: 2) == "lab", "dataset")
      try expect(registry.sensor("lux2") == 2 && registry.name(ofSensor: 2) == "lux2", "sensor")
      try expect(try registry.addSensor("lux3") == 3, "next sensor")
      try expect(registry.sensor("other") == nil, "a name that was never given")
      try expect(registry.datasets.map(\.name) == ["main", "lab"], "all datasets")
    },
  ]

  private static func valueOf(_ samples: [StoreSample]) throws -> RecordValue {
    var merged: RecordValue?
    for sample in samples {
      let value = RecordValue(
        timeFirst: sample.timeFirst, timeLast: sample.timeLast, count: sample.count,
        sensors: SensorSet(sample.sensor))
      merged = merged.map { old in
        var new = old
        new.merge(value)
        return new
      }
      merged = merged ?? value
    }
    guard let merged else { throw Broken(description: "no samples") }
    return merged
  }

  private static func groups(_ samples: [StoreSample], sizes: Int) -> [[StoreSample]] {
    stride(from: 0, to: samples.count, by: sizes).map {
      Array(samples[$0..<min($0 + sizes, samples.count)])
    }
  }
}
