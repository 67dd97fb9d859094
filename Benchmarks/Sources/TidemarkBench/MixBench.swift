import DNSWire
import Dispatch
import Glibc
import Synchronization
import TidemarkModel
import TidemarkRocksDB
import TidemarkSharing
import TidemarkStore

/// Observations of many sensors into the synced store, with and without a stream that is mixed and
/// read by three partners, who each make rows of text.
enum MixBench {
  struct Options {
    var store: String
    var observations: Int
    var unique: Int
    var sensors: Int
    var seed: UInt64
  }

  /// Time passes in the mixer as if so many observations came a second: windows close while it
  /// runs.
  private static let observationsPerSecond = 300_000
  private static let batchEntries = 1 << 18

  static func run(_ options: Options) throws {
    let keys = keys(options)
    let plain = try pass(options, keys, mixes: false)
    print("plain_observations_per_second \(Int(plain.rate))")
    let mixed = try pass(options, keys, mixes: true)
    print("mix_observations_per_second \(Int(mixed.rate))")
    print("mix_ratio \(mixed.rate / plain.rate)")
    print("plain_processor_seconds \(plain.processorSeconds)")
    print("mix_processor_seconds \(mixed.processorSeconds)")
    print("mix_released_records \(mixed.released)")
    print("mix_rows_read \(mixed.rowsRead)")
    print("mix_windows \(mixed.windows)")
    print("mix_pool_records_peak \(mixed.poolPeak)")
  }

  private struct Outcome {
    var rate = 0.0
    /// Of the whole process, readers and background work of the store included.
    var processorSeconds = 0.0
    var released: UInt64 = 0
    var windows: UInt64 = 0
    var rowsRead = 0
    var poolPeak: UInt64 = 0
  }

  private static func pass(
    _ options: Options, _ keys: OctetStrings, mixes: Bool
  ) throws -> Outcome {
    let path = options.store + (mixes ? ".mix" : ".plain")
    let disk = try RocksDBStore(path: path, mode: .write(create: true))
    let registry = try Registry(store: disk)
    for number in 1...options.sensors { _ = try registry.addSensor("sensor\(number)") }
    var settings = MixSettings(name: "bench")
    settings.tlpDefault = .green
    settings.windowSeconds = 5
    let mixer = try Mixer(
      store: disk, registry: registry, settings: mixes ? [settings] : [], directory: nil,
      now: 1_700_000_000)
    let readers = mixer.logs.isEmpty ? [] : (0..<3).map { _ in MixReaderLoop(mixer.logs[0]) }
    var outcome = Outcome()
    let begin = ContinuousClock.now
    let before = processorSeconds()
    try feed(options, keys, mixer, isApart: mixes, &outcome)
    let last = mixer.logs.first.map { $0.nextSequence - 1 } ?? 0
    for reader in readers { outcome.rowsRead += reader.finish(at: last) }
    let seconds = (ContinuousClock.now - begin).components
    outcome.rate =
      Double(options.observations) / (Double(seconds.seconds) + Double(seconds.attoseconds) / 1e18)
    outcome.processorSeconds = processorSeconds() - before
    outcome.released = mixer.accounts.first?.totals.recordsReleased ?? 0
    outcome.windows = mixer.accounts.first?.totals.windows ?? 0
    return outcome
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Zipf over all records, each by any sensor. Batches are filled on one thread while the one
  /// before is written on another, as a collector does.
  private static func feed(
    _ options: Options, _ keys: OctetStrings, _ mixer: Mixer, isApart: Bool,
    _ outcome: inout Outcome
  ) throws {
    let queue = DispatchQueue(label: "bench.writer")
    let writing = DispatchGroup()
    let failure = Mutex<StoreError?>(nil)
    let peak = Mutex<UInt64>(0)
    var filling = RecordBatch(keepsSensorsApart: isApart)
    var spare = RecordBatch(keepsSensorsApart: isApart)
    var random = BenchRandom(state: options.seed)
    let exponent = log(Double(options.unique))
    for observation in 0..<options.observations {
      let second = UInt32(observation / observationsPerSecond)
      let draw = Double(random.next() >> 11) / Double(1 << 53)
      let record = min(Int(exp(draw * exponent)) - 1, options.unique - 1)
      let sensor = SensorNumber(random.next() % UInt64(options.sensors)) + 1
      keys.withSpan(max(record, 0)) {
        filling.add(
          key: $0, timeFirst: 1_700_000_000 + second, timeLast: 1_700_000_000 + second, count: 1,
          sensor: sensor)
      }
      guard filling.count >= batchEntries || observation == options.observations - 1 else {
        continue
      }
      writing.wait()
      if let failure = failure.withLock({ $0 }) { throw failure }
      (filling, spare) = (spare, filling)
      let batch = spare
      queue.async(group: writing) {
        do throws(StoreError) {
          _ = try mixer.apply(batch, now: 1_700_000_000 + second)
          try mixer.tick(now: 1_700_000_000 + second)
        } catch {
          failure.withLock { $0 = error }
        }
        peak.withLock { $0 = max($0, mixer.accounts.first?.recordsPending ?? 0) }
        batch.removeAll()
      }
    }
    writing.wait()
    if let failure = failure.withLock({ $0 }) { throw failure }
    outcome.poolPeak = peak.withLock { $0 }
  }

  private static func keys(_ options: Options) -> OctetStrings {
    var keys = OctetStrings()
    var random = BenchRandom(state: options.seed &+ 1)
    var owner: [UInt8] = []
    for _ in 0..<options.unique {
      owner.removeAll(keepingCapacity: true)
      for label in ["h" + String(random.next() >> 40, radix: 36), domain(&random), "example"] {
        owner.append(UInt8(label.utf8.count))
        owner += label.utf8
      }
      owner.append(0)
      let address = random.next()
      let rdata = (0..<4).map { UInt8(truncatingIfNeeded: address >> ($0 * 8)) }
      keys.append {
        RecordKey.append(
          dataset: .main, rrname: owner.span, rrtype: .a, rdata: rdata.span, vantage: .authority,
          bailiwick: Bailiwick(labels: 2), to: &$0)
      }
    }
    return keys
  }

  private static func domain(_ random: inout BenchRandom) -> String {
    "d" + String(random.next() % 60_000, radix: 36)
  }
}

/// A partner: reads chunks as they come and makes a row of each record.
private final class MixReaderLoop: Sendable {
  private let log: StreamLog
  private let rows = Mutex(0)
  private let end = Mutex<UInt64?>(nil)
  private let wake = DispatchSemaphore(value: 0)
  private let done = DispatchGroup()

  init(_ log: StreamLog) {
    self.log = log
    let thread = DispatchQueue(label: "bench.partner")
    let arrivals = log.arrivals()
    Task { [wake] in for await _ in arrivals { wake.signal() } }
    thread.async(group: done) { [self] in read() }
  }

  /// Waits until everything up to a position was read, and says how many rows it was.
  func finish(at position: UInt64) -> Int {
    end.withLock { $0 = position }
    wake.signal()
    done.wait()
    return rows.withLock { $0 }
  }

  private func read() {
    var position: UInt64 = 0
    var lines = ObservationLineWriter(dataset: nil) { _ in nil }
    var text: [UInt8] = []
    while end.withLock({ $0 }).map({ position < $0 }) ?? true {
      guard let chunk = try? log.next(after: position) else {
        wake.wait()
        continue
      }
      for record in chunk.records {
        let value = RecordValue(
          timeFirst: record.timeFirst, timeLast: record.timeLast, count: record.count,
          sensors: SensorSet(0))
        _ = lines.append(key: record.key.span, value: value, to: &text)
      }
      text.removeAll(keepingCapacity: true)
      rows.withLock { $0 += chunk.records.count }
      position = chunk.sequence
    }
  }
}

/// Numbers that are the same for the same seed (splitmix64).
private struct BenchRandom {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
