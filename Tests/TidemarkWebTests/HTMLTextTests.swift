import TidemarkWeb
import Testing

/// What comes from outside stays text.
struct HTMLTextTests {
  @Test(arguments: [
    ("<script>", "&lt;script&gt;"), ("a\"b'c&d", "a&quot;b&#39;c&amp;d"),
    // One character to Swift, two to a browser.
    ("\"\u{301}", "&quot;\u{301}"), ("<\u{20DD}", "&lt;\u{20DD}"),
    ("a\u{202E}b", "a\\u{202E}b"), ("\u{200B}", "\\u{200B}"), ("\u{2069}", "\\u{2069}"),
    ("\u{1B}[31m", "\\027[31m"), ("\0", "\\000"), ("a\nb\tc", "a\nb\tc"), ("é €", "é €"),
    ("\u{2010}", "\u{2010}"),
  ])
  func escapes(text: String, html: String) {
    #expect(HTMLText.escaped(text) == html)
    var octets = HTMLText()
    octets.text(Array(text.utf8))
    #expect(octets.string == html)
  }

  @Test func replacesWhatIsNoUTF8() {
    var html = HTMLText()
    html.text([0x61, 0xFF, 0x3C])
    #expect(html.string == "a\u{FFFD}&lt;")
    let octets: [UInt8] = [0x61, 0xFF, 0x26]
    var other = HTMLText()
    other.ascii(octets.span)
    #expect(other.string == "a\\255&amp;")
  }

  @Test(
    arguments: [
      (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"),
      (UInt64.max, "18,446,744,073,709,551,615"),
    ] as [(UInt64, String)])
  func groupsDigits(number: UInt64, text: String) {
    #expect(WebFigures.grouped(number) == text)
  }

  @Test(
    arguments: [
      (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_048_575, "1.0 MiB"),
      (12_897_485, "12.3 MiB"), (UInt64.max, "16.0 EiB"),
    ] as [(UInt64, String)])
  func namesOctets(count: UInt64, text: String) {
    #expect(WebFigures.octets(count) == text)
  }

  @Test func encodesLinks() {
    let link = WebLink("/ui/search", [("q", "a b/ä&\"<"), ("rrtype", ""), ("after", "-30d")])
    #expect(link.text == "/ui/search?q=a%20b%2F%C3%A4%26%22%3C&after=-30d")
  }

  @Test func writesTimes() {
    #expect(WebTime.minute(1_732_243_215) == "2024-11-22 02:40")
    #expect(WebTime.day(0) == "1970-01-01")
    #expect(WebTime.age(100, now: 159) == "now")
    #expect(WebTime.age(100, now: 160) == "1 min")
    #expect(WebTime.age(0, now: 86_400 * 3) == "3 d")
    #expect(WebTime.age(200, now: 100) == "now")
  }
}
