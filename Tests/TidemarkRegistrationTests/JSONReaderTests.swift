import Testing
import TidemarkRegistration

/// JSON of servers that nobody vouches for: what is read of it, and what reading it costs.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct JSONReaderTests {
  private func read(_ text: String) -> JSONValue? { read(Array(text.utf8)) }

  private func read(_ octets: [UInt8]) -> JSONValue? {
    try? JSONValue.parse(octets, octetsMax: octets.count)
  }

  @Test func readsEveryKind() {
    let text =
      "\u{FEFF} {\"a\": [null, true, false, -12, 1.5e1, \"x\"], \"b\": {}, \"c\": []}\r\n\t"
    #expect(
      read(text)
        == .object([
          "a": .array([.null, .bool(true), .bool(false), .whole(-12), .number(15), .string("x")]),
          "b": .object([:]), "c": .array([]),
        ]))
    #expect(read("9223372036854775807") == .whole(Int.max))
    #expect(read("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(read(#"{"a":1,"\u0061":2}"#) == .object(["a": .whole(1)]))
    #expect(read("[1,]") == .array([.whole(1)]))
  }

  @Test func readsEscapes() {
    #expect(read(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#) == .string("\"\\/\u{8}\u{C}\n\r\té😀é"))
  }

  @Test(arguments: [
    "", " ", "[", "{", "]", "[1", "[1 2]", "[,]", "{\"a\"}", "{\"a\":}", "{1:1}", "\"a", "\"\\",
    "\"\\u00\"", "tru", "nulll", "1 1", "[1}", "{\"a\":1]", "+1", ".5", "'a'",
  ])
  func refusesWrongStructure(_ text: String) { #expect(read(text) == nil) }

  /// One wrong string or number is null, and does not cost the rest.
  @Test(arguments: [
    "01", "-", "1.", "1e", "1e+", "1-2", "1e999", "\"\u{1}\"", #""\x""#, #""\ud800""#,
    #""\ude00""#, #""\ud800\u0041""#, #""\u00zz""#, #"{"\ud800":1}"#,
  ])
  func whatIsWrongInItselfIsNull(_ text: String) {
    #expect(read("[\(text),2]") == .array([.null, .whole(2)]))
  }

  @Test func whatIsNotUTF8IsNull() {
    for octets: [UInt8] in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] {
      #expect(read([0x5B, 0x22] + octets + [0x22, 0x5D]) == .array([.null]))
    }
  }

  @Test func isBoundInDepth() {
    func nested(_ count: Int) -> [UInt8] {
      Array((String(repeating: "[", count: count) + String(repeating: "]", count: count)).utf8)
    }
    #expect(read(nested(RegistrationLimits.nestingMax)) != nil)
    #expect(throws: RDAPError.nestedTooDeep) {
      try JSONValue.parse(nested(RegistrationLimits.nestingMax + 1))
    }
  }

  // MARK: work

  private static func list(_ element: String) -> @Sendable (Int) -> String {
    { "[" + String(repeating: element + ",", count: $0 / (element.utf8.count + 1)) + "0]" }
  }

  /// Answers of some length, by what they have much of.
  private static let shapes: [String: @Sendable (Int) -> String] = [
    "arrays": list("[]"), "objects": list("{}"), "members": list("{\"\":1}"),
    "nests": list(String(repeating: "[", count: 30) + String(repeating: "]", count: 30)),
    "strings": list("\"\""), "whole numbers": list("1"), "fractions": list("1.5e3"),
    "wrong numbers": list("1-"), "wrong strings": list(#""\ud800""#),
    "huge numbers": list("1e999"),
    "escapes": { "\"" + String(repeating: #"\u00e9"#, count: $0 / 6) + "\"" },
    "digits": { String(repeating: "1", count: $0) },
    "names": { "{\"" + String(repeating: "k", count: $0) + "\":1}" },
    "many names": { "{" + (0..<($0 / 10)).map { "\"\($0)\":1," }.joined() + "\"\":1}" },
  ]

  /// Eight times the answer costs some eight times as much; quadratic work costs 64 times.
  @Test(arguments: shapes.keys.sorted())
  func growsWithTheAnswer(_ name: String) throws {
    let shape = try #require(Self.shapes[name])
    func cost(_ count: Int) -> Duration {
      let octets = Array(shape(count).utf8)
      return processorCost { _ = try? JSONValue.parse(octets, octetsMax: octets.count) }
    }
    let (small, large) = (cost(32_000), cost(256_000))
    // Below some milliseconds the machine is measured.
    #expect(large < max(small, .milliseconds(10)) * 24, "\(name): \(small), \(large)")
  }
}
