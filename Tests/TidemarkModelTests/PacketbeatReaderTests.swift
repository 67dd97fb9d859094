import Testing
import TidemarkModel

@Suite struct PacketbeatReaderTests {
  /// Version 6: final dots, numbers as text, addresses of both sides.
  private static func old(
    _ answers: String, dns: String = #","response_code":"NOERROR""#,
    rest: String = #","status":"OK","responsetime":12"#
  ) -> String {
    #"{"@timestamp":"2018-10-26T21:03:20.222Z","beat":{"hostname":"laptop-7"},"#
      + #""client_ip":"198.51.100.79","client_port":40651,"dns":{"answers":[\#(answers)],"#
      + #""answers_count":1,"op_code":"QUERY","question":{"name":"foo.example.","type":"A"}"#
      + #"\#(dns)},"type":"dns"\#(rest)}"#
  }

  private static func answer(
    _ type: String, _ data: String, _ rest: String = "", name: String = "Foo.example."
  ) -> String {
    #"{"class":"IN","data":"\#(data)","name":"\#(name)","ttl":"60","type":"\#(type)"\#(rest)}"#
  }

  private static func read(_ text: String) -> FeedTranscript {
    FeedTranscript(PacketbeatReader(now: COFTranscript.now), text + "\n")
  }

  private static let times = "1540587800 1540587800 1"

  @Test(
    arguments: [
      (answer("A", "192.0.2.4"), "A 192.0.2.4"),
      (answer("A", "192.0.2.4."), "A 192.0.2.4"),
      (answer("AAAA", "2001:db8::1"), "AAAA 2001:db8::1"),
      (answer("CNAME", "Alias.example.com."), "CNAME alias.example.com"),
      (answer("NS", "ns.example.com"), "NS ns.example.com"),
      (answer("MX", "Mail.example.com.", #","preference":10"#), "MX 10 mail.example.com"),
      (answer("MX", "mail.example.com."), "MX lossy(mail.example.com)"),
      (
        answer("SRV", "sip.example.com", #","priority":5,"weight":"10","port":5060"#),
        "SRV 5 10 5060 sip.example.com"
      ),
      (answer("SRV", "sip.example.com", #","priority":5"#), "SRV lossy(sip.example.com)"),
      (
        answer("SRV", "sip.example.com", #","priority":5,"weight":1,"port":70000"#),
        "SRV lossy(sip.example.com)"
      ),
      (
        answer(
          "SOA", "ns1.example.com.",
          #","rname":"host\\.master.example.com.","serial":2024010101,"refresh":7200,"#
            + #""retry":3600,"expire":1209600,"minimum":300"#),
        #"SOA ns1.example.com host\.master.example.com 2024010101 7200 3600 1209600 300"#
      ),
      (answer("SOA", "ns1.example.com.", #","serial":1"#), "SOA lossy(ns1.example.com)"),
      (
        answer(
          "DS", "49FDAC", #","key_tag":"12345","algorithm":"RSASHA256","digest_type":"SHA256""#),
        "DS 12345 8 2 49FDAC"
      ),
      (
        answer("DS", "49FDAC", #","key_tag":"12345","algorithm":"8","digest_type":"NEW""#),
        "DS lossy(49FDAC)"
      ),
      (
        answer("DNSKEY", "AQID", #","flags":"257","protocol":"3","algorithm":"ECDSAP256SHA256""#),
        "DNSKEY 257 3 13 AQID"
      ),
      (
        answer("NSEC", "next.example.", #","type_bits":"A NS""#), "NSEC next.example A NS"
      ),
      // A string without blanks is one; with a blank nobody knows.
      (answer("TXT", ##"v=spf1\\\"x"##), ##"TXT "v=spf1\"x""##),
      (answer("TXT", "v=spf1 -all"), "TXT lossy(v=spf1 -all)"),
      // Octets of rdata as text, which might pass for text of rdata.
      (answer("CAA", #"\u0000\u0005issueca"#), "CAA lossy(\u{0}\u{5}issueca)"),
      (answer("TYPE65280", ##"\\# 1 00"##), ##"TYPE65280 lossy(\# 1 00)"##),
    ] as [(String, String)])
  func putsRDataTogether(_ answer: String, _ row: String) {
    #expect(Self.read(Self.old(answer)).lines == ["foo.example. \(row) \(Self.times)"])
  }

  @Test func readsTheCommonSchema() {
    let text =
      #"{"@timestamp":"2022-03-09T07:48:42.751Z","agent":{"type":"packetbeat"},"client":{"#
      + #""ip":"198.51.100.79"},"dns":{"answers":[{"class":"IN","data":"ns-66.example.com","#
      + #""name":"elastic.example","ttl":"21599","type":"NS"},{"class":"IN","data":"192.0.2.7","#
      + #""name":"elastic.example","ttl":"21599","type":"A"}],"flags":{"truncated_response":"#
      + #"false},"header_flags":["RD","RA"],"op_code":"QUERY","response_code":"NOERROR","#
      + #""resolved_ip":["192.0.2.7"],"type":"answer"},"event":{"duration":68515700,"#
      + #""end":"2022-03-09T07:48:43.019Z","start":"2022-03-09T07:48:42.751Z"},"network":{"#
      + #""community_id":"1:x","protocol":"dns"},"status":"OK"}"#
    let transcript = Self.read(text)
    #expect(
      transcript.lines == [
        "elastic.example. NS ns-66.example.com 1646812123 1646812123 1",
        "elastic.example. A 192.0.2.7 1646812123 1646812123 1",
      ])
    #expect(transcript.items == 1)
    // Without its end, the start and what it took.
    let withoutEnd = text.replacing(#""end":"2022-03-09T07:48:43.019Z","#, with: "")
    #expect(Self.read(withoutEnd).lines.first?.contains("1646812122") == true)
    let slow = withoutEnd.replacing("68515700", with: "268515700")
    #expect(Self.read(slow).lines == transcript.lines)
  }

  @Test func usesTheTimeOfTheResponse() {
    let text = Self.old(Self.answer("A", "192.0.2.4"), rest: #","responsetime":778"#)
    #expect(Self.read(text).lines == ["foo.example. A 192.0.2.4 1540587801 1540587801 1"])
  }

  @Test func readsSeveralAnswersOfAnIndentedEvent() {
    let answers = [
      Self.answer("CNAME", "a.example."), Self.answer("A", "192.0.2.4", name: "a.example."),
    ]
    let text = Self.old(answers.joined(separator: ",")).replacing(",", with: ",\n    ")
    let transcript = Self.read(text)
    #expect(
      transcript.lines == [
        "foo.example. CNAME a.example \(Self.times)", "a.example. A 192.0.2.4 \(Self.times)",
      ])
    #expect(transcript.items == 1)
  }

  /// The aliases in front of a name that does not exist are there.
  @Test func takesTheChainToANameThatIsNot() {
    let text = Self.old(
      Self.answer("CNAME", "a.example."), dns: #","response_code":"NXDOMAIN""#,
      rest: #","status":"Error""#)
    #expect(Self.read(text).lines == ["foo.example. CNAME a.example \(Self.times)"])
  }

  @Test(
    arguments: [
      (
        old("", dns: #","response_code":"NXDOMAIN""#, rest: #","status":"Error""#),
        []
      ),
      (
        old("", dns: #","response_code":"SERVFAIL""#, rest: #","status":"Error""#),
        []
      ),
      (old("", dns: #","response_code":"NOERROR""#), []),
      (
        old(
          answer("A", "192.0.2.4") + "," + answer("A", "x"), dns: #","response_code":"SERVFAIL""#),
        ["filtered negative", "filtered negative"]
      ),
      (old(answer("A", "192.0.2.4"), dns: #","response_code":"REFUSED""#), ["filtered negative"]),
      // Nobody was seen to ask; or nobody answered, which offers nothing.
      (
        old(answer("A", "192.0.2.4"), rest: #","status":"Error","notes":"Orphaned""#),
        ["dropped unmatched"]
      ),
      (old("", rest: #","status":"Error","notes":"No response""#), []),
      (
        old(answer("A", "192.0.2.4"), dns: #","flags":{"truncated_response":true}"#),
        ["filtered truncated-tc"]
      ),
      (
        old(answer("A", "192.0.2.4"), dns: #","header_flags":["RD","TC"]"#),
        ["filtered truncated-tc"]
      ),
      (old(answer("A", "192.0.2.4").replacing("IN", with: "CH")), ["filtered class-not-in"]),
      (old(answer("A", "192.0.2.4")).replacing("QUERY", with: "UPDATE"), []),
      (old(answer("A", "192.0.2.4")).replacing(#""type":"dns""#, with: #""type":"http""#), []),
      (
        old(answer("A", "192.0.2.4")).replacing("2018-10-26", with: "2018-10"),
        ["malformed bad-time"]
      ),
      (
        old(answer("A", "192.0.2.4")).replacing("2018-10-26", with: "2058-10-26"),
        ["dropped time-out-of-range"]
      ),
      (old(answer("A", "elsewhere.")), ["malformed bad-rdata"]),
      (old(answer("A", "192.0.2.4", name: "a..b")), ["malformed bad-name"]),
      (old(answer("OPT", "x")), ["filtered meta-type"]),
      (old("7"), ["malformed missing-field"]),
      (old(#"{"name":"a.example","type":"A"}"#), ["malformed missing-field"]),
    ] as [(String, [String])])
  func judgesEvents(_ text: String, _ lines: [String]) {
    let transcript = Self.read(text)
    #expect(transcript.lines == lines)
    #expect(transcript.items == 1)
  }

  @Test func clientsAreNowhere() {
    let lines = Self.read(Self.old(Self.answer("A", "192.0.2.4"))).description
    for secret in ["198.51.100.79", "40651", "laptop-7"] { #expect(!lines.contains(secret)) }
  }

  @Test func stepsDoNotDependOnCuts() {
    let text = [
      Self.old(Self.answer("MX", "a.example", #","preference":1"#)), "x",
      Self.old(Self.answer("A", "x") + "," + Self.answer("A", "192.0.2.4")),
    ].joined(separator: "\n")
    FeedTranscript.expectSameForEveryCut(
      PacketbeatReader(now: COFTranscript.now), Array(text.utf8))
  }

  @Test func mutationsNeverTrapAndChunksMakeNoDifference() {
    let text = Self.old(
      Self.answer("SRV", "a.example", #","priority":1,"weight":2,"port":3"#) + ","
        + Self.answer("TXT", "abc"))
    FeedTranscript.expectSameForMutations(
      PacketbeatReader(now: COFTranscript.now), text + "\n" + text,
      alphabet: "{}[]\",:\\\n 0a", seed: 0x7062)
  }
}
