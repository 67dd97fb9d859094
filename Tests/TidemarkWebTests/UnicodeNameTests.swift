import DNSWire
import Testing
import TidemarkPivots
import TidemarkTesting
import TidemarkWeb

/// Names of other scripts, read from A-labels.
@Suite struct UnicodeNameTests {
  @Test(arguments: [
    ("xn--bcher-kva.example", "b\u{FC}cher.example"),
    ("www.xn--mnchen-3ya.example", "www.m\u{FC}nchen.example"),
    ("XN--BCHER-KVA.example", "b\u{FC}cher.example"),
    ("xn--fiqs8s", "\u{4E2D}\u{56FD}"), ("xn--p1ai", "\u{440}\u{444}"),
    ("a.xn--wgv71a119e.example", "a.\u{65E5}\u{672C}\u{8A9E}.example"),
    ("xn--strae-oqa.example", "stra\u{DF}e.example"), ("xn--ls8h.example", "\u{1F4A9}.example"),
  ])
  func readsLabels(_ name: String, _ unicode: String) {
    #expect(UnicodeName(name)?.unicode == unicode)
    #expect(UnicodeName(name)?.ascii == name)
  }

  @Test(
    "leaves alone what is no other name for the same",
    arguments: [
      "example.com", "xn--", "xn--.example", "xn--a.example", "xn--99999999.example",
      "xn--abc-.example", "axn--bcher-kva.example", "xn--bcher-kva\\.example",
      // Not ASCII, a joiner, another hyphen, ASCII alone.
      "xn--Bcher-kva-\u{C4}", "xn--bu\u{308}cher.example", "xn--ab-m1t.example",
      "xn--ab-x1t.example",
      "xn--example-.com", "xn--0ca24w-.example",
    ])
  func leavesAlone(_ name: String) {
    #expect(UnicodeName(name) == nil)
  }

  @Test func warnsOfMixedScripts() throws {
    let mixed = try #require(ALabels.ascii(Array("p\u{430}ypal.example".utf8)[...]))
    #expect(UnicodeName(mixed)?.warnings == ["mixes Cyrillic and Latin letters"])
    let like = try #require(ALabels.ascii(Array("\u{430}\u{440}\u{440}\u{4CF}\u{435}".utf8)[...]))
    #expect(UnicodeName(like)?.warnings == ["all its Cyrillic letters look like Latin ones"])
  }

  @Test(arguments: [
    "b\u{FC}cher.example", "\u{440}\u{444}", "\u{65E5}\u{672C}\u{306E}\u{30AB}a.example",
    "\u{D55C}\u{AD6D}a.example", "\u{3B5}\u{3BB}\u{3BB}\u{3B7}\u{3BD}1-2.example",
  ])
  func doesNotWarnOfOneLanguage(_ name: String) throws {
    let ascii = try #require(ALabels.ascii(Array(name.utf8)[...]))
    let read = try #require(UnicodeName(ascii))
    #expect(read.unicode == name)
    #expect(read.warnings.isEmpty)
  }

  /// RFC 3492 section 7.1.
  @Test(arguments: [
    (
      "egbpdaj6bu4bxfgehfvwxn",
      "\u{644}\u{64A}\u{647}\u{645}\u{627}\u{628}\u{62A}\u{643}\u{644}"
        + "\u{645}\u{648}\u{634}\u{639}\u{631}\u{628}\u{64A}\u{61F}"
    ),
    (
      "ihqwcrb4cv8a8dqg056pqjye",
      "\u{4ED6}\u{4EEC}\u{4E3A}\u{4EC0}\u{4E48}\u{4E0D}\u{8BF4}\u{4E2D}\u{6587}"
    ),
    ("d9juau41awczczp", "\u{305D}\u{306E}\u{30B9}\u{30D4}\u{30FC}\u{30C9}\u{3067}"),
  ])
  func readsTheSamplesOfTheStandard(_ text: String, _ decoded: String) throws {
    let scalars = try #require(Punycode.decode(Array(text.utf8)[...]))
    #expect(String(String.UnicodeScalarView(scalars)) == decoded)
  }

  /// Whatever comes, nothing traps, and what is read is written the same.
  @Test func survivesAnything() {
    let seed: UInt64 = 0x1D4A
    var random = SeededGenerator(seed: seed)
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789--".utf8)
    for round in 0..<50_000 {
      let count = Int(random.next() % 24)
      let label = (0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
      let name = "xn--" + String(decoding: label, as: UTF8.self)
      guard let read = UnicodeName(name) else { continue }
      let written = ALabels.ascii(Array(read.unicode.utf8)[...])
      #expect(written == name, "seed \(seed) round \(round)")
    }
    #expect(Punycode.decode(Array(repeating: 0xFF, count: 20)[...]) == nil)
    #expect(Punycode.decode(Array(repeating: UInt8(ascii: "9"), count: 59)[...]) == nil)
    #expect(UnicodeName("xn--" + String(repeating: "a", count: 2_000)) == nil)
  }
}
