import DNSWire
import TidemarkEnrichment
import TidemarkModel

/// An answer of our own data as it is kept: a JSON object a line.
struct AnswerLines {
  /// A value of a member.
  enum Value {
    case text(String)
    case name(DomainName)
    case integer(UInt64)
    case flag(Bool)
    case list([String])
    case none

    static func count(_ number: Int) -> Value { .integer(UInt64(clamping: number)) }
    static func day(_ day: UnixDay) -> Value { .text(AnswerLines.text(of: day)) }
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .none }
  }

  private var octets: [UInt8] = []
  private var isCut = false

  /// Adds a line; those that do not fit are left out.
  mutating func append(_ members: KeyValuePairs<String, Value>) {
    guard octets.count < LibraryLimits.rawOctetsMax else {
      isCut = true
      return
    }
    octets.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { octets.append(UInt8(ascii: ",")) }
      JSONText.appendQuoted(Array(member.key.utf8).span, to: &octets)
      octets.append(UInt8(ascii: ":"))
      append(member.value)
    }
    octets += [UInt8(ascii: "}"), ASCII.lineFeed]
  }

  private mutating func append(_ value: Value) {
    switch value {
    case .text(let text): JSONText.appendQuoted(Array(text.utf8).span, to: &octets)
    case .name(let name):
      JSONText.appendString(to: &octets) {
        DomainName.appendText(of: name.wire.span, finalDot: false, to: &$0)
      }
    case .integer(let number): ASCII.appendDecimal(number, to: &octets)
    case .flag(let flag): ASCII.append(flag ? "true" : "false", to: &octets)
    case .none: ASCII.append("null", to: &octets)
    case .list(let texts):
      octets.append(UInt8(ascii: "["))
      for (index, text) in texts.enumerated() {
        if index > 0 { octets.append(UInt8(ascii: ",")) }
        append(.text(text))
      }
      octets.append(UInt8(ascii: "]"))
    }
  }

  /// What is kept with the result.
  var raw: RawAnswer {
    RawAnswer(contentType: AnswerLines.contentType, octets: octets, isCut: isCut)
  }

  /// JSON objects, one a line.
  static let contentType = "application/x-ndjson"

  /// `2025-01-31`.
  static func text(of day: UnixDay) -> String {
    var out: [UInt8] = []
    TextDay.append(day, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
