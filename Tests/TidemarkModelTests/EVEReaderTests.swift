import Foundation
import Testing
import TidemarkModel

/// Lines of Suricata's EVE log, each rule by itself.
@Suite struct EVEReaderTests {
  /// The steps that one line gives.
  static func steps(_ line: String) -> [String] {
    FeedTranscript(EVEReader(now: COFTranscript.now), line + "\n").lines
  }

  /// A response event around the members of `dns`.
  static func event(_ dns: String, ports: String = "53,51323", type: String = "answer") -> String {
    let ends = ports.split(separator: ",")
    return
      "{\"timestamp\":\"2023-11-14T23:13:20.047429+0100\",\"flow_id\":4711,\"in_iface\":\"eth0\","
      + "\"event_type\":\"dns\",\"src_ip\":\"192.0.2.53\",\"src_port\":\(ends[0]),"
      + "\"dest_ip\":\"192.0.2.7\",\"dest_port\":\(ends[1]),\"proto\":\"UDP\","
      + "\"dns\":{\"type\":\"\(type)\",\"id\":1,\(dns)}}"
  }

  static let aRecord =
    "\"answers\":[{\"rrname\":\"example.com\",\"rrtype\":\"A\",\"ttl\":9,\"rdata\":\"192.0.2.1\"}]"
  static let aRow = "example.com. A 192.0.2.1 1700000000 1700000000 1"

  @Test func readsTheRecordOfVersion1() {
    let line = EVEReaderTests.event(
      #""rcode":"NOERROR","rrname":"WwW.Example.com","rrtype":"A","ttl":8,"rdata":"192.0.2.6""#)
    #expect(
      EVEReaderTests.steps(line) == ["www.example.com. A 192.0.2.6 1700000000 1700000000 1"])
  }

  @Test func readsAnswersOfVersion2AndGroupsThoseOfOneOwnerAndType() {
    let line = EVEReaderTests.event(
      #"""
      "version":2,"rcode":"NOERROR","rrname":"www.example.com","rrtype":"A","answers":[\#
      {"rrname":"www.example.com","rrtype":"CNAME","ttl":1,"rdata":"example.net"},\#
      {"rrname":"example.net","rrtype":"A","ttl":1,"rdata":"192.0.2.1"},\#
      {"rrname":"example.net","rrtype":"A","ttl":1,"rdata":"192.0.2.2"},\#
      {"rrname":"example.net","rrtype":"A","ttl":1,"rdata":"192.0.2.1"}],\#
      "authorities":[{"rrname":"example.net","rrtype":"NS","ttl":1,"rdata":"ns.example.net"}]
      """#)
    #expect(
      EVEReaderTests.steps(line) == [
        "www.example.com. CNAME example.net 1700000000 1700000000 1",
        "example.net. A 192.0.2.1 | 192.0.2.2 1700000000 1700000000 1",
      ])
  }

  @Test func readsVersion3AndItsResponses() {
    let line = EVEReaderTests.event(
      #"""
      "version":3,"rcode":"NOERROR","queries":[{"rrname":"example.com","rrtype":"AAAA"}],\#
      "answers":[{"rrname":"example.com","rrtype":"AAAA","ttl":1,\#
      "rdata":"2001:0db8:0000:0000:0000:0000:0000:0001"}],\#
      "additionals":[{"rrname":"ns.example.com","rrtype":"A","ttl":1,"rdata":"192.0.2.9"}]
      """#, type: "response")
    #expect(
      EVEReaderTests.steps(line) == ["example.com. AAAA 2001:db8::1 1700000000 1700000000 1"])
  }

  @Test func prefersAnswersToGroups() {
    let line = EVEReaderTests.event(
      "\"rrname\":\"example.com\",\"rrtype\":\"A\",\"grouped\":{\"A\":[\"192.0.2.9\"]},"
        + EVEReaderTests.aRecord)
    #expect(EVEReaderTests.steps(line) == [EVEReaderTests.aRow])
  }

  @Test(
    arguments: [
      // No alias: everything of the type asked for is the question's, other types are guesses.
      (
        #""rrname":"q.example.com","rrtype":"A","grouped":{"A":["192.0.2.1","192.0.2.2"],"#
          + #""AAAA":["2001:db8::1"]}"#,
        ["q.example.com. A 192.0.2.1 | 192.0.2.2", "q.example.com. AAAA lossy(2001:db8::1)"]
      ),
      // One alias: its target owns the rest, in whatever order the groups come.
      (
        #""grouped":{"A":["192.0.2.1"],"CNAME":["c.example.net"]},"rrname":"q.example.com","#
          + #""rrtype":"A""#,
        ["c.example.net. A 192.0.2.1", "q.example.com. CNAME c.example.net"]
      ),
      // Several: only the first is certain.
      (
        #""queries":[{"rrname":"q.example.com","rrtype":"A"}],"#
          + #""grouped":{"CNAME":["c.example.net","d.example.net"],"A":["192.0.2.1"]}"#,
        [
          "q.example.com. CNAME c.example.net", "q.example.com. CNAME lossy(d.example.net)",
          "q.example.com. A lossy(192.0.2.1)",
        ]
      ),
      (
        #""rrname":"q.example.com","rrtype":"SRV","grouped":{"SRV":[{"priority":1,"weight":2,"#
          + #""port":443,"name":"t.example.com"}]}"#,
        ["q.example.com. SRV 1 2 443 t.example.com"]
      ),
    ] as [(String, [String])])
  func attributesGroupedAnswers(_ dns: String, _ rows: [String]) {
    let expected = rows.map { $0 + " 1700000000 1700000000 1" }
    #expect(EVEReaderTests.steps(EVEReaderTests.event(dns)) == expected)
  }

  @Test func dropsGroupedAnswersWithoutQuestion() {
    let line = EVEReaderTests.event(#""grouped":{"A":["192.0.2.1"]}"#)
    #expect(EVEReaderTests.steps(line) == ["dropped no-owner"])
  }

  @Test(
    arguments: [
      (
        "SOA",
        #""soa":{"mname":"NS.example.com","rname":"h.example.com","serial":1,"refresh":2,"#
          + #""retry":3,"expire":4,"minimum":5}"#, "SOA ns.example.com h.example.com 1 2 3 4 5"
      ),
      (
        "SRV", #""srv":{"priority":1,"weight":2,"port":3,"name":"T.example.com"}"#,
        "SRV 1 2 3 t.example.com"
      ),
      (
        "SRV", #""srv":{"priority":1,"weight":2,"port":3,"target":"t.example.com"}"#,
        "SRV 1 2 3 t.example.com"
      ),
      ("SSHFP", #""sshfp":{"fingerprint":"01:02:fF","algo":4,"type":1}"#, "SSHFP 4 1 0102FF"),
      ("MX", #""rdata":"Mail.Example.com""#, "MX lossy(mail.example.com)"),
      ("MX", #""rdata":"""#, "MX lossy(.)"),
      ("TXT", #""rdata":"v=spf1 \"A\" -all""#, #"TXT lossy("v=spf1 \"A\" -all")"#),
      ("TXT", #""rdata":"a\\xFFb""#, #"TXT lossy("a\255b")"#),
      ("NS", #""rdata":"NS.example.com""#, "NS ns.example.com"),
      ("PTR", #""rdata":"h\\x00\\xe4.example.com""#, #"PTR h\000\228.example.com"#),
      ("65280", #""rdata":"something""#, "TYPE65280 lossy(something)"),
    ] as [(String, String, String)])
  func readsRDataByType(_ type: String, _ member: String, _ row: String) {
    let line = EVEReaderTests.event(
      #""answers":[{"rrname":"example.com","rrtype":"\#(type)","ttl":1,\#(member)}]"#)
    #expect(EVEReaderTests.steps(line) == ["example.com. \(row) 1700000000 1700000000 1"])
  }

  @Test(
    arguments: [
      (#""rrtype":"65","ttl":1"#, "dropped no-rdata"),
      (#""rrtype":"OPT","rdata":"x""#, "filtered meta-type"),
      (#""rrtype":"BOGUS","rdata":"x""#, "malformed bad-type"),
      (#""rrtype":"A","rdata":"192.0.2.256""#, "malformed bad-rdata"),
      (#""rrtype":"A","rdata":"""#, "malformed bad-rdata"),
      (#""rrtype":"NS","rdata":"a..b""#, "malformed bad-rdata"),
      (#""rrtype":"A","rdata":"192.0.2.1","rrname_truncated":true"#, "dropped cut-by-producer"),
      (#""rrtype":"NS","rdata":"x","rdata_truncated":true"#, "dropped cut-by-producer"),
      (
        #""rrtype":"SRV","srv":{"priority":70000,"weight":2,"port":3,"name":"t"}"#,
        "malformed bad-rdata"
      ),
      (
        #""rrtype":"SRV","srv":{"priority":7,"port":3,"name":"t","name_truncated":true}"#,
        "dropped cut-by-producer"
      ),
      (
        #""rrtype":"SOA","srv":{"priority":7,"weight":2,"port":3,"name":"t"}"#,
        "malformed bad-rdata"
      ),
      (
        #""rrtype":"SSHFP","sshfp":{"fingerprint":"01:0","algo":4,"type":1}"#,
        "malformed bad-rdata"
      ),
    ] as [(String, String)])
  func rejectsAnAnswerAndKeepsTheNext(_ members: String, _ reason: String) {
    let line = EVEReaderTests.event(
      #""answers":[{"rrname":"example.net",\#(members)},"#
        + EVEReaderTests.aRecord.dropFirst("\"answers\":[".count))
    #expect(EVEReaderTests.steps(line) == [reason, EVEReaderTests.aRow])
  }

  @Test(
    arguments: [
      (EVEReaderTests.event("\"tc\":true," + EVEReaderTests.aRecord), "filtered truncated-tc"),
      (
        EVEReaderTests.event("\"rcode\":\"SERVFAIL\"," + EVEReaderTests.aRecord),
        "filtered negative"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord, ports: "5353,5353"),
        "filtered not-unicast-dns"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord, ports: "5355,40000"),
        "filtered not-unicast-dns"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord, ports: "137,137"), "filtered not-unicast-dns"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord).replacing("2023-11-14T", with: "1985-11-14T"),
        "dropped time-out-of-range"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord).replacing("2023-11-14T", with: "2123-11-14T"),
        "dropped time-out-of-range"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord).replacing("2023-11-14T", with: "2023-11-31T"),
        "malformed bad-time"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord).replacing("+0100", with: ""),
        "malformed bad-time"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord).replacing("timestamp", with: "time"),
        "malformed missing-field"
      ),
      (
        EVEReaderTests.event(EVEReaderTests.aRecord).replacing("example.com", with: "a..b"),
        "malformed bad-name"
      ),
      (String(EVEReaderTests.event(EVEReaderTests.aRecord).dropLast()), "malformed malformed-json"),
      (EVEReaderTests.event(EVEReaderTests.aRecord) + "}", "malformed malformed-json"),
      ("{\"timestamp\":\"2017-03-06T06:54:10", "malformed malformed-json"),
      ("11/14/2023 -- 22:13:20 - <Notice> - Signal Received", "malformed malformed-json"),
    ])
  func rejectsTheLine(_ line: String, _ reason: String) {
    #expect(EVEReaderTests.steps(line) == [reason])
  }

  @Test func countsEveryAnswerOfARejectedMessage() {
    let line = EVEReaderTests.event(
      #""tc":true,"rrname":"q","rrtype":"A","grouped":{"A":["192.0.2.1","192.0.2.2"]}"#)
    let transcript = FeedTranscript(EVEReader(now: COFTranscript.now), line)
    #expect(transcript.lines == ["filtered truncated-tc", "filtered truncated-tc"])
    #expect(transcript.items == 1)
  }

  @Test(
    arguments: [
      EVEReaderTests.event(#""rrname":"example.com","rrtype":"A","tx_id":0"#, type: "query"),
      EVEReaderTests.event(EVEReaderTests.aRecord, type: "request"),
      EVEReaderTests.event(#""rcode":"NXDOMAIN","rrname":"example.com","rrtype":"A""#),
      #"{"event_type":"alert","dns":{"answer":{"type":"answer","rcode":"NOERROR"}}}"#,
      // What follows the type of another event is not looked at.
      #"{"timestamp":"2017-03-06T06:54:10","event_type":"http","http":{"url":nonsense"#,
      #"{"timestamp":"2017-03-06T06:54:10"}"#,
    ])
  func offersNothing(_ line: String) {
    let transcript = FeedTranscript(EVEReader(now: COFTranscript.now), line + "\n")
    #expect(transcript.lines.isEmpty)
    #expect(transcript.items == 1)
  }

  @Test func takesEitherSideForTheServerAndConfiguredPorts() {
    let line = EVEReaderTests.event(EVEReaderTests.aRecord, ports: "5353,53")
    #expect(EVEReaderTests.steps(line) == [EVEReaderTests.aRow])
    let other = EVEReaderTests.event(EVEReaderTests.aRecord, ports: "5300,40000")
    #expect(EVEReaderTests.steps(other) == ["filtered not-unicast-dns"])
    let reader = EVEReader(now: COFTranscript.now, ports: [53, 5300])
    #expect(FeedTranscript(reader, other).lines == [EVEReaderTests.aRow])
  }

  @Test func readsMembersInAnyOrder() {
    let line =
      "{ \"dns\" : {" + EVEReaderTests.aRecord + " , \"type\":\"answer\"}, \"host\":\"probe-1\","
      + "\"event_type\" : \"dns\",\"timestamp\":\"2023-11-14T22:13:20Z\" } "
    #expect(EVEReaderTests.steps(line) == [EVEReaderTests.aRow + " sensor=probe-1"])
  }

  @Test func rejectsMoreRecordsThanAMessageHolds() {
    let many = Array(repeating: "\"192.0.2.1\"", count: 9_000).joined(separator: ",")
    let line = EVEReaderTests.event("\"grouped\":{\"A\":[\(many)]},\"rrname\":\"example.com\"")
    #expect(EVEReaderTests.steps(line) == ["malformed too-many-records"])
  }

  /// Lines with every kind of step, for the tests of cuts.
  static let mixed = [
    event(#""rcode":"NXDOMAIN""#), event(aRecord),
    event(
      #""rrname":"q.example.com","rrtype":"A","grouped":{"CNAME":["c.example.net","d"],"#
        + #""A":["192.0.2.1","192.0.2.999"]}"#), "", "broken",
    event("\"tc\":true," + aRecord) + "\r",
    event(#""rrname":"\u0065xample.com","rrtype":"TXT","ttl":8,"rdata":"\"x\"""#),
  ].joined(separator: "\n")

  @Test func doesNotDependOnCuts() {
    let reader = EVEReader(now: COFTranscript.now)
    #expect(FeedTranscript(reader, EVEReaderTests.mixed).items == 6)
    FeedTranscript.expectSameForEveryCut(reader, Array(EVEReaderTests.mixed.utf8))
  }

  @Test func survivesChangedLines() {
    FeedTranscript.expectSameForMutations(
      EVEReader(now: COFTranscript.now), EVEReaderTests.mixed, alphabet: "{}[]\",:\\x0a9.\n",
      seed: 0xE7E)
  }

  @Test func skipsLinesThatAreTooLong() {
    let long = EVEReaderTests.event("\"x\":\"" + String(repeating: "a", count: 900) + "\"")
    let good = EVEReaderTests.event(EVEReaderTests.aRecord)
    let reader = EVEReader(now: COFTranscript.now, lineOctetsMax: 600)
    let text = Array((long + "\n" + good + "\r\n\n" + good + "\n" + long).utf8)
    let expected = [
      "malformed too-long", EVEReaderTests.aRow, EVEReaderTests.aRow, "malformed too-long",
    ]
    #expect(FeedTranscript(reader, chunks: [text[...]]).lines == expected)
    FeedTranscript.expectSameForEveryCut(reader, text)
  }

  /// The limit is that of the line without its end, wherever the stream is cut.
  @Test(arguments: ["", "\n", "\r\n"]) func takesLinesUpToTheLimit(_ end: String) {
    let line = EVEReaderTests.event(EVEReaderTests.aRecord)
    let octets = Array((line + end).utf8)
    for (limit, row) in [
      (line.utf8.count, EVEReaderTests.aRow), (line.utf8.count - 1, "malformed too-long"),
    ] {
      let reader = EVEReader(now: COFTranscript.now, lineOctetsMax: limit)
      #expect(FeedTranscript(reader, chunks: [octets[...]]).lines == [row])
      FeedTranscript.expectSameForEveryCut(reader, octets)
    }
  }

  @Test func recognisesItsLogs() {
    func recognises(_ text: String) -> Bool { EVEReader.recognises(Array(text.utf8).span) }
    #expect(recognises("\n" + EVEReaderTests.event(EVEReaderTests.aRecord) + "\n{"))
    #expect(recognises(#"{"timestamp":"x","event_type":"flow","flow":{"a"#))
    #expect(!recognises(#"{"timestamp":"x","type":"dns"}"#))
    #expect(!recognises("1322849924||a||b||IN||c||A||d||1||1\n"))
    #expect(!recognises(""))
  }
}
