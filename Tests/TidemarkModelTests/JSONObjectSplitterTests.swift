import Testing
import TidemarkModel

struct JSONObjectSplitterTests {
  private func objects(_ text: String) -> [String] {
    let octets = Array(text.utf8)
    return JSONObjectSplitter(octets.span).objects.map {
      String(decoding: octets[$0], as: UTF8.self)
    }
  }

  @Test func bracesInStringsDoNotCount() {
    #expect(objects(#"{"a":"}{"}{"b":"\"}"}"#) == [#"{"a":"}{"}"#, #"{"b":"\"}"}"#])
    #expect(objects(#"[{"a":[{"b":1},{"c":2}]}, {}]"#) == [#"{"a":[{"b":1},{"c":2}]}"#, "{}"])
  }

  @Test func anObjectCutShortCostsItself() {
    #expect(objects("{\"a\":1,\n{\"b\":2}\n") == ["{\"b\":2}"])
    #expect(objects("{\"a\":\"x\n{\"b\":2}\n") == ["{\"b\":2}"])
    #expect(objects(String(repeating: "{\"a\":[", count: 1_000)).isEmpty)
  }
}
