import Testing
import TidemarkModel

/// What batches know of single sensors.
struct RecordBatchContributionsTests {
  private let key: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]

  private func contributions(
    apart: Bool = true, _ add: (RecordBatch) -> Void
  ) -> [RecordBatch.Contribution] {
    let batch = RecordBatch(keepsSensorsApart: apart)
    add(batch)
    batch.sort()
    var found: [RecordBatch.Contribution] = []
    for entry in batch.entries { batch.forEachContribution(to: entry) { found.append($0) } }
    return found.sorted { $0.sensor < $1.sensor }
  }

  @Test func oneSensorIsTheAuthorOfEverything() {
    let found = contributions { batch in
      for time: UnixSeconds in [50, 10, 90] {
        batch.add(key: key.span, timeFirst: time, timeLast: time + 1, count: 2, sensor: 7)
      }
    }
    #expect(found == [.init(sensor: 7, timeFirst: 10, timeLast: 91, count: 6)])
  }

  @Test(arguments: [(UInt32(1), UInt32(2)), (3, 64), (200, 70), (65_535, 63)])
  func sensorsAreKeptApart(_ one: SensorNumber, _ other: SensorNumber) {
    let found = contributions { batch in
      batch.add(key: key.span, timeFirst: 10, timeLast: 20, count: 1, sensor: one)
      batch.add(key: key.span, timeFirst: 5, timeLast: 6, count: 2, sensor: other)
      batch.add(key: key.span, timeFirst: 30, timeLast: 30, count: 4, sensor: one)
      batch.add(key: key.span, timeFirst: 200_000, timeLast: 200_000, count: 8, sensor: other)
    }
    let wanted: [RecordBatch.Contribution] = [
      .init(sensor: one, timeFirst: 10, timeLast: 30, count: 5),
      .init(sensor: other, timeFirst: 5, timeLast: 200_000, count: 10),
    ]
    #expect(found == wanted.sorted { $0.sensor < $1.sensor })
  }

  @Test func theRecordIsTheSameApartOrNot() {
    func value(apart: Bool) -> RecordValue {
      let batch = RecordBatch(keepsSensorsApart: apart)
      for sensor: SensorNumber in [1, 2, 1, 90, 2] {
        batch.add(
          key: key.span, timeFirst: 86_400 * sensor, timeLast: 86_400 * sensor, count: 3,
          sensor: sensor)
      }
      return batch.value(of: batch.entries[0])
    }
    #expect(value(apart: true) == value(apart: false))
  }

  @Test func whatCameSummedIsNobodys() {
    var sensors = SensorSet(1)
    sensors.insert(2)
    let sum = RecordValue(timeFirst: 1, timeLast: 2, count: 9, sensors: sensors)
    let found = contributions { batch in
      batch.add(key: key.span, value: sum)
      batch.add(key: key.span, timeFirst: 3, timeLast: 3, count: 1, sensor: 2)
      batch.add(
        key: key.span,
        value: RecordValue(timeFirst: 5, timeLast: 5, count: 2, sensors: SensorSet(2)))
    }
    #expect(
      found == [
        .init(sensor: 0, timeFirst: 1, timeLast: 2, count: 9),
        .init(sensor: 2, timeFirst: 3, timeLast: 5, count: 3),
      ])
  }

  @Test func withoutKeepingApartSeveralAreNobody() {
    let found = contributions(apart: false) { batch in
      batch.add(key: key.span, timeFirst: 1, timeLast: 1, count: 1, sensor: 1)
      batch.add(key: key.span, timeFirst: 2, timeLast: 2, count: 1, sensor: 2)
    }
    #expect(found == [.init(sensor: 0, timeFirst: 1, timeLast: 2, count: 2)])
  }

  @Test func anEmptiedBatchHasForgottenAll() {
    let found = contributions { batch in
      for sensor: SensorNumber in [1, 2] {
        batch.add(key: key.span, timeFirst: 1, timeLast: 1, count: 1, sensor: sensor)
      }
      batch.sort()
      batch.removeAll()
      batch.add(key: key.span, timeFirst: 9, timeLast: 9, count: 1, sensor: 3)
    }
    #expect(found == [.init(sensor: 3, timeFirst: 9, timeLast: 9, count: 1)])
  }
}
