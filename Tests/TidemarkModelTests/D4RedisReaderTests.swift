import Testing
import TidemarkModel

@Suite struct D4RedisReaderTests {
  private static func line(
    _ rrname: String, _ type: String, _ rdata: String, first: String = "1600000000",
    last: String = "1600000100", count: String = "7"
  ) -> [UInt8] {
    var out: [UInt8] = []
    D4RedisLine.append(
      [rrname, type, rdata, first, last, count].map { Array($0.utf8) }, to: &out)
    return out
  }

  private static func read(_ octets: [UInt8]) -> [String] {
    FeedTranscript(D4RedisReader(now: COFTranscript.now), chunks: [octets[...]]).lines
  }

  private static let times = "1600000000 1600000100 7"

  @Test(
    arguments: [
      ("1", "192.0.2.1", "A 192.0.2.1"), ("28", "2001:db8::1", "AAAA 2001:db8::1"),
      ("5", "alias.example.net", "CNAME alias.example.net"),
      ("15", "mail.example.org", "MX lossy(mail.example.org)"),
      ("15", "10 mail.example.org", "MX 10 mail.example.org"),
      ("65", "1 . alpn=h2", "HTTPS lossy(1 . alpn=h2)"),
    ])
  func readsTypesByNumber(_ type: String, _ rdata: String, _ wanted: String) {
    #expect(
      Self.read(Self.line("www.example.com", type, rdata))
        == ["www.example.com. \(wanted) \(Self.times)"])
  }

  /// Lower case means the same for hexadecimal digits and not for base64.
  @Test func keepsBase64OnlyWithItsCapitals() {
    let digest = String(repeating: "ab", count: 32)
    let key = "257 3 13 mdsswuyr3dpw132mohi8v9xessz8jtczzkxhmuvlgcrlfxn1jh6ynqdkspbvfuex"
    let lines = [
      Self.line("example.com", "43", "60485 13 2 \(digest)"), Self.line("example.com", "48", key),
      Self.line("example.com", "48", "257 3 13 AwEAAQ=="),
    ]
    let read = Self.read(lines.flatMap { $0 })
    #expect(read[0].hasPrefix("example.com. DS 60485 13 2 "))
    #expect(read[1] == "example.com. DNSKEY lossy(\(key)) \(Self.times)")
    #expect(read[2] == "example.com. DNSKEY 257 3 13 AwEAAQ== \(Self.times)")
  }

  /// The analyzer loses the first quote; JSON that was imported keeps both.
  @Test func putsTheLostQuoteOfTextBack() {
    let lines = [
      Self.line("example.com", "16", #"v=spf1 -all""#),
      Self.line("example.com", "16", #""Whole Text""#), Self.line("example.com", "16", "bare"),
    ]
    #expect(
      Self.read(lines.flatMap { $0 }) == [
        #"example.com. TXT lossy("v=spf1 -all") \#(Self.times)"#,
        #"example.com. TXT "Whole Text" \#(Self.times)"#,
        #"example.com. TXT lossy(bare) \#(Self.times)"#,
      ])
  }

  @Test(
    arguments: [
      (("", "1600000100", "7"), "1600000100 1600000100 7"),
      (("1600000000", "", ""), "1600000000 1600000000 1"),
      (("1600000100.75", "1600000000", "2"), "1600000000 1600000100 2"),
    ])
  func takesWhatExpiryLeft(_ values: (String, String, String), _ wanted: String) {
    let line = Self.line(
      "a.example", "1", "192.0.2.1", first: values.0, last: values.1, count: values.2)
    #expect(Self.read(line) == ["a.example. A 192.0.2.1 \(wanted)"])
  }

  @Test(
    arguments: [
      (line("a.example", "1", "nxdomain"), "filtered negative"),
      (line("a.example", "1", "192.0.2.1", first: "", last: ""), "dropped expired"),
      (line("a.example", "1", "192.0.2"), "malformed bad-rdata"),
      (line("a.example", "28", "192.0.2.1"), "malformed bad-rdata"),
      (line("a.example", "A", "192.0.2.1"), "malformed bad-type"),
      (line("a.example", "65536", "192.0.2.1"), "malformed bad-type"),
      (line("a.example", "255", "192.0.2.1"), "filtered meta-type"),
      (line("", "1", "192.0.2.1"), "malformed missing-field"),
      (line("a..example", "1", "192.0.2.1"), "malformed bad-name"),
      (line("a.example", "1", "192.0.2.1", first: "12"), "dropped time-out-of-range"),
      (line("a.example", "1", "192.0.2.1", last: "4000000000"), "dropped time-out-of-range"),
      (line("a.example", "1", "192.0.2.1", first: "yesterday"), "malformed bad-time"),
      (line("a.example", "1", "192.0.2.1", count: "0"), "malformed bad-count"),
      (line("a.example", "1", "192.0.2.1", count: "-1"), "malformed bad-count"),
      (Array("a.example\t1\t192.0.2.1\n".utf8), "malformed missing-field"),
      (Array("a\tb\tc\td\te\tf\tg\n".utf8), "malformed missing-field"),
    ])
  func countsWhatGivesNoRecord(_ line: [UInt8], _ wanted: String) {
    #expect(Self.read(line) == [wanted])
  }

  /// Whatever the database holds, a line stays a line and its columns come back.
  @Test func keepsControlOctetsInColumns() {
    let rdata = "tab\there\nline\rreturn\\slash"
    let line = Self.line("a.example", "13", rdata)
    #expect(line.filter { $0 == 0x0A }.count == 1)
    #expect(Self.read(line) == ["a.example. HINFO lossy(\(rdata)) \(Self.times)"])
  }

  @Test func stepsDoNotDependOnCuts() {
    let text = Self.line("www.example.com", "28", "2001:db8::1") + Self.line("b", "16", "x\ty\"")
    FeedTranscript.expectSameForEveryCut(D4RedisReader(now: COFTranscript.now), text)
    FeedTranscript.expectSameForMutations(
      D4RedisReader(now: COFTranscript.now), String(decoding: text, as: UTF8.self),
      alphabet: "\t\n\r\\nrt0123456789.\"", seed: 0xD4)
  }
}
