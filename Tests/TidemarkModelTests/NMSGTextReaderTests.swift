import Testing
import TidemarkModel

@Suite struct NMSGTextReaderTests {
  private static func message(
    _ type: String, _ changes: [String: String] = [:], rdata: String = #"["192.0.2.98"]"#
  ) -> String {
    let members: [(String, String)] = [
      ("type", "\"\(type)\""), ("count", "3"), ("time_first", #""2018-02-22 10:54:43""#),
      ("time_last", #""2018-02-22 10:54:53""#), ("response_ip", #""198.51.100.7""#),
      ("bailiwick", #""example.com.""#), ("rrname", #""Ws753.admin.example.com.""#),
      ("rrclass", #""IN""#), ("rrtype", #""A""#), ("rrttl", "86400"), ("rdata", rdata),
      ("zone_time_first", ""), ("zone_time_last", ""),
    ]
    let texts = members.compactMap { name, value -> String? in
      let value = changes[name] ?? value
      return value.isEmpty ? nil : #""\#(name)":\#(value)"#
    }
    return #"{"time":"2018-02-22 17:47:42.017523047","vname":"SIE","mname":"dnsdedupe","#
      + #""source":"a1ba02cf","message":{"# + texts.joined(separator: ",") + "}}"
  }

  private static func read(_ text: String) -> [String] {
    FeedTranscript(NMSGTextReader(now: COFTranscript.now), text + "\n").lines
  }

  private static let row =
    "ws753.admin.example.com. A 192.0.2.98 1519296883 1519296893 3 authority bailiwick=2"

  @Test(arguments: ["EXPIRATION", "MERGED", "MERGED_INSERTION"])
  func countsWhatCarriesTotals(_ type: String) {
    #expect(Self.read(Self.message(type)) == [Self.row])
  }

  @Test func filtersAnnouncementsAndChaff() {
    let pair = #"["192.0.2.98","192.0.2.99"]"#
    let transcript = FeedTranscript(
      NMSGTextReader(now: COFTranscript.now), Self.message("INSERTION", rdata: pair))
    #expect(
      transcript.lines == ["filtered insertion-announced", "filtered insertion-announced"])
    #expect(transcript.items == 1)
    #expect(Self.read(Self.message("CHAFF")) == ["filtered chaff"])
    #expect(Self.read(Self.message("NOVELTY")) == ["filtered other-kind"])
  }

  @Test(arguments: ["AUTHORITATIVE", "MERGED_AUTHORITATIVE", "MERGED"])
  func zoneTimesAreThoseOfAZone(_ type: String) {
    let times = [
      "time_first": "", "time_last": "",
      "zone_time_first": #""2018-02-22 10:54:43""#, "zone_time_last": "1519383283",
    ]
    #expect(
      Self.read(Self.message(type, times)) == [
        "ws753.admin.example.com. A 192.0.2.98 1519296883 1519383283 3 zone bailiwick=2"
      ])
  }

  @Test func zoneTimesBesideOthersDoNotWidenThem() {
    let times = ["zone_time_first": #""2018-02-20 00:00:00""#, "zone_time_last": "1519300000"]
    #expect(Self.read(Self.message("MERGED", times)) == [Self.row])
    #expect(
      Self.read(Self.message("AUTHORITATIVE")) == ["malformed missing-field"])
  }

  @Test func keepsTheGoodPartOfASet() {
    let transcript = FeedTranscript(
      NMSGTextReader(now: COFTranscript.now),
      Self.message("EXPIRATION", rdata: #"["x","192.0.2.98","y","192.0.2.98"]"#))
    #expect(transcript.lines == [Self.row, "malformed bad-rdata", "malformed bad-rdata"])
    #expect(transcript.items == 1)
  }

  @Test func readsSetsInTheDialectOfNMSG() {
    let text = Self.message(
      "EXPIRATION", ["rrtype": #""NS""#],
      rdata: #"["NS2.example.net.","ns1.example.net.","ns1.example.net."]"#)
    #expect(
      Self.read(text) == [
        """
        ws753.admin.example.com. NS ns2.example.net | ns1.example.net 1519296883 1519296893 3\
         authority bailiwick=2
        """
      ])
    let single = Self.message("EXPIRATION", rdata: #""192.0.2.98""#)
    #expect(Self.read(single) == [Self.row])
  }

  @Test(
    arguments: [
      (["rrclass": #""CH""#], "filtered class-not-in"),
      (["rrtype": #""OPT""#], "filtered meta-type"),
      (["rrname": #""a..b""#], "malformed bad-name"), (["count": "0"], "malformed bad-count"),
      (["time_last": #""2018-02-22 10:54:42""#], "malformed times-reversed"),
      (["time_last": #""2018-02-22""#], "malformed times-reversed"),
      (["time_last": #""yesterday""#], "malformed bad-time"),
      (["time_first": #""1970-01-02 00:00:00""#], "dropped time-out-of-range"),
      (["rdata": "[]"], "malformed bad-rdata"), (["rdata": "[7]"], "malformed bad-rdata"),
    ] as [([String: String], String)])
  func refusesWithReason(_ changes: [String: String], _ reason: String) {
    #expect(Self.read(Self.message("EXPIRATION", changes)) == [reason])
  }

  @Test func passesOverOtherMessages() {
    let other = #"{"vname":"SIE","mname":"newdomain","message":{"domain":"example.com."}}"#
    let transcript = FeedTranscript(NMSGTextReader(now: COFTranscript.now), other)
    #expect(transcript.lines == [])
    #expect(transcript.items == 1)
  }

  @Test func stepsDoNotDependOnCuts() {
    let text = [
      Self.message("EXPIRATION", rdata: #"["x","192.0.2.98"]"#),
      Self.message("INSERTION", rdata: #"["x","y"]"#), "{", Self.message("MERGED"),
    ]
    FeedTranscript.expectSameForEveryCut(
      NMSGTextReader(now: COFTranscript.now), Array(text.joined(separator: "\n").utf8))
  }
}
