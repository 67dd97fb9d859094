import DNSWire
import Testing
import TidemarkModel
import TidemarkWeb

/// The script gets all bars in little room.
struct TimelineJSONTests {
  private static func json(
    _ bars: [TimelineBar], asked: String = "www.example.com", hasMore: Bool = false,
    now: UnixSeconds = 1_728_000_000
  ) -> String {
    let json = TimelineJSON(
      bars, asked: asked, after: nil, before: nil, now: now, hasMore: hasMore, trail: "a\"b")
    return String(decoding: json.octets, as: UTF8.self)
  }

  @Test func writesBarsAsDifferences() {
    let day: UnixDay = 19_999
    let last = day * 86_400 + 100
    let bars = [
      TimelineBar(
        rrname: "www.example.com", rrtype: .a, rdata: "192.0.2.1", first: last - 10 * 86_400,
        last: last, count: 7, days: [day - 9, day - 5]),
      TimelineBar(
        rrname: "www.example.com", rrtype: .mx, rdata: "10 mx.example.net.",
        pivot: "mx.example.net", first: last, last: last, count: .max, days: []),
    ]
    let expected =
      "{\"from\":1727049700,\"to\":1728000000,\"after\":null,\"before\":null,\"more\":false,"
      + "\"trail\":\"a\\\"b\",\"groups\":["
      + "{\"rrtype\":\"A\",\"colour\":\"address\",\"bars\":["
      + "[\"www.example.com\",\"192.0.2.1\",null,0,86300,864000,7,2,3,1,4]]},"
      + "{\"rrtype\":\"MX\",\"colour\":\"mx\",\"bars\":["
      + "[0,\"10 mx.example.net.\",\"mx.example.net\",0,86300,0,9007199254740992]]}"
      + "],\"unicode\":{}}"
    #expect(TimelineJSONTests.json(bars) == expected)
  }

  @Test func writesNothingAsNothing() {
    let json = TimelineJSONTests.json([], hasMore: true)
    #expect(json.hasSuffix("\"more\":true,\"trail\":\"a\\\"b\",\"groups\":[],\"unicode\":{}}"))
  }

  @Test(arguments: ["\"],[<script>", "\\", "\u{0}\n\u{2028}", "é\u{202E}"])
  func escapesForeignText(text: String) {
    let bar = TimelineBar(
      rrname: text, rrtype: .txt, rdata: text, first: 1, last: 1, count: 1, days: [])
    let other = TimelineBar(
      rrname: "x", rrtype: .txt, rdata: "x", first: 1, last: 1, count: 1, days: [])
    let (json, plain) = (TimelineJSONTests.json([bar]), TimelineJSONTests.json([other]))
    #expect(json.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(TimelineJSONTests.bareQuotes(json) == TimelineJSONTests.bareQuotes(plain))
  }

  /// Quotes that no backslash escapes.
  private static func bareQuotes(_ json: String) -> Int {
    var quotes = 0
    var isEscaped = false
    for octet in json.utf8 {
      if octet == UInt8(ascii: "\""), !isEscaped { quotes += 1 }
      isEscaped = octet == UInt8(ascii: "\\") && !isEscaped
    }
    return quotes
  }

  @Test func namesInBothForms() {
    let bar = TimelineBar(
      rrname: "xn--bcher-kva.example", rrtype: .a, rdata: "192.0.2.1", first: 1, last: 1, count: 1,
      days: [])
    let json = TimelineJSONTests.json([bar])
    #expect(json.hasSuffix("\"unicode\":{\"xn--bcher-kva.example\":\"b\\u00fccher.example\"}}"))
  }

  @Test func staysSmallWithFiveThousandBars() {
    var random = SplitMix(seed: 7)
    var bars: [TimelineBar] = []
    for number in 0..<5_001 {
      let last = 1_728_000_000 - UnixSeconds(random.next() % 60_000_000)
      let first = last - UnixSeconds(random.next() % 40_000_000)
      let span = last / 86_400 - first / 86_400
      let days = (0..<12).map { _ in first / 86_400 + UnixDay(random.next() % UInt64(span + 1)) }
      bars.append(
        TimelineBar(
          rrname: "www.example.com", rrtype: number % 2 == 0 ? .a : .aaaa,
          rdata: number % 2 == 0 ? "192.0.2.\(number)" : "2001:db8::\(number)", first: first,
          last: last, count: random.next() % 100_000, days: days))
    }
    let json = TimelineJSON(
      bars, asked: "www.example.com", after: nil, before: nil, now: 1_728_000_000, hasMore: false,
      trail: "")
    #expect(json.count == TimelineJSON.barsMax)
    let text = String(decoding: json.octets.prefix(200), as: UTF8.self)
    #expect(text.contains("\"more\":true"))
    // Digits pack to a quarter: less than 150 KB on the way.
    #expect(json.octets.count < 520_000, "\(json.octets.count) octets")
  }

  /// Random numbers that are the same each time.
  private struct SplitMix {
    var seed: UInt64

    mutating func next() -> UInt64 {
      seed &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (seed ^ (seed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
