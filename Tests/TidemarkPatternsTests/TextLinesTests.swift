import Testing
import TidemarkPatterns

@Suite struct TextLinesTests {
  @Test func findsTheMatchingLines() throws {
    let lines = TextLines(capacity: 1)
    for text in ["a.", "", "b.", "ab.", "", "ba."] { lines.append(Array(text.utf8).span) }
    var hits: [UInt32] = []
    func found(_ pattern: String) throws -> [UInt32] {
      try Pattern(regex: pattern).find(in: lines, &hits)
      return hits
    }
    #expect(try found("a") == [0, 3, 5])
    #expect(try found("^a") == [0, 3])
    #expect(try found("a\\.$") == [0, 5])
    #expect(try found("^$") == [1, 4])
    #expect(try found("x*") == [0, 1, 2, 3, 4, 5])
    #expect(try found("c") == [])
    // Nothing reaches over the end of a line.
    #expect(try found("\\.[^x]") == [])
    #expect(try found("\\.\\s") == [])
    #expect(try found("\\.\\W") == [])
    #expect(try found("\\.[[:space:]]") == [])
    lines.removeAll()
    #expect(try found("a") == [])
    lines.append(Array("last a.".utf8).span)
    #expect(try found("a\\.$") == [0])
    #expect(lines.withLine(0) { $0.count } == 7)
  }

  @Test func takesALineFeedForABlank() throws {
    let text = Array("one\ntwo".utf8)
    let hasBlank = try Pattern(regex: "e two$").matches(text.span)
    let hasLine = try Pattern(regex: "^two").matches(text.span)
    #expect(hasBlank)
    #expect(!hasLine)
  }

  @Test func knowsWhenItIsFull() {
    let lines = TextLines()
    let text = [UInt8](repeating: 0x61, count: 1_000)
    while !lines.isFull { lines.append(text.span) }
    #expect(lines.count == (TextLines.octetsFull + 1_000) / 1_001)
  }

  /// The same patterns on the same texts, one by one and joined.
  @Test func agreesWithSearchesOneByOne() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(state: seed)
    let parts = [
      "a", "b", ".", "^", "$", "(a|b)", "[ab]", "[^a]", "x", "\\.", "a*", ".*", "\\b", "\\W", "b+",
      "(",
      ")", "|", "a{2}", "\\s", "[[:punct:]]",
    ]
    var compared = 0
    for _ in 0..<2_000 {
      let pattern = (0..<random.below(5) + 1).map { _ in parts[random.below(parts.count)] }.joined()
      guard let compiled = try? Pattern(regex: pattern) else { continue }
      let lines = TextLines()
      var texts: [[UInt8]] = []
      for _ in 0..<random.below(20) + 1 {
        texts.append((0..<random.below(6)).map { _ in Array("abx. ".utf8)[random.below(5)] })
      }
      for text in texts { lines.append(text.span) }
      var hits: [UInt32] = []
      try compiled.find(in: lines, &hits)
      var expected: [Int] = []
      for (index, text) in texts.enumerated() where try compiled.matches(text.span) {
        expected.append(index)
      }
      #expect(hits.map(Int.init) == expected, "seed \(seed), pattern \(pattern)")
      compared += 1
    }
    #expect(compared > 500, "seed \(seed)")
  }
}

/// The same numbers for the same seed (splitmix64).
struct Random {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}
