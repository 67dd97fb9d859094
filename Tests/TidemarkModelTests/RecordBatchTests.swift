import Testing
import TidemarkModel

struct RecordBatchTests {
  @Test func sumsLikeADictionary() {
    var generator = Octets(seed: 31)
    let batch = RecordBatch(capacity: 4)
    var model: [[UInt8]: RecordValue] = [:]
    for _ in 0..<20_000 {
      let key = generator.octets(upTo: 6)
      let time = 1_750_000_000 + UInt32.random(in: 0...900_000, using: &generator)
      let sensor = UInt32.random(in: 0...80, using: &generator)
      let count = UInt64.random(in: 1...3, using: &generator)
      batch.add(key: key.span, timeFirst: time, timeLast: time + 9, count: count, sensor: sensor)
      let one = RecordValue(
        timeFirst: time, timeLast: time + 9, count: count, sensors: SensorSet(sensor))
      model[key]?.merge(one)
      model[key] = model[key] ?? one
    }
    #expect(batch.observations == 20_000)
    #expect(contents(batch) == model, "seed 31")
    batch.sort()
    #expect(contents(batch) == model, "seed 31, after sorting")
    let sorted = keys(batch)
    #expect(sorted == model.keys.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test func canBeFilledAgain() {
    let batch = RecordBatch()
    for round in 0..<3 {
      for index in 0..<5_000 {
        let key = [UInt8(round), UInt8(index & 0xFF), UInt8(index >> 8)]
        batch.add(
          key: key.span, timeFirst: 1, timeLast: 1, count: 1, sensor: UInt32(index % 100))
      }
      batch.stateChanges = [RecordBatch.StateChange(key: [1], value: nil)]
      #expect(batch.count == 5_000 && batch.keyOctets == 15_000)
      #expect(keys(batch).allSatisfy { $0[0] == UInt8(round) })
      batch.sort()
      batch.removeAll()
      #expect(batch.isEmpty && batch.observations == 0 && batch.keyOctets == 0)
    }
  }

  @Test func countSaturates() {
    let batch = RecordBatch()
    for count in [UInt64.max, 5] {
      batch.add(key: [1].span, timeFirst: 1, timeLast: 1, count: count, sensor: 0)
    }
    #expect(batch.value(of: batch.entries[0]).count == .max)
  }

  @Test func holdsKeysOfAnyLength() {
    let batch = RecordBatch()
    for count in [0, 1, 8, 16, 17, 65_000] {
      for _ in 0..<2 {
        let key = [UInt8](repeating: 9, count: count)
        batch.add(key: key.span, timeFirst: 1, timeLast: 1, count: 1, sensor: 0)
      }
    }
    #expect(batch.entries.map { batch.value(of: $0).count } == [2, 2, 2, 2, 2, 2])
  }

  private func keys(_ batch: RecordBatch) -> [[UInt8]] {
    batch.entries.map { entry in
      batch.withKey(of: entry) { key in key.indices.map { key[$0] } }
    }
  }

  private func contents(_ batch: RecordBatch) -> [[UInt8]: RecordValue] {
    Dictionary(uniqueKeysWithValues: zip(keys(batch), batch.entries.map { batch.value(of: $0) }))
  }
}
