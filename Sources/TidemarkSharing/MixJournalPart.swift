import TidemarkModel
import TidemarkStore

/// What streams will pool of a batch, written in the same atomic step as the batch: after a crash
/// the pools are made again of it.
///
/// The stored form of a part: form `01`, time of the batch (4), then the entries in the order of
/// their keys: octets that the key shares with the one before, octets that follow, their number
/// before them; the number of contributions; each as sensor, time_first less the time of the batch
/// (zigzag), time_last − time_first, count. Numbers are varints.
struct MixJournalPart {
  private static let form: UInt8 = 1
  /// Octets at which a part ends.
  private static let octetsMax = 512 << 10

  /// A record that was contributed to.
  struct Entry {
    let key: Range<Int>
    let contributions: Range<Int>
  }

  /// When the batch was committed.
  let committedAt: UnixSeconds
  private(set) var entries: [Entry] = []
  private(set) var contributions: [RecordBatch.Contribution] = []
  private var keys: [UInt8] = []

  func withKey<R>(of entry: Entry, _ body: (Span<UInt8>) -> R) -> R {
    body(keys.span.extracting(entry.key))
  }

  /// The parts of a batch; none when nothing of it is wanted.
  ///
  /// - Parameters:
  ///   - batch: sorted.
  ///   - isWanted: whether any stream takes what a sensor contributes to a dataset.
  static func parts(
    of batch: RecordBatch, now: UnixSeconds, _ isWanted: (DatasetNumber, SensorNumber) -> Bool
  ) -> [[UInt8]] {
    var writer = JournalWriter(now: now)
    for entry in batch.entries {
      writer.wanted.removeAll(keepingCapacity: true)
      batch.withKey(of: entry) { key in
        let dataset = DatasetNumber(key[0]) << 8 | DatasetNumber(key[1])
        batch.forEachContribution(to: entry) { contribution in
          if isWanted(dataset, contribution.sensor) { writer.wanted.append(contribution) }
        }
        if !writer.wanted.isEmpty { writer.append(key) }
      }
      if writer.part.count >= octetsMax { writer.endPart() }
    }
    writer.endPart()
    return writer.parts
  }

  init(decoding octets: [UInt8]) throws(MixDamage) {
    var reader = MixReader(octets)
    guard try reader.octet() == MixJournalPart.form else { throw MixDamage() }
    committedAt = UnixSeconds(try reader.bigEndian(octets: 4))
    var previous = 0..<0
    while !reader.isAtEnd {
      let shared = Int(try reader.number(atMost: UInt64(previous.count)))
      let rest = try reader.range(try reader.number())
      let start = keys.count
      // Not as a slice: that would hold the array, and appending would copy all of it.
      for index in previous.lowerBound..<(previous.lowerBound + shared) {
        keys.append(keys[index])
      }
      keys.append(contentsOf: octets[rest])
      previous = start..<keys.count
      let first = contributions.count
      for _ in 0..<(try reader.number(atMost: UInt64(SensorSet.numberMax) + 1)) {
        contributions.append(try MixJournalPart.contribution(&reader, committedAt))
      }
      entries.append(Entry(key: previous, contributions: first..<contributions.count))
    }
  }

  private static func contribution(
    _ reader: inout MixReader, _ base: UnixSeconds
  ) throws(MixDamage) -> RecordBatch.Contribution {
    let sensor = try reader.number(atMost: UInt64(SensorSet.numberMax))
    let (first, overflow) = Int64(base).addingReportingOverflow(try reader.difference())
    guard !overflow, let timeFirst = UnixSeconds(exactly: first) else { throw MixDamage() }
    let (timeLast, isTooLate) = timeFirst.addingReportingOverflow(try reader.time())
    guard !isTooLate else { throw MixDamage() }
    return RecordBatch.Contribution(
      sensor: SensorNumber(sensor), timeFirst: timeFirst, timeLast: timeLast,
      count: try reader.number())
  }

  /// Writes entries into parts.
  private struct JournalWriter {
    let now: UnixSeconds
    var part: [UInt8] = []
    var parts: [[UInt8]] = []
    var wanted: [RecordBatch.Contribution] = []
    private var previous: [UInt8] = []

    init(now: UnixSeconds) {
      self.now = now
    }

    mutating func append(_ key: Span<UInt8>) {
      if part.isEmpty {
        part.append(MixJournalPart.form)
        MixWriter.appendBigEndian(UInt64(now), octets: 4, to: &part)
        previous.removeAll(keepingCapacity: true)
      }
      var shared = 0
      while shared < min(previous.count, key.count), previous[shared] == key[shared] {
        shared += 1
      }
      MixWriter.append(UInt64(shared), to: &part)
      MixWriter.append(octets: key.extracting(droppingFirst: shared), to: &part)
      previous.removeSubrange(shared...)
      unsafe key.extracting(droppingFirst: shared).withUnsafeBufferPointer {
        unsafe previous.append(contentsOf: $0)
      }
      MixWriter.append(UInt64(wanted.count), to: &part)
      for contribution in wanted {
        MixWriter.append(UInt64(contribution.sensor), to: &part)
        MixWriter.append(difference: Int64(contribution.timeFirst) - Int64(now), to: &part)
        MixWriter.append(UInt64(contribution.timeLast - contribution.timeFirst), to: &part)
        MixWriter.append(contribution.count, to: &part)
      }
    }

    mutating func endPart() {
      guard !part.isEmpty else { return }
      parts.append(part)
      part = []
    }
  }
}
