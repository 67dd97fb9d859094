import TidemarkCompression
import TidemarkModel

/// Cuts a sorted batch into bodies for a server: COF ndjson of one dataset each, small enough.
struct SpoolBodies {
  private let batch: RecordBatch
  private let sensors: [String]
  private let datasets: [String]
  private let partOctets: Int
  private var next = 0
  private var rows: [UInt8] = []

  init(
    _ batch: RecordBatch, sensors: [String], datasets: [String], partOctets: Int
  ) {
    batch.sort()
    self.batch = batch
    self.sensors = sensors
    self.datasets = datasets
    self.partOctets = partOctets
  }

  /// The next body, packed; nil after the last.
  ///
  mutating func nextBody(
    _ compressor: ZstdCompressor
  ) throws(SpoolError) -> (packed: [UInt8], rows: UInt64, dataset: String)? {
    guard next < batch.count else { return nil }
    let dataset = SpoolBodies.dataset(of: batch.entries[next], in: batch)
    let names = sensors
    var writer = ObservationLineWriter(dataset: nil) { number in
      Int(number) < names.count ? names[Int(number)] : nil
    }
    rows.removeAll(keepingCapacity: true)
    var count: UInt64 = 0
    while next < batch.count, rows.count < partOctets {
      let entry = batch.entries[next]
      guard SpoolBodies.dataset(of: entry, in: batch) == dataset else { break }
      let isWritten = batch.withKey(of: entry) { key in
        writer.append(key: key, value: batch.value(of: entry), to: &rows)
      }
      if isWritten { count += 1 }
      next += 1
    }
    var packed: [UInt8] = []
    do throws(ZstdCompressor.OutOfMemory) {
      try compressor.append(rows.span, to: &packed)
    } catch {
      throw .outOfMemory
    }
    let number = Int(dataset) - 1
    return (packed, count, datasets.indices.contains(number) ? datasets[number] : datasets[0])
  }

  /// Keys begin with the number of their dataset.
  private static func dataset(
    of entry: RecordBatch.Entry, in batch: RecordBatch
  ) -> DatasetNumber {
    batch.withKey(of: entry) { key in
      key.count >= 2 ? DatasetNumber(key[0]) << 8 | DatasetNumber(key[1]) : .main
    }
  }
}
