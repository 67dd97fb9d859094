import Testing
import TidemarkModel

/// What all feeds of JSON objects share, seen through the simplest of them.
@Suite struct JSONFeedTests {
  private static func object(_ name: String) -> String {
    #"{"rcode":0,"q":"\#(name)","a":"192.0.2.1","atype":"A","tstamp":"2018-10-26 19:32:36 +0000"}"#
  }

  private static func row(_ name: String) -> String {
    "\(name). A 192.0.2.1 1540582356 1540582356 1"
  }

  private static func read(_ text: String) -> [String] {
    FeedTranscript(GopassivednsReader(now: COFTranscript.now), text).lines
  }

  @Test(
    arguments: [
      "\n", "", ",", " , \r\n", "\n\n\t", "]\n[", "\u{1E}", "\r\n",
    ])
  func takesWhateverStandsBetweenObjects(_ separator: String) {
    let text = "\u{FEFF}[" + Self.object("a.example") + separator + Self.object("b.example") + "]"
    #expect(Self.read(text) == [Self.row("a.example"), Self.row("b.example")])
  }

  @Test func readsObjectsSpreadOverLines() {
    let spread = Self.object("a.example").replacing(",", with: ",\n\t").replacing(
      "{", with: "{\r\n  ")
    #expect(Self.read(spread + "\n" + spread) == [Self.row("a.example"), Self.row("a.example")])
  }

  /// A line that was cut short costs itself, and the feed goes on with the next one.
  @Test(arguments: [
    "{", #"{"q":"a.exam"#, #"{"q":"a.example","#, #"{"q":"a.example""#, #"{"q":"a.example"]}"#,
    #"{"q":["a.example"}"#, "no json", "192.0.2.1 {", #"{"q":"\x"}"#, #"{"q":01x}"#,
  ])
  func takesUpAgainAtTheNextLine(_ line: String) {
    let lines = Self.read(
      [Self.object("a.example"), line, Self.object("b.example")]
        .joined(separator: "\n"))
    #expect(
      lines == [Self.row("a.example"), "malformed malformed-json", Self.row("b.example")])
  }

  @Test func losesOneMoreObjectBehindAnOpenMember() {
    let lines = Self.read(
      #"{"q":"# + "\n" + Self.object("a.example") + "\n" + Self.object("b.example"))
    #expect(lines == ["malformed malformed-json", Self.row("b.example")])
  }

  @Test func tellsOfAnObjectThatTheFeedEndsIn() {
    let lines = Self.read(Self.object("a.example") + "\n" + #"{"q":"b.exam"#)
    #expect(lines == [Self.row("a.example"), "malformed truncated"])
  }

  @Test func skipsObjectsThatAreTooLong() {
    let long = #"{"q":"\#(String(repeating: "x", count: 400))"}"#
    let reader = FEVERReader(now: COFTranscript.now, objectOctetsMax: 300)
    let window = #"{"timestamp_start":"2018-10-26","timestamp_end":"2018-10-27","dns":{}}"#
    let text = [window, long, window].joined(separator: "\n")
    let transcript = FeedTranscript(reader, text)
    #expect(transcript.lines == ["malformed too-long"])
    #expect(transcript.items == 3)
    FeedTranscript.expectSameForEveryCut(reader, Array(text.utf8))
  }

  @Test func refusesWhatIsNestedTooDeep() {
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    let lines = Self.read(#"{"q":\#(deep)}"# + "\n" + Self.object("a.example"))
    #expect(lines == ["malformed malformed-json", Self.row("a.example")])
  }

  @Test func stepsDoNotDependOnCuts() {
    let text = [
      Self.object("a.example"), "junk", #"{"q":"a.exam"#, Self.object("b.example"),
      #"{"q":"\u00e4\"{"}"#, Self.object("c.example") + Self.object("d.example"), "{}",
    ].joined(separator: "\n")
    FeedTranscript.expectSameForEveryCut(
      GopassivednsReader(now: COFTranscript.now), Array(text.utf8))
  }

  @Test func mutationsNeverTrapAndChunksMakeNoDifference() {
    let text = [Self.object("a.example"), Self.object("b.example")].joined(separator: "\n")
    FeedTranscript.expectSameForMutations(
      GopassivednsReader(now: COFTranscript.now), text, alphabet: "{}[]\",:\\\n 0a", seed: 0x6A73)
  }

  @Test func everyFormatKnowsItsOwnFeedsOnly() {
    let heads: [(name: String, text: String)] = [
      (
        "packetbeat",
        #"{"@timestamp":"2018-10-26T21:03:20.222Z","type":"dns","dns":{"answers":[]}}"#
      ),
      ("fever", "{\n  \"timestamp_start\": \"2018\",\n  \"timestamp_end\": \"2018\"\n}"),
      ("gopassivedns", #"{"query_id":1,"rcode":0,"q":"a","qtype":"A","a":"","atype":"A"}"#),
      ("nmsg", #"{"time":"2018","vname":"SIE","mname":"dnsdedupe","message":{}}"#),
      ("eve", #"{"timestamp":"2018","event_type":"dns","dns":{"type":"answer"}}"#),
      ("cof", #"{"rrname":"a","rrtype":"A","rdata":"192.0.2.1","time_first":1}"#),
      ("text", "vname mname timestamp_start"),
    ]
    for head in heads {
      let octets = Array(head.text.utf8)
      #expect(PacketbeatReader.recognises(octets.span) == (head.name == "packetbeat"))
      #expect(FEVERReader.recognises(octets.span) == (head.name == "fever"))
      #expect(GopassivednsReader.recognises(octets.span) == (head.name == "gopassivedns"))
      #expect(NMSGTextReader.recognises(octets.span) == (head.name == "nmsg"))
    }
  }
}
