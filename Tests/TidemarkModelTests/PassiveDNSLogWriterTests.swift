import DNSWire
import Testing
import TidemarkModel

@Suite struct PassiveDNSLogWriterTests {
  /// Reads one row as JSON and writes it as lines of the log; nil when it cannot be said.
  private static func written(
    _ rrname: String, _ type: String, _ rdata: String, first: Int = 1_600_000_000,
    last: Int = 1_600_000_000, count: Int = 1
  ) throws -> (text: String, refusal: PassiveDNSLogWriter.Refusal?) {
    let quoted = rdata.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
    let row =
      #"{"rrname":"\#(rrname)","rrtype":"\#(type)","rdata":"\#(quoted)","#
      + #""time_first":\#(first),"time_last":\#(last),"count":\#(count)}"#
    var reader = COFReader(now: COFTranscript.now)
    var observation = TextObservation()
    var at = 0
    let octets = Array(row.utf8)
    try #require(reader.next(octets.span, at: &at, into: &observation) == .observation)
    let item = try #require(observation.items.first)
    let fields = TextRow(
      rrtype: observation.rrtype, timeFirst: observation.timeFirst, timeLast: observation.timeLast,
      count: observation.count, vantage: observation.vantage(of: item, standard: .client))
    var out: [UInt8] = []
    var writer = PassiveDNSLogWriter()
    do throws(PassiveDNSLogWriter.Refusal) {
      try writer.append(
        fields, rrname: observation.rrname.span,
        rdata: observation.rdataOctets.span.extracting(item.range), to: &out)
      return (String(decoding: out, as: UTF8.self), nil)
    } catch {
      return (String(decoding: out, as: UTF8.self), error)
    }
  }

  @Test(
    arguments: [
      ("A", "192.0.2.1", "192.0.2.1"), ("AAAA", "2001:db8::1", "2001:db8::1"),
      ("CNAME", "b.example.net", "b.example.net."), ("NS", "ns.example.net", "ns.example.net."),
      ("MX", "10 mail.example.net", "mail.example.net."),
      ("SRV", "0 5 443 host.example.net", "host.example.net."),
      ("SOA", "ns.example.net host.example.net 1 2 3 4 5", "ns.example.net."),
      ("TXT", #""one two" "three""#, #""one two""#), ("TXT", #""a\"b" "c""#, #""a\"b""#),
    ])
  func writesWhatTheToolPrints(_ type: String, _ rdata: String, _ text: String) throws {
    let written = try Self.written("www.example.com", type, rdata)
    #expect(
      written.text == "1600000000.000000||||||IN||www.example.com.||\(type)||\(text)||0||1\n")
  }

  /// Whoever sums lines has first, last and count of the record.
  @Test func givesARecordOfTwoTimesTwoLines() throws {
    let text = try Self.written(
      "www.example.com", "A", "192.0.2.1", last: 1_600_000_900, count: 5
    ).text
    let rows = text.split(separator: "\n")
    #expect(rows.count == 2)
    let feed = PassiveDNSLogFeed(vantage: .client, now: COFTranscript.now)
    #expect(
      FeedTranscript(feed, text).lines == [
        "www.example.com. A 192.0.2.1 1600000000 1600000000 1 client",
        "www.example.com. A 192.0.2.1 1600000900 1600000900 4 client",
      ])
  }

  @Test func writesTheRoot() throws {
    let text = try Self.written(".", "NS", "a.root.example").text
    #expect(text == "1600000000.000000||||||IN||.||NS||a.root.example.||0||1\n")
  }

  @Test(arguments: ["HTTPS", "SVCB", "TYPE300", "DSYNC"])
  func refusesTypesThatReceiversLack(_ type: String) throws {
    let written = try Self.written("www.example.com", type, ##"\# 3 000000"##)
    #expect(written.refusal == .type)
    #expect(written.text.isEmpty)
  }

  @Test(arguments: ["a||b", "|a", "a|"])
  func refusesTextThatWouldBeAnotherColumn(_ rdata: String) throws {
    let written = try Self.written("www.example.com", "HINFO", rdata)
    #expect(written.refusal == .text)
    #expect(written.text.isEmpty)
  }

  @Test func refusesNamesWithTheDelimiter() throws {
    #expect(try Self.written("a||b.example.com", "A", "192.0.2.1").refusal == .text)
    #expect(try Self.written("a|b.example.com", "A", "192.0.2.1").refusal == nil)
  }
}
