import DNSWire
import TidemarkModel

/// Made-up records, the same for the same seed on every machine: record `n` of the workload is a
/// function of `n` alone. Types are spread as in a capture of a resolver, names are pronounceable,
/// domains, hosts and addresses are shared as unevenly as real ones.
struct Workload {
  private var owner: [UInt8] = []
  private var rdata: [UInt8] = []
  let unique: UInt64

  init(unique: UInt64) {
    self.unique = unique
  }

  /// Record number of an observation: zipf with exponent 1 over all records.
  func zipf(_ observation: UInt64) -> UInt64 {
    let uniform = Double(Workload.mix(observation &+ 0x5EED) >> 11) / Double(1 << 53)
    let rank = Workload.power(Double(unique), uniform)
    return min(UInt64(rank), unique - 1)
  }

  /// Adds one observation of a record to a batch.
  mutating func add(record: UInt64, time: UInt32, to batch: RecordBatch) {
    let type = build(record)
    var key: [UInt8] = []
    key.reserveCapacity(128)
    RecordKey.append(
      dataset: .main, rrname: owner.span, rrtype: type, rdata: rdata.span, vantage: .authority,
      bailiwick: Bailiwick(labels: 2), to: &key)
    batch.add(
      key: key.span, timeFirst: time, timeLast: time, count: 1,
      sensor: UInt32(truncatingIfNeeded: record % 4))
  }

  /// The owner name of a record, wire form.
  mutating func ownerName(of record: UInt64) -> DomainName {
    _ = build(record)
    return DomainName(canonicalWire: owner)
  }

  /// The IPv4 address of a record; nil when it is no A record.
  mutating func address(of record: UInt64) -> [UInt8]? {
    build(record) == .a ? rdata : nil
  }

  private mutating func build(_ record: UInt64) -> RRType {
    let kind = Workload.mix(record ^ 0xA11CE) % 1_000
    // Some two and a half records share an owner.
    let host = Workload.mix(record * 2 / 5)
    owner.removeAll(keepingCapacity: true)
    rdata.removeAll(keepingCapacity: true)
    switch kind {
    case 0..<540:
      Workload.appendHost(host, to: &owner)
      Workload.appendBigEndian(Workload.address(record), octets: 4, to: &rdata)
      return .a
    case 540..<670:
      Workload.appendHost(host, to: &owner)
      rdata += [0x20, 0x01, 0x0D, 0xB8]
      Workload.appendBigEndian(Workload.address(record), octets: 4, to: &rdata)
      Workload.appendBigEndian(Workload.mix(Workload.address(record)), octets: 8, to: &rdata)
      return .aaaa
    case 670..<775:
      Workload.appendHost(host, to: &owner)
      Workload.appendHost(Workload.mix(record), to: &rdata)
      return .cname
    case 775..<867:
      Workload.appendDomain(host, to: &owner)
      Workload.appendLabel("ns\(record % 4 + 1)", to: &rdata)
      Workload.appendDomain(Workload.mix(record) % 4_096, to: &rdata)
      return .ns
    case 867..<910:
      Workload.appendDomain(host, to: &owner)
      Workload.appendBigEndian(record % 5 * 10, octets: 2, to: &rdata)
      Workload.appendHost(Workload.mix(record) % 8_192, to: &rdata)
      return .mx
    default:
      return buildRare(kind, record, host)
    }
  }

  private mutating func buildRare(_ kind: UInt64, _ record: UInt64, _ host: UInt64) -> RRType {
    switch kind {
    case 910..<945:
      Workload.appendDomain(host, to: &owner)
      let id = String(Workload.mix(record), radix: 36)
      Workload.appendLabel("v=spf1 include:_spf.\(id).example.com -all", to: &rdata)
      return .txt
    case 945..<976:
      for shift in stride(from: UInt64(0), to: 32, by: 8) {
        Workload.appendLabel(String(Workload.address(record) >> shift & 0xFF), to: &owner)
      }
      for label in ["in-addr", "arpa"] { Workload.appendLabel(label, to: &owner) }
      owner.append(0)
      Workload.appendHost(host, to: &rdata)
      return .ptr
    case 976..<996:
      Workload.appendDomain(host, to: &owner)
      Workload.appendLabel("ns1", to: &rdata)
      Workload.appendDomain(Workload.mix(record) % 4_096, to: &rdata)
      Workload.appendLabel("hostmaster", to: &rdata)
      Workload.appendDomain(Workload.mix(record) % 4_096, to: &rdata)
      Workload.appendBigEndian(2_026_010_100 + record % 400, octets: 4, to: &rdata)
      for value: UInt64 in [7_200, 3_600, 1_209_600, 3_600] {
        Workload.appendBigEndian(value, octets: 4, to: &rdata)
      }
      return .soa
    default:
      Workload.appendLabel("_sip", to: &owner)
      Workload.appendLabel("_tcp", to: &owner)
      Workload.appendDomain(host, to: &owner)
      Workload.appendBigEndian(10, octets: 2, to: &rdata)
      Workload.appendBigEndian(record % 100, octets: 2, to: &rdata)
      Workload.appendBigEndian(5_060, octets: 2, to: &rdata)
      Workload.appendHost(Workload.mix(record) % 8_192, to: &rdata)
      return .srv
    }
  }

  /// An address out of a few hundred thousand, some of them shared by very many names.
  private static func address(_ record: UInt64) -> UInt64 {
    let uniform = Double(Workload.mix(record &+ 0xADD2E55) >> 11) / Double(1 << 53)
    let rank = UInt64(Workload.power(300_000, uniform))
    return Workload.mix(rank) >> 32 & 0xFFFF_FFFF
  }

  private static func appendHost(_ id: UInt64, to name: inout [UInt8]) {
    let choice = id >> 40 & 15
    if choice < 6 {
      Workload.appendLabel(Workload.hosts[Int(choice)], to: &name)
    } else {
      Workload.appendWord(id >> 8, syllables: 2 + id >> 50 & 1, to: &name)
    }
    Workload.appendDomain(id, to: &name)
  }

  private static func appendDomain(_ id: UInt64, to name: inout [UInt8]) {
    let uniform = Double(Workload.mix(id) >> 11) / Double(1 << 53)
    let domain = UInt64(Workload.power(400_000, uniform))
    Workload.appendWord(Workload.mix(domain), syllables: 3 + domain & 1, to: &name)
    Workload.appendLabel(Workload.suffixes[Int(Workload.mix(domain + 1) & 15)], to: &name)
    name.append(0)
  }

  private static func appendWord(_ id: UInt64, syllables: UInt64, to name: inout [UInt8]) {
    let start = name.count
    name.append(0)
    var rest = id
    for _ in 0..<syllables {
      name.append(consonants[Int(rest & 15)])
      name.append(vowels[Int(rest >> 4 & 3)])
      if rest >> 6 & 1 == 1 { name.append(consonants[Int(rest >> 7 & 15)]) }
      rest >>= 11
    }
    name[start] = UInt8(name.count - start - 1)
  }

  private static func appendLabel(_ label: String, to name: inout [UInt8]) {
    name.append(UInt8(label.utf8.count))
    name += label.utf8
  }

  private static func appendBigEndian(
    _ value: UInt64, octets: UInt64, to out: inout [UInt8]
  ) {
    for octet in (0..<octets).reversed() {
      out.append(UInt8(truncatingIfNeeded: value >> (octet * 8)))
    }
  }

  /// `base` to the power of an exponent from 0 to 1, by repeated square roots: Swift's standard
  /// library has no power function.
  private static func power(_ base: Double, _ exponent: Double) -> Double {
    var result = 1.0
    var root = base
    var rest = exponent
    for _ in 0..<40 {
      root = root.squareRoot()
      rest *= 2
      if rest >= 1 {
        result *= root
        rest -= 1
      }
    }
    return result
  }

  /// The finaliser of splitmix64.
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private static let hosts = ["www", "mail", "api", "cdn", "ns1", "static"]
  private static let suffixes = [
    "com", "com", "com", "com", "com", "com", "net", "net", "org", "org", "lu", "de", "fr", "io",
    "info", "biz",
  ]
  private static let consonants = Array("bcdfghklmnprstvz".utf8)
  private static let vowels = Array("aeio".utf8)
}
