import DNSWire
import Foundation
import Testing
import TidemarkModel

@Suite struct WriterTests {
  private func wire(_ name: String) throws -> [UInt8] { try DomainName(text: name).wire }

  private func cof(
    _ row: TextRow, _ name: String, _ rdata: [UInt8],
    options: COFWriter.Options = COFWriter.Options(origin: "https://pdns.example/")
  ) throws -> String {
    var writer = COFWriter(options: options)
    var out: [UInt8] = []
    let owner = try wire(name)
    writer.append(row, rrname: owner.span, rdata: rdata.span, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private let row = TextRow(
    rrtype: .a, timeFirst: 1_496_995_637, timeLast: 1_499_951_111, count: 6)

  @Test func writesWhatEveryClientNeeds() throws {
    #expect(
      try cof(row, "www.Example.com.", [192, 0, 2, 1])
        == #"""
        {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1496995637\#
        ,"time_last":1499951111,"count":6,"origin":"https://pdns.example/"}
        """#
        + "\n")
  }

  @Test func sharesTheOwnerBetweenRowsOnly() throws {
    var writer = COFWriter()
    var out: [UInt8] = []
    var other = row
    other.rrtype = .ns
    let address: [UInt8] = [192, 0, 2, 1]
    let server = try wire("ns.example")
    let (a, b) = (try wire("a.example"), try wire("b.example"))
    writer.append(row, rrname: a.span, rdata: address.span, to: &out)
    writer.append(other, rrname: a.span, rdata: server.span, to: &out)
    writer.append(other, rrname: b.span, rdata: server.span, to: &out)
    let starts = String(decoding: out, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",\"time")[0]
    }
    #expect(
      starts == [
        #"{"rrname":"a.example","rrtype":"A","rdata":"192.0.2.1""#,
        #"{"rrname":"a.example","rrtype":"NS","rdata":"ns.example""#,
        #"{"rrname":"b.example","rrtype":"NS","rdata":"ns.example""#,
      ])
  }

  @Test func writesNothingButASCIIAndBoundsCounts() throws {
    var lossy = row
    lossy.rrtype = .txt
    lossy.vantage = .text
    lossy.count = .max
    let text = try cof(lossy, "é.example", Array("\"é 😀\" \u{1}\u{7F}\n".utf8) + [0xFF])
    #expect(text.utf8.allSatisfy { $0 < 0x7F })
    #expect(text.contains(#""rrname":"\\195\\169.example""#))
    #expect(text.contains(#""rdata":"\"\u00e9 \ud83d\ude00\" \u0001\u007f\u000a\\255""#))
    #expect(text.contains("\"count\":9223372036854775807"))
  }

  @Test func writesOptionalFields() throws {
    var options = COFWriter.Options()
    options.rdataIsArray = true
    options.showsBailiwick = true
    options.showsVantage = true
    options.writesRareTypesAsNumbers = true
    let zone = TextRow(
      rrtype: RRType(rawValue: 65_280), timeFirst: 1_496_995_637, timeLast: 1_499_951_111,
      count: 6, vantage: .zone, bailiwick: Bailiwick(labels: 1))
    #expect(
      try cof(zone, "www.example.com", [1], options: options)
        == ##"""
        {"rrname":"www.example.com","rrtype":65280,"rdata":["\\# 1 01"],"time_first":1496995\##
        637,"time_last":1499951111,"count":6,"bailiwick":"com","vantage":"zone","zone_time_f\##
        irst":1496995637,"zone_time_last":1499951111}
        """##
        + "\n")
  }

  /// What one row leaves behind for the next is taken only where it fits.
  @Test func saysTheBailiwickOfEachRow() throws {
    let rows: [(owner: String, labels: Int?, bailiwick: String?)] = [
      ("a.x.example", 2, "x.example"), ("b.x.example", 2, "x.example"),
      ("b.x.example", 1, "example"), ("b.x.example", nil, nil), ("b.x.example", 1, "example"),
      ("c.y.example", 2, "y.example"), ("c.y.example", nil, nil), ("x.example", 2, "x.example"),
      ("x.example", 0, "."), ("y.x.example", 2, "x.example"), ("example", 0, "."),
    ]
    var options = COFWriter.Options()
    options.showsBailiwick = true
    var writer = COFWriter(options: options)
    for (owner, labels, bailiwick) in rows {
      var shown = row
      shown.bailiwick = labels.map { Bailiwick(labels: $0) } ?? .unknown
      var out: [UInt8] = []
      let (name, address) = (try wire(owner), [192, 0, 2, 1] as [UInt8])
      writer.append(shown, rrname: name.span, rdata: address.span, to: &out)
      let end = bailiwick.map { ",\"bailiwick\":\"\($0)\"}\n" } ?? ",\"count\":6}\n"
      #expect(String(decoding: out, as: UTF8.self).hasSuffix(end), "\(owner)")
    }
  }

  /// Random rows of every kind, written, read, and compared field by field.
  @Test func readsBackWhatItWrote() throws {
    let seed: UInt64 = 0x636F_66
    var random = SeededRandom(state: seed)
    var options = COFWriter.Options(origin: "https://pdns.example/")
    options.showsBailiwick = true
    options.showsVantage = true
    var writer = COFWriter(options: options)
    for round in 0..<3_000 {
      let made = RandomRow(using: &random)
      var out: [UInt8] = []
      writer.append(
        made.row, rrname: made.rrname.span, rdata: made.rdata.span, sensorID: made.sensorID,
        to: &out)
      var reader = COFReader(now: COFTranscript.now)
      var observation = TextObservation()
      var at = 0
      let step = reader.next(out.span, at: &at, into: &observation)
      let text = String(decoding: out, as: UTF8.self)
      #expect(step == .observation, "seed \(seed) round \(round): \(text)")
      guard step == .observation else { continue }
      #expect(made == RandomRow(observation), "seed \(seed) round \(round): \(text)")
      #expect(reader.next(out.span, at: &at, into: &observation) == .needsInput)
    }
  }

  @Test(arguments: [
    ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""), ("+1", "'+1"), ("-1", "'-1"),
    ("@SUM(1)", "'@SUM(1)"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
    ("\t=1", "\\009=1"), ("a\r\nb", "a\\013\\010b"), ("plain", "plain"),
  ])
  func makesCellsSafe(_ text: String, _ cell: String) throws {
    var lossy = row
    lossy.rrtype = .txt
    lossy.vantage = .text
    var writer = CSVWriter()
    var out: [UInt8] = []
    let (owner, octets) = (try wire("=x.example"), Array(text.utf8))
    writer.append(lossy, rrname: owner.span, rdata: octets.span, to: &out)
    #expect(
      String(decoding: out, as: UTF8.self)
        == "'=x.example,TXT,\(cell),2017-06-09T08:07:17Z,2017-07-13T13:05:11Z,6,,text\r\n")
  }

  @Test func keepsTerminalsSafe() throws {
    var lossy = row
    lossy.rrtype = .txt
    lossy.vantage = .text
    var writer = TextLineWriter()
    var out: [UInt8] = []
    let text = Array("\u{1B}[2Jé\u{202E}\u{9B}".utf8) + [0xFF]
    let owner = try wire("a\\027.example")
    writer.append(lossy, rrname: owner.span, rdata: text.span, to: &out)
    #expect(
      String(decoding: out, as: UTF8.self)
        == "2017-06-09T08:07:17Z 2017-07-13T13:05:11Z          6 a\\027.example TXT "
        + "\\027[2Jé\\226\\128\\174\\194\\155\\255\n")
  }

  @Test func writesEachNameOnce() throws {
    var writer = TextLineWriter()
    var out: [UInt8] = []
    let names = try [".", "a.example", "a.example", "b.example"].map { try wire($0) }
    for name in names { writer.appendName(name.span, to: &out) }
    #expect(String(decoding: out, as: UTF8.self) == ".\na.example\nb.example\n")
  }
}

/// A row with all that a record can have.
private struct RandomRow: Equatable {
  var row: TextRow
  var rrname: [UInt8]
  var rdata: [UInt8]
  var sensorID: [UInt8]

  init(using random: inout SeededRandom) {
    func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    func octets(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
    func name() -> [UInt8] {
      var wire: [UInt8] = []
      for _ in 0..<below(4) {
        let label = octets(1 + below(12)).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        wire += [UInt8(label.count)] + label
      }
      return wire + [0]
    }
    rrname = name()
    let first = 700_000_000 + UInt32(below(1_000_000_000))
    let labels = DomainName(canonicalWire: rrname).labelCount
    row = TextRow(
      rrtype: .a, timeFirst: first, timeLast: first + UInt32(below(90_000_000)),
      count: 1 + random.next() >> UInt64(1 + below(60)),
      vantage: [.authority, .client, .zone, .active][below(4)],
      bailiwick: below(2) == 0 ? .unknown : Bailiwick(labels: below(labels + 1)))
    sensorID = below(2) == 0 ? [] : Array("sensor-\(below(9)) é".utf8)
    switch below(7) {
    case 0: rdata = octets(4)
    case 1: (row.rrtype, rdata) = (.aaaa, octets(16))
    case 2: (row.rrtype, rdata) = (.cname, name())
    case 3: (row.rrtype, rdata) = (.mx, octets(2) + name())
    case 4:
      let string = octets(below(40))
      (row.rrtype, rdata) = (.txt, [UInt8(string.count)] + string)
    case 5: (row.rrtype, rdata) = (RRType(rawValue: 65_280), octets(1 + below(30)))
    default:
      (row.rrtype, rdata) = (.txt, Array("\"half é \u{1}\u{1F600}\\".utf8))
      row.vantage = .text
    }
  }

  init?(_ observation: TextObservation) {
    guard observation.items.count == 1, let item = observation.items.first else { return nil }
    row = TextRow(
      rrtype: observation.rrtype, timeFirst: observation.timeFirst,
      timeLast: observation.timeLast, count: observation.count,
      vantage: observation.vantage(of: item, standard: .client),
      bailiwick: observation.bailiwick)
    rrname = observation.rrname
    rdata = Array(observation.rdataOctets[item.range])
    sensorID = observation.sensorID
  }
}
