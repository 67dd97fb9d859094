import DNSWire
import Testing
import TidemarkModel

/// What a reader said, one word or row each, easy to compare.
struct COFTranscript: Equatable {
  var rows: [String] = []
  var steps: [COFReader.Step] = []
  var tally: COFTally

  static let now: UnixSeconds = 1_800_000_000

  /// Reads `text` in pieces of `chunkOctets`.
  init(
    _ text: [UInt8], chunkOctets: Int = .max, swapping: COFReader.Swapping = .detect,
    objectOctetsMax: Int = COFReader.objectOctetsMax
  ) {
    var reader = COFReader(
      now: COFTranscript.now, swapping: swapping, objectOctetsMax: objectOctetsMax)
    var observation = TextObservation()
    var start = 0
    while start < text.count {
      let end = min(start + min(chunkOctets, text.count), text.count)
      let chunk = Array(text[start..<end])
      var at = 0
      while true {
        let step = reader.next(chunk.span, at: &at, into: &observation)
        if step == .needsInput { break }
        steps.append(step)
        if step == .observation { rows.append(COFTranscript.row(observation)) }
      }
      start = end
    }
    while true {
      let step = reader.finish(into: &observation)
      if step == .needsInput { break }
      steps.append(step)
      if step == .observation { rows.append(COFTranscript.row(observation)) }
    }
    tally = reader.tally
  }

  init(_ text: String, chunkOctets: Int = .max, swapping: COFReader.Swapping = .detect) {
    self.init(Array(text.utf8), chunkOctets: chunkOctets, swapping: swapping)
  }

  static func row(_ observation: TextObservation) -> String {
    let name = DomainName(canonicalWire: observation.rrname).text(finalDot: true)
    let data = observation.items.map { item in
      var out: [UInt8] = []
      let octets = Array(observation.rdataOctets[item.range])
      if item.isLossy { return "lossy(\(String(decoding: octets, as: UTF8.self)))" }
      RDataText.append(octets.span, type: observation.rrtype, style: .circl, to: &out)
      return String(decoding: out, as: UTF8.self)
    }
    var row =
      "\(name) \(observation.rrtype) \(data.joined(separator: " | ")) "
      + "\(observation.timeFirst) \(observation.timeLast) \(observation.count)"
    if let vantage = observation.vantage { row += " \(vantage)" }
    if observation.bailiwick != .unknown { row += " bailiwick=\(observation.bailiwick.rawValue)" }
    if !observation.sensorID.isEmpty {
      row += " sensor=\(String(decoding: observation.sensorID, as: UTF8.self))"
    }
    if observation.isRepaired { row += " repaired" }
    return row
  }
}

@Suite struct COFReaderTests {
  private static let plain =
    #"""
    {"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1496995637\#
    ,"time_last":1499951111,"count":6}
    """#
  private static let plainRow = "www.example.com. A 192.0.2.1 1496995637 1499951111 6"

  /// One object and the row it must give.
  @Test(arguments: [
    (plain, plainRow),
    // Final dots and upper case, as the DNSDB writes them.
    (
      #"""
      {"count":6,"rrname":"WWW.Example.COM.","rrtype":"a","rdata":["192.0.2.1"],"time_firs\#
      t":1496995637,"time_last":1499951111}
      """#,
      plainRow
    ),
    // Strings for numbers (CIRCL v2), no origin.
    (
      #"""
      {"count":"6","rrname":"www.example.com","rrtype":"1","rdata":"192.0.2.1","time_first\#
      ":"1496995637","time_last":"1499951111"}
      """#,
      plainRow
    ),
    // Fractions are cut down, an absent count is one (slides of the SIG).
    (
      #"""
      {"time_first": 1625639658.6788542, "time_last": 1625639658.9, "rrtype": "AAAA", "rrn\#
      ame": "example.org", "rdata": "2001:db8:0:b:2002::1", "sensor_id": "feed-ipv6"}
      """#,
      "example.org. AAAA 2001:db8:0:b:2002::1 1625639658 1625639658 1 sensor=feed-ipv6"
    ),
    // Exponents are JSON too.
    (
      #"""
      {"time_first":1.625639658e9,"time_last":16256396589E-1,"count":1e2,"rrtype":28,"rrna\#
      me":"example.org","rdata":"2001:db8::1"}
      """#,
      "example.org. AAAA 2001:db8::1 1625639658 1625639658 100"
    ),
    // Zone times only, several values, a bailiwick.
    (
      #"""
      {"count":2411,"zone_time_first":1275401003,"zone_time_last":1484841664,"rrname":"exa\#
      mple.org.","rrtype":"NS","bailiwick":"ORG.","rdata":["NS0.example.net.","ns1.example\#
      .net."]}
      """#,
      """
      example.org. NS ns0.example.net | ns1.example.net 1275401003\
       1484841664 2411 zone bailiwick=1
      """
    ),
    // The same value twice is one RR.
    (
      #"""
      {"rrname":"example.org","rrtype":"NS","rdata":["a.example.","A.example"],"time_first\#
      ":1496995637,"time_last":1499951111}
      """#,
      "example.org. NS a.example 1496995637 1499951111 1"
    ),
    // Owner and rdata swapped (CIRCL v2 samples).
    (
      #"""
      {"rrname":"192.0.2.1","rrtype":"A","rdata":"www.example.com","time_first":1496995637\#
      ,"time_last":1499951111,"count":6}
      """#,
      plainRow + " repaired"
    ),
    // Unknown fields at any depth, escaped key and value, null count.
    (
      #"""
      {"x":{"a":[1,{"b":[true,false,null,-1.5e+3,"\ud83d\ude00 é"]}]},"\u0072rname":"www\u\#
      002eexample.com","rrtype":"TYPE1","rdata":"192.0.2.1","time_first":1496995637,"time_\#
      last":1499951111,"count":null,"raw_rdata":"x"}
      """#,
      "www.example.com. A 192.0.2.1 1496995637 1499951111 1"
    ),
    // Rdata that is none of its type stays as text; a lone name in one form.
    (
      #"""
      {"rrname":"example.com","rrtype":"MX","rdata":"Mail.Example.com.","time_first":14969\#
      95637,"time_last":1499951111}
      """#,
      "example.com. MX lossy(mail.example.com) 1496995637 1499951111 1"
    ),
    (
      #"""
      {"rrname":"example.com","rrtype":"A","rdata":"\u0000\u001b[31m","time_first":1496995\#
      637,"time_last":1499951111}
      """#,
      "example.com. A lossy(\u{0}\u{1B}[31m) 1496995637 1499951111 1"
    ),
    // A bailiwick beside the owner is not believed.
    (
      #"""
      {"rrname":"www.example.com","bailiwick":"ample.com","rrtype":"A","rdata":"192.0.2.1"\#
      ,"time_first":1496995637,"time_last":1499951111,"count":6}
      """#,
      plainRow
    ),
    // An unknown type by number, in the form of RFC 3597.
    (
      ##"""
      {"rrname":"example.com","rrtype":65280,"rdata":"\\# 2 c000","time_first":1496995637,\##
      "time_last":1499951111}
      """##,
      ##"example.com. TYPE65280 \# 2 c000 1496995637 1499951111 1"##
    ),
  ])
  func readsEveryShapeOfARow(_ json: String, _ row: String) {
    #expect(COFTranscript(json).rows == [row])
  }

  @Test(arguments: [
    ("\"time_first\":0", COFRejection.timeTooOld),
    ("\"time_first\":631151999", .timeTooOld),
    ("\"time_first\":-5", .timeTooOld),
    ("\"time_first\":1499951112", .timesReversed),
    ("\"time_last\":1800086401", .timeInFuture),
    ("\"time_last\":1e30", .timeInFuture),
    ("\"time_last\":99999999999999999999999", .timeInFuture),
    ("\"time_first\":null", .missingTime),
    ("\"time_first\":true", .badTime),
    ("\"time_first\":\"today\"", .badTime),
    ("\"count\":0", .badCount),
    ("\"count\":-1", .badCount),
    ("\"count\":0.9", .badCount),
    ("\"count\":\"many\"", .badCount),
    ("\"rrtype\":\"NOTATYPE\"", .badType),
    ("\"rrtype\":65536", .badType),
    ("\"rrtype\":1.5", .badType),
    ("\"rrtype\":\"ANY\"", .metaType),
    ("\"rrtype\":41", .metaType),
    ("\"rrname\":\"a..b\"", .badName),
    ("\"rrname\":7", .badName),
    ("\"rrname\":\"\"", .badName),
    ("\"rdata\":[]", .missingField),
    ("\"rdata\":\"\"", .badRData),
    ("\"rdata\":[\"192.0.2.1\",7]", .badRData),
    ("\"rdata\":{\"a\":1}", .badRData),
    ("\"x\":NaN", .malformedJSON),
    ("\"x\":\"\\ud800\"", .malformedJSON),
    ("\"x\":\"\\x\"", .malformedJSON),
    ("\"x\":01x", .malformedJSON),
    ("\"x\":\"a\tb\"", .malformedJSON),
  ])
  func rejectsWithReason(_ member: String, _ reason: COFRejection) {
    // Of members that occur twice the last one counts.
    let json = COFReaderTests.plain.dropLast() + "," + member + "}"
    let transcript = COFTranscript(String(json))
    #expect(transcript.steps == [.rejected(reason)])
    #expect(transcript.tally.count(of: reason) == 1)
    #expect(transcript.tally.rejected == 1)
  }

  @Test func acceptsTimesAtTheirBounds() {
    let json = COFReaderTests.plain.dropLast() + #","time_first":631152000,"time_last":1800086400}"#
    #expect(COFTranscript(String(json)).rows.count == 1)
  }

  @Test(arguments: [[0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80]])
  func rejectsInvalidUTF8(_ octets: [UInt8]) {
    var text = Array("{\"x\":\"".utf8) + octets + Array("\",".utf8)
    text += Array(COFReaderTests.plain.utf8.dropFirst())
    #expect(COFTranscript(text).steps == [.rejected(.malformedJSON)])
  }

  @Test func boundsNesting() {
    let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    let fine = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
    for (value, rows) in [(deep, 0), (fine, 1)] {
      let json = COFReaderTests.plain.dropLast() + ",\"x\":" + value + "}"
      #expect(COFTranscript(String(json)).rows.count == rows)
    }
  }

  /// Everything that stands between objects in the wild, and damage among it.
  private static let mixed = """
    \u{FEFF}{"cond":"begin"}
    {"obj":\(plain)}\r
    \r

    \(plain)\(plain)
    {
      "rrname": "www.example.com",
      "rrtype": "A",
      "rdata": [
        "192.0.2.1"
      ],
      "time_first": 1496995637, "time_last": 1499951111, "count": 6
    }
    {"rrname":"www.example.com","rrtype":"A
    \(plain)
    {"rrname":"www.example.com","count":6
    \(plain)
    this is not JSON, but "quoted {braces}"
    [\(plain),\(plain)]
    {"cond":"limited","msg":"Query limit reached"}
    {"rrname":"www.exam
    """

  @Test func findsObjectsAmongAnything() {
    let transcript = COFTranscript(COFReaderTests.mixed)
    #expect(transcript.rows == Array(repeating: COFReaderTests.plainRow, count: 8))
    #expect(transcript.steps.first == .control(.going))
    #expect(transcript.steps.contains(.control(.limited)))
    #expect(transcript.tally.count(of: .malformedJSON) == 3)
    #expect(transcript.tally.count(of: .truncated) == 1)
    #expect(transcript.tally.control == 2)
  }

  @Test func chunksMakeNoDifference() {
    let text = Array(COFReaderTests.mixed.utf8)
    let whole = COFTranscript(text)
    for octets in [1, 2, 3, 7, 64, 119, 120, 121, 500] {
      #expect(COFTranscript(text, chunkOctets: octets) == whole, "chunks of \(octets)")
    }
  }

  @Test func skipsObjectsBeyondTheLimit() {
    let long = #"{"x":""# + String(repeating: "y", count: 5_000) + #""}"#
    let text = Array((long + "\n" + COFReaderTests.plain + "\n").utf8)
    for octets in [1, 1_000, 9_000] {
      let transcript = COFTranscript(text, chunkOctets: octets, objectOctetsMax: 500)
      #expect(transcript.steps == [.rejected(.tooLong), .observation], "chunks of \(octets)")
    }
  }

  @Test func swapsEveryRowWhenTold() {
    let json =
      #"""
      {"rrname":"10 mail.example.com","rrtype":"MX","rdata":"example.com","time_first":149\#
      6995637,"time_last":1499951111}
      """#
    #expect(
      COFTranscript(json, swapping: .always).rows
        == ["example.com. MX 10 mail.example.com 1496995637 1499951111 1 repaired"])
    let swapped = COFReaderTests.plain.replacing("www.example.com", with: "192.0.2.7")
      .replacing("192.0.2.1", with: "www.example.com")
    #expect(COFTranscript(swapped, swapping: .never).tally.repaired == 0)
    #expect(COFTranscript(swapped).tally.repaired == 1)
  }

  @Test func countsWhatItChanged() {
    let json =
      #"""
      {"rrname":"a.example","rrtype":"A","rdata":["x y","192.0.2.1"],"bailiwick":"b.exampl\#
      e","time_first":1496995637,"time_last":1499951111}
      """#
    let tally = COFTranscript(json).tally
    #expect(tally.observations == 1)
    #expect(tally.records == 2)
    #expect(tally.lossy == 1)
    #expect(tally.bailiwickDropped == 1)
  }

  @Test func mutationsNeverTrapAndChunksStillMakeNoDifference() {
    let seed: UInt64 = 0x7469_6465
    var random = SeededRandom(state: seed)
    let original = Array(COFReaderTests.mixed.utf8)
    let octets = Array("{}[]\",:\\\n u0A\u{7F}".utf8) + [0x00, 0x80, 0xC3, 0xF0, 0xFF]
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
      let whole = COFTranscript(text)
      let size = 1 + Int(random.next() % 200)
      #expect(
        COFTranscript(text, chunkOctets: size) == whole,
        "seed \(seed) round \(round) chunks of \(size)")
    }
  }
}

/// SplitMix64: the same numbers on every run.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
