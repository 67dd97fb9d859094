import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// What an export writes, an import reads back: key, times, count, sensors and days.
@Suite struct RoundTripTests {
  static let now: UnixSeconds = 1_800_000_000

  /// The lines of every record of a batch, sorted by key.
  static func lines(
    _ batch: RecordBatch, dataset: String? = nil, names: [SensorNumber: String]
  ) -> [UInt8] {
    batch.sort()
    var writer = ObservationLineWriter(dataset: dataset) { $0 == 0 ? "" : names[$0] }
    var out: [UInt8] = []
    for entry in batch.entries {
      let isWritten = batch.withKey(of: entry) {
        writer.append(key: $0, value: batch.value(of: entry), to: &out)
      }
      #expect(isWritten)
    }
    return out
  }

  /// Reads lines as `import` does.
  static func read(
    _ lines: [UInt8], settings: SourceSettings
  ) throws -> (batch: RecordBatch, accounting: Accounting) {
    let batch = RecordBatch()
    var decoder = TextDecoder(COFFeed(now: settings.now), settings: settings)
    var at = 0
    while try decoder.decode(lines.span, at: &at, isFinal: true, into: batch) != .end {}
    var accounting = Accounting()
    decoder.account(into: &accounting)
    return (batch, accounting)
  }

  static func settings(names: [SensorNumber: String]) -> SourceSettings {
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client), now: now)
    settings.sensorOf = { octets in
      let name = String(decoding: octets, as: UTF8.self)
      return names.first { $0.value == name }?.key ?? 0
    }
    return settings
  }

  /// Everything that two batches say, in key order.
  static func records(_ batch: RecordBatch) -> [([UInt8], RecordValue)] {
    batch.sort()
    return batch.entries.map { entry in
      let key = batch.withKey(of: entry) { span in
        var octets: [UInt8] = []
        for index in span.indices { octets.append(span[index]) }
        return octets
      }
      return (key, batch.value(of: entry))
    }
  }

  @Test func everyPartOfARecordComesBack() throws {
    let names: [SensorNumber: String] = [1: "s1", 2: "\"q\"\\é\u{1}", 70: "s70", 3: "s3"]
    var random = RoundTripGenerator(seed: 20_240_601)
    let batch = RecordBatch()
    for _ in 0..<3_000 { random.addRecord(to: batch, sensors: [0, 1, 2, 3, 70]) }
    let lines = RoundTripTests.lines(batch, names: names)
    let back = try RoundTripTests.read(lines, settings: RoundTripTests.settings(names: names))
    #expect(back.accounting.malformed.isEmpty && back.accounting.dropped.isEmpty)
    let (before, after) = (RoundTripTests.records(batch), RoundTripTests.records(back.batch))
    #expect(before.count == after.count)
    for (one, other) in zip(before, after) where one != other {
      Issue.record("\(one) came back as \(other)")
      break
    }
    #expect(RoundTripTests.lines(back.batch, names: names) == lines)
    // The sample holds what this test is about.
    #expect(before.contains { $0.1.sensors.count > 2 && $0.1.activity.count > 2 })
    #expect(before.contains { RecordKeyView($0.0.span)?.vantage == .text })
    #expect(before.contains { RecordKeyView($0.0.span)?.vantage == .zone })
  }

  @Test func rowsReadTwiceAddTheirCountsAndNothingElse() throws {
    let names: [SensorNumber: String] = [1: "s1", 2: "s2"]
    var random = RoundTripGenerator(seed: 7)
    let batch = RecordBatch()
    for _ in 0..<200 { random.addRecord(to: batch, sensors: [0, 1, 2]) }
    let lines = RoundTripTests.lines(batch, names: names)
    let back = try RoundTripTests.read(
      lines + lines, settings: RoundTripTests.settings(names: names))
    for (one, other) in zip(RoundTripTests.records(batch), RoundTripTests.records(back.batch)) {
      var doubled = one.1
      doubled.merge(one.1)
      #expect(other.1 == doubled)
    }
  }

  @Test func aFeedMayNotChooseADatasetUnlessToldSo() throws {
    let batch = RecordBatch()
    var random = RoundTripGenerator(seed: 3)
    for _ in 0..<5 { random.addRecord(to: batch, sensors: [0]) }
    let lines = RoundTripTests.lines(batch, dataset: "partner", names: [:])
    var settings = RoundTripTests.settings(names: [:])
    let held = try RoundTripTests.read(lines, settings: settings)
    #expect(RoundTripTests.datasets(held.batch) == [.main])
    settings.datasetOf = { String(decoding: $0, as: UTF8.self) == "partner" ? 9 : nil }
    let free = try RoundTripTests.read(lines, settings: settings)
    #expect(RoundTripTests.datasets(free.batch) == [9])
    let other = RoundTripTests.lines(batch, dataset: "unknown", names: [:])
    let dropped = try RoundTripTests.read(other, settings: settings)
    #expect(dropped.batch.count == 0)
    #expect(dropped.accounting.dropped.map(\.name) == ["bad-dataset"])
    #expect(Accounting.sum(dropped.accounting.dropped) == dropped.accounting.offered)
  }

  @Test func theSensorOfTheConfigurationStandsAboveThoseOfTheFeed() throws {
    let batch = RecordBatch()
    var random = RoundTripGenerator(seed: 4)
    random.addRecord(to: batch, sensors: [1, 2])
    let lines = RoundTripTests.lines(batch, names: [1: "s1", 2: "s2"])
    var settings = RoundTripTests.settings(names: [:])
    settings.origin.sensor = 5
    settings.sensorOf = nil
    let back = try RoundTripTests.read(lines, settings: settings)
    #expect(RoundTripTests.records(back.batch).map { $0.1.sensors.numbers } == [[5]])
  }

  private static func datasets(_ batch: RecordBatch) -> Set<DatasetNumber> {
    Set(records(batch).compactMap { RecordKeyView($0.0.span)?.dataset })
  }
}

/// Records of every kind, the same ones for a seed.
struct RoundTripGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
    print("seed \(seed)")
  }

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private mutating func wireName(labels: Int) -> [UInt8] {
    var name: [UInt8] = []
    for _ in 0..<labels {
      let length = 1 + next(6)
      name.append(UInt8(length))
      for _ in 0..<length {
        let octet = next(20) == 0 ? UInt8(next(256)) : UInt8(0x61 + next(26))
        name.append((0x41...0x5A).contains(octet) ? octet + 0x20 : octet)
      }
    }
    return name + [7] + Array("example".utf8) + [0]
  }

  private mutating func rdata() -> (RRType, [UInt8], isText: Bool) {
    switch next(7) {
    case 0: (.a, (0..<4).map { _ in UInt8(next(256)) }, false)
    case 1: (.aaaa, (0..<16).map { _ in UInt8(next(256)) }, false)
    case 2: (.ns, wireName(labels: next(3)), false)
    case 3: (.mx, [0, UInt8(next(256))] + wireName(labels: next(3)), false)
    case 4:
      (
        .txt,
        {
          let n = next(40); return [UInt8(n)] + (0..<n).map { _ in UInt8(next(256)) }
        }(), false
      )
    case 5:
      (RRType(rawValue: 65_280), (0..<next(20)).map { _ in UInt8(next(256)) }, false)
    default: (.mx, Array("mail\(next(9)).example.net".utf8), true)
    }
  }

  /// Adds a record that several observations made.
  mutating func addRecord(to batch: RecordBatch, sensors: [SensorNumber]) {
    let name = wireName(labels: next(3))
    let (type, octets, isText) = rdata()
    let vantage = isText ? Vantage.text : [.authority, .client, .zone, .active][next(4)]
    let labels = DomainName.labelCount(ofWire: name.span)
    let bailiwick = next(2) == 0 ? Bailiwick.unknown : Bailiwick(labels: next(labels + 1))
    var key: [UInt8] = []
    RecordKey.append(
      dataset: .main, rrname: name.span, rrtype: type, rdata: octets.span, vantage: vantage,
      bailiwick: bailiwick, to: &key)
    for _ in 0...next(5) {
      let first = UnixSeconds(1_500_000_000 + next(90_000_000))
      batch.add(
        key: key.span, timeFirst: first, timeLast: first + UnixSeconds(next(3) * next(400_000)),
        count: UInt64(1 + next(1_000)), sensor: sensors[next(sensors.count)])
    }
  }
}
