/// The characters of a pattern while they are translated to RE2's syntax, and what regular
/// expressions and globs have in common: characters that mean themselves, and classes.
struct PatternText {
  private let octets: [UInt8]
  /// The next character.
  private(set) var at = 0
  /// The translation so far.
  private(set) var translated: [UInt8] = []

  init(_ text: String) throws(PatternError) {
    octets = Array(text.utf8)
    guard !octets.isEmpty else { throw .empty }
    // Not octets: the message counts characters.
    for (offset, character) in text.unicodeScalars.enumerated()
    where !(0x20...0x7E).contains(character.value) {
      throw .notPrintable(offset: offset)
    }
    guard octets.count <= Pattern.charactersMax else { throw .tooLong }
  }

  /// The character `distance` behind the next one; nil behind the end.
  func peek(_ distance: Int = 0) -> UInt8? {
    at + distance < octets.count ? octets[at + distance] : nil
  }

  /// Takes the next character.
  mutating func take() -> UInt8? {
    guard let octet = peek() else { return nil }
    at += 1
    return octet
  }

  /// Adds syntax of RE2.
  mutating func append(syntax: StaticString) {
    unsafe translated.append(
      contentsOf: UnsafeBufferPointer(start: syntax.utf8Start, count: syntax.utf8CodeUnitCount))
  }

  /// Adds a character that has its meaning in RE2 too.
  mutating func append(operator octet: UInt8) {
    translated.append(octet)
  }

  /// Adds a character that means itself.
  mutating func append(literal octet: UInt8) {
    // RE2 takes a backslash before punctuation only, and the underscore is none.
    let isPlain = PatternText.isLetterOrDigit(octet) || octet == UInt8(ascii: "_")
    if !isPlain { translated.append(UInt8(ascii: "\\")) }
    translated.append(octet)
  }

  static func isLetterOrDigit(_ octet: UInt8) -> Bool {
    octet &- 0x30 < 10 || (octet | 0x20) &- 0x61 < 26
  }

  static func isDigit(_ octet: UInt8?) -> Bool {
    octet.map { $0 &- 0x30 < 10 } ?? false
  }
}

/// Character classes as POSIX has them: a backslash means itself, `]` does so in front.
extension PatternText {
  private static let names: Set<String> = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit",
  ]

  /// Translates a class whose `[` was taken.
  ///
  /// - Parameter negation: the character that negates it when it comes first.
  mutating func translateClass(negation: UInt8) throws(PatternError) {
    let start = at - 1
    append(syntax: "[")
    if peek() == negation {
      at += 1
      append(syntax: "^")
    }
    var isFirst = true
    while let octet = take() {
      if octet == UInt8(ascii: "]"), !isFirst {
        append(syntax: "]")
        return
      }
      isFirst = false
      if octet == UInt8(ascii: "["), try translateNamedClass() { continue }
      guard peek() == UInt8(ascii: "-"), let last = peek(1), last != UInt8(ascii: "]") else {
        append(literal: octet)
        continue
      }
      try translateRange(from: octet, through: last)
    }
    throw .malformed("the [ at character \(start + 1) has no ]")
  }

  private mutating func translateRange(
    from first: UInt8, through last: UInt8
  ) throws(PatternError) {
    let opensClass = last == UInt8(ascii: "[") && PatternText.isClassMark(peek(2))
    guard first <= last, !opensClass else {
      throw .malformed("the range at character \(at) ends before it starts")
    }
    append(literal: first)
    append(syntax: "-")
    append(literal: last)
    at += 2
    guard peek() != UInt8(ascii: "-") || peek(1) == UInt8(ascii: "]") else {
      throw .malformed("the range at character \(at - 2) goes on behind its end")
    }
  }

  private static func isClassMark(_ octet: UInt8?) -> Bool {
    octet == UInt8(ascii: ":") || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "=")
  }

  /// Translates `:name:]` behind a `[`; false when there is none.
  private mutating func translateNamedClass() throws(PatternError) -> Bool {
    guard let mark = peek(), PatternText.isClassMark(mark) else { return false }
    guard mark == UInt8(ascii: ":") else {
      throw .unsupported("collation (\(mark == UInt8(ascii: ".") ? "[." : "[=")) is", offset: at)
    }
    let start = at
    at += 1
    var name: [UInt8] = []
    while let octet = take(), octet != UInt8(ascii: ":") { name.append(octet) }
    guard take() == UInt8(ascii: "]"),
      PatternText.names.contains(String(decoding: name, as: UTF8.self))
    else { throw .malformed("no character class has the name at character \(start + 2)") }
    guard peek() != UInt8(ascii: "-") || peek(1) == UInt8(ascii: "]") else {
      throw .malformed("a class cannot start a range (at character \(at + 1))")
    }
    append(syntax: "[:")
    translated.append(contentsOf: name)
    append(syntax: ":]")
    return true
  }
}
