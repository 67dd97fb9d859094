import DNSWire
import TidemarkModel
import TidemarkStore

/// Random operations, compared with a dictionary.
extension StoreConformance {
  static let modelRules = (UInt64(1)...3).map { seed in
    StoreConformance("random operations match a dictionary, seed \(seed)") { open in
      var model = StoreModel(seed: seed)
      var store: (any RecordStore)? = try open()
      for step in 0..<60 {
        if step % 20 == 19 {
          store = nil
          store = try open()
        }
        guard let store else { return }
        try model.step(store)
      }
    }
  }
}

private struct StoreModel {
  private var generator: SeededGenerator
  private var records: [[UInt8]: RecordValue] = [:]
  private var state: [[UInt8]: [UInt8]] = [
    StateKey.format: StoreFormat.encode(StoreFormat.current)
  ]

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func step(_ store: any RecordStore) throws {
    try applyBatch(store)
    try checkScan(store)
    try checkIndex(store)
  }

  private mutating func applyBatch(_ store: any RecordStore) throws {
    var samples: [StoreSample] = []
    var summary = ApplySummary()
    var touched = Set<[UInt8]>()
    for _ in 0..<Int.random(in: 0...40, using: &generator) { samples.append(sample()) }
    for sample in samples {
      let isNew = records[sample.key] == nil
      if touched.insert(sample.key).inserted {
        if isNew { summary.created += 1 } else { summary.updated += 1 }
      }
      var value = RecordValue(
        timeFirst: sample.timeFirst, timeLast: sample.timeLast, count: sample.count,
        sensors: SensorSet(sample.sensor))
      if let old = records[sample.key] { value.merge(old) }
      records[sample.key] = value
    }
    let key = StateKey.checkpoint([UInt8.random(in: 0...5, using: &generator)])
    let value = Bool.random(using: &generator) ? [UInt8(samples.count)] : nil
    state[key] = value
    let change = RecordBatch.StateChange(key: key, value: value)
    let seen = try store.apply(StoreSample.batch(samples, state: [change]))
    try StoreConformance.expect(seen == summary, "\(seen) instead of \(summary)")
    try StoreConformance.expect(try store.state(key) == value, "state")
  }

  private mutating func sample() -> StoreSample {
    let owners = ["example.com", "a.example.com", "b.example.com", "example.net", "\\001.test"]
    let shapes = StoreSample.everyShape
    let shape = shapes[Int.random(in: 0..<shapes.count, using: &generator)].sample
    let rdata = RecordKeyView(shape.key.span).map { Array(shape.key[$0.rdata]) } ?? []
    let view = RecordKeyView(shape.key.span)
    return StoreSample(
      owners[Int.random(in: 0..<owners.count, using: &generator)], view?.rrtype ?? .txt, rdata,
      dataset: DatasetNumber.random(in: 1...2, using: &generator),
      vantage: view?.vantage ?? .authority,
      time: 1_700_000_000 + UInt32.random(in: 0...10_000_000, using: &generator),
      count: UInt64.random(in: 1...9, using: &generator),
      sensor: UInt32.random(in: 0...100, using: &generator))
  }

  private mutating func checkScan(_ store: any RecordStore) throws {
    let keys = records.keys.sorted(by: KeyRange.precedes)
    guard let low = keys.randomElement(using: &generator),
      let high = keys.randomElement(using: &generator)
    else { return }
    let range = KeyRange(lower: low, upper: Bool.random(using: &generator) ? high : nil)
    let limit = Int.random(in: 1...50, using: &generator)
    let expected = Array(keys.filter(range.contains).prefix(limit))
    let seen = try StoreConformance.keys(store, .records, range, limit: limit)
    try StoreConformance.expect(seen == expected, "rows of a range")
    for key in [low, high] {
      let value = try store.value(ofRecord: key)
      try StoreConformance.expect(value == records[key], "a value: \(value as Any)")
    }
  }

  private func checkIndex(_ store: any RecordStore) throws {
    var inverse = Set<[UInt8]>()
    var names = Set<[UInt8]>()
    for key in records.keys {
      var keys = OctetStrings()
      _ = InverseKey.appendKeys(ofRecord: key.span, to: &keys)
      for index in 0..<keys.count { inverse.insert(keys[index]) }
      if let name = NamesKey.key(ofRecord: key.span) { names.insert(name) }
    }
    let all = try StoreFamily.allCases.map { try StoreConformance.rows(store, $0) }
    try StoreConformance.expect(Set(all[0].keys) == Set(records.keys), "records")
    try StoreConformance.expect(Set(all[1].keys) == inverse, "inverse rows")
    try StoreConformance.expect(Set(all[2].keys) == names, "names rows")
    try StoreConformance.expect(all[3] == state, "state rows")
    let found = try StoreConformance.found(store, .all)
    try StoreConformance.expect(Set(found) == Set(records.keys), "records behind the index")
  }
}
