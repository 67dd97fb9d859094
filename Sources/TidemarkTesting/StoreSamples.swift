public import DNSWire
public import TidemarkModel
public import TidemarkStore

/// One observation for a store test, short to write.
public struct StoreSample: Hashable, Sendable {
  /// The record's key.
  public var key: [UInt8]
  /// First seen.
  public var timeFirst: UnixSeconds
  /// Last seen.
  public var timeLast: UnixSeconds
  /// How often.
  public var count: UInt64
  /// By whom.
  public var sensor: SensorNumber

  /// Makes an observation of a record given by its parts.
  ///
  /// - Parameters:
  ///   - owner: presentation text; the root if it is not a name.
  ///   - rdata: canonical wire form, or text for vantage text.
  public init(
    _ owner: String, _ type: RRType, _ rdata: [UInt8], dataset: DatasetNumber = .main,
    vantage: Vantage = .authority, bailiwick: Bailiwick = Bailiwick(labels: 2),
    time: UnixSeconds = 1_750_000_000, last: UnixSeconds? = nil, count: UInt64 = 1,
    sensor: SensorNumber = 0
  ) {
    let name = StoreSample.name(owner)
    var key: [UInt8] = []
    RecordKey.append(
      dataset: dataset, rrname: name.wire.span, rrtype: type, rdata: rdata.span, vantage: vantage,
      bailiwick: bailiwick, to: &key)
    self.key = key
    timeFirst = time
    timeLast = last ?? time
    self.count = count
    self.sensor = sensor
  }

  /// The wire form of a name in rdata; its letters are kept.
  public static func wire(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    for label in text.split(separator: ".") {
      out.append(UInt8(label.utf8.count))
      out += label.utf8
    }
    return out + [0]
  }

  /// A name from text that is one.
  public static func name(_ text: String) -> DomainName {
    (try? DomainName(text: text)) ?? .root
  }

  /// A batch of observations.
  public static func batch(
    _ samples: [StoreSample], state: [RecordBatch.StateChange] = []
  ) -> RecordBatch {
    let batch = RecordBatch()
    for sample in samples {
      batch.add(
        key: sample.key.span, timeFirst: sample.timeFirst, timeLast: sample.timeLast,
        count: sample.count, sensor: sample.sensor)
    }
    batch.stateChanges = state
    return batch
  }

  /// Rdata of every shape that the inverse family knows, with the names and addresses in it.
  public static var everyShape: [(sample: StoreSample, ranges: [KeyRange])] {
    func name(_ text: String) -> KeyRange {
      .inverse(dataset: .main, name: StoreSample.name(text))
    }
    func shape(
      _ type: RRType, _ rdata: [UInt8], vantage: Vantage = .authority, _ ranges: KeyRange...
    ) -> (sample: StoreSample, ranges: [KeyRange]) {
      (StoreSample("www.example.com", type, rdata, vantage: vantage), ranges)
    }
    func raw(_ rdata: [UInt8], kind: InverseKey.Kind = .raw) -> KeyRange {
      .inverse(dataset: .main, rdata: rdata, isComplete: true, kind: kind)
    }
    let v4: [UInt8] = [192, 0, 2, 1]
    let v6: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
    let target = wire("target.example.net")
    let mixed = wire("Target.Example.NET")
    let times = [UInt8](repeating: 7, count: 20)
    let long = [UInt8](repeating: 0xAB, count: 300)
    let text = Array("v=spf1 -all".utf8)
    let longText =
      Array("a lossy text that is longer than the octets that a key repeats".utf8) + text
    return [
      shape(.a, v4, .inverse(dataset: .main, addresses: v4, through: v4)),
      shape(.aaaa, v6, .inverse(dataset: .main, addresses: v6, through: v6)),
      shape(.ns, target, name("target.example.net")),
      shape(.cname, target, name("target.example.net")),
      shape(.dname, target, name("target.example.net")),
      shape(.ptr, target, name("target.example.net")),
      shape(.mx, [0, 10] + target, name("target.example.net")),
      shape(.mx, [0, 0, 0], name(".")),
      shape(.afsdb, [0, 1] + target, name("target.example.net")),
      shape(.kx, [0, 1] + target, name("target.example.net")),
      shape(.srv, [0, 1, 0, 2, 20, 52] + target, name("target.example.net")),
      shape(
        .soa, wire("ns1.example.com") + wire("admin.example.net") + times,
        name("ns1.example.com"), name("admin.example.net")),
      shape(
        .rp, wire("admin.example.net") + wire("why.example.net"), name("admin.example.net"),
        name("why.example.net")),
      shape(.rp, wire("a.example.net") + wire("a.example.net"), name("a.example.net")),
      shape(
        .naptr, [0, 100, 0, 10, 1, 0x75, 3, 0x45, 0x32, 0x55, 0] + target,
        name("target.example.net")),
      shape(
        .rrsig, [0, 1, 8, 2, 0, 0, 14, 16] + times[..<10] + wire("example.com") + long,
        name("example.com")),
      shape(.nsec, target + [0, 1, 0x40], name("target.example.net")),
      shape(.nsec, mixed + [0, 1, 0x40], name("target.example.net")),
      shape(.https, [0, 1] + target, name("target.example.net")),
      shape(.svcb, [0, 1] + mixed, name("target.example.net")),
      shape(.svcb, [0, 1] + mixed + [0xFF, 0, 0, 200] + long[..<200], name("target.example.net")),
      shape(.txt, [UInt8(text.count)] + text, raw([UInt8(text.count)] + text)),
      shape(.txt, [0], raw([0])),
      shape(.txt, [60] + long[..<60], raw([60] + long[..<60])),
      shape(.txt, [200] + long[..<200], raw([200] + long[..<200])),
      shape(.txt, [200] + long[..<199] + [1], raw([200] + long[..<199] + [1])),
      shape(RRType(rawValue: 65_280), [], raw([])),
      shape(RRType(rawValue: 65_280), [0, 1, 0, 1, 2, 0], raw([0, 1, 0, 1, 2, 0])),
      shape(.a, [192, 0, 2], raw([192, 0, 2])),
      shape(.mx, [0, 10, 5], raw([0, 10, 5])),
      shape(
        .a, Array("192.0.2.1".utf8), vantage: .text,
        .inverse(dataset: .main, addresses: v4, through: v4)),
      shape(
        .ns, Array("Target.Example.net.".utf8), vantage: .text, name("target.example.net")),
      shape(
        .mx, Array("10 target.example.net".utf8), vantage: .text, name("target.example.net")),
      shape(.txt, text, vantage: .text, raw(text, kind: .text)),
      shape(.txt, longText + longText, vantage: .text, raw(longText, kind: .text)),
    ]
  }
}
