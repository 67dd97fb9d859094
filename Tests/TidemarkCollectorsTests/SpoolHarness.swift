import DNSWire
import FoundationEssentials
import Synchronization
import TidemarkCollectors
import TidemarkCompression
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// A folder for a spool; remove it at the end of the test.
final class SpoolFolder: Sendable {
  let path: String

  init() {
    path = "\(FileManager.default.temporaryDirectory.path)/tidemark-spool-\(UUID().uuidString)"
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Names below the folder, sorted.
  func files(_ folder: String = "", ending: String = ".batch") -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []
    return names.filter { $0.hasSuffix(ending) }.sorted()
  }

  func octets(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
  }

  func damage(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
    var octets = try octets(of: name)
    change(&octets)
    try replace(name, with: octets)
  }

  func copy(to other: SpoolFolder) throws {
    try FileManager.default.copyItem(atPath: path, toPath: other.path)
  }

  func replace(_ name: String, with octets: [UInt8]) throws {
    try Data(octets).write(to: URL(filePath: "\(path)/\(name)"))
  }
}

/// A source that can be replayed: records that follow from their number, and a position.
struct ReplayedSource {
  static let key = Array("c-source".utf8)
  var name = "x"
  var items = 60
  var batchItems = 12

  /// Gives a sink all batches that its position says are missing.
  func feed(_ sink: any BatchSink, batches: Int = .max) throws {
    let sensors = try ["", "s1", "s2"].map { try sink.sensor(named: $0) }
    let state = try sink.states(prefix: ReplayedSource.key + Array(name.utf8)).first
    var item = state.map { Int($0.value[0]) } ?? 0
    var written = 0
    while item < items, written < batches {
      let batch = RecordBatch()
      let end = min(item + batchItems, items)
      while item < end {
        add(item, sensors: sensors, to: batch)
        item += 1
      }
      batch.stateChanges = [
        RecordBatch.StateChange(key: ReplayedSource.key + Array(name.utf8), value: [UInt8(item)])
      ]
      _ = try sink.write(batch)
      written += 1
    }
  }

  /// Items share records, so that anything counted twice or never changes a count.
  private func add(_ item: Int, sensors: [SensorNumber], to batch: RecordBatch) {
    for part in 0..<4 {
      var key: [UInt8] = []
      let label = "\(name)\((item + part) % 23)"
      let owner = [UInt8(label.utf8.count)] + Array(label.utf8) + [7] + Array("example".utf8) + [0]
      RecordKey.append(
        dataset: .main, rrname: owner.span, rrtype: .a, rdata: [192, 0, 2, UInt8(part)].span,
        vantage: .authority, bailiwick: Bailiwick(labels: 1), to: &key)
      let time = UnixSeconds(1_700_000_000 + item * 40_000)
      batch.add(
        key: key.span, timeFirst: time, timeLast: time + 5, count: UInt64(1 + part),
        sensor: sensors[item % sensors.count])
    }
  }
}

/// A sink that is a store, for what an undisturbed import gives.
struct DirectSink: BatchSink {
  let store: any RecordStore
  let registry: Registry

  init(_ store: any RecordStore) throws {
    self.store = store
    registry = try Registry(store: store)
  }

  func write(_ batch: RecordBatch) throws -> UInt64 { UInt64(try store.apply(batch).created) }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    var page = KeyValuePage()
    _ = try store.read(.state, .prefix(prefix), limit: .max, into: &page)
    return (0..<page.count).map { (key: page.keys[$0], value: page.values[$0]) }
  }

  func sensor(named name: String) throws -> SensorNumber { try registry.addSensor(name) }
}

/// What `tidemark export` prints of a store.
func exported(_ store: any RecordStore) throws -> String {
  let registry = try Registry(store: store)
  var out: [UInt8] = []
  for (number, name) in registry.datasets.sorted(by: { $0.name < $1.name }) {
    var prefix: [UInt8] = []
    RecordKey.appendDataset(number, to: &prefix)
    var writer = ObservationLineWriter(dataset: name == "main" ? nil : name) {
      registry.name(ofSensor: $0)
    }
    try store.scan(.records, .prefix(prefix), limit: .max) { key, octets in
      if let value = try? RecordValue(decoding: octets) {
        writer.append(key: key, value: value, to: &out)
      }
      return true
    }
  }
  return String(decoding: out, as: UTF8.self)
}

/// A server that keeps its promise about batch ids, and fails when it is told to.
final class PretendedServer: RelayTransport {
  let store = MemoryStore()
  private let registry: Registry
  private let state = Mutex((ids: [String](), answers: [Int](), losesAnswer: false))

  init() throws { registry = try Registry(store: store) }

  /// Ids of all requests, those answered as known included.
  var ids: [String] { state.withLock { $0.ids } }

  /// Answers the next requests with these statuses, 0 for no answer, before it works.
  func fail(with statuses: [Int]) { state.withLock { $0.answers = statuses } }

  /// The next body is stored, and its answer lost.
  func loseAnswer() { state.withLock { $0.losesAnswer = true } }

  struct Lost: Error {}

  func post(_ part: SpoolPart) async throws -> RelayAnswer { try take(part) }

  func take(_ part: SpoolPart) throws -> RelayAnswer {
    let (status, isKnown, losesAnswer) = state.withLock { state in
      let status = state.answers.isEmpty ? 200 : state.answers.removeFirst()
      guard status == 200 else { return (status, false, false) }
      let isKnown = state.ids.contains(part.batchID)
      state.ids.append(part.batchID)
      defer { state.losesAnswer = false }
      return (status, isKnown, state.losesAnswer)
    }
    if status == 0 { throw Lost() }
    guard status == 200 else { return RelayAnswer(status: status, text: "{\"error\":\"no\"}\n") }
    if !isKnown { try store(part) }
    if losesAnswer { throw Lost() }
    return RelayAnswer(
      status: 200,
      text: "{\"duplicate\":\(isKnown),\"offered\":\(part.rows),\"observations\":\(part.rows)}\n")
  }

  private func store(_ part: SpoolPart) throws {
    let now: UnixSeconds = 1_800_000_000
    let origin = ObservationOrigin(
      dataset: try registry.addDataset(part.dataset), sensor: 0, vantage: .client)
    var settings = SourceSettings(origin: origin, now: now)
    settings.sensorOf = { [registry] name in
      (try? registry.addSensor(String(decoding: name, as: UTF8.self))) ?? 0
    }
    var decoder = TextDecoder(COFFeed(now: now), settings: settings)
    let rows = try unpacked(part.octets)
    let batch = RecordBatch()
    var at = 0
    while try decoder.decode(rows.span, at: &at, isFinal: true, into: batch) != .end {}
    guard decoder.items == part.rows else { throw Lost() }
    try store.apply(batch)
  }
}

/// The rows of a body.
func unpacked(_ octets: [UInt8]) throws -> [UInt8] {
  guard var unpacker = Unpacker(.zstd, octetsMax: 64 << 20) else { return octets }
  var rows: [UInt8] = []
  var piece: [UInt8] = []
  var at = 0
  while try unpacker.next(octets.span, at: &at, isLast: true, into: &piece) { rows += piece }
  return rows
}

/// A disk that dies before a given step, and stays dead.
final class DyingDisk: Sendable {
  private let steps: Mutex<Int>
  private let dies: Int

  init(beforeStep dies: Int) {
    self.dies = dies
    steps = Mutex(0)
  }

  var stepsSeen: Int { steps.withLock { $0 } }

  var hook: SpoolHook {
    { [self] _ throws(SpoolError) in
      let step = steps.withLock { steps in
        steps += 1
        return steps
      }
      if step > dies { throw .io(path: "dead", code: 5) }
    }
  }
}
