import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// Batches into a store.
struct StoreSink: BatchSink {
  let store: any RecordStore
  let registry: Registry
  /// True when the store mixes what single sensors contributed.
  var wantsSensorsApart = false

  func write(_ batch: RecordBatch) throws -> UInt64 {
    UInt64(try store.apply(batch).created)
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    var page = KeyValuePage()
    _ = try store.read(.state, .prefix(prefix), limit: .max, into: &page)
    return (0..<page.count).map { (key: page.keys[$0], value: page.values[$0]) }
  }

  func sensor(named name: String) throws -> SensorNumber {
    try registry.addSensor(name)
  }
}
