import Testing
import TidemarkModel
import TidemarkTesting

@Suite struct CSVReaderTests {
  private static let plain = "columns=rrname,rrtype,rdata,time_first,time_last,count,sensor"
  private static let row = "www.example.com. A 192.0.2.1 1496995637 1499951111 6 sensor=s1"

  private static func read(_ layout: String, _ text: String) throws -> [String] {
    FeedTranscript(CSVReader(layout: try CSVLayout(text: layout), now: COFTranscript.now), text)
      .lines
  }

  @Test(
    arguments: [
      (plain, "WWW.example.com.,a,192.0.2.1,1496995637,1499951111,6,s1\n"),
      (plain, "www.example.com,1,192.0.2.1,1496995637.9,1499951111.2,6,s1,more\r\n"),
      (plain, "\n  \r\n\"www.example.com\", A ,\"192.0.2.1\",1496995637,1499951111,\"6\",s1"),
      (plain + ";delimiter=tab", "www.example.com\tA\t192.0.2.1\t1496995637\t1499951111\t6\ts1"),
      (plain + ";delimiter=|", "www.example.com|A|192.0.2.1|1496995637|1499951111|6|s1"),
      (
        plain + ";delimiter=semicolon;quote=none",
        "www.example.com;A;192.0.2.1;1496995637;1499951111;6;s1"
      ),
      (plain + ";time=ms", "www.example.com,A,192.0.2.1,1496995637999,1499951111000,6,s1"),
      (plain + ";time=us", "www.example.com,A,192.0.2.1,1496995637999000,1499951111000000,6,s1"),
      (
        plain + ";time=ns",
        "www.example.com,A,192.0.2.1,1496995637999000000,1499951111000000001,6,s1"
      ),
      (plain + ";time=guess", "www.example.com,A,192.0.2.1,1496995637999,1499951111,6,s1"),
      (
        plain + ";time=guess",
        "www.example.com,A,192.0.2.1,1496995637999000,1499951111000000000,6,s1"
      ),
      (
        plain + ";time=iso",
        "www.example.com,A,192.0.2.1,2017-06-09T08:07:17Z,2017-07-13 15:05:11.5+0200,6,s1"
      ),
      (
        plain + ";time=iso",
        "www.example.com,A,192.0.2.1,2017-06-09 08:07:17,2017-07-13T13:05:11,6,s1"
      ),
      (
        plain + ";time=%d/%m/%YT%H:%M:%S.%f %z",
        "www.example.com,A,192.0.2.1,9/6/2017T8:07:17.1 Z,13/07/2017T14:05:11.123456 +01:00,6,s1"
      ),
      (plain + ";time=@%s%%", "www.example.com,A,192.0.2.1,@1496995637%,@1499951111%,6,s1"),
      (
        "header=yes",
        "sensor,colour,count,time_last,time_first,rdata,rrtype,RRName\n"
          + "s1,blue,6,1499951111,1496995637,192.0.2.1,A,www.example.com\n"
      ),
      (
        "header=yes;rrname=Domain Name;rrtype=3;rdata=answer;time_last=last;time_first=first;"
          + "sensor=where;count=n",
        "\u{FEFF}\"domain name\",ANSWER,type,first,last,n,where,n\r\n"
          + "www.example.com,192.0.2.1,A,1496995637,1499951111,6,s1,7\r\n"
      ),
      (
        "columns=-,sensor,,rrname,rrtype,count,rdata,time_last,time_first",
        "x,s1,y,www.example.com,A,6,192.0.2.1,1499951111,1496995637"
      ),
    ] as [(String, String)])
  func readsEveryShapeOfARecord(_ layout: String, _ text: String) throws {
    #expect(try Self.read(layout, text) == [Self.row])
  }

  @Test func countIsOneAndEitherTimeServesForBoth() throws {
    let row = "www.example.com. A 192.0.2.1 1496995637 1496995637 1"
    let record = "www.example.com,A,192.0.2.1,1496995637"
    #expect(try Self.read("columns=rrname,rrtype,rdata,time_first", record) == [row])
    #expect(try Self.read("columns=rrname,rrtype,rdata,time_last", record) == [row])
    #expect(try Self.read(Self.plain, record + ",,,") == [row])
    #expect(try Self.read(Self.plain, record) == [row])
  }

  @Test(
    arguments: [
      ("TXT", "\"\"\"one\"\" \"\"two;,\"\" \"", "TXT \"one\" \"two;,\""),
      ("NS", "\"\"", "malformed bad-rdata"),
      ("TXT", "v=spf1 -all", "TXT lossy(v=spf1 -all)"),
      ("TXT", "v=spf1", #"TXT "v=spf1""#),
      ("MX", "10 Mail.example.com", "MX 10 mail.example.com"),
      ("MX", "Mail.example.com", "MX lossy(mail.example.com)"),
      ("A", "192.0.2.1.", "A 192.0.2.1"),
      ("A", "192.0.2", "malformed bad-rdata"),
      ("TYPE65280", ##"\# 1 00"##, ##"TYPE65280 \# 1 00"##),
      // Behind a closing quote, though nothing may stand there.
      ("CNAME", #""a.exa"mple"#, "CNAME a.example"),
    ] as [(String, String, String)])
  func readsRDataOfEveryDialect(_ type: String, _ cell: String, _ line: String) throws {
    let lines = try Self.read(
      "columns=rrname,rrtype,rdata,time_first", "a.example,\(type),\(cell),1496995637\n")
    let isRow = !line.hasPrefix("malformed")
    #expect(lines == [isRow ? "a.example. \(line) 1496995637 1496995637 1" : line])
  }

  @Test func lineEndsInQuotesArePartOfTheCell() throws {
    let text =
      "\"x\r\ny\n\"\"z\",a.example,A,192.0.2.1,1496995637\nq\"q,b.example,A,192.0.2.2,1496995637\n"
    let lines = try Self.read("columns=-,rrname,rrtype,rdata,time_first", text)
    #expect(
      lines == [
        "a.example. A 192.0.2.1 1496995637 1496995637 1",
        "b.example. A 192.0.2.2 1496995637 1496995637 1",
      ])
  }

  @Test(
    arguments: [
      ("a.example,A", "malformed missing-field"),
      ("a.example,A,192.0.2.1", "malformed missing-field"),
      ("a.example,A,192.0.2.1,,,1", "malformed missing-field"),
      ("a..example,A,192.0.2.1,1496995637", "malformed bad-name"),
      (",A,192.0.2.1,1496995637", "malformed bad-name"),
      ("a.example,ABC,192.0.2.1,1496995637", "malformed bad-type"),
      ("a.example,ANY,192.0.2.1,1496995637", "filtered meta-type"),
      ("a.example,NS,,1496995637", "malformed bad-rdata"),
      ("a.example,A,192.0.2.1,then", "malformed bad-time"),
      ("a.example,A,192.0.2.1,-1496995637", "malformed bad-time"),
      ("a.example,A,192.0.2.1,0", "dropped time-out-of-range"),
      ("a.example,A,192.0.2.1,1900000000", "dropped time-out-of-range"),
      ("a.example,A,192.0.2.1,1496995637,1496995636", "malformed times-reversed"),
      ("a.example,A,192.0.2.1,1496995637,,0", "malformed bad-count"),
      ("a.example,A,192.0.2.1,1496995637,,few", "malformed bad-count"),
      ("a.example,A,192.0.2.1\u{0},1496995637", "malformed not-text"),
      ("\"a.example,A,192.0.2.1,1496995637", "malformed truncated"),
    ] as [(String, String)])
  func refusesWithReason(_ record: String, _ reason: String) throws {
    #expect(try Self.read(Self.plain, record) == [reason])
  }

  @Test func refusesWhatIsNotUTF8() throws {
    let reader = CSVReader(layout: try CSVLayout(text: Self.plain), now: COFTranscript.now)
    let octets = Array("a.example,TXT,".utf8) + [0xC3, 0x28] + Array(",1496995637\n".utf8)
    #expect(FeedTranscript(reader, chunks: [octets[...]]).lines == ["malformed not-text"])
  }

  @Test func refusesRecordsWhenTheHeaderLacksAColumn() throws {
    let lines = try Self.read("header=yes", "rrname,rrtype,time_first\na,A,1\nb,A,1\n")
    #expect(lines == ["malformed no-such-column", "malformed no-such-column"])
  }

  @Test func takesTheHeaderFromTheHead() throws {
    let head = Array("rdata,rrtype,rrname,time_first\n192.0.2.9,A,z.example,1".utf8)
    let layout = try CSVLayout(text: "header=yes")
    var reader = CSVReader(layout: layout, now: COFTranscript.now)
    reader.prime(head.span)
    #expect(
      FeedTranscript(reader, "192.0.2.1,A,a.example,1496995637\n").lines == [
        "a.example. A 192.0.2.1 1496995637 1496995637 1"
      ])
  }

  @Test func skipsRecordsThatAreTooLong() throws {
    let layout = try CSVLayout(text: "columns=rrname,rrtype,rdata,time_first")
    let reader = CSVReader(layout: layout, now: COFTranscript.now, recordOctetsMax: 40)
    let good = "a.example,A,192.0.2.1,1496995637\n"
    let long = String(repeating: "x", count: 50)
    let text = good + long + "\n" + good + "\"" + long + "\"\n" + good + "\"" + long
    let row = "a.example. A 192.0.2.1 1496995637 1496995637 1"
    #expect(
      FeedTranscript(reader, text).lines == [
        row, "malformed too-long", row, "malformed too-long", row, "malformed too-long",
      ])
    FeedTranscript.expectSameForEveryCut(reader, Array(text.utf8))
  }

  @Test func stepsDoNotDependOnCuts() throws {
    let text =
      "\u{FEFF}rrname,rrtype,rdata,time_first,count\r\n\"a.example\",A,192.0.2.1,1496995637,1\r\n"
      + "\r\n\"x\n\"\"y\",TXT,\"\"\"one\"\" \"\"two\"\"\",1496995637,\nb.example,A,192.0.2.1,1\n"
      + "c.example,MX,\"10 \"m\",1496995637\n\"open\n"
    let layout = try CSVLayout(text: "header=yes")
    FeedTranscript.expectSameForEveryCut(
      CSVReader(layout: layout, now: COFTranscript.now), Array(text.utf8))
  }

  @Test func mutationsNeverTrapAndChunksMakeNoDifference() throws {
    let text =
      "rrname,rrtype,rdata,time_first,count\na.example,A,192.0.2.1,1496995637,1\n"
      + "b.example,TXT,\"\"\"one\"\" \"\"two\"\"\",1496995637,\n"
    let layout = try CSVLayout(text: "header=yes")
    FeedTranscript.expectSameForMutations(
      CSVReader(layout: layout, now: COFTranscript.now), text, alphabet: "\"\",\n\r 0a",
      seed: 0x6373)
  }
}

/// Two readers for one file: a log of passivedns is text with the delimiter `|`, every other cell
/// of it empty.
@Suite(.enabled(if: SharedData.has("open/logs"))) struct CSVSampleTests {
  private static let layout =
    "columns=time_first,,,,,,,,rrname,,rrtype,,rdata,,,,count;delimiter=pipe;quote=none"

  @Test(arguments: ["mercury__top-https", "packets__dns_lab", "slips__test-cc-capture-2"])
  func agreesWithTheReaderOfTheLog(_ name: String) throws {
    let octets = try SharedData.octets("open/logs/passivedns/\(name).log")
    let reader = CSVReader(layout: try CSVLayout(text: Self.layout), now: COFTranscript.now)
    let lines = FeedTranscript(reader, chunks: [octets[...]]).lines
    let rows = PassiveDNSLogTranscript(octets).rows.map { $0.replacing(" client", with: "") }
    #expect(rows.count >= 30)
    #expect(lines == rows)
  }
}
