import DNSWire
import Testing
import TidemarkModel

@Suite struct FoundNameTests {
  private func lines(_ format: FoundName.Format) throws -> String {
    let seen = FoundName.Seen(timeFirst: 1_700_000_000, timeLast: 1_700_000_060, count: 12)
    var out: [UInt8] = []
    FoundName.appendHeader(format, to: &out)
    FoundName(rrname: try DomainName(text: #"=a\027"b.example"#).wire, seen: seen)
      .append(format, to: &out)
    FoundName(rrname: [0]).append(format, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test func writesEachFormat() throws {
    #expect(try lines(.names) == "=a\\027\"b.example\n.\n")
    #expect(
      try lines(.text(.epoch)) == "1700000000 1700000060         12 =a\\027\"b.example\n.\n")
    #expect(
      try lines(.csv(.epoch))
        == "rrname,time_first,time_last,count\r\n\"'=a\\027\"\"b.example\",1700000000,"
        + "1700000060,12\r\n.,,,\r\n")
    #expect(
      try lines(.json) == #"""
        {"rrname":"=a\\027\"b.example","time_first":1700000000,"time_last":1700000060,"count":12}
        {"rrname":"."}

        """#)
  }

  @Test func readsWhatItWrites() throws {
    let seen = FoundName.Seen(timeFirst: 1, timeLast: .max, count: 1 << 40)
    for name in ["www.example.com", #"a\.b\000\255"c.example"#, "."] {
      for seen in [seen, nil] {
        let found = FoundName(rrname: try DomainName(text: name).wire, seen: seen)
        var out: [UInt8] = []
        found.append(.json, to: &out)
        let back = FoundName(json: out.span)
        #expect(back == found)
      }
    }
    let more = Array(#"{"rrtypes":["A"],"rrname":"WWW.example.com.","x":{"rrname":"y"}}"#.utf8)
    let wanted = FoundName(rrname: try DomainName(text: "www.example.com").wire)
    let read = FoundName(json: more.span)
    #expect(read == wanted)
  }

  @Test(arguments: ["", "{}", "[]", #"{"rrname":1}"#, #"{"rrname":"a..b"}"#, #"{"rrname":"a"#])
  func refusesOtherLines(_ text: String) {
    let octets = Array(text.utf8)
    let found = FoundName(json: octets.span)
    #expect(found == nil)
  }

  @Test func readsSumsThatItWrites() {
    var sums = LookupSums()
    sums.add(TextRow(rrtype: .a, timeFirst: 50, timeLast: 60, count: 7))
    sums.add(TextRow(rrtype: RRType(rawValue: 65_280), timeFirst: 40, timeLast: 45, count: 2))
    for made in [sums, LookupSums()] {
      var out: [UInt8] = []
      made.appendJSON(to: &out)
      let back = LookupSums(json: out.span)
      #expect(back == made)
    }
    let server =
      Array(
        #"{"end":"complete","rows":1,"count":2,"time_first":3,"time_last":4,"owners":{"distinct":1}"#
          .utf8) + Array(#","rrtypes":[{"rrtype":"A","rows":1,"count":2}],"months":[]}"#.utf8)
    let read = LookupSums(json: server.span)
    #expect(read?.byType == [.a: LookupSums.TypeSums(rows: 1, count: 2)])
  }

  @Test(arguments: [
    "", "{}", #"{"rows":1,"rrtypes":[]}"#, #"{"rows":0}"#, #"{"rows":0,"rrtypes":{}}"#,
    #"{"rows":1,"rrtypes":[1]}"#, #"{"rows":1,"rrtypes":[{"rrtype":"A","rows":1}]}"#,
    #"{"rows":1,"rrtypes":[{"rows":1,"count":1}]}"#,
    #"{"rows":18446744073709551615,"rrtypes":[{"rrtype":"A","rows":18446744073709551615,"count":1}]}"#,
  ])
  func refusesOtherSums(_ text: String) {
    let octets = Array(text.utf8)
    let sums = LookupSums(json: octets.span)
    #expect(sums == nil)
  }
}
