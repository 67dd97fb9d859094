/// A line of an address with a postal code and a city: `03110 KYIV`, `00-950 Warszawa`,
/// `10 000 Zagreb`, `CH-8001 Zurich`.
struct WHOISPostalLine {
  let code: String
  let city: String

  /// Digits of the shortest code and of the longest. House numbers are as long as the shortest.
  private static let digits = 4...7

  /// - Returns: nil for lines that are not exactly a code and a name behind it.
  init?(_ text: String) {
    let words = text.words
    guard let first = words.first, WHOISPostalLine.isCodePart(first) else { return nil }
    let count = words.count > 2 && WHOISPostalLine.isShort(first, words[1]) ? 2 : 1
    code = words[..<count].joined(separator: " ")
    city = words[count...].joined(separator: " ")
    let isName = city.contains(where: \.isLetter) && !city.contains(where: \.isNumber)
    guard isName, WHOISPostalLine.digits.contains(digitCount) else { return nil }
  }

  /// How many digits the code has.
  var digitCount: Int { code.utf8.count { (0x30...0x39).contains($0) } }

  /// Digits with hyphens between them, behind at most two letters of a country.
  private static func isCodePart(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 3 else { return false }
    let isCountry = first.count <= 2 && first.allSatisfy { $0.isASCII && $0.isLetter }
    let rest = parts.dropFirst(isCountry ? 1 : 0)
    return !rest.isEmpty
      && rest.allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      }
  }

  /// A code in two groups.
  private static func isShort(_ first: String, _ second: String) -> Bool {
    (2...3).contains(first.utf8.count) && (2...3).contains(second.utf8.count)
      && (first + second).utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}

extension RegistrationContact {
  /// Takes the city apart that stands behind its postal code, in `city` or at the end of an
  /// address without parts.
  mutating func takePostalLine() {
    guard postalCode == nil else { return }
    if let text = city {
      guard let line = WHOISPostalLine(text) else { return }
      (postalCode, city) = (line.code, line.city)
    } else if street.count > 1 {
      takeEndOfStreet()
    } else if let line = lines.dropFirst().lazy.compactMap({ RegistrationContact.safe($0) }).first {
      (postalCode, city) = (line.code, line.city)
    }
  }

  /// The last line, or the last but one before a country of two letters.
  private mutating func takeEndOfStreet() {
    let last = street[street.count - 1]
    let isCode = last.utf8.count == 2 && last.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    let end = isCode ? street.count - 1 : street.count
    guard end > 1, let line = RegistrationContact.safe(street[end - 1]) else { return }
    (postalCode, city) = (line.code, line.city)
    if isCode { set(.countryCode, last) }
    street.removeSubrange((end - 1)...)
  }

  /// Without lines that may be a house and its street: five digits are asked for.
  private static func safe(_ text: String) -> WHOISPostalLine? {
    guard let line = WHOISPostalLine(text), line.digitCount > 4 else { return nil }
    return line
  }
}
