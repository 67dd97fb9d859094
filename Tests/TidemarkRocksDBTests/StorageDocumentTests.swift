import DNSWire
import Foundation
import Testing
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore
import TidemarkTesting

/// Every example of docs/formats/storage.md, rebuilt and compared octet by octet.
struct StorageDocumentTests {
  @Test func everyExampleIsWhatTheCodeWrites() throws {
    let documented = try examples()
    let written = try writtenExamples()
    #expect(Set(documented.keys) == Set(written.keys))
    for (name, octets) in documented.sorted(by: { $0.key < $1.key }) {
      #expect(hex(octets) == hex(written[name] ?? []), "example `\(name)`")
    }
  }

  /// The records of the examples of index keys are rebuilt from the octets in the document.
  @Test func indexKeysOfTheDocumentLeadBack() throws {
    let documented = try examples()
    for name in ["address", "around", "verbatim", "text"] {
      let key = try #require(documented["inverse-" + name])
      var record: [UInt8] = []
      let rebuilt = InverseKey.appendRecordKey(of: key.span, to: &record)
      #expect(rebuilt == .record)
      let isKey = InverseKey.isKey(key, ofRecord: record.span)
      #expect(isKey, "\(name)")
      if name == "address" { #expect(record == documented["record"]) }
    }
  }

  /// What a new store on disk holds.
  @Test func aNewStoreHoldsTheFormatOfTheDocument() throws {
    let scratch = try Scratch()
    let store = try RocksDBStore(path: scratch.store)
    var page = KeyValuePage()
    _ = try store.read(.state, .all, limit: .max, into: &page)
    #expect(page.count == 1)
    #expect(try page.keys[0] + page.values[0] == examples()["state-format"])
  }

  private func writtenExamples() throws -> [String: [UInt8]] {
    let address = StoreSample("example.com", .a, [192, 0, 2, 1])
    let escaped = StoreSample(
      "\\000a\\001.test", .txt, [1, 0x61], vantage: .zone, bailiwick: .unknown)
    let mail = StoreSample("example.com", .mx, [0, 10] + StoreSample.wire("mail.example.net"))
    let nsec = StoreSample(
      "example.com", .nsec, StoreSample.wire("Next.test") + [0, 1, 0x40])
    let long = StoreSample("example.com", .txt, [100] + [UInt8](repeating: 0x61, count: 100))
    let text = StoreSample(
      "example.com", .ns, Array("ns1.test.".utf8), vantage: .text, bailiwick: .unknown)
    var value = RecordValue(
      timeFirst: 1_750_000_000, timeLast: 1_750_000_010, count: 3, sensors: SensorSet(0))
    var plain: [UInt8] = []
    value.encode(into: &plain)
    value = RecordValue(
      timeFirst: 1_750_000_000, timeLast: 1_750_000_000, count: 1, sensors: SensorSet(0))
    for (days, count): (UInt32, UInt64) in [(19, 2), (5, 1), (16, 1)] {
      let time = 1_750_000_000 + days * TimeLimits.secondsPerDay
      value.merge(
        RecordValue(timeFirst: time, timeLast: time, count: count, sensors: SensorSet(9)))
    }
    var days: [UInt8] = []
    value.encode(into: &days)
    var names: [UInt8] = []
    NamesKey.append(
      dataset: .main, rrname: StoreSample.name("www.example.com").wire.span, to: &names)
    var pair = OctetStrings()
    for name in ["mail.example.com", "www.example.com"] {
      pair.append {
        NamesKey.append(dataset: .main, rrname: StoreSample.name(name).wire.span, to: &$0)
      }
    }
    var run = NameRun.prefix + names
    NameRun.append(pair, 0..<2, to: &run)
    return [
      "record": address.key, "record-escaped": escaped.key, "value": plain, "value-days": days,
      "inverse-address": try inverse(address), "inverse-around": try inverse(mail),
      "inverse-verbatim": try inverse(nsec), "inverse-hashed": try inverse(long),
      "inverse-text": try inverse(text), "names": names,
      "names-run": run,
      "state-format": StateKey.format + StoreFormat.encode(StoreFormat.current),
      "state-dataset": StateKey.dataset(2) + Array("lab".utf8),
      "state-sensor": StateKey.sensor(1) + Array("lux1".utf8),
      "state-checkpoint": StateKey.checkpoint([1, 2]),
    ]
  }

  private func inverse(_ sample: StoreSample) throws -> [UInt8] {
    var keys = OctetStrings()
    let isRecord = InverseKey.appendKeys(ofRecord: sample.key.span, to: &keys)
    try #require(isRecord)
    try #require(keys.count == 1)
    return keys[0]
  }

  /// The octets of each example: the code spans in the second column of its table, in order.
  private func examples() throws -> [String: [UInt8]] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appendingPathComponent("docs/formats/storage.md"), encoding: .utf8)
    var examples: [String: [UInt8]] = [:]
    var current: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("Example `") {
        current = line.split(separator: "`")[1].description
        #expect(examples[current ?? ""] == nil, "two examples `\(current ?? "")`")
        examples[current ?? ""] = []
      } else if line.hasPrefix("#") {
        current = nil
      } else if let current, line.hasPrefix("|") {
        let cells = line.split(separator: "|")
        guard cells.count >= 2 else { continue }
        let octets = cells[1].split(whereSeparator: { " `".contains($0) })
        guard cells[1].contains("`") else { continue }
        for octet in octets {
          examples[current]?.append(try #require(UInt8(octet, radix: 16), "\(line)"))
        }
      }
    }
    return examples
  }

  private func hex(_ octets: [UInt8]) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
