import DNSWire
import Foundation
import Testing
import TidemarkModel
import TidemarkTesting

/// Steps and rows of a passivedns log.
struct PassiveDNSLogTranscript: Equatable {
  var rows: [String] = []
  var steps: [PassiveDNSLogReader.Step] = []

  init(_ text: [UInt8], chunkOctets: Int = .max, layout: PassiveDNSLogLayout = .standard) {
    var reader = PassiveDNSLogReader(layout: layout, now: COFTranscript.now)
    var observation = TextObservation()
    var start = 0
    while start < text.count {
      let end = min(start + min(chunkOctets, text.count), text.count)
      let chunk = Array(text[start..<end])
      var at = 0
      while true {
        let step = reader.next(chunk.span, at: &at, into: &observation)
        if step == .needsInput { break }
        add(step, observation)
      }
      start = end
    }
    while true {
      let step = reader.finish(into: &observation)
      if step == .needsInput { break }
      add(step, observation)
    }
  }

  init(_ text: String, layout: PassiveDNSLogLayout = .standard) {
    self.init(Array(text.utf8), layout: layout)
  }

  private mutating func add(_ step: PassiveDNSLogReader.Step, _ observation: TextObservation) {
    steps.append(step)
    if step == .observation { rows.append(COFTranscript.row(observation)) }
  }
}

@Suite struct PassiveDNSLogReaderTests {
  @Test(arguments: [
    (
      "1322849924.408856||10.1.1.1||8.8.8.8||IN||WwW.example.com.||A||192.0.2.117||46587||5",
      "www.example.com. A 192.0.2.117 1322849924 1322849924 5 client"
    ),
    // Before 1.0: no microseconds, no count.
    (
      "1322849924||10.1.1.1||8.8.8.8||IN||www.example.com.||A||192.0.2.117||46587",
      "www.example.com. A 192.0.2.117 1322849924 1322849924 1 client"
    ),
    // The delimiter inside the query, and inside a string.
    (
      #"1700000013.020000||10.0.0.5||10.0.0.53||IN||a||b.weird\.dot.test.||A||192.0.2.20||300||1"#,
      #"a||b.weird\.dot.test. A 192.0.2.20 1700000013 1700000013 1 client"#
    ),
    (
      #"1700000007.020000||10.0.0.5||10.0.0.53||IN||example.com.||TXT||"pipe||A||b"||300||1"#,
      #"example.com. TXT lossy("pipe||A||b") 1700000007 1700000007 1 client"#
    ),
    // Incomplete rdata, brought to one form.
    (
      "1700000004.020000||10.0.0.5||10.0.0.53||IN||example.com.||MX||Mail.example.com.||300||1",
      "example.com. MX lossy(mail.example.com) 1700000004 1700000004 1 client"
    ),
    (
      #"""
      {"timestamp_s":1700000001,"timestamp_ms":20000,"client":"10.0.0.5","server":"10.0.0.\#
      53","class":"IN","query":"WwW.Example.COM.","type":"A","answer":"192.0.2.1","ttl":30\#
      0,"count":3}
      """#,
      "www.example.com. A 192.0.2.1 1700000001 1700000001 3 client"
    ),
  ])
  func readsEveryShapeOfALine(_ line: String, _ row: String) {
    #expect(PassiveDNSLogTranscript(line + "\n").rows == [row])
    #expect(PassiveDNSLogTranscript(line + "\r\n").rows == [row])
    #expect(PassiveDNSLogTranscript(line).rows == [row])
  }

  @Test(
    arguments: [
      ("1700000015.020000||1||2||IN||nx.example.com.||A||NXDOMAIN||0||1", .negative),
      ("1700000017.020000||1||2||IN||re.example.com.||1||REFUSED||0||1", .negative),
      ("1700000017.020000||1||2||IN||re.example.com.||1||UNKNOWN-ERROR-23||0||1", .negative),
      ("1700000017.020000||1||2||IN||re.example.com.||1||192.0.2.1||10||1", .badType),
      ("1700000017.020000||1||2||CH||re.example.com.||A||192.0.2.1||10||1", .classNotIN),
      ("1700000017.020000||1||2||IN||re.example.com.||A||192.0.2.1||10", .cut),
      ("1700000017.020000||1||2||IN||re.example.com.||A||192.0.2.1||1x||1", .cut),
      ("1700000017.020000||1||2||IN||re.example.com.||TXT||\"abcdef", .cut),
      ("1700000017.020000||1||2||IN||a..b||A||192.0.2.1||10||1", .badName),
      ("1700000017.020000||1||2||IN||a||b||c||192.0.2.1||10||1", .ambiguous),
      ("1700000017.020000||1||2||IN||a.example.||A||192.0.2.1||10||0", .badCount),
      ("17.497277||1||2||IN||a.example.||A||192.0.2.1||10||1", .timeTooOld),
      ("1900000000.497277||1||2||IN||a.example.||A||192.0.2.1||10||1", .timeInFuture),
      ("2023-11-14 22:13:21||1||2||IN||a.example.||A||192.0.2.1||10||1", .badTime),
      ("[*] PassiveDNS 1.2.0", .notARecord),
      ("# comment", .notARecord),
      ("{\"timestamp_s\":1700000001", .malformedJSON),
    ] as [(String, PassiveDNSLogRejection)])
  func rejectsWithReason(_ line: String, _ reason: PassiveDNSLogRejection) {
    #expect(PassiveDNSLogTranscript(line + "\n").steps == [.rejected(reason)])
  }

  @Test func readsConfiguredFields() throws {
    let letters = "SMhcwsWpCQLTAltnH"
    let line =
      "2023-11-14 22:13:21.020000,sensor1,10.0.0.5,02:00:00:00:00:02,10.0.0.53,"
      + "02:00:00:00:00:01,udp,IN,WwW.Example.COM.,16,A,192.0.2.1,9,300,1"
    let layout = try PassiveDNSLogLayout(letters: letters, delimiter: ",", localTimeIsUTC: true)
    #expect(
      PassiveDNSLogTranscript(line, layout: layout).rows
        == ["www.example.com. A 192.0.2.1 1700000001 1700000001 1 client sensor=sensor1"])
    #expect(throws: PassiveDNSLogLayout.Fault.localTime) {
      try PassiveDNSLogLayout(letters: letters)
    }
    #expect(throws: PassiveDNSLogLayout.Fault.noTime) {
      try PassiveDNSLogLayout(letters: "MQTA")
    }
    #expect(throws: PassiveDNSLogLayout.Fault.fieldMissing("A")) {
      try PassiveDNSLogLayout(letters: "SQT")
    }
    #expect(throws: PassiveDNSLogLayout.Fault.unknownLetter("z")) {
      try PassiveDNSLogLayout(letters: "SQTAz")
    }
  }

  @Test func mutationsNeverTrapAndChunksMakeNoDifference() {
    let seed: UInt64 = 0x6C6F_67
    var random = SeededRandom(state: seed)
    let lines = [
      "1322849924.408856||10.1.1.1||8.8.8.8||IN||www.example.com.||A||192.0.2.117||46587||5",
      #"1700000013.020000||10.0.0.5||1||IN||a||b.weird\.dot.test.||A||192.0.2.20||300||1"#,
      #"1700000007.020000||10.0.0.5||1||IN||example.com.||TXT||"pipe||A||b"||300||1"#,
      #"{"timestamp_s":1700000001,"class":"IN","query":"a.","type":"A","answer":"192.0.2.1"}"#,
    ]
    let original = Array(lines.joined(separator: "\n").utf8)
    let octets = Array("|||\"\\\n\n 09.A-".utf8) + [0x00, 0xFF]
    for round in 0..<400 {
      var text = original
      for _ in 0..<(1 + Int(random.next() % 6)) {
        let at = Int(random.next() % UInt64(text.count))
        switch random.next() % 3 {
        case 0: text[at] = octets[Int(random.next() % UInt64(octets.count))]
        case 1: text.remove(at: at)
        default: text.insert(octets[Int(random.next() % UInt64(octets.count))], at: at)
        }
      }
      let size = 1 + Int(random.next() % 100)
      #expect(
        PassiveDNSLogTranscript(text, chunkOctets: size) == PassiveDNSLogTranscript(text),
        "seed \(seed) round \(round) chunks of \(size)")
    }
  }
}

@Suite(.enabled(if: SharedData.has("open/logs"))) struct TextSampleTests {
  @Test(arguments: ["fixtures/threatq-guide-sample.ndjson", "open/cof/pdns-qof__data.ndjson"])
  func readsEveryObjectOfCOFSamples(_ path: String) throws {
    let octets = try SharedData.octets(path)
    let objects = octets.count { $0 == UInt8(ascii: "{") }
    let transcript = COFTranscript(octets)
    #expect(transcript.tally.observations == objects)
    #expect(transcript.tally.rejected == 0)
    #expect(transcript.tally.lossy == 0)
    #expect(COFTranscript(octets, chunkOctets: 1) == transcript)
  }

  @Test func sumsCountsOfRepeatedLines() throws {
    let transcript = PassiveDNSLogTranscript(
      try SharedData.octets("fixtures/passivedns/dedup_counts.log"))
    #expect(
      transcript.rows.compactMap { $0.split(separator: " ").dropLast().last } == [
        "1", "5", "3", "2",
      ])
  }

  @Test func readsAllTypesAndErrors() throws {
    let octets = try SharedData.octets("fixtures/passivedns/all_types_and_errors.log")
    let transcript = PassiveDNSLogTranscript(octets)
    let negatives = transcript.steps.count { $0 == .rejected(.negative) }
    #expect(negatives == 3)
    #expect(transcript.rows.count == octets.count { $0 == UInt8(ascii: "\n") } - negatives)
    #expect(
      transcript.rows.contains(
        #"\000\255\032sp.test. A 192.0.2.21 1700000014 1700000014 1 client"#))
    #expect(PassiveDNSLogTranscript(octets, chunkOctets: 1) == transcript)
  }

  @Test(arguments: [
    ("mercury__top-https.log", 0), ("ndpi__bad-dns-traffic.all.log", 0),
    ("packets__dns_lab.log", 0), ("pcaps__aug_16_par4.all.log", 0),
    ("slips__test-cc-capture-2.log", 0), ("zeek__dns-edns-ecs.all.log", 0),
    // This sensor's clock was not set: seconds since it was switched on.
    ("ctu-348-1-excerpt.passivedns", 1),
  ])
  func readsLogsOfRealCaptures(_ name: String, _ old: Int) throws {
    let octets = try SharedData.octets("open/logs/passivedns/" + name)
    let transcript = PassiveDNSLogTranscript(octets)
    for step in transcript.steps {
      switch step {
      case .observation, .rejected(.negative): break
      case .rejected(.timeTooOld), .rejected(.notARecord): #expect(old == 1)
      default: Issue.record("\(step)")
      }
    }
    #expect(old == 1 || !transcript.rows.isEmpty)
    #expect(PassiveDNSLogTranscript(octets, chunkOctets: 13) == transcript)
  }
}
