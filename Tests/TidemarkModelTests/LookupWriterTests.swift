import DNSWire
import Testing
import TidemarkModel

/// The writers of a look-up's rows beside COF.
@Suite struct LookupWriterTests {
  private let row = TextRow(
    rrtype: .a, timeFirst: 1_380_123_423, timeLast: 1_427_869_045, count: 12,
    bailiwick: Bailiwick(labels: 2))

  private func wire(_ name: String) throws -> [UInt8] { try DomainName(text: name).wire }

  private func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

  @Test func writesBlocksAsDnsdbqDoes() throws {
    var writer = DNSDBTextWriter()
    var out: [UInt8] = []
    let (www, apex, ns) = (
      try wire("www.example.com"), try wire("example.com"), try wire("ns1.example.com")
    )
    let first: [UInt8] = [192, 0, 2, 1]
    let second: [UInt8] = [192, 0, 2, 9]
    let other: [UInt8] = [192, 0, 2, 5]
    var seldom = row
    seldom.count = 1
    seldom.bailiwick = .unknown
    writer.append(row, rrname: www.span, rdata: first.span, to: &out)
    writer.append(seldom, rrname: www.span, rdata: other.span, to: &out)
    writer.append(row, rrname: www.span, rdata: second.span, to: &out)
    #expect(out.isEmpty, "a block of another time may still grow")
    var zone = row
    (zone.rrtype, zone.vantage, zone.bailiwick) = (.ns, .zone, Bailiwick(labels: 1))
    zone.timeLast = zone.timeFirst
    writer.append(zone, rrname: apex.span, rdata: ns.span, to: &out)
    writer.finish(to: &out)
    #expect(
      text(out) == """
        ;; record times: 2013-09-25 15:37:03 .. 2015-04-01 06:17:25 (~1y ~187d)
        ;; count: 12; bailiwick: example.com.
        www.example.com.  A  192.0.2.1
        www.example.com.  A  192.0.2.9

        ;; record times: 2013-09-25 15:37:03 .. 2015-04-01 06:17:25 (~1y ~187d)
        ;; count: 1
        www.example.com.  A  192.0.2.5

        ;;   zone times: 2013-09-25 15:37:03 .. 2013-09-25 15:37:03 (0s)
        ;; count: 12; bailiwick: com.
        example.com.  NS  ns1.example.com.


        """)
  }

  /// What dnsdbq 2.6.4 printed for these times.
  @Test(
    arguments: [
      (0, "1s"), (1, "2s"), (58, "59s"), (59, "1m"), (60, "1m 1s"), (119, "2m"), (3_599, "1h"),
      (3_600, "1h 1s"), (86_398, "23h 59m 59s"), (86_399, "~1d"), (86_401, "~1d"),
      (90_000, "~1d 1h"),
      (604_799, "~7d"), (31_535_998, "~364d 23h 59m"), (31_535_999, "~1y"), (31_622_400, "~1y ~1d"),
      (40_000_000, "~1y ~97d"), (1_262_304_000, "~40y ~10d"),
    ] as [(UnixSeconds, String)])
  func writesDurationsAsDnsdbqDoes(_ seconds: UnixSeconds, _ duration: String) throws {
    var writer = DNSDBTextWriter()
    var out: [UInt8] = []
    var row = row
    row.timeFirst = 300_000_000
    row.timeLast = 300_000_000 + seconds
    let owner = try wire("example.com")
    let rdata: [UInt8] = [192, 0, 2, 1]
    writer.append(row, rrname: owner.span, rdata: rdata.span, to: &out)
    writer.finish(to: &out)
    #expect(text(out).split(separator: "\n")[0].hasSuffix(" (\(duration))"))
  }

  @Test func boundsWhatItHoldsOfOneOwner() throws {
    var writer = DNSDBTextWriter()
    var out: [UInt8] = []
    let owner = try wire("example.com")
    var octets = [UInt8](repeating: 0, count: 60_000)
    for number in 0..<40 {
      octets[0] = UInt8(number)
      var row = row
      row.rrtype = RRType(rawValue: 65_280)
      writer.append(row, rrname: owner.span, rdata: octets.span, to: &out)
    }
    #expect(out.count > DNSDBTextWriter.heldOctetsMax)
    writer.finish(to: &out)
    #expect(text(out).split(separator: "\n").count { !$0.hasPrefix(";") } == 40)
  }

  @Test func escapesWhatMasterFilesReadOtherwise() throws {
    var writer = MasterLineWriter()
    var out: [UInt8] = []
    let owner = try wire(#"a\;b\(\)\"\@\$\\\;.example.com"#)
    let address: [UInt8] = [192, 0, 2, 1]
    writer.append(row, rrname: owner.span, rdata: address.span, to: &out)
    let odd = try wire(#"x\;y.example"#)
    var other = row
    other.rrtype = .cname
    writer.append(other, rrname: owner.span, rdata: odd.span, to: &out)
    other.vantage = .text
    let lossy = Array("half a name\n".utf8)
    writer.append(other, rrname: odd.span, rdata: lossy.span, to: &out)
    let name = #"a\;b\(\)\"\@\$\\\;.example.com."#
    #expect(
      text(out) == name + "\t0\tIN\tA\t192.0.2.1\n" + name
        + "\t0\tIN\tCNAME\t\\# 13 03783b79076578616d706c6500\n"
        + "; incomplete: x\\;y.example.\t0\tIN\tCNAME\thalf a name\\010\n")
  }

  @Test func keepsQuotedStringsOfTypesWithNames() throws {
    var writer = MasterLineWriter()
    var out: [UInt8] = []
    let owner = try wire("example.com")
    for (type, data) in [
      (RRType.naptr, #"100 10 "u" "E2U+sip" "!^(.*)$!sip:a;b@example.com!" ."#),
      (.https, #"1 . alpn="h2,h3""#), (.soa, "ns.example. h.example. 1 2 3 4 5"),
    ] {
      var rdata: [UInt8] = []
      try RDataParser.parse(Array(data.utf8).span, type: type, into: &rdata)
      var row = row
      row.rrtype = type
      writer.append(row, rrname: owner.span, rdata: rdata.span, to: &out)
    }
    #expect(!text(out).contains("\\#"))
    #expect(text(out).contains("sip:a;b@example.com"))
  }

  @Test func drawsEachTargetOnce() throws {
    var graph = RecordGraph()
    let (www, ns) = (try wire(#"w\"w\\w.example.com"#), try wire("ns.example.com"))
    let address: [UInt8] = [192, 0, 2, 1]
    var server = row
    server.rrtype = .ns
    var note = row
    note.rrtype = .txt
    try graph.add(row, rrname: ns.span, rdata: address.span)
    try graph.add(server, rrname: www.span, rdata: ns.span)
    try graph.add(row, rrname: www.span, rdata: address.span)
    try graph.add(row, rrname: www.span, rdata: address.span)
    try graph.add(note, rrname: www.span, rdata: address.span)
    #expect(graph.leftOut == 1)
    var out: [UInt8] = []
    graph.append(.dot, times: .epoch, to: &out)
    #expect(
      text(out) == #"""
        digraph tidemark {
          rankdir=LR;
          n0 [shape=hexagon,label="ns.example.com"];
          n1 [shape=box,label="192.0.2.1"];
          n2 [shape=ellipse,label="w\"w\\\\w.example.com"];
          n0 -> n1 [label="A",tooltip="1380123423 .. 1427869045, 12"];
          n2 -> n0 [label="NS",tooltip="1380123423 .. 1427869045, 12"];
          n2 -> n1 [label="A",tooltip="1380123423 .. 1427869045, 24"];
        }

        """#)
    out = []
    graph.append(.graphml, times: .iso, to: &out)
    #expect(text(out).contains(#"<data key="label">w&quot;w\\w.example.com</data>"#))
    #expect(text(out).contains(#"<data key="kind">nameserver</data>"#))
  }

  @Test func refusesMoreEdgesThanItHolds() throws {
    var graph = RecordGraph(edgesMax: 2)
    let owner = try wire("example.com")
    for last in UInt8(1)...2 {
      let address: [UInt8] = [192, 0, 2, last]
      try graph.add(row, rrname: owner.span, rdata: address.span)
    }
    let address: [UInt8] = [192, 0, 2, 3]
    #expect(throws: RecordGraph.Full.self) {
      try graph.add(row, rrname: owner.span, rdata: address.span)
    }
  }

  @Test func setsColumnsBelowEachOther() throws {
    var writer = TableWriter(times: .epoch)
    var out: [UInt8] = []
    let (short, long) = (try wire("a.example"), try wire("long-name.example.com"))
    let address: [UInt8] = [192, 0, 2, 1]
    var many = row
    many.count = 12_345
    writer.append(row, rrname: short.span, rdata: address.span, to: &out)
    writer.append(many, rrname: long.span, rdata: address.span, to: &out)
    writer.finish(to: &out)
    #expect(
      text(out) == """
        FIRST       LAST        COUNT  NAME                  TYPE DATA
        1380123423  1427869045     12  a.example             A    192.0.2.1
        1380123423  1427869045  12345  long-name.example.com A    192.0.2.1

        """)
    var colored = TableWriter(times: .epoch, hasColor: true)
    var other: [UInt8] = []
    colored.append(row, rrname: short.span, rdata: address.span, to: &other)
    colored.finish(to: &other)
    let plain = text(other).replacing(#/\u{1B}\[[0-9]*m/#, with: "")
    #expect(text(other).contains("\u{1B}[") && !plain.contains("\u{1B}"))
  }
}
