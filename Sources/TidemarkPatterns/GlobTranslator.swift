/// Brings a glob to RE2's syntax: an expression that is tied to both ends of a text.
struct GlobTranslator {
  private var text: PatternText
  private let subject: PatternSubject

  init(_ text: String, _ subject: PatternSubject) throws(PatternError) {
    self.text = try PatternText(text)
    self.subject = subject
  }

  /// The expression in RE2's syntax.
  mutating func translate() throws(PatternError) -> [UInt8] {
    text.append(operator: UInt8(ascii: "^"))
    var canEnd = false
    while let octet = text.take() {
      canEnd = true
      switch octet {
      case UInt8(ascii: "*"):
        // Several in a row mean one.
        while text.peek() == octet { _ = text.take() }
        text.append(syntax: ".*")
      case UInt8(ascii: "?"): text.append(operator: UInt8(ascii: "."))
      case UInt8(ascii: "["): try text.translateClass(negation: UInt8(ascii: "!"))
      case UInt8(ascii: "\\"):
        guard let escaped = text.take() else {
          throw .malformed("it ends in a backslash that escapes nothing")
        }
        canEnd = isEnd(escaped)
        text.append(literal: escaped)
      default:
        canEnd = isEnd(octet)
        text.append(literal: octet)
      }
    }
    guard canEnd else { throw .impossibleEnd(subject) }
    text.append(operator: UInt8(ascii: "$"))
    return text.translated
  }

  /// True when a text can end in this character.
  private func isEnd(_ octet: UInt8) -> Bool {
    switch subject {
    case .names: octet == UInt8(ascii: ".")
    case .rdata:
      // The last field of SOA is a number.
      octet == UInt8(ascii: ".") || octet == UInt8(ascii: "\"") || PatternText.isDigit(octet)
    }
  }
}
