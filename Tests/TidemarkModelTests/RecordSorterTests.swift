import DNSWire
import Testing
import TidemarkModel

@Suite struct RecordSorterTests {
  private struct Made: Equatable {
    let row: TextRow
    let rrname: [UInt8]
    let rdata: [UInt8]
  }

  private func copy(_ span: Span<UInt8>) -> [UInt8] {
    var octets: [UInt8] = []
    for index in span.indices { octets.append(span[index]) }
    return octets
  }

  private func sorted(_ rows: [Made], _ keys: String) throws -> [Made] {
    var sorter = RecordSorter(try #require(SortKey.list(keys)))
    for made in rows {
      try sorter.add(made.row, rrname: made.rrname.span, rdata: made.rdata.span)
    }
    var out: [Made] = []
    sorter.drain { row, rrname, rdata in
      out.append(Made(row: row, rrname: copy(rrname), rdata: copy(rdata)))
      return true
    }
    return out
  }

  private func made(_ name: String, _ type: RRType, _ rdata: String, count: UInt64 = 1) throws
    -> Made
  {
    var wire: [UInt8] = []
    try RDataParser.parse(Array(rdata.utf8).span, type: type, into: &wire)
    return Made(
      row: TextRow(rrtype: type, timeFirst: 1_000, timeLast: 2_000, count: count),
      rrname: try DomainName(text: name).wire, rdata: wire)
  }

  @Test func sortsNamesFromTheRight() throws {
    let names = ["b.example.com", "example.net", "a.example.net", "z.a.example.com", "example.com"]
    let rows = try names.map { try made($0, .a, "192.0.2.1") }
    let order = try sorted(rows, "name").map {
      DomainName(canonicalWire: $0.rrname).text(finalDot: false)
    }
    #expect(
      order == ["example.com", "z.a.example.com", "b.example.com", "example.net", "a.example.net"])
  }

  @Test func sortsAddressesAsNumbersAndTargetsFromTheRight() throws {
    let addresses = ["192.0.2.100", "192.0.2.20", "192.0.2.3"]
    let rows = try addresses.map { try made("example.com", .a, $0) }
    #expect(try sorted(rows, "rdata").map { $0.rdata[3] } == [3, 20, 100])
    let targets = ["10 b.example.net.", "20 z.example.com.", "5 a.example.net."]
    let mail = try targets.map { try made("example.com", .mx, $0) }
    #expect(try sorted(mail, "rdata").map { $0.rdata[1] } == [20, 5, 10])
    #expect(try sorted(mail, "-data").map { $0.rdata[1] } == [10, 5, 20])
  }

  /// Random rows under random keys, against a sort of whole rows by the scalars.
  @Test func agreesWithAReferenceSort() throws {
    let seed: UInt64 = 0x736F_7274
    var random = SeededRandom(state: seed)
    let owner = try DomainName(text: "example.com").wire
    for round in 0..<200 {
      let rows = (0..<50).map { number in
        let first = UnixSeconds(1_000 + random.next() % 5)
        return Made(
          row: TextRow(
            rrtype: RRType(rawValue: UInt16(1 + random.next() % 3)), timeFirst: first,
            timeLast: first + UnixSeconds(random.next() % 4), count: 1 + random.next() % 4),
          rrname: owner, rdata: [UInt8(number)])
      }
      let names = ["first", "last", "duration", "count", "type"].shuffled(using: &random)
      let keys = names.prefix(1 + Int(random.next() % 5)).map {
        (random.next() % 2 == 0 ? "" : "-") + $0
      }
      func rank(_ made: Made) -> [Int64] {
        keys.map { key in
          let sign: Int64 = key.hasPrefix("-") ? -1 : 1
          let row = made.row
          switch key.drop(while: { $0 == "-" }) {
          case "first": return sign * Int64(row.timeFirst)
          case "last": return sign * Int64(row.timeLast)
          case "duration": return sign * (Int64(row.timeLast) - Int64(row.timeFirst))
          case "count": return sign * Int64(row.count)
          default: return sign * Int64(row.rrtype.rawValue)
          }
        }
      }
      let wanted = rows.enumerated().sorted { one, other in
        let (left, right) = (rank(one.element), rank(other.element))
        return left == right ? one.offset < other.offset : left.lexicographicallyPrecedes(right)
      }
      let got = try sorted(rows, keys.joined(separator: ","))
      #expect(got == wanted.map(\.element), "seed \(seed) round \(round) keys \(keys)")
    }
  }

  @Test func refusesMoreRowsThanItHolds() throws {
    var sorter = RecordSorter([SortKey(.count)], rowsMax: 1)
    let one = try made("example.com", .a, "192.0.2.1")
    try sorter.add(one.row, rrname: one.rrname.span, rdata: one.rdata.span)
    #expect(throws: RecordSorter.Full.self) {
      try sorter.add(one.row, rrname: one.rrname.span, rdata: one.rdata.span)
    }
  }

  @Test(arguments: ["", "x", "first,", "first,first", "first,-first", "--first", "rdata,data"])
  func refusesKeys(_ text: String) {
    #expect(SortKey.list(text) == nil)
  }
}
