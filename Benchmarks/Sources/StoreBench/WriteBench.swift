import TidemarkModel
import TidemarkRocksDB
import TidemarkStore

/// Observations to batches to store, in one thread but for what the store does by itself.
struct WriteBench {
  let settings: Settings

  init(_ settings: Settings) { self.settings = settings }

  func run() throws {
    let store = try RocksDBStore(path: settings.path, tuning: settings.tuning)
    var workload = Workload(unique: settings.unique)
    let batch = RecordBatch(capacity: settings.batch)
    var applying = 0.0
    var summary = ApplySummary()
    let processor = Measure.processorSeconds
    let everyRecordOnce = settings.observations == 0
    let observations = everyRecordOnce ? settings.unique : settings.observations
    let total = try Measure.seconds {
      for observation in 0..<observations {
        let record = everyRecordOnce ? shuffled(observation) : workload.zipf(observation)
        let time = 1_750_000_000 + UInt32(observation / 1_000)
        workload.add(record: record, time: time, to: batch)
        if batch.count >= settings.batch || observation == observations - 1 {
          applying += try apply(batch, to: store, &summary)
        }
      }
    }
    let records = summary.created
    print(
      "\(observations) observations, \(summary.created) created, \(summary.updated) updated: "
        + "\(Measure.decimal(total)) s, of them \(Measure.decimal(applying)) s in apply")
    let entries = Double(summary.created + summary.updated)
    print(
      "apply: \(Measure.decimal(entries / applying / 1e6)) M entries/s, "
        + "\(Measure.decimal(Double(observations) / applying / 1e6)) M observations/s; "
        + "processor \(Measure.decimal(Measure.processorSeconds - processor)) s, "
        + "peak \(Measure.peakOctets >> 20) MiB with one batch")
    let compacting = try Measure.seconds { try store.compact() }
    print("compact: \(Measure.decimal(compacting)) s")
    try printSizes(store, records: records)
  }

  private func apply(
    _ batch: RecordBatch, to store: RocksDBStore, _ summary: inout ApplySummary
  ) throws -> Double {
    let entries = batch.count
    var one = ApplySummary()
    batch.stateChanges = [
      RecordBatch.StateChange(key: StateKey.checkpoint(Array("bench".utf8)), value: [1])
    ]
    let seconds = try Measure.seconds { one = try store.apply(batch) }
    batch.removeAll()
    summary.created += one.created
    summary.updated += one.updated
    print(
      "  \(entries) entries (\(one.created) new): \(Measure.decimal(seconds)) s, "
        + "\(Measure.decimal(Double(entries) / seconds / 1e6)) M/s")
    return seconds
  }

  /// A permutation of the records without memory: an odd step through a number of records that
  /// it has no factor in common with.
  private func shuffled(_ index: UInt64) -> UInt64 {
    var step: UInt64 = 1_000_003
    while settings.unique % step == 0 { step += 2 }
    return index &* step % settings.unique
  }

  private func printSizes(_ store: RocksDBStore, records: Int) throws {
    let statistics = try store.statistics()
    for family in statistics.families {
      print(
        "\(family.family): \(family.keys) keys, \(family.octetsOnDisk) octets, "
          + "\(Measure.decimal(Double(family.octetsOnDisk) / Double(records))) per record")
    }
    let each = Measure.decimal(Double(statistics.octetsOnDisk) / Double(records))
    print("all families: \(each) octets per record")
  }
}
