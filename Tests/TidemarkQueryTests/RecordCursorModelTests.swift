import DNSWire
import Testing
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Random records and random queries, compared with a filter over a list that knows nothing of
/// keys, indexes, ranges or pages.
@Suite struct RecordCursorModelTests {
  @Test(arguments: UInt64(1)...12)
  func matchesAFilterOverAList(_ seed: UInt64) throws {
    var model = QueryModel(seed: seed)
    let store = MemoryStore()
    for _ in 0..<3 { try store.apply(StoreSample.batch(model.addRecords(120))) }
    for round in 0..<150 {
      if round % 30 == 29 { try store.apply(StoreSample.batch(model.addRecords(40))) }
      let query = model.query()
      let place = Comment("seed \(seed), round \(round): \(query)")
      let expected = model.rows(of: query)
      let found = try QueryRun.all(query, store)
      try #require(found.end == .complete, place)
      let repeated = Dictionary(grouping: found.rows) {
        QueryModel.Identity($0, merged: query.mergesTriples)
      }.filter {
        $1.count > 1
      }
      try #require(repeated.isEmpty, place)
      try #require(found.rows.count == expected.count, place)
      for row in found.rows {
        try #require(
          expected[QueryModel.Identity(row, merged: query.mergesTriples)]?.matches(row) == true,
          place)
      }
      try checkPages(query, whole: found.rows, store, &model, place)
    }
    #expect(model.rowsSeen > 1_000, "hardly any query had an answer")
  }

  /// Pages and limits cut the same rows, in the same order.
  private func checkPages(
    _ query: RecordQuery, whole: [QueryRun.Row], _ store: MemoryStore, _ model: inout QueryModel,
    _ place: Comment
  ) throws {
    let size = model.number(1...40)
    try #require(try QueryRun.paged(query, store, rows: size) == whole, place)
    var limited = query
    let limit = model.number(0...(whole.count + 2))
    limited.limit = limit
    let part = try QueryRun.all(limited, store)
    try #require(part.rows == Array(whole.prefix(limit)), place)
    try #require(part.end == (limit < whole.count ? .limited : .complete), place)
  }
}

/// A list of records, and what queries should find in it.
private struct QueryModel {
  /// Rdata with what people look for in it, said by hand.
  struct Shape {
    var type: RRType
    var rdata: [UInt8]
    var names: [String] = []
    var address: [UInt8]?
    var isLossy = false
  }

  struct Record {
    var owner: DomainName
    var shape: Shape
    var dataset: DatasetNumber
    var vantage: Vantage
    var bailiwick: Bailiwick
    var value: RecordValue
  }

  /// What makes a row.
  struct Identity: Hashable {
    var owner: [UInt8]
    var type: UInt16
    var rdata: [UInt8]
    var isLossy: Bool
    /// Unless records of a triple are merged.
    var rest: [UInt16] = []

    init(_ row: QueryRun.Row, merged: Bool) {
      (owner, type, rdata, isLossy) = (row.owner, row.rrtype, row.rdata, row.isLossy)
      if !merged {
        rest = row.datasets + row.vantages.map { UInt16($0.rawValue) }
        rest.append(UInt16(row.bailiwick.rawValue))
      }
    }

    init(_ record: Record, merged: Bool) {
      owner = record.owner.wire
      type = record.shape.type.rawValue
      rdata = record.shape.rdata
      isLossy = record.shape.isLossy
      if !merged {
        rest = [
          record.dataset, UInt16(record.vantage.rawValue), UInt16(record.bailiwick.rawValue),
        ]
      }
    }
  }

  /// What a row says, put together without regard to order.
  struct Expected {
    var value: RecordValue?
    var vantages: Set<Vantage>
    var bailiwicks: Set<UInt8>
    var datasets: Set<DatasetNumber>

    mutating func add(_ other: RecordValue) {
      var sum = other
      if let value { sum.merge(value) }
      value = sum
    }

    func matches(_ row: QueryRun.Row) -> Bool {
      let bailiwick = bailiwicks.count == 1 ? bailiwicks.first : Bailiwick.unknown.rawValue
      return row.value == value && Set(row.vantages) == vantages
        && row.vantages.count == vantages.count && row.bailiwick.rawValue == bailiwick
        && Set(row.datasets) == datasets && row.datasets.count == datasets.count
    }
  }

  private static let owners = [
    ".", "example", "example.com", "a.example.com", "b.a.example.com", "ab.example.com",
    "\\000.example.com", "\\001\\255.example.com", "example.net", "www.example.net",
    "a\\.b.example.net", "www.example.net.example.com", "net.example.com", "d.c.b.a.example.com",
  ]

  private static let shapes: [Shape] = {
    let (web, mail) = (StoreSample.wire("web.example.net"), StoreSample.wire("a.example.com"))
    let times = [UInt8](repeating: 7, count: 20)
    let fill = [UInt8](repeating: 0xAB, count: 200)
    let short: [UInt8] = [2, 0x61, 0x62, 0]
    func v6(_ last: UInt8) -> [UInt8] {
      [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [last]
    }
    func address(_ type: RRType, _ octets: [UInt8]) -> Shape {
      Shape(type: type, rdata: octets, address: octets)
    }
    func named(_ type: RRType, _ rdata: [UInt8], _ names: String...) -> Shape {
      Shape(type: type, rdata: rdata, names: names)
    }
    func lossy(_ type: RRType, _ text: String, _ names: String...) -> Shape {
      Shape(type: type, rdata: Array(text.utf8), names: names, isLossy: true)
    }
    return [
      address(.a, [192, 0, 2, 1]), address(.a, [192, 0, 2, 127]), address(.a, [192, 0, 2, 128]),
      address(.a, [198, 51, 100, 1]), address(.a, short), address(.aaaa, v6(0)),
      address(.aaaa, v6(255)),
      named(.ns, web, "web.example.net"), named(.cname, mail, "a.example.com"),
      named(.ns, short, "ab"), named(.mx, [0, 10] + mail, "a.example.com"),
      named(.mx, [0, 0, 0], "."), named(.srv, [0, 1, 0, 2, 0, 80] + web, "web.example.net"),
      named(.soa, web + mail + times, "web.example.net", "a.example.com"),
      named(.soa, mail + mail + times, "a.example.com"),
      named(.rp, mail + StoreSample.wire("b.a.example.com"), "a.example.com", "b.a.example.com"),
      named(.https, [0, 1] + StoreSample.wire("Web.Example.NET"), "web.example.net"),
      named(.svcb, [0, 1] + web + [0xFF, 0, 0, 200] + fill, "web.example.net"),
      named(.svcb, [0, 1] + web + [0xFF, 0, 0, 200] + fill.dropLast() + [1], "web.example.net"),
      named(.rrsig, [0, 1, 8, 2] + times[..<14] + mail + fill, "a.example.com"),
      Shape(type: .txt, rdata: [1, 0x61]), Shape(type: .txt, rdata: [200] + fill),
      Shape(type: .txt, rdata: [200] + fill.dropLast() + [0]),
      Shape(type: .spf, rdata: [200] + fill), Shape(type: RRType(rawValue: 65_281), rdata: []),
      Shape(type: RRType(rawValue: 65_280), rdata: short),
      Shape(type: RRType(rawValue: 65_280), rdata: [0, 1, 0, 1, 2]),
      lossy(.ns, "Web.example.net", "web.example.net"),
      lossy(.mx, "10 a.example.com", "a.example.com"), lossy(.txt, "v=spf1 -all"),
      Shape(type: .a, rdata: Array("192.0.2.1".utf8), address: [192, 0, 2, 1], isLossy: true),
    ]
  }()

  /// Texts without name or address: those are found by these.
  private static let lossyTexts =
    shapes
    .filter { $0.isLossy && $0.names.isEmpty && $0.address == nil }.map(\.rdata)

  private(set) var rowsSeen = 0
  private var records: [[UInt8]: Record] = [:]
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func pick<T>(_ values: [T]) -> T { values[number(0...(values.count - 1))] }

  // MARK: - Records

  mutating func addRecords(_ count: Int) -> [StoreSample] {
    (0..<count).map { _ in
      let shape = pick(QueryModel.shapes)
      let owner = pick(QueryModel.owners)
      let vantage = shape.isLossy ? Vantage.text : pick([.authority, .client, .zone])
      let bailiwick = pick([Bailiwick.unknown, Bailiwick(labels: 0), Bailiwick(labels: 1)])
      let first = UInt32(1_700_000_000 + number(0...50) * 100_000)
      let sample = StoreSample(
        owner, shape.type, shape.rdata, dataset: DatasetNumber(number(1...3)), vantage: vantage,
        bailiwick: bailiwick, time: first, last: first + UInt32(number(0...10) * 100_000),
        count: UInt64(number(1...9)), sensor: SensorNumber(number(0...80)))
      add(sample, shape)
      return sample
    }
  }

  private mutating func add(_ sample: StoreSample, _ shape: Shape) {
    guard let view = RecordKeyView(sample.key.span) else { return }
    let value = RecordValue(
      timeFirst: sample.timeFirst, timeLast: sample.timeLast, count: sample.count,
      sensors: SensorSet(sample.sensor))
    if records[sample.key] != nil {
      records[sample.key]?.value.merge(value)
    } else {
      records[sample.key] = Record(
        owner: DomainName(canonicalWire: QueryRun.owner(sample)), shape: shape,
        dataset: view.dataset, vantage: view.vantage, bailiwick: view.bailiwick, value: value)
    }
  }

  // MARK: - Queries

  mutating func query() -> RecordQuery {
    var query = RecordQuery(subject())
    if number(0...2) == 0 { query.excluded = [subject()] }
    for _ in 0..<[0, 0, 1, 3][number(0...3)] { query.rrtypes.insert(pick(QueryModel.shapes).type) }
    for _ in 0..<[0, 0, 0, 1, 2][number(0...4)] { query.vantages.insert(pick(Vantage.allCases)) }
    if number(0...2) == 0 {
      query.times.firstAfter = fence()
      query.times.firstBefore = fence()
      query.times.lastAfter = fence()
      query.times.lastBefore = fence()
    }
    query.mergesTriples = number(0...2) > 0
    if number(0...3) == 0 {
      query.bailiwick = pick([.root, StoreSample.name("net"), StoreSample.name("com")])
    }
    query.datasets = pick([[1], [1, 2, 3], [3, 1], [2, 9]])
    return query
  }

  private mutating func fence() -> UnixSeconds? {
    number(0...2) == 0 ? UInt32(1_700_000_000 + number(0...60) * 100_000) : nil
  }

  private mutating func subject() -> RecordQuery.Subject {
    let shape = pick(QueryModel.shapes)
    let owner = StoreSample.name(pick(QueryModel.owners))
    let name = StoreSample.name(shape.names.first ?? "example.net")
    switch number(0...13) {
    case 9: return .ownerOneBelow(number(0...1) == 0 ? owner : owner.parent ?? .root)
    case 10: return .ownerStartingWith(start(of: owner))
    case 11: return .rdataNameOneBelow(name.parent ?? .root)
    case 12: return .rdataNameStartingWith(start(of: name))
    case 13:
      let octets = shape.address ?? [192, 0, 2, 1]
      var last = octets
      last[last.count - 1] = UInt8(number(Int(octets[octets.count - 1])...255))
      return AddressRange(first: octets, last: last).map { .addresses($0) } ?? .all
    case 0: return .all
    case 1: return .owner(owner)
    case 2: return .ownerAtOrBelow(owner)
    case 3, 4:
      let octets = shape.address ?? [192, 0, 2, 1]
      let bits = pick([0, 8, 24, 25, 31, octets.count * 8])
      return AddressPrefix(octets: octets, bits: bits).map { .network($0) } ?? .all
    case 5: return .rdataName(name)
    case 6: return .rdataNameAtOrBelow(number(0...1) == 0 ? name : name.parent ?? .root)
    case 7:
      return number(0...2) == 0 ? .lossyText(pick(QueryModel.lossyTexts)) : .rdata(shape.rdata)
    default: return .rdata(shape.rdata)
    }
  }

  /// Some of the first labels.
  private mutating func start(of name: DomainName) -> DomainName {
    var octets: [UInt8] = []
    for label in QueryModel.labels(name).prefix(number(0...3)) {
      octets += [UInt8(label.count)] + label
    }
    return DomainName(canonicalWire: octets + [0])
  }

  private static func labels(_ name: DomainName) -> [[UInt8]] {
    var labels: [[UInt8]] = []
    var rest = name.wire[...]
    while let length = rest.popFirst(), length > 0 {
      labels.append(Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    return labels
  }

  // MARK: - Answers

  mutating func rows(of query: RecordQuery) -> [Identity: Expected] {
    var rows: [Identity: Expected] = [:]
    for record in records.values where admits(record, query) {
      let triple = Identity(record, merged: query.mergesTriples)
      var row =
        rows[triple] ?? Expected(value: nil, vantages: [], bailiwicks: [], datasets: [])
      row.add(record.value)
      row.vantages.insert(record.vantage)
      row.bailiwicks.insert(record.bailiwick.rawValue)
      row.datasets.insert(record.dataset)
      rows[triple] = row
    }
    rows = rows.filter { _, row in
      row.value.map { query.times.admit(first: $0.timeFirst, last: $0.timeLast) } ?? false
    }
    rowsSeen += rows.count
    return rows
  }

  private func admits(_ record: Record, _ query: RecordQuery) -> Bool {
    guard query.datasets.contains(record.dataset),
      query.rrtypes.isEmpty || query.rrtypes.contains(record.shape.type),
      query.vantages.isEmpty || query.vantages.contains(record.vantage),
      finds(query.subject, record)
    else { return false }
    if let wanted = query.bailiwick {
      let labels = QueryModel.labels(record.owner)
      guard Int(record.bailiwick.rawValue) == QueryModel.labels(wanted).count,
        labels.suffix(Int(record.bailiwick.rawValue)) == QueryModel.labels(wanted)[...]
      else { return false }
    }
    // Only subjects that find by owner exclude.
    return !query.excluded.contains { subject in
      switch subject {
      case .owner, .ownerAtOrBelow, .ownerOneBelow, .ownerStartingWith: finds(subject, record)
      default: false
      }
    }
  }

  private func finds(_ subject: RecordQuery.Subject, _ record: Record) -> Bool {
    let names = record.shape.names.map(StoreSample.name)
    switch subject {
    case .all: return true
    case .owner(let name): return record.owner == name
    case .ownerAtOrBelow(let name): return isAtOrBelow(record.owner, name)
    case .network(let network):
      return record.shape.address.map { isAddress($0, in: network) } ?? false
    case .addresses(let range):
      return record.shape.address.map {
        $0.count == range.first.count && !$0.lexicographicallyPrecedes(range.first)
          && !range.last.lexicographicallyPrecedes($0)
      } ?? false
    case .ownerOneBelow(let name): return record.owner.parent == name
    case .ownerStartingWith(let name): return starts(record.owner, with: name)
    case .rdataNameOneBelow(let name): return names.contains { $0.parent == name }
    case .rdataNameStartingWith(let name): return names.contains { starts($0, with: name) }
    case .rdataName(let name): return names.contains(name)
    case .rdataNameAtOrBelow(let name): return names.contains { isAtOrBelow($0, name) }
    case .rdata(let octets): return !record.shape.isLossy && record.shape.rdata == octets
    case .lossyText(let text): return record.shape.isLossy && record.shape.rdata == text
    }
  }

  private func isAtOrBelow(_ name: DomainName, _ ancestor: DomainName) -> Bool {
    var candidate: DomainName? = name
    while let next = candidate {
      if next == ancestor { return true }
      candidate = next.parent
    }
    return false
  }

  private func starts(_ name: DomainName, with start: DomainName) -> Bool {
    QueryModel.labels(name).starts(with: QueryModel.labels(start))
  }

  private func isAddress(_ address: [UInt8], in network: AddressPrefix) -> Bool {
    guard address.count == network.octets.count else { return false }
    return (0..<network.bits).allSatisfy { bit in
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      return address[bit / 8] & mask == network.octets[bit / 8] & mask
    }
  }
}
