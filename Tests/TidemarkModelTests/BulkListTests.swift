import DNSWire
import Testing
import TidemarkModel

@Suite struct BulkListTests {
  private func keys(_ text: [UInt8], cutAt size: Int) -> [BulkList.Step] {
    var list = BulkList()
    var steps: [BulkList.Step] = []
    var start = 0
    while start < text.count {
      let chunk = Array(text[start..<min(start + size, text.count)])
      var at = 0
      while case let step = list.next(chunk.span, at: &at), step != .needsInput {
        steps.append(step)
      }
      start += size
    }
    while case let step = list.finish(), step != .needsInput { steps.append(step) }
    return steps
  }

  @Test(arguments: [1, 2, 3, 7, 100, 100_000])
  func takesOneKeyALineWhereverItIsCut(_ size: Int) {
    let long = [UInt8](repeating: 0x61, count: BulkList.lineOctetsMax + 1)
    let text =
      Array("www.example.com\r\n\n  # note\n#x\n  192.0.2.0/24 \n".utf8) + long
      + Array("\n\"v=spf1 -all\"\nlast.example".utf8)
    #expect(
      keys(text, cutAt: size) == [
        .key("www.example.com"), .key("192.0.2.0/24"), .tooLong, .key("\"v=spf1 -all\""),
        .key("last.example"),
      ])
  }

  @Test func saysHowAKeyEnded() {
    var out: [UInt8] = []
    let invalid = BulkStatus(
      key: "hxxp://\u{1B}x/", value: "\u{1B}x", state: .invalid, reason: "not \"a\" name\n")
    invalid.appendText(to: &out)
    invalid.appendJSON(to: &out)
    BulkStatus(key: "a", value: "a", state: .limited, rows: 7).appendText(to: &out)
    BulkStatus(key: "b", value: "b", state: .failed, rows: 2, reason: "gone").appendText(to: &out)
    #expect(
      String(decoding: out, as: UTF8.self) == #"""
        hxxp://\027x/ (\027x): invalid: not "a" name\010
        {"key":"hxxp://\u001bx/","value":"\u001bx","status":"invalid","rows":0,"error":"not \#
        \"a\" name\u000a"}
        a: 7 rows, limited
        b: failed after 2 rows: gone

        """#)
  }

  @Test func addsUpByType() {
    var sums = LookupSums()
    sums.add(TextRow(rrtype: .a, timeFirst: 50, timeLast: 60, count: .max))
    sums.add(TextRow(rrtype: .a, timeFirst: 40, timeLast: 45, count: 2))
    sums.add(TextRow(rrtype: .ns, timeFirst: 70, timeLast: 80, count: 3))
    var out: [UInt8] = []
    sums.appendTable(times: .epoch, to: &out)
    sums.appendJSON(to: &out)
    LookupSums().appendJSON(to: &out)
    #expect(
      String(decoding: out, as: UTF8.self) == """
        TYPE  ROWS                 COUNT
        A        2  18446744073709551615
        NS       1                     3
        all      3  18446744073709551615
        first seen  40
        last seen   80
        {"rows":3,"count":9223372036854775807,"time_first":40,"time_last":80,"rrtypes":[\
        {"rrtype":"A","rows":2,"count":9223372036854775807},{"rrtype":"NS","rows":1,"count":3}]}
        {"rows":0,"count":0,"rrtypes":[]}

        """)
  }
}
