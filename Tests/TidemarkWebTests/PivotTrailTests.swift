import TidemarkWeb
import Testing

struct PivotTrailTests {
  @Test func readsWhatItWrites() {
    var trail = PivotTrail()
    for value in ["example.com", "192.0.2.1", "2001:db8::1", "a~b%.example.com", "\"v=spf1 -all\""]
    {
      trail = trail.appending(value)
    }
    #expect(trail.text.hasPrefix("example.com~192.0.2.1~2001:db8::1~a%7Eb%25.example.com~%22v"))
    #expect(PivotTrail(text: trail.text) == trail)
  }

  @Test func theOldestAreDropped() {
    var trail = PivotTrail()
    for number in 0..<30 { trail = trail.appending("n\(number).example.com") }
    #expect(trail.values.count == PivotTrail.valuesMax)
    #expect(trail.values.first == "n10.example.com" && trail.values.last == "n29.example.com")
    let long = String(repeating: "a", count: 900)
    trail = trail.appending(long).appending(long + "b").appending(long + "c")
    #expect(trail.values.map(\.count) == [901, 901])
  }

  @Test(
    "leaves out what cannot be read",
    arguments: [
      ("", []), ("~~", []), ("a%", []), ("a%4", []), ("%zz~b", ["b"]), ("%FF~b", ["b"]),
      ("a~a~b~a", ["a", "b", "a"]), ("%41", ["A"]), ("x%00y", ["x\0y"]),
    ] as [(String, [String])])
  func leavesOut(_ text: String, _ values: [String]) {
    #expect(PivotTrail(text: text).values == values)
  }

  @Test func aTextThatIsFarTooLongIsNoTrail() {
    let text = String(repeating: "a~", count: 10_000)
    #expect(PivotTrail(text: text).isEmpty)
    #expect(PivotTrail(text: nil).isEmpty)
  }

  @Test func linksGoOneStepFurther() {
    let trail = PivotTrail(text: "example.com")
    #expect(
      trail.link(to: "192.0.2.1", from: "www.example.com")
        == "/ui/search?q=192.0.2.1&trail=example.com~www.example.com")
    // A page that shows the same value otherwise is no step.
    #expect(
      trail.link(to: "192.0.2.1", from: "192.0.2.1", path: "/ui/graph")
        == "/ui/graph?q=192.0.2.1&trail=example.com")
    #expect(trail.upTo(0).isEmpty && trail.upTo(1) == trail && trail.upTo(-1).isEmpty)
  }

  @Test func everyStepBackHasTheTrailInFrontOfIt() {
    let markup = PivotTrail(text: "a.example~b.example").markup(current: "c.example")
    #expect(markup.contains("href=\"/ui/search?q=a.example\">a.example</a>"))
    #expect(
      markup.contains(
        "data-key=\"b\" href=\"/ui/search?q=b.example&amp;trail=a.example\">b.example</a>"))
    #expect(markup.contains("aria-current=\"page\">c.example</span>"))
    #expect(PivotTrail().markup(current: "c.example").isEmpty)
  }

  @Test func foreignTextStaysText() {
    let hostile = "\"><script>alert(1)</script>"
    let markup = PivotTrail().appending(hostile).markup(current: hostile)
    #expect(!markup.contains("<script") && markup.contains("&lt;script&gt;"))
    #expect(markup.count(where: { $0 == "<" }) == markup.count(where: { $0 == ">" }))
  }

  @Test func listsAreReadUpToABound() {
    let values = ["a", "b~", "c"]
    #expect(PivotTrail.list(PivotTrail.text(of: values), most: 9) == values)
    #expect(PivotTrail.list("a~b~c", most: 2) == ["a", "b"])
    #expect(PivotTrail.list("", most: 2).isEmpty)
  }
}
