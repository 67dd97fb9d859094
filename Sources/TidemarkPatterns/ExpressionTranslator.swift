/// Brings a regular expression in the syntax of DNSDB's flexible search (FCRE) to RE2's.
///
/// Beyond FCRE these are taken: `\d \D \s \S \w \W \b \B`, and a backslash before any punctuation.
/// Nothing else is passed on, so that no construct of RE2 changes how lines are searched.
struct ExpressionTranslator {
  private var text: PatternText

  init(_ text: String) throws(PatternError) {
    self.text = try PatternText(text)
  }

  /// The expression in RE2's syntax.
  mutating func translate() throws(PatternError) -> [UInt8] {
    while let octet = text.take() {
      switch octet {
      case UInt8(ascii: "\\"): try translateEscape()
      case UInt8(ascii: "["): try text.translateClass(negation: UInt8(ascii: "^"))
      case UInt8(ascii: "("): try translateGroup()
      case UInt8(ascii: "{"): try translateBound()
      case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): try translateRepetition(octet)
      case UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "."), UInt8(ascii: "|"),
        UInt8(ascii: ")"):
        text.append(operator: octet)
      default: text.append(literal: octet)
      }
    }
    return text.translated
  }

  private mutating func translateEscape() throws(PatternError) {
    let offset = text.at - 1
    guard let octet = text.take() else {
      throw .malformed("it ends in a backslash that escapes nothing")
    }
    switch octet {
    case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "s"), UInt8(ascii: "S"),
      UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "b"), UInt8(ascii: "B"):
      text.append(operator: UInt8(ascii: "\\"))
      text.append(operator: octet)
    case 0x30...0x39:
      throw .unsupported(
        "back-references and numbers of characters are (the text \\032 is found by \\\\032)",
        offset: offset)
    case _ where PatternText.isLetterOrDigit(octet):
      let escape = String(decoding: [UInt8(ascii: "\\"), octet], as: UTF8.self)
      throw .unsupported("the escape \(escape) is", offset: offset)
    default: text.append(literal: octet)
    }
  }

  private mutating func translateGroup() throws(PatternError) {
    let offset = text.at - 1
    guard text.peek() != UInt8(ascii: "?") else {
      switch (text.peek(1), text.peek(2)) {
      case (UInt8(ascii: "="), _), (UInt8(ascii: "!"), _), (UInt8(ascii: "<"), UInt8(ascii: "=")),
        (UInt8(ascii: "<"), UInt8(ascii: "!")):
        throw .unsupported("look-ahead and look-behind are", offset: offset)
      default:
        throw .unsupported("groups that start with (? are (no group captures)", offset: offset)
      }
    }
    text.append(operator: UInt8(ascii: "("))
  }

  /// `{n}`, `{n,}` or `{n,m}`; a `{` before anything but a digit means itself.
  private mutating func translateBound() throws(PatternError) {
    guard PatternText.isDigit(text.peek()) else { return text.append(literal: UInt8(ascii: "{")) }
    let offset = text.at - 1
    text.append(operator: UInt8(ascii: "{"))
    var bounds = [0]
    while let octet = text.take() {
      text.append(operator: octet)
      switch octet {
      case UInt8(ascii: "}"):
        guard bounds.count == 1 || bounds[1] < 0 || bounds[0] <= bounds[1] else {
          throw .malformed("the { at character \(offset + 1) has its bounds the wrong way round")
        }
        return try refuseMark()
      case UInt8(ascii: ",") where bounds.count == 1:
        bounds.append(PatternText.isDigit(text.peek()) ? 0 : -1)
      case 0x30...0x39:
        // Patterns are short, but not so short that a number could not overflow.
        let last = bounds.count - 1
        bounds[last] = min(bounds[last] * 10 + Int(octet - 0x30), 1 << 20)
      default: throw .malformed("the { at character \(offset + 1) is not {n}, {n,} or {n,m}")
      }
    }
    throw .malformed("the { at character \(offset + 1) has no }")
  }

  private mutating func translateRepetition(_ octet: UInt8) throws(PatternError) {
    text.append(operator: octet)
    try refuseMark()
  }

  /// Behind a repetition `?` and `+` would ask for lazy and possessive matching elsewhere.
  private func refuseMark() throws(PatternError) {
    switch text.peek() {
    case UInt8(ascii: "?"), UInt8(ascii: "+"):
      throw .unsupported("lazy and possessive repetitions are", offset: text.at)
    default: return
    }
  }
}
