import DNSWire
import Testing
import TidemarkTesting

/// Master files as people and programs write them (RFC 1035 section 5).
struct ZoneScannerTests {
  /// Reads the text whole, octet by octet and in odd pieces: the same each time.
  private func read(
    _ text: String, origin: String? = "example.com.", generatedMax: Int = 0
  ) throws -> [String] {
    let whole = try ZoneReading.read(text, origin: origin, generatedMax: generatedMax)
    for chunk in [1, 2, 3, 7, 64] {
      let pieces = try ZoneReading.read(
        text, origin: origin, generatedMax: generatedMax, chunk: chunk)
      #expect(pieces == whole, "chunks of \(chunk)")
    }
    return whole
  }

  @Test func readsTheExampleOfTheStandard() throws {
    // After RFC 1035 section 5.3, with documentation names.
    let lines = try read(
      """
      @   IN  SOA     ns1 Action\\.domains (
                                       20     ; SERIAL
                                       7200   ; REFRESH
                                       600    ; RETRY
                                       3600000; EXPIRE
                                       60)    ; MINIMUM

              NS      a.example.net.
              NS      ns1
              MX      10      mail

      ns1     A       192.0.2.3

      mail    A       198.51.100.4
              A       203.0.113.5
      """)
    #expect(
      lines == [
        "example.com. SOA 60 ns1.example.com. action\\.domains.example.com. 20 7200 600 3600000 60",
        "example.com. NS 60 a.example.net.", "example.com. NS 60 ns1.example.com.",
        "example.com. MX 60 10 mail.example.com.", "ns1.example.com. A 60 192.0.2.3",
        "mail.example.com. A 60 198.51.100.4", "mail.example.com. A 60 203.0.113.5",
      ])
  }

  @Test(arguments: [
    "www 300 IN A 192.0.2.1", "www IN 300 A 192.0.2.1", "www 5m in a 192.0.2.1",
    "www.example.com.\t300\tin\ta\t192.0.2.1\r", "WWW.Example.COM. IN 0h5m0s A 192.0.2.1 ; note",
    "www 300 CLASS1 TYPE1 \\# 4 c0000201", "www 300 A \\# 4 ( c0 00\n02 01 )",
    "(www 300 IN\n A 192.0.2.1)", "\\119ww 300 A 192.0.2.1", "w\\ww 300 A ( 192.0.2.1 ; (\n)",
    "$TTL 5m\nwww A 192.0.2.1", "$ORIGIN com.\n$ttl 300 ; default\nwww.example IN A 192.0.2.1",
    "\n \n; comment\n   ; comment\nwww 300 A 192.0.2.1\n\n",
  ])
  func readsOneRecordInManySpellings(_ text: String) throws {
    #expect(try read(text) == ["www.example.com. A 300 192.0.2.1"])
  }

  @Test func usesTheOriginInRData() throws {
    let lines = try read(
      """
      $TTL 60
      @ NS ns
      @ MX 10 @
      @ NSEC a NS
      a SVCB 1 @ port=53
      a CNAME b\\.
      a CNAME b.
      a CNAME .
      a TXT @ ns
      $ORIGIN Sub
      @ SRV 1 2 3 Host
      @ NSEC Next A
      @ NSEC @ A
      @ NSEC . A
      """)
    #expect(
      lines == [
        "example.com. NS 60 ns.example.com.", "example.com. MX 60 10 example.com.",
        "example.com. NSEC 60 a.example.com. NS", "a.example.com. SVCB 60 1 example.com. port=53",
        "a.example.com. CNAME 60 b\\..example.com.", "a.example.com. CNAME 60 b.",
        "a.example.com. CNAME 60 .", "a.example.com. TXT 60 \"@\" \"ns\"",
        "sub.example.com. SRV 60 1 2 3 host.sub.example.com.",
        // The canonical form of NSEC keeps letters, also those of the origin.
        "sub.example.com. NSEC 60 Next.Sub.example.com. A",
        "sub.example.com. NSEC 60 Sub.example.com. A", "sub.example.com. NSEC 60 . A",
      ])
  }

  @Test func keepsSpecialOctetsInsideQuotesAndEscapes() throws {
    let lines = try read(
      """
      $TTL 1
      a TXT "a;b (c) \\" \\\\" ; comment "
      b TXT a\\;b \\( "" "x""y"
      c TXT ( "one"
        "two;" ) ; (
      d"e TXT x
      f SVCB 1 . alpn="h2,(h3)" ; c
      """)
    #expect(
      lines == [
        "a.example.com. TXT 1 \"a;b (c) \\\" \\\\\"",
        "b.example.com. TXT 1 \"a;b\" \"(\" \"\" \"x\" \"y\"",
        "c.example.com. TXT 1 \"one\" \"two;\"", "d\"e.example.com. TXT 1 \"x\"",
        "f.example.com. SVCB 1 1 . alpn=\"h2,(h3)\"",
      ])
  }

  @Test(arguments: [
    ("a A 192.0.2", "bad-rdata"), ("a A", "bad-rdata"), ("a", "missing-type"),
    ("a IN", "missing-type"), ("a 60 60 A 192.0.2.1", "bad-ttl"),
    ("a 6x A 192.0.2.1", "bad-ttl"), ("a 99999999999 A 192.0.2.1", "bad-ttl"),
    ("a IN IN A 192.0.2.1", "bad-type"), ("a QQ 192.0.2.1", "bad-type"),
    ("a TYPE65536 \\# 0", "bad-type"), ("a CH TXT x", "class-not-in"),
    ("a CLASS3 TXT x", "class-not-in"), ("a..b A 192.0.2.1", "bad-name"),
    ("a TXT \"x", "unterminated-quote"), ("a TXT x )", "unbalanced-parenthesis"),
    ("$ORIGIN", "bad-directive"), ("$TTL x", "bad-ttl"), ("$TTL 1 2", "bad-directive"),
    ("$INCLUDE", "bad-directive"), ("$FOO bar", "unknown-directive"),
    ("$GENERATE 1-3 a$ A 192.0.2.$", "generate-refused"),
  ])
  func namesWhatIsWrongAndGoesOn(_ line: String, _ reason: String) throws {
    let lines = try read("\(line)\nz.example.com. 1 IN A 192.0.2.9\n")
    #expect(lines == ["line 1: \(reason)", "z.example.com. A 1 192.0.2.9"])
  }

  @Test func doesNotGiveRecordsToTheOwnerBeforeABadOne() throws {
    let lines = try read("a 1 A 192.0.2.1\nb..c A 192.0.2.2\n A 192.0.2.3\nd A 192.0.2.4\n")
    #expect(
      lines == [
        "a.example.com. A 1 192.0.2.1", "line 2: bad-name", "line 3: missing-owner",
        "d.example.com. A 1 192.0.2.4",
      ])
  }

  @Test func keepsTheOwnerOfAnEntryWithABadEnd() throws {
    let lines = try read("a 1 A 192.0.2.1\nb TXT \"x\n A 192.0.2.3\n")
    #expect(lines.last == "b.example.com. A 1 192.0.2.3")
  }

  @Test func refusesRelativeNamesAfterABadOrigin() throws {
    let lines = try read("$ORIGIN a..b\nx 1 A 192.0.2.1\ny. 1 NS z\nz. 1 NS z.\n")
    #expect(
      lines == [
        "line 1: bad-directive", "line 2: missing-origin", "line 3: missing-origin", "z. NS 1 z.",
      ])
  }

  @Test(arguments: [
    "a A 192.0.2.1", "@ A 192.0.2.1", "a\\. A 192.0.2.1", "a. NS b", "a. MX 1 @",
    "a. SOA b. c 1 2 3 4 5", "a. IPSECKEY 1 3 0 gw", "$ORIGIN a",
  ])
  func refusesRelativeNamesWithoutAnOrigin(_ line: String) throws {
    #expect(try read(line, origin: nil) == ["line 1: missing-origin"])
  }

  @Test func readsCompleteNamesWithoutAnOrigin() throws {
    // As registries' zone files look: one complete record a line.
    let lines = try read(
      "example.\t86400\tin\tns\tns1.example.net.\nexample.\t86400\tin\tds\t1 8 2 ab cd\n"
        + "a.example. 60 in ipseckey 10 1 2 192.0.2.38 AQNRU3mG\n", origin: nil)
    #expect(
      lines == [
        "example. NS 86400 ns1.example.net.", "example. DS 86400 1 8 2 ABCD",
        "a.example. IPSECKEY 60 10 1 2 192.0.2.38 AQNRU3mG",
      ])
  }

  @Test func takesTheClassOfTheZoneFromItsSOARecord() throws {
    let internet = "@ 1 IN SOA a b 1 2 3 4 5\nb CH TXT x\nc A 192.0.2.1\n"
    #expect(
      try read(internet).dropFirst() == ["line 2: class-not-in", "c.example.com. A 1 192.0.2.1"])
    let chaos = "@ 1 CH SOA a b 1 2 3 4 5\nb TXT x\nc IN A 192.0.2.1\n"
    #expect(
      try read(chaos) == [
        "line 1: class-not-in", "line 2: class-not-in", "c.example.com. A 1 192.0.2.1",
      ])
  }

  @Test func countsLinesAcrossParentheses() throws {
    let lines = try read("a 1 TXT ( x\n\n; c\n y )\nb BAD\n( c 1 A\n192.0.2.1 )\nd BAD")
    #expect(
      lines == [
        "a.example.com. TXT 1 \"x\" \"y\"", "line 5: bad-type", "c.example.com. A 1 192.0.2.1",
        "line 8: bad-type",
      ])
  }

  @Test func reportsParenthesesThatStayOpen() throws {
    #expect(try read("a 1 TXT ( x\nb A 192.0.2.1\n") == ["line 1: unbalanced-parenthesis"])
  }

  @Test func boundsAnEntryAndGoesOn() throws {
    let long = String(repeating: "x ", count: ZoneScanner.entryOctetsMax)
    let lines = try ZoneReading.read("a TXT (\n\(long)\nb 1 A 192.0.2.1\n")
    #expect(lines == ["line 1: entry-too-long", "b.example.com. A 1 192.0.2.1"])
    let blanks = String(repeating: " ", count: ZoneScanner.entryOctetsMax)
    #expect(
      try ZoneReading.read("a 1 \(blanks)A 192.0.2.1\n", chunk: 1 << 12)
        == ["a.example.com. A 1 192.0.2.1"])
  }

  @Test func givesIncludesToTheCaller() throws {
    let lines = try read("$INCLUDE \"a b.zone\" ; c\n$include x\\ny sub\na 1 A 192.0.2.1")
    #expect(lines == ["include a b.zone", "include xny", "a.example.com. A 1 192.0.2.1"])
  }

  @Test func givesTheIncludedFileItsOriginAndTakesItBack() throws {
    var scanner = ZoneScanner(origin: try DomainName(text: "example.com").wire)
    let text = Array("$TTL 9\na A 192.0.2.1\n$INCLUDE f sub\n A 192.0.2.4\n".utf8)
    var at = 0
    var lines: [String] = []
    while true {
      let step = scanner.next(text.span, at: &at, isFinal: true)
      if step == .end { break }
      lines.append(ZoneReading.line(step, scanner))
      guard step == .include else { continue }
      var child = scanner.child
      let included = Array(" A 192.0.2.2\n$TTL 8\n$ORIGIN x\nb A 192.0.2.3\n".utf8)
      var position = 0
      while true {
        let inner = child.next(included.span, at: &position, isFinal: true)
        if inner == .end { break }
        lines.append(ZoneReading.line(inner, child))
      }
      scanner.resume(after: child)
    }
    #expect(
      lines == [
        "a.example.com. A 9 192.0.2.1", "include f", "a.example.com. A 9 192.0.2.2",
        "b.x.sub.example.com. A 8 192.0.2.3", "a.example.com. A 9 192.0.2.4",
      ])
  }

  @Test func expandsGenerateWithinItsLimit() throws {
    let text = """
      $TTL 1
      $GENERATE 1-5/2 a$ A 192.0.2.$
      $GENERATE 10-11 ${0,4,x} CNAME \\$.${-10,3}
      $GENERATE 0-0 ${5,5,n} TXT $$
      b A 192.0.2.7
      """
    #expect(
      try read(text, generatedMax: 6)
        == [
          "a1.example.com. A 1 192.0.2.1", "a3.example.com. A 1 192.0.2.3",
          "a5.example.com. A 1 192.0.2.5", "000a.example.com. CNAME 1 $.000.example.com.",
          "000b.example.com. CNAME 1 $.001.example.com.",
          "5.0.0.example.com. TXT 1 \"$\"", "b.example.com. A 1 192.0.2.7",
        ])
    #expect(
      try read(text, generatedMax: 4)
        == [
          "a1.example.com. A 1 192.0.2.1", "a3.example.com. A 1 192.0.2.3",
          "a5.example.com. A 1 192.0.2.5", "line 3: generate-too-large",
          "5.0.0.example.com. TXT 1 \"$\"", "b.example.com. A 1 192.0.2.7",
        ])
  }

  @Test(arguments: [
    "1", "1-", "2-1", "1-2/0", "1-99999999999", "x-2", "1-2/1/1 a A 192.0.2.1",
  ])
  func refusesBrokenGenerate(_ arguments: String) throws {
    #expect(try read("$GENERATE \(arguments)", generatedMax: 9).first == "line 1: bad-directive")
  }

  @Test func givesAllRecordsOfASmallFile() throws {
    let text = """
      ; hints
      .  3600000  NS  A.ROOT.EXAMPLE.
      A.ROOT.EXAMPLE. 3600000 AAAA 2001:db8::1
      x
      """
    let found = ZoneScanner.records(of: Array(text.utf8))
    #expect(found.records.map(\.owner) == [.root, try DomainName(text: "a.root.example")])
    #expect(found.records.map(\.type) == [.ns, .aaaa])
    #expect(found.records.first?.rdata == (try DomainName(text: "a.root.example")).wire)
    #expect(found.rejections == [ZoneRejection(line: 4, reason: .missingType)])
  }

  @Test func survivesRandomDamage() throws {
    var random = SeededGenerator(seed: 0x2A11_5EED)
    let sample = Array(
      """
      $TTL 1h\n@ IN SOA ns h ( 1 2 3 4 5 )\n ns NS a\\.b "q;x" ; c\n$GENERATE 1-3 a$ A 192.0.2.$
      b TXT "x\\034" \\# 1 ab\n$INCLUDE f o\n$ORIGIN x.\nc SVCB 1 . alpn="h2" ipv4hint=192.0.2.1\n
      """.utf8)
    for _ in 0..<3_000 {
      var octets = sample
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let at = Int.random(in: 0..<octets.count, using: &random)
        let special = Array("()\"\\;$@ \n\r\t.\0".utf8)
        octets[at] = special[Int.random(in: 0..<special.count, using: &random)]
      }
      let text = String(decoding: octets, as: UTF8.self)
      let whole = try ZoneReading.read(text, generatedMax: 3)
      #expect(try ZoneReading.read(text, generatedMax: 3, chunk: 5) == whole, "\(text)")
    }
  }
}
