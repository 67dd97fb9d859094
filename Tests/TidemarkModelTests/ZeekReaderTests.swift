import Foundation
import Testing
import TidemarkModel

/// Lines of Zeek's DNS log, each rule by itself.
@Suite struct ZeekReaderTests {
  static let header = """
    #separator \\x09
    #set_separator\t,
    #empty_field\t(empty)
    #unset_field\t-
    #path\tdns
    #open\t2023-11-14-22-13-20
    #fields\tts\tuid\tid.orig_h\tid.resp_h\tid.resp_p\trtt\tquery\tqclass\tqtype\trcode\tAA\tTC\t\
    answers\tTTLs

    """

  /// One transaction; what is not given is that of an ordinary question for A.
  struct Line {
    var time = "1699999999.900000"
    var responder = "192.0.2.53"
    var port = "53"
    var taken = "0.200000"
    var query = "www.example.com"
    var recordClass = "1"
    var type = 1
    var rcode = "0"
    var isAuthoritative = false
    var isTruncated = false
    var answers = "192.0.2.1"
    var lifetimes = "60.000000"

    var columns: String {
      [
        time, "CqKst53mF3det3eDV9", "198.51.100.7", responder, port, taken, query, recordClass,
        "\(type)", rcode, isAuthoritative ? "T" : "F", isTruncated ? "T" : "F", answers, lifetimes,
      ].joined(separator: "\t") + "\n"
    }

    /// The same as an object; unset fields are left out.
    var object: String {
      var members = [
        "\"ts\":\(time)", "\"uid\":\"C\"", "\"id.orig_h\":\"198.51.100.7\"",
        "\"id.resp_h\":\"\(responder)\"", "\"id.resp_p\":\(port)", "\"rtt\":\(taken)",
        "\"query\":\"\(query)\"", "\"qclass\":\(recordClass)", "\"qtype\":\(type)",
        "\"rcode\":\(rcode)", "\"AA\":\(isAuthoritative)", "\"TC\":\(isTruncated)",
      ]
      let texts = answers.split(separator: ",").map { "\"\($0)\"" }
      members.append("\"answers\":[\(texts.joined(separator: ","))]")
      members.append("\"TTLs\":[\(lifetimes)]")
      return "{" + members.filter { !$0.hasSuffix(":-") }.joined(separator: ",") + "}\n"
    }
  }

  static func steps(_ text: String, reader: ZeekReader = ZeekReader(now: COFTranscript.now))
    -> [String]
  {
    FeedTranscript(reader, text).lines
  }

  /// Steps of a line, which must be the same as columns and as an object.
  private func expect(
    _ line: Line, _ expected: [String], location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      ZeekReaderTests.steps(ZeekReaderTests.header + line.columns) == expected,
      sourceLocation: location)
    #expect(ZeekReaderTests.steps(line.object) == expected, sourceLocation: location)
  }

  @Test func addsTheTimeThatTheAnswerTook() {
    expect(Line(), ["www.example.com. A 192.0.2.1 1700000000 1700000000 1"])
    expect(Line(taken: "-"), ["www.example.com. A 192.0.2.1 1699999999 1699999999 1"])
    expect(
      Line(time: "1700000000", taken: "8.7e-05"),
      ["www.example.com. A 192.0.2.1 1700000000 1700000000 1"])
  }

  @Test func readsTimesAsText() {
    let line = Line(time: "\"2023-11-14T22:13:19.900000Z\"").object
    #expect(
      ZeekReaderTests.steps(line) == ["www.example.com. A 192.0.2.1 1700000000 1700000000 1"])
  }

  @Test(
    arguments: [
      (1, "192.0.2.1,192.0.2.2", ["www.example.com. A 192.0.2.1 | 192.0.2.2"]),
      (28, "2001:db8::1", ["www.example.com. AAAA 2001:db8::1"]),
      // Aliases in order, addresses at the last one.
      (
        1, "a.example.net,b.example.net,192.0.2.1,192.0.2.2",
        [
          "www.example.com. CNAME a.example.net", "a.example.net. CNAME b.example.net",
          "b.example.net. A 192.0.2.1 | 192.0.2.2",
        ]
      ),
      (1, "a.example.net", ["www.example.com. CNAME a.example.net"]),
      // Signatures among them are summaries.
      (
        1, "a.example.net,RRSIG 5 example.com,192.0.2.1",
        [
          "www.example.com. CNAME a.example.net", "dropped no-rdata", "a.example.net. A 192.0.2.1",
        ]
      ),
      // Another order, or another family: guesses.
      (
        1, "192.0.2.1,a.example.net",
        ["www.example.com. A lossy(192.0.2.1)", "www.example.com. CNAME lossy(a.example.net)"]
      ),
      (
        28, "a.example.net,192.0.2.1",
        ["www.example.com. CNAME lossy(a.example.net)", "www.example.com. A lossy(192.0.2.1)"]
      ),
      // An alias that is no name leaves the rest without an owner.
      (1, "a..b,192.0.2.1", ["malformed bad-rdata", "dropped no-owner"]),
      (5, "a.example.net", ["www.example.com. CNAME a.example.net"]),
      (2, "ns1.example.com", ["www.example.com. NS ns1.example.com"]),
      (15, "mail.example.com", ["www.example.com. MX lossy(mail.example.com)"]),
      (33, "t.example.com", ["www.example.com. SRV lossy(t.example.com)"]),
      (6, "ns1.example.com", ["www.example.com. SOA lossy(ns1.example.com)"]),
      // Something that is no name among names.
      (2, "ns1.example.com,192.0.2.1", ["dropped no-owner", "dropped no-owner"]),
      (
        65, "a.example.net,<unknown type=65>",
        [
          "www.example.com. CNAME a.example.net", "dropped no-rdata",
        ]
      ),
      (48, "DNSKEY 8,DNSKEY 8", ["dropped no-rdata", "dropped no-rdata"]),
      (255, "192.0.2.1", ["www.example.com. A 192.0.2.1"]),
      (
        255, "ns1.example.com,192.0.2.1",
        [
          "dropped no-rdata", "www.example.com. A lossy(192.0.2.1)",
        ]
      ),
      (252, "ns1.example.com", ["dropped no-owner"]),
    ] as [(Int, String, [String])])
  func attributesAnswers(_ type: Int, _ answers: String, _ rows: [String]) {
    expect(
      Line(type: type, answers: answers),
      rows.map {
        $0.contains("example.com. ") || $0.contains("example.net. ")
          ? $0 + " 1700000000 1700000000 1" : $0
      })
  }

  @Test func tellsSetsOfNamesFromAliasesByTheirLifetimes() {
    let names = "ns1.example.com,ns2.example.com"
    expect(
      Line(type: 2, answers: names, lifetimes: "60.0,60.0"),
      ["www.example.com. NS ns1.example.com | ns2.example.com 1700000000 1700000000 1"])
    expect(
      Line(type: 2, answers: names, lifetimes: "60.0,300.0"),
      ["dropped no-owner", "dropped no-owner"])
  }

  @Test func followsAliasesOfReverseZones() {
    expect(
      Line(
        query: "1.2.0.192.in-addr.arpa", type: 12,
        answers: "1.0-25.2.0.192.in-addr.arpa,host.example.com", lifetimes: "60.0,300.0"),
      [
        "1.2.0.192.in-addr.arpa. CNAME 1.0-25.2.0.192.in-addr.arpa 1700000000 1700000000 1",
        "1.0-25.2.0.192.in-addr.arpa. PTR host.example.com 1700000000 1700000000 1",
      ])
  }

  @Test(
    arguments: [
      // Lengths that come out right make it whole, commas and several strings included.
      (#"TXT 12 v=spf1\x2c -all"#, #"TXT "v=spf1, -all""#),
      ("TXT 5 hello TXT 6 wor ld", #"TXT "hello" "wor ld""#),
      ("TXT 0 ", #"TXT """#),
      (#"TXT 2 a\xff"#, #"TXT "a\255""#),
      (#"TXT 3 a\\b"#, #"TXT "a\\b""#),
      // Others are lossy.
      ("TXT 9 hello", #"TXT lossy("hello")"#),
      ("TXT 5 hello world", #"TXT lossy("hello world")"#),
    ])
  func readsStrings(_ answer: String, _ row: String) {
    let line = Line(type: 16, answers: answer)
    #expect(
      ZeekReaderTests.steps(ZeekReaderTests.header + line.columns)
        == ["www.example.com. \(row) 1700000000 1700000000 1"])
    let object = Line(type: 16, answers: answer.replacing(#"\"#, with: #"\\"#)).object
    #expect(
      ZeekReaderTests.steps(object) == ["www.example.com. \(row) 1700000000 1700000000 1"])
  }

  @Test func resolvesEscapesOfNames() {
    let line = Line(query: #"a\x2c\xe4\\.example.com"#).columns
    #expect(
      ZeekReaderTests.steps(ZeekReaderTests.header + line)
        == [#"a,\228\\.example.com. A 192.0.2.1 1700000000 1700000000 1"#])
    let root = Line(query: "(empty)", type: 2, answers: "a.example.net").columns
    #expect(
      ZeekReaderTests.steps(ZeekReaderTests.header + root)
        == [". NS a.example.net 1700000000 1700000000 1"])
  }

  @Test func rejectsWithReason() {
    expect(Line(port: "5353"), ["filtered not-unicast-dns"])
    expect(Line(port: "137"), ["filtered not-unicast-dns"])
    expect(Line(responder: "224.0.0.251"), ["filtered not-unicast-dns"])
    expect(Line(responder: "ff02::fb"), ["filtered not-unicast-dns"])
    expect(Line(isTruncated: true), ["filtered truncated-tc"])
    expect(Line(recordClass: "3"), ["filtered class-not-in"])
    expect(Line(rcode: "3"), ["filtered negative"])
    expect(Line(rcode: "-"), ["filtered negative"])
    expect(
      Line(rcode: "2", answers: "a.example,192.0.2.1"), ["filtered negative", "filtered negative"])
    expect(Line(query: "a..b"), ["malformed bad-name"])
    expect(Line(time: "0.5"), ["dropped time-out-of-range"])
    expect(Line(time: "1900000000.5"), ["dropped time-out-of-range"])
    expect(Line(time: "1700000000000"), ["dropped time-out-of-range"])
    expect(Line(time: "-"), ["malformed missing-field"])
    expect(Line(port: "-"), ["malformed missing-field"])
  }

  @Test func dropsAnswersToNoQuestion() {
    #expect(
      ZeekReaderTests.steps(ZeekReaderTests.header + Line(query: "-").columns)
        == ["dropped no-owner"])
  }

  @Test func offersNothingWithoutAnswers() {
    for answers in ["-", "(empty)"] {
      let text = ZeekReaderTests.header + Line(answers: answers, lifetimes: "-").columns
      let transcript = FeedTranscript(ZeekReader(now: COFTranscript.now), text)
      #expect(transcript.lines.isEmpty)
      #expect(transcript.items == 1)
    }
    let empty = FeedTranscript(
      ZeekReader(now: COFTranscript.now), Line(answers: "", lifetimes: "").object)
    #expect(empty.lines.isEmpty && empty.items == 1)
  }

  @Test func takesTheOrderOfTheColumnsFromTheLastHeader() {
    let other = """
      #separator |
      #set_separator|;
      #unset_field|~
      #path|dns
      #fields|answers|rcode|qtype|query|id.resp_p|rtt|ts
      192.0.2.1;192.0.2.2|0|1|www.example.com|53|~|1700000000.0

      """
    #expect(
      ZeekReaderTests.steps(ZeekReaderTests.header + Line().columns + "#close\tx\n" + other) == [
        "www.example.com. A 192.0.2.1 1700000000 1700000000 1",
        "www.example.com. A 192.0.2.1 | 192.0.2.2 1700000000 1700000000 1",
      ])
  }

  @Test func rejectsLinesThatNoHeaderExplains() {
    #expect(ZeekReaderTests.steps(Line().columns) == ["malformed no-header"])
    let cut = ZeekReaderTests.header + Line().columns.replacing("\t60.000000", with: "")
    #expect(ZeekReaderTests.steps(cut) == ["malformed field-count"])
    let poor = "#separator \\x09\n#path\tdns\n#fields\tts\tquery\n1700000000.0\texample.com\n"
    #expect(ZeekReaderTests.steps(poor) == ["malformed missing-field"])
  }

  @Test func passesOtherLogs() {
    let text = ZeekReaderTests.header.replacing("\tdns", with: "\tconn") + Line().columns
    let transcript = FeedTranscript(ZeekReader(now: COFTranscript.now), text)
    #expect(transcript.lines.isEmpty && transcript.items == 1)
    let object = "{\"_path\":\"conn\"," + Line().object.dropFirst()
    #expect(ZeekReaderTests.steps(object).isEmpty)
  }

  @Test func isPrimedWithTheHeadOfALogReadFromItsMiddle() {
    var reader = ZeekReader(now: COFTranscript.now)
    let head = Array((ZeekReaderTests.header + Line(query: "head.example.com").columns).utf8)
    reader.prime(head.span)
    #expect(
      ZeekReaderTests.steps(Line().columns, reader: reader)
        == ["www.example.com. A 192.0.2.1 1700000000 1700000000 1"])
  }

  @Test func takesVantageFromAAWhenTold() {
    let reader = ZeekReader(now: COFTranscript.now, takesVantageFromAA: true)
    let row = "www.example.com. A 192.0.2.1 1700000000 1700000000 1"
    #expect(
      ZeekReaderTests.steps(Line(isAuthoritative: true).object, reader: reader)
        == [row + " authority"])
    #expect(ZeekReaderTests.steps(Line().object, reader: reader) == [row])
    #expect(ZeekReaderTests.steps(Line(isAuthoritative: true).object) == [row])
  }

  /// Lines with every kind of step, for the tests of cuts.
  static let mixed =
    header + Line(answers: "a.example.net,RRSIG 5 x,192.0.2.1,192.0.2.2").columns
    + Line(rcode: "3", answers: "a,b").columns + "\n# remark\r\n"
    + Line(answers: "192.0.2.1,b.example.net").object + "{broken}\n"
    + Line(type: 16, answers: #"TXT 3 a\x2cb"#).columns
    + Line(answers: "a.example.net,192.0.2.9").columns.dropLast()

  @Test func doesNotDependOnCuts() {
    let reader = ZeekReader(now: COFTranscript.now)
    #expect(FeedTranscript(reader, ZeekReaderTests.mixed).items == 6)
    FeedTranscript.expectSameForEveryCut(reader, Array(ZeekReaderTests.mixed.utf8))
  }

  @Test func survivesChangedLines() {
    FeedTranscript.expectSameForMutations(
      ZeekReader(now: COFTranscript.now), ZeekReaderTests.mixed,
      alphabet: "\t,-#(\\x0a9.:{}\"\n", seed: 0x2EE4)
  }

  @Test func recognisesItsLogs() {
    func recognises(_ text: String) -> Bool { ZeekReader.recognises(Array(text.utf8).span) }
    #expect(recognises(ZeekReaderTests.header))
    #expect(recognises(ZeekReaderTests.header + Line().columns))
    #expect(recognises(Line().object))
    #expect(!recognises(ZeekReaderTests.header.replacing("\tdns", with: "\tconn")))
    #expect(!recognises("{\"_path\":\"conn\"," + Line().object.dropFirst()))
    #expect(!recognises("#fields\tts\tid.resp_p\tservice\n"))
    #expect(!recognises(Line().columns))
    #expect(!recognises(EVEReaderTests.event(EVEReaderTests.aRecord)))
  }
}
