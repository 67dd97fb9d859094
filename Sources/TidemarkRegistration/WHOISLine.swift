/// A line of a WHOIS answer, cut into key and value where it has them.
struct WHOISLine: Sendable, Equatable {
  /// Columns of white space in front; a tab goes to the next multiple of 8.
  let indentation: Int
  /// Without white space around it and without a bullet; empty for a blank line.
  let text: String
  /// What is in front of the colon or between brackets, normalized; nil for lines without.
  let key: String?
  /// What is behind it; empty when there is no key.
  let value: String
  /// True when the line starts with a comment sign; key and value are not looked for then.
  let isComment: Bool

  /// Longest key in characters, and longest with an explanation in parentheses.
  private static let keyCharactersMax = 60
  private static let explainedKeyCharactersMax = 120

  /// Lines of an answer, at most ``RegistrationLimits/linesMax``.
  static func lines(of text: String) -> [WHOISLine] {
    text.split(
      maxSplits: RegistrationLimits.linesMax, omittingEmptySubsequences: false,
      whereSeparator: \.isNewline
    ).prefix(RegistrationLimits.linesMax).map { WHOISLine($0) }
  }

  init(_ line: Substring) {
    let line = line.prefix(RegistrationLimits.lineCharactersMax)
    indentation = WHOISLine.indentation(of: line)
    let whole = line.trimmedText
    isComment = whole.first.map { "%#;".contains($0) } ?? false
    text = isComment ? whole : WHOISLine.withoutBullet(whole)
    let pair = isComment ? nil : WHOISLine.split(text)
    let normalized = WHOISLine.normalized(pair?.key ?? "")
    key = normalized.isEmpty ? nil : WHOISLine.withoutNumber(normalized)
    value = normalized.isEmpty ? "" : pair?.value ?? ""
  }

  private static func indentation(of line: Substring) -> Int {
    var column = 0
    for character in line {
      guard character.isWhitespace else { break }
      column = character == "\t" ? (column / 8 + 1) * 8 : column + 1
    }
    return column
  }

  /// `** Domain:` and `- ns1.example.com`.
  private static func withoutBullet(_ text: String) -> String {
    let rest = text.drop { $0 == "*" }
    if rest.startIndex != text.startIndex, rest.first == " " { return rest.trimmedText }
    return text.hasPrefix("- ") ? text.dropFirst(2).trimmedText : text
  }

  private static func split(_ text: String) -> (key: String, value: String)? {
    if let pair = splitBrackets(text) ?? splitClass(text) { return pair }
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return nil }
    let key = text[..<colon]
    let rest = text[text.index(after: colon)...]
    guard !rest.hasPrefix("//") else { return nil }
    let length = key.count
    guard length <= keyCharactersMax || length <= explainedKeyCharactersMax && key.contains("(")
    else { return nil }
    return (String(key), rest.trimmedText)
  }

  /// `[Domain Name]  EXAMPLE.JP`, `a. [Domain Name]  EXAMPLE.JP`, `[Holder]`.
  private static func splitBrackets(_ text: String) -> (key: String, value: String)? {
    var rest = text[...]
    if let letter = rest.first, letter.isLetter, rest.dropFirst().hasPrefix(". [") {
      rest = rest.dropFirst(3)
    }
    guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return nil }
    let key = rest[rest.index(after: rest.startIndex)..<end]
    let value = rest[rest.index(after: end)...]
    guard key.count <= 40, value.isEmpty || value.first?.isWhitespace == true else { return nil }
    return (String(key), value.trimmedText)
  }

  /// `domain:Created:20060102`, `domain:Owner-Contact;I:221.example`: attributes with the class
  /// of their object in front (RFC 2167 section 3.4.1).
  private static func splitClass(_ text: String) -> (key: String, value: String)? {
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, classes.contains(parts[0].lowercased()) else { return nil }
    let name = parts[1].hasSuffix(";I") ? parts[1].dropLast(2) : parts[1]
    guard !name.isEmpty,
      name.utf8.allSatisfy({ $0 == 0x2D || (0x41...0x5A).contains($0 & 0xDF) })
    else { return nil }
    return (String(name), parts[2].trimmedText)
  }

  private static let classes: Set<String> = [
    "domain", "network", "host", "contact", "asn", "autnum", "organization",
  ]

  /// Lower case letters and digits with one space between them; accents are dropped.
  static func normalized(_ text: String) -> String {
    var out = ""
    var isGap = false
    for scalar in text.lowercased().unicodeScalars {
      let scalar = plain[scalar] ?? scalar
      guard ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) else {
        isGap = true
        continue
      }
      if isGap, !out.isEmpty { out.append(" ") }
      isGap = false
      out.unicodeScalars.append(scalar)
    }
    return out
  }

  private static let plain: [Unicode.Scalar: Unicode.Scalar] = [
    "á": "a", "à": "a", "ã": "a", "ç": "c", "é": "e", "è": "e", "ê": "e", "í": "i", "ñ": "n",
    "ó": "o", "õ": "o", "ú": "u", "ü": "u",
  ]

  /// `street1` is `street`.
  private static func withoutNumber(_ key: String) -> String {
    guard let last = key.last, last.isNumber, let before = key.dropLast().last, before.isLetter
    else { return key }
    return String(key.dropLast())
  }
}
