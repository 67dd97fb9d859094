import Testing
import TidemarkModel

@Suite struct CSVLayoutTests {
  @Test(
    arguments: [
      ("columns=rrname,rrtype", .missingField(.rdata)),
      ("columns=rrname,rrtype,rdata", .noTime),
      ("columns=rrname,rrtype,rdata,time_first,colour", .unknownField("colour")),
      ("columns=rrname,rrname,rdata", .repeatedField(.rrname)),
      ("columns=rrname,rrtype,rdata,time_first;rrname=2", .repeatedField(.rrname)),
      ("colums=rrname", .unknownOption("colums")),
      ("header=yes;header=yes", .repeatedOption("header")),
      ("header", .noValue(option: "header")),
      ("header=", .noValue(option: "header")),
      ("header=maybe", .badHeader("maybe")),
      ("delimiter=||", .badDelimiter("||")),
      ("delimiter=\u{7F}", .badDelimiter("\u{7F}")),
      ("quote=''", .badQuote("''")),
      ("quote=|;delimiter=pipe;columns=rrname,rrtype,rdata,time_last", .badQuote("|")),
      ("rrname=domain;rrtype=2;rdata=3;time_first=4", .nameNeedsHeader("domain")),
      ("rrname=0", .badColumn("0")),
      ("rrname=1001", .badColumn("1001")),
      ("rrname=99999999999999999999", .badColumn("99999999999999999999")),
      ("time=fast", .badTime("fast")),
      ("time=%Y-%m", .badTime("%Y-%m")),
      ("time=%Y-%m-%d %Y", .badTime("%Y-%m-%d %Y")),
      ("time=%Y-%m-%d %M", .badTime("%Y-%m-%d %M")),
      ("time=%Y-%m-%d %q", .badTime("%Y-%m-%d %q")),
      ("time=%Y-%m-%d %", .badTime("%Y-%m-%d %")),
      ("time=%s %H", .badTime("%s %H")),
      ("", .missingField(.rrname)),
    ] as [(String, CSVLayoutError)])
  func refusesWithReason(_ text: String, _ reason: CSVLayoutError) {
    #expect(throws: reason) { try CSVLayout(text: text) }
  }

  @Test func saysWhatIsWrong() {
    #expect("\(CSVLayoutError.nameNeedsHeader("domain"))".contains("header=yes"))
    #expect("\(CSVLayoutError.unknownField("colour"))".contains("time_first"))
    #expect("\(CSVLayoutError.badTime("fast"))".contains("%Y"))
  }

  @Test func optionsOfAConfigurationAreThoseOfOneText() throws {
    let text = " columns = rrname, rrtype,rdata ,-,time_first ; delimiter=tab;; time=%d.%m.%Y "
    let options = [
      ("columns", "rrname,rrtype,rdata,,time_first"), ("delimiter", "\t"), ("time", "%d.%m.%Y"),
    ]
    let layout = try CSVLayout(text: text)
    #expect(try CSVLayout(options: options) == layout)
    #expect(
      try CSVLayout(text: "rrname=1;rrtype=2;rdata=3;time_first=5;delimiter=\\t;time=%d.%m.%Y")
        == layout)
    #expect(try CSVLayout(text: "header=yes") != CSVLayout(options: options))
  }
}
