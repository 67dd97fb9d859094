import D4Wire
import Synchronization
import TidemarkModel
import TidemarkSharing

/// Rates of sensors between two looks at them: directories hold sums only.
final class SensorRates: Sendable {
  private struct Look {
    let time: UnixSeconds
    let records: [SensorUUID: UInt64]
  }

  /// Two looks that are nearer say nothing, seconds.
  private static let spanMin: UnixSeconds = 5
  /// A look so long ago is replaced by a later one, seconds.
  private static let spanMax: UnixSeconds = 300

  private let looks = Mutex<[Look]>([])

  /// Records a minute since an earlier look of the last minutes; empty at the first one. A sensor
  /// that became known in between has none.
  func perMinute(_ sums: [SensorActivitySum], now: UnixSeconds) -> [SensorUUID: Double] {
    let records = Dictionary(sums.map { ($0.uuid, $0.records) }, uniquingKeysWith: { $1 })
    let before = looks.withLock { looks -> Look? in
      // The last of those that are old enough stays: without it there would be nothing to compare.
      while looks.count > 1, now >= looks[1].time, now - looks[1].time >= SensorRates.spanMax {
        looks.removeFirst()
      }
      let before = looks.first { now >= $0.time && now - $0.time >= SensorRates.spanMin }
      if looks.last.map({ now > $0.time && now - $0.time >= SensorRates.spanMin }) ?? true {
        looks.append(Look(time: now, records: records))
      }
      return before
    }
    guard let before else { return [:] }
    let minutes = Double(now - before.time) / 60
    return records.reduce(into: [:]) { rates, sensor in
      guard let known = before.records[sensor.key], sensor.value >= known else { return }
      rates[sensor.key] = Double(sensor.value - known) / minutes
    }
  }
}
