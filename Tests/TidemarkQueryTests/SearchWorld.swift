import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Random records as a plain list, for the models of searches.
struct SearchWorld {
  struct Record {
    var owner: DomainName
    var type: RRType
    var rdata: [UInt8]
    var isLossy: Bool
    var dataset: DatasetNumber
    var seen: SeenSpan
  }

  let store = MemoryStore()
  private(set) var records: [Record] = []
  private var generator: SeededGenerator

  init(seed: UInt64, records count: Int) throws {
    generator = SeededGenerator(seed: seed)
    try add(count)
  }

  static let owners = [
    "example.com", "www.example.com", "mail.example.com", "www.example.net", "example.co.uk",
    "a.example.co.uk", "co.uk", "com", "bucket.s3.amazonaws.com", "s3.amazonaws.com",
    "t.amazonaws.com", "amazonaws.com", "a.amazonaws.com", "xn--bcher-kva.example", ".",
    "_dmarc.example.com",
    "a\\.b.example.com", "a\\000\\001.example.com", "\\032x.example.org", "www.example",
    "a-long-label-of-forty-octets-and-some-more.example.org", "b.c.kobe.jp", "kobe.jp", "c.kobe.jp",
  ]

  private static let wire = StoreSample.wire
  private static let times = [UInt8](repeating: 7, count: 20)
  private static let long = Array(repeating: UInt8(ascii: "k"), count: 120)

  /// Type, rdata, whether it is lossy text.
  static let shapes: [(RRType, [UInt8], Bool)] = [
    (.a, [192, 0, 2, 1], false), (.aaaa, [UInt8](repeating: 1, count: 16), false),
    (.ns, wire("ns1.example.com"), false), (.ns, wire("ns2.example.net"), false),
    (.cname, wire("target.example.net"), false), (.ptr, wire("www.example.com"), false),
    (.dname, wire("target.example.net"), false),
    (.mx, [0, 10] + wire("mail.example.com"), false),
    (.mx, [0, 20] + wire("mail.example.com"), false),
    (.srv, [0, 1, 0, 2, 20, 52] + wire("mail.example.com"), false),
    (.soa, wire("ns1.example.com") + wire("admin.example.net") + times, false),
    (.soa, wire("ns1.example.com") + wire("admin.example.net") + times.dropLast() + [9], false),
    (.soa, wire("zz.example.net") + wire("admin.example.com") + times, false),
    (.rp, wire("a.example.net") + wire("a.example.net"), false),
    (.naptr, [0, 100, 0, 10, 1, 0x75, 3, 0x45, 0x32, 0x55, 0] + wire("mail.example.com"), false),
    (.txt, [11] + Array("v=spf1 -all".utf8), false),
    (.txt, [120] + long, false), (.txt, [120] + long.dropLast() + [0x6C], false),
    (.txt, [3, 0, 0x22, 0xC3], false), (.spf, [11] + Array("v=spf1 -all".utf8), false),
    (.hinfo, [3] + Array("ANY".utf8) + [0], false),
    (.ns, Array("ns1.example.com".utf8), true), (.mx, Array("10 mail.example.com".utf8), true),
    (.txt, Array("v=spf1 ~all".utf8), true), (.txt, Array("\"v=spf1 ?all\"".utf8), true),
    (.caa, [0, 5] + Array("issueca".utf8), false),
  ]

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  mutating func pick<T>(_ list: [T]) -> T { list[number(0...(list.count - 1))] }

  mutating func add(_ count: Int) throws {
    var samples: [StoreSample] = []
    for _ in 0..<count {
      let (type, rdata, isLossy) = pick(SearchWorld.shapes)
      let owner = pick(SearchWorld.owners)
      let first = UnixSeconds(1_700_000_000 + number(0...50) * 1_000)
      let sample = StoreSample(
        owner, type, rdata, dataset: pick([1, 1, 2, 3]),
        vantage: isLossy ? .text : pick([.authority, .client, .zone]),
        bailiwick: pick([.unknown, Bailiwick(labels: 1)]), time: first,
        last: first + UInt32(number(0...20) * 1_000), count: UInt64(number(1...5)))
      samples.append(sample)
      records.append(
        Record(
          owner: StoreSample.name(owner), type: type, rdata: rdata, isLossy: isLossy,
          dataset: RecordKeyView(sample.key.span)?.dataset ?? 0,
          seen: SeenSpan(timeFirst: first, timeLast: sample.timeLast, count: sample.count)))
    }
    try store.apply(StoreSample.batch(samples))
  }

  mutating func fences() -> TimeFences {
    var fences = TimeFences()
    guard number(0...2) == 0 else { return fences }
    if number(0...1) == 0 { fences.firstAfter = fence() }
    if number(0...1) == 0 { fences.firstBefore = fence() }
    if number(0...1) == 0 { fences.lastAfter = fence() }
    if number(0...1) == 0 { fences.lastBefore = fence() }
    return fences
  }

  mutating func fence() -> UnixSeconds { UnixSeconds(1_700_000_000 + number(0...70) * 1_000) }
}

/// Runs a cursor to its end, whatever its pauses.
enum SearchRun {
  /// Calls `next` until it ends; `isFull` ends it after a row.
  static func drain(
    _ next: () throws -> RecordCursor.End, isFull: () -> Bool = { false }
  ) throws -> RecordCursor.End {
    for _ in 0..<100_000 {
      let end = try next()
      if end != .paused || isFull() { return end }
    }
    throw StoreError.io(detail: "the cursor does not come to an end")
  }
}
