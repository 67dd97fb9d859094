import DNSWire
import Testing
import TidemarkModel

/// What `dnscap -g` prints. The samples have its layout, with names and addresses for
/// documentation.
@Suite struct DnscapReaderTests {
  private static let now: UnixSeconds = 1_800_000_000

  /// A response: one question and the records given, `flags` as dnscap joins them.
  private static func message(
    _ answers: [String], question: String = "www.example.com.,IN,A", flags: String = "qr|rd|ra",
    code: String = "NOERROR", time: String = "2023-11-14 22:13:20.123456", tail: String = " 0 0"
  ) -> String {
    let head =
      "[208] \(time) [#1 eth0 4095] \\\n\t[192.0.2.53].53 [198.51.100.7].53199  \\\n"
      + "\tdns QUERY,\(code),59311\(flags.isEmpty ? "" : "," + flags) \\\n\t1 \(question)"
    guard !answers.isEmpty else { return head + " 0\(tail)\n" }
    return head + " \\\n\t\(answers.count) " + answers.joined(separator: " \\\n\t") + tail + "\n"
  }

  private static func read(_ text: String) -> [String] {
    FeedTranscript(DnscapReader(now: now), text).lines
  }

  /// A row as transcripts show it: names in rdata lose their final dot.
  private static func row(_ name: String, _ type: String, _ data: String) -> String {
    let words = data.split(separator: " ").map { $0.hasSuffix(".") ? $0.dropLast() : $0 }
    return "\(name) \(type) \(words.joined(separator: " ")) 1700000000 1700000000 1"
  }

  @Test func readsTheAnswersOfAResponseAndNothingElse() {
    let authority =
      " \\\n\t1 example.com.,IN,NS,3600,ns1.example.com. \\\n"
      + "\t2 ns1.example.com.,IN,A,3600,192.0.2.2 \\\n"
      + "\t.,1232,1232,0,edns0[len=0,UDP=1232,ver=0,rcode=0,DO=0,z=0]"
    let text = Self.message(
      ["www.example.com.,IN,CNAME,300,web.example.net.", "web.example.net.,IN,A,60,192.0.2.1"],
      tail: authority)
    #expect(
      Self.read(text) == [
        Self.row("www.example.com.", "CNAME", "web.example.net."),
        Self.row("web.example.net.", "A", "192.0.2.1"),
      ])
  }

  @Test func readsEveryTypeThatIsPrinted() {
    func one(_ type: String, _ data: String) -> [String] {
      Self.read(
        Self.message(["x.example.,IN,\(type),300,\(data)"], question: "x.example.,IN,\(type)"))
    }
    #expect(one("AAAA", "2001:db8::1") == [Self.row("x.example.", "AAAA", "2001:db8::1")])
    #expect(one("NS", "ns1.x.example.") == [Self.row("x.example.", "NS", "ns1.x.example.")])
    #expect(one("PTR", "a\\.b.example.") == [Self.row("x.example.", "PTR", "a\\.b.example.")])
    #expect(one("MX", "10,m.example.") == [Self.row("x.example.", "MX", "10 m.example.")])
    #expect(
      one("SOA", "ns.example.,h.example.,1,2,3,4,5")
        == [Self.row("x.example.", "SOA", "ns.example. h.example. 1 2 3 4 5")])
    #expect(one("TXT", "[23]") == ["dropped no-rdata"])
    #expect(one("A", "[3]") == ["dropped no-rdata"])
  }

  @Test func queriesAndPacketsWithoutAMessageAreItemsWithoutRecords() {
    let query = Self.message([], flags: "rd")
    let bare = Self.message([], flags: "")
    let fragment =
      "[1500] 2023-11-14 22:13:20.123456 [#7 eth0 4095] \\\n;: [192.0.2.53] "
      + "-> [198.51.100.7] (frag)\n"
    let handshake =
      "[60] 2023-11-14 22:13:20.123456 [#8 eth0 4095] \\\n"
      + "\t[192.0.2.53].53 [198.51.100.7].4242 \n"
    let transcript = FeedTranscript(DnscapReader(now: Self.now), query + bare + handshake)
    #expect(transcript.lines.isEmpty && transcript.items == 3)
    #expect(
      FeedTranscript(DnscapReader(now: Self.now), fragment + handshake).lines
        == ["malformed truncated"])
  }

  @Test func refusesWhatIsNoCompleteAndSuccessfulAnswer() {
    let answers = ["www.example.com.,IN,A,60,192.0.2.1", "www.example.com.,IN,A,60,192.0.2.2"]
    let both = { (reason: String) in [reason, reason] }
    #expect(Self.read(Self.message(answers, flags: "qr|tc")) == both("filtered truncated-tc"))
    #expect(Self.read(Self.message(answers, code: "SERVFAIL")) == both("filtered negative"))
    #expect(
      Self.read(Self.message(answers, question: "www.example.com.,CH,A"))
        == both("filtered class-not-in"))
    #expect(
      Self.read(Self.message(answers, question: "www.example.com.,IN,AXFR"))
        == both("filtered meta-type"))
    #expect(
      Self.read(Self.message(answers, time: "2033-11-14 22:13:20.000000"))
        == both("dropped time-out-of-range"))
    #expect(
      Self.read(Self.message(answers, time: "2023-13-14 22:13:20.000000"))
        == both("malformed bad-time"))
    #expect(Self.read(Self.message(answers, code: "NXDOMAIN")).count == 2, "a chain is real")
    #expect(Self.read(Self.message([], code: "NXDOMAIN")).isEmpty)
  }

  @Test func keepsToTheChainFromTheQuestion() {
    let text = Self.message([
      "web.example.net.,IN,A,60,192.0.2.1", "bank.example.org.,IN,A,60,192.0.2.66",
      "Alias.Example.Com.,IN,CNAME,60,WEB.example.net.",
      "www.example.com.,IN,CNAME,60,alias.example.com.",
    ])
    #expect(
      Self.read(text) == [
        Self.row("web.example.net.", "A", "192.0.2.1"), "filtered not-in-chain",
        Self.row("alias.example.com.", "CNAME", "web.example.net."),
        Self.row("www.example.com.", "CNAME", "alias.example.com."),
      ])
  }

  @Test(arguments: [
    "a,IN,A,60,192.0.2.1.example.,IN,A,60,192.0.2.9", "www.example.com.,IN,A,60,192.0.2.1,x",
    "www.example.com.,IN,A,60", "www.example.com.,IN,MX,60,mail.example.",
    "www.example.com.,IN,SOA,60,IN,A,60,1,2,3,4",
  ])
  func namesThatLookLikeFieldsAreRefused(_ record: String) {
    #expect(Self.read(Self.message([record])) == ["malformed field-count"])
  }

  @Test func aNameWithACommaIsAnotherClass() {
    #expect(
      Self.read(Self.message(["a,b.example.,IN,CNAME,60,c.example."]))
        == ["filtered class-not-in"])
  }

  @Test func aMessageWithoutItsEndIsCountedAndTheNextOneRead() {
    let whole = Self.message(["www.example.com.,IN,A,60,192.0.2.1"])
    let row = Self.row("www.example.com.", "A", "192.0.2.1")
    let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
    let cut = lines.prefix(3).joined(separator: "\n") + "\n"
    #expect(Self.read(cut + whole) == ["malformed truncated", row])
    #expect(Self.read(cut + whole + whole) == ["malformed truncated", row, row])
    #expect(Self.read(cut) == ["malformed truncated"])
    #expect(Self.read("\t1 www.example.com.,IN,A,60,192.0.2.1\n" + whole) == [row])
  }

  @Test func announcedRecordsMustBeThere() {
    let text = Self.message(["www.example.com.,IN,A,60,192.0.2.1"], tail: "")
      .replacing("\t1 www.example.com.,IN,A,60", with: "\t2 www.example.com.,IN,A,60")
    #expect(Self.read(text) == ["malformed bad-message"])
    let many = Self.message(
      (0..<1_001).map { _ in "www.example.com.,IN,A,60,192.0.2.1" })
    #expect(Self.read(many) == ["malformed too-many-records"])
  }

  @Test func aMessageBeyondTheLimitIsSkipped() {
    let record = "www.example.com.,IN,A,60,192.0.2.1"
    let long = Self.message(
      [record],
      tail: String(repeating: " \\\n\t" + String(repeating: "x", count: 60_000), count: 20))
    let row = Self.row("www.example.com.", "A", "192.0.2.1")
    #expect(Self.read(long + Self.message([record])) == ["malformed too-long", row])
  }

  @Test func stepsDoNotDependOnTheCuts() {
    let text =
      Self.message(["www.example.com.,IN,A,60,192.0.2.1"])
      + Self.message(
        ["www.example.com.,IN,CNAME,60,x.example.", "x.example.,IN,TXT,60,[9]"], tail: " 0 0\r")
    FeedTranscript.expectSameForEveryCut(DnscapReader(now: Self.now), Array(text.utf8))
    FeedTranscript.expectSameForMutations(
      DnscapReader(now: Self.now), text, alphabet: "\\\n\t ,[]|19.aINSOMX\r", seed: 4)
  }

  @Test func heldOctetsReachBackToTheMessagesStart() {
    let whole = Array(Self.message(["www.example.com.,IN,A,60,192.0.2.1"]).utf8)
    var reader = DnscapReader(now: Self.now)
    var observation = TextObservation()
    for (index, octet) in (whole + whole).enumerated() {
      var at = 0
      let chunk = [octet]
      while reader.next(chunk.span, at: &at, into: &observation) != .needsInput {}
      #expect(reader.heldOctets == (index + 1) % whole.count)
    }
  }

  @Test func recognisesItsOwnFormat() {
    let others = ["[1] x y", "[] 2023-11-14 22:13:20.1 x", "{\"a\":1}", "1700000000.1||a||b", ""]
    for (text, isWanted) in [(Self.message([]), true)] + others.map({ ($0, false) }) {
      let isRecognised = DnscapReader.recognises(Array(text.utf8).span)
      #expect(isRecognised == isWanted)
    }
  }
}
