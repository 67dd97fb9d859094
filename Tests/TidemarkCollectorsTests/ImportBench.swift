import Foundation
import Synchronization
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// A store in memory and imports into it.
final class ImportBench {
  /// What ``FailingSink`` throws.
  struct Interruption: Error {}

  static let now: UnixSeconds = 1_760_000_000

  let store = MemoryStore()
  let registry: Registry
  let folder: ScratchFolder

  init() throws {
    registry = try Registry(store: store)
    folder = try ScratchFolder()
  }

  /// Imports octets as a file.
  ///
  /// - Parameter failingAt: the write, counted from 1, that fails.
  func run(
    _ content: [UInt8], name: String = "source", failingAt: Int? = nil,
    dataset: DatasetNumber = .main, _ change: (inout ImportRun.Options) -> Void = { _ in }
  ) throws -> ImportRun.Report {
    try run(path: folder.write(content, name), failingAt: failingAt, dataset: dataset, change)
  }

  func run(
    path: String, failingAt: Int? = nil, dataset: DatasetNumber = .main,
    _ change: (inout ImportRun.Options) -> Void = { _ in }
  ) throws -> ImportRun.Report {
    var options = ImportRun.Options(
      origin: ObservationOrigin(dataset: dataset, sensor: 0, vantage: .client),
      now: ImportBench.now)
    change(&options)
    let sink = TestSink(store: store, registry: registry, failingAt: failingAt)
    let source = try ByteSource(path: path, spoolFolder: folder.url.path)
    let report = try ImportRun(source: source, sink: sink, options: options).run()
    #expect(report.accounting.isBalanced, "\(report.accounting)")
    return report
  }

  /// Every row of the store.
  func rows(_ families: [StoreFamily] = StoreFamily.allCases) throws -> [[[UInt8]: [UInt8]]] {
    try families.map { family in
      var page = KeyValuePage()
      _ = try store.read(family, .all, limit: .max, into: &page)
      return Dictionary(
        uniqueKeysWithValues: (0..<page.count).map { (page.keys[$0], page.values[$0]) })
    }
  }

  /// Records, their total count, and checkpoints.
  func sums() throws -> (records: Int, count: UInt64, checkpoints: Int) {
    let all = try rows([.records, .state])
    let counts = try all[0].values.map { try RecordValue(decoding: $0.span).count }
    let checkpoints = all[1].keys.filter { StateKey.checkpoints.contains($0) }
    return (counts.count, counts.reduce(0, +), checkpoints.count)
  }
}

/// Batches into a store, until one write fails.
private final class TestSink: BatchSink {
  private let store: MemoryStore
  private let registry: Registry
  private let failingAt: Int?
  private let writes = Mutex(0)

  init(store: MemoryStore, registry: Registry, failingAt: Int?) {
    self.store = store
    self.registry = registry
    self.failingAt = failingAt
  }

  func write(_ batch: RecordBatch) throws -> UInt64 {
    let number = writes.withLock { writes in
      writes += 1
      return writes
    }
    if number == failingAt { throw ImportBench.Interruption() }
    return UInt64(try store.apply(batch).created)
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    var page = KeyValuePage()
    _ = try store.read(.state, .prefix(prefix), limit: .max, into: &page)
    return (0..<page.count).map { (key: page.keys[$0], value: page.values[$0]) }
  }

  func sensor(named name: String) throws -> SensorNumber { try registry.addSensor(name) }
}

/// Sources, written octet by octet.
enum ImportSample {
  /// Lines of COF, each another record with a count of 2; every tenth repeats the first record.
  static func cof(_ lines: Range<Int>, sensor: String? = nil) -> [UInt8] {
    let field = sensor.map { ",\"sensor_id\":\"\($0)\"" } ?? ""
    return Array(
      lines.map { line in
        let host = line % 10 == 9 ? 0 : line
        return "{\"rrname\":\"h\(host).example.com\",\"rrtype\":\"A\",\"rdata\":"
          + "\"192.0.2.\(host % 256)\",\"time_first\":\(1_750_000_000 + line),"
          + "\"time_last\":\(1_750_000_100 + line),\"count\":2\(field)}\n"
      }
      .joined().utf8)
  }

  /// Records of about 64,000 octets each: 1,049 of them fill a batch.
  static func largeCOF(_ lines: Int) -> [UInt8] {
    let string = String(repeating: "a", count: 250)
    let text = Array(repeating: "\\\"\(string)\\\"", count: 250).joined(separator: " ")
    var out: [UInt8] = []
    for line in 0..<lines {
      out +=
        "{\"rrname\":\"h\(line % (lines - 3)).example.com\",\"rrtype\":\"TXT\",\"rdata\":\"".utf8
      out += text.utf8
      out +=
        "\",\"time_first\":\(1_750_000_000 + line),\"time_last\":1750009999,\"count\":1}\n".utf8
    }
    return out
  }

  /// A pcap file with raw IP packets: a query and its response for each number, and where the
  /// record of the last response starts.
  static func capture(_ numbers: Range<Int>) -> (octets: [UInt8], lastRecord: Int) {
    var out = little(0xA1B2_C3D4) + [2, 0, 4, 0] + little(0) + little(0) + little(65_535)
    out += little(101)
    var start = out.count
    for number in numbers {
      let id = [UInt8(number >> 8), UInt8(number & 0xFF)]
      let label = Array("h\(number)".utf8)
      let name =
        [UInt8(label.count)] + label + [7] + Array("example".utf8) + [3] + Array("com".utf8) + [0]
      let question = name + [0, 1, 0, 1]
      let query = id + [1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + question
      let address: [UInt8] = [198, 51, 100, UInt8(number % 256)]
      let answer = [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4] + address
      let response = id + [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + question + answer
      out += record(udp(query, isResponse: false), second: number)
      start = out.count
      out += record(udp(response, isResponse: true), second: number)
    }
    return (out, start)
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }

  private static func record(_ packet: [UInt8], second: Int) -> [UInt8] {
    let length = little(UInt32(packet.count))
    return little(UInt32(1_750_000_000 + second)) + little(0) + length + length + packet
  }

  private static func udp(_ payload: [UInt8], isResponse: Bool) -> [UInt8] {
    let client: [UInt8] = [192, 0, 2, 10]
    let server: [UInt8] = [192, 0, 2, 53]
    let ports: [UInt8] = isResponse ? [0, 53, 0x9C, 0x40] : [0x9C, 0x40, 0, 53]
    let total = 28 + payload.count
    let length = 8 + payload.count
    let head: [UInt8] = [0x45, 0, UInt8(total >> 8), UInt8(total & 0xFF), 0, 1, 0, 0, 64, 17, 0, 0]
    let ends = isResponse ? server + client : client + server
    return head + ends + ports + [UInt8(length >> 8), UInt8(length & 0xFF), 0, 0] + payload
  }
}
