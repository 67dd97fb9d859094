/// Spellings of the status of a registration.
enum RegistrationStatus {
  /// Words of RDAP whose EPP name is not the words put together (RFC 8056 section 2).
  private static let exceptions = [
    "active": "ok", "associated": "linked",
  ]

  /// EPP's spelling of RDAP's words: `client hold` becomes `clientHold`. `active` of a domain is
  /// `ok`; words without an EPP name come out joined the same way.
  static func epp(fromRDAP text: String, ofDomain: Bool = true) -> String {
    let words = text.lowercased().words
    if ofDomain, words.count == 1, let name = exceptions[words[0]] { return name }
    guard let first = words.first else { return "" }
    return first + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// The values of a WHOIS line: without explanations behind them, a list with commas cut apart.
  static func values(fromWHOIS text: String) -> [String] {
    var text = text
    for mark in [" http:", " https:", " (http", " - "] {
      if let range = text.firstRange(of: mark) { text = String(text[..<range.lowerBound]) }
    }
    return text.split(separator: ",").compactMap(\.filledText)
  }
}
