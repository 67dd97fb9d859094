import DNSWire

/// Why octets are not one complete JSON value.
enum JSONFault: Error, Equatable {
  /// The octets end before the value does; nothing was wrong so far.
  case incomplete
  /// The octet at the offset cannot stand there.
  case malformed(Int)
}

/// A JSON value by its place in the text.
struct JSONValue: Equatable {
  enum Kind: UInt8 {
    /// No such member.
    case missing
    /// A string without escapes; the range leaves out the quotes.
    case string
    /// A string with escapes, all of them checked; the range leaves out the quotes.
    case escapedString
    case number
    case null
    /// `true`, `false`, an object or an array.
    case other
  }

  var kind: Kind
  var start: Int
  var end: Int

  static let missing = JSONValue(kind: .missing, start: 0, end: 0)

  var isString: Bool { kind == .string || kind == .escapedString }
  /// True when the member is absent or null.
  var isAbsent: Bool { kind == .missing || kind == .null }
}

/// A scanner of JSON text (RFC 8259) over octets: strict about strings, escapes, UTF-8 and
/// structure, bounded in depth, and without allocation.
package enum JSONText {
  /// Objects and arrays inside one another. Real rows nest two or three deep.
  static let depthMax = 32

  /// Moves `at` over blanks and line ends.
  @inline(__always)
  static func skipBlank(_ text: Span<UInt8>, at: inout Int) {
    while at < text.count {
      let octet = text[at]
      guard
        octet == ASCII.space || octet == ASCII.lineFeed || octet == ASCII.tab
          || octet == ASCII.carriageReturn
      else { return }
      at += 1
    }
  }

  /// Moves over blanks and returns the octet behind them.
  @inline(__always)
  static func nextOctet(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) -> UInt8 {
    if at < text.count, text[at] > ASCII.space { return text[at] }
    skipBlank(text, at: &at)
    guard at < text.count else { throw .incomplete }
    return text[at]
  }

  /// Reads any value; an object or array is checked and skipped.
  ///
  /// - Parameter depth: how deep the value lies; the text's own object is 0.
  static func value(
    _ text: Span<UInt8>, at: inout Int, depth: Int
  ) throws(JSONFault) -> JSONValue {
    let octet = try nextOctet(text, at: &at)
    switch octet {
    case ASCII.quote:
      return try string(text, at: &at)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return try number(text, at: &at)
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let start = at
      try skipNested(text, at: &at, depth: depth)
      return JSONValue(kind: .other, start: start, end: at)
    case UInt8(ascii: "n"):
      let start = at
      try literal(text, "null", at: &at)
      return JSONValue(kind: .null, start: start, end: at)
    default:
      let start = at
      try literal(text, octet == UInt8(ascii: "t") ? "true" : "false", at: &at)
      return JSONValue(kind: .other, start: start, end: at)
    }
  }

  /// Reads a number token; its grammar is that of RFC 8259 section 6.
  static func number(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) -> JSONValue {
    let start = at
    if text[at] == UInt8(ascii: "-") { at += 1 }
    try digits(text, at: &at)
    if at < text.count, text[at] == ASCII.dot {
      at += 1
      try digits(text, at: &at)
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") {
        at += 1
      }
      try digits(text, at: &at)
    }
    // A number that touches the end of the text may go on in the next chunk.
    guard at < text.count else { throw .incomplete }
    return JSONValue(kind: .number, start: start, end: at)
  }

  @inline(__always)
  private static func digits(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) {
    let start = at
    while at < text.count, ASCII.isDigit(text[at]) { at += 1 }
    guard at > start else {
      if at < text.count { throw .malformed(at) }
      throw .incomplete
    }
  }

  private static func literal(
    _ text: Span<UInt8>, _ word: StaticString, at: inout Int
  ) throws(JSONFault) {
    for index in 0..<word.utf8CodeUnitCount {
      guard at < text.count else { throw .incomplete }
      guard unsafe text[at] == word.utf8Start[index] else { throw .malformed(at) }
      at += 1
    }
  }

  /// Checks and skips an object or array at `at`.
  private static func skipNested(
    _ text: Span<UInt8>, at: inout Int, depth: Int
  ) throws(JSONFault) {
    guard depth < depthMax else { throw .malformed(at) }
    let isObject = text[at] == UInt8(ascii: "{")
    let closing = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    at += 1
    if try nextOctet(text, at: &at) == closing {
      at += 1
      return
    }
    while true {
      if isObject { _ = try key(text, at: &at) }
      _ = try value(text, at: &at, depth: depth + 1)
      if try isLast(text, at: &at, closing: closing) { return }
    }
  }

  /// Reads a member's name and the colon behind it.
  @inline(__always)
  static func key(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) -> JSONValue {
    guard try nextOctet(text, at: &at) == ASCII.quote else { throw .malformed(at) }
    let name = try string(text, at: &at)
    guard try nextOctet(text, at: &at) == UInt8(ascii: ":") else { throw .malformed(at) }
    at += 1
    return name
  }

  /// Reads a comma (false) or the closing bracket (true).
  @inline(__always)
  static func isLast(
    _ text: Span<UInt8>, at: inout Int, closing: UInt8
  ) throws(JSONFault) -> Bool {
    let octet = try nextOctet(text, at: &at)
    guard octet == closing || octet == UInt8(ascii: ",") else { throw .malformed(at) }
    at += 1
    return octet == closing
  }
}
