import DNSWire
import Testing
import TidemarkModel

@Suite struct FEVERReaderTests {
  private static func aggregate(
    _ names: String, start: String = "2018-10-26T21:02:20+00:00",
    end: String = "2018-10-26T21:03:20.5+00:00", sensor: String = #","sensor_id":"s1""#
  ) -> String {
    #"{"timestamp_start":"\#(start)","timestamp_end":"\#(end)","dns":{\#(names)}\#(sensor)}"#
  }

  private static func answer(
    _ rdata: String, type: String = "A", rest: String = #","rcode":"NOERROR","count":2"#
  ) -> String {
    #"{"answering_host":"203.0.113.9","rrtype":"\#(type)","rdata":"\#(rdata)""#
      + #","type":"answer"\#(rest)}"#
  }

  private static func name(_ name: String, _ answers: String...) -> String {
    #""\#(name)":{"rdata":[\#(answers.joined(separator: ","))]}"#
  }

  private static func read(
    _ text: String, excluding: [DomainName] = []
  ) -> FeedTranscript {
    FeedTranscript(FEVERReader(now: COFTranscript.now, excluding: excluding), text)
  }

  private static let times = "1540587740 1540587800"

  @Test func readsTheWindowOfEveryName() {
    let text = Self.aggregate(
      [
        Self.name("Foo.Example", Self.answer("192.0.2.4"), Self.answer("a.example", type: "CNAME")),
        Self.name("bar.example", Self.answer("2001:db8::1", type: "AAAA")),
      ].joined(separator: ","))
    let transcript = Self.read(text)
    #expect(
      transcript.lines == [
        "foo.example. A 192.0.2.4 \(Self.times) 2 sensor=s1",
        "foo.example. CNAME a.example \(Self.times) 2 sensor=s1",
        "bar.example. AAAA 2001:db8::1 \(Self.times) 2 sensor=s1",
      ])
    #expect(transcript.items == 1)
  }

  /// The producer writes one object over many lines, the sensor behind the names.
  @Test func readsSeveralIndentedObjects() {
    let one = Self.aggregate(Self.name("foo.example", Self.answer("192.0.2.4")))
    let indented = one.replacing("{", with: "{\n  ").replacing("[", with: "[\n    ")
      .replacing(",", with: ",\n  ")
    let transcript = Self.read(indented + "\n" + indented + "\n")
    #expect(
      transcript.lines
        == Array(repeating: "foo.example. A 192.0.2.4 \(Self.times) 2 sensor=s1", count: 2))
    #expect(transcript.items == 2)
  }

  /// One answer of two servers: both counts reach the batch, which adds them.
  @Test func givesEveryServersCount() {
    let text = Self.aggregate(
      Self.name(
        "foo.example", Self.answer("192.0.2.4"),
        Self.answer("192.0.2.4", rest: #","rcode":"NOERROR","count":5"#)))
    #expect(
      Self.read(text).lines == [
        "foo.example. A 192.0.2.4 \(Self.times) 2 sensor=s1",
        "foo.example. A 192.0.2.4 \(Self.times) 5 sensor=s1",
      ])
  }

  @Test(
    arguments: [
      (answer("192.0.2.4", rest: ""), "foo.example. A 192.0.2.4 \(times) 1"),
      (answer("192.0.2.4", rest: #","rcode":"","count":1"#), "foo.example. A 192.0.2.4 \(times) 1"),
      (answer("192.0.2.4."), "foo.example. A 192.0.2.4 \(times) 2"),
      (
        answer("mail.example.com", type: "MX"),
        "foo.example. MX lossy(mail.example.com) \(times) 2"
      ),
      (answer("10 Mail.example.com", type: "MX"), "foo.example. MX 10 mail.example.com \(times) 2"),
      (answer("v=spf1 -all", type: "TXT"), "foo.example. TXT lossy(v=spf1 -all) \(times) 2"),
      (answer("", rest: ""), "filtered negative"),
      (#"{"answering_host":"203.0.113.9","rrtype":"A","rcode":"NXDOMAIN"}"#, "filtered negative"),
      (answer("192.0.2.4", rest: #","rcode":"SERVFAIL""#), "filtered negative"),
      (answer("nowhere"), "malformed bad-rdata"),
      (answer("192.0.2.4", type: "??"), "malformed bad-type"),
      (answer("192.0.2.4", rest: #","count":-1"#), "malformed bad-count"),
      ("7", "malformed missing-field"),
    ] as [(String, String)])
  func readsEveryShapeOfAnAnswer(_ answer: String, _ line: String) {
    let text = Self.aggregate(Self.name("foo.example", answer), sensor: "")
    #expect(Self.read(text).lines == [line])
  }

  @Test func leavesOutNamesOfTheList() throws {
    let text = Self.aggregate(
      [
        Self.name("Test.Example", Self.answer("0.0.0.0")),
        Self.name("www.test.example", Self.answer("192.0.2.4")),
      ].joined(separator: ","), sensor: "")
    let transcript = Self.read(text, excluding: [try DomainName(text: "test.example")])
    #expect(
      transcript.lines == [
        "filtered excluded-name", "www.test.example. A 192.0.2.4 \(Self.times) 2",
      ])
  }

  @Test func everyAnswerOfABadNameIsCounted() {
    let text = Self.aggregate(
      Self.name("a..b", Self.answer("192.0.2.4"), Self.answer("192.0.2.5")), sensor: "")
    #expect(Self.read(text).lines == ["malformed bad-name", "malformed bad-name"])
  }

  @Test(
    arguments: [
      (aggregate("", start: "2018-10-26T21:03:21+00:00"), ["malformed times-reversed"]),
      (aggregate("", start: "then"), ["malformed bad-time"]),
      (aggregate("", end: "2039-01-01T00:00:00Z"), ["dropped time-out-of-range"]),
      ("{}", ["malformed missing-field"]),
      (
        #"{"timestamp_start":"2018-10-26","timestamp_end":"2018-10-27","dns":[]}"#,
        ["malformed missing-field"]
      ),
      (#"{"timestamp_start":"2018-10-26","timestamp_end":"2018-10-27"}"#, []),
      (aggregate(#""a.example":{},"b.example":null,"c.example":{"rdata":[]}"#), []),
    ] as [(String, [String])])
  func judgesWindowsAsAWhole(_ text: String, _ lines: [String]) {
    let transcript = Self.read(text)
    #expect(transcript.lines == lines)
    #expect(transcript.items == 1)
  }

  @Test func stepsDoNotDependOnCuts() {
    let names = [
      Self.name("foo.example", Self.answer("192.0.2.4"), Self.answer("")),
      Self.name("a..b", Self.answer("192.0.2.5")),
    ].joined(separator: ",")
    let text =
      Self.aggregate(names) + "\n" + Self.aggregate(names).dropLast(3) + "\n"
      + Self.aggregate(names)
    FeedTranscript.expectSameForEveryCut(
      FEVERReader(now: COFTranscript.now), Array(text.utf8))
  }

  @Test func mutationsNeverTrapAndChunksMakeNoDifference() {
    let text = Self.aggregate(
      Self.name("foo.example", Self.answer("192.0.2.4"), Self.answer("a", type: "CNAME")))
    FeedTranscript.expectSameForMutations(
      FEVERReader(now: COFTranscript.now), text + "\n" + text, alphabet: "{}[]\",:\\\n 0a",
      seed: 0x6665)
  }
}
