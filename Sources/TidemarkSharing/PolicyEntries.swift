/// The entries of a policy's lists, as people write them.
///
/// Whoever names a list wants a bound: one that turns out to be empty is refused, because an empty
/// list of a ``PartnerPolicy`` lets everything through.
public enum PolicyEntries {
  /// Reads entries between commas, as on a command line. Blanks around them do not count.
  ///
  /// - Throws: ``PartnerPolicyError/noEntries``.
  public static func inWord(_ word: String) throws(PartnerPolicyError) -> [String] {
    try checked(word.split(separator: ",").map(trimmed))
  }

  /// Reads the entries of a file: one a line; what follows `#` is a comment. Blanks around them do
  /// not count, nor does a byte order mark.
  ///
  /// - Throws: ``PartnerPolicyError/noEntries``.
  public static func inFile(_ text: String) throws(PartnerPolicyError) -> [String] {
    let scalars = text.unicodeScalars
    let content = scalars.first == "\u{FEFF}" ? Substring(scalars.dropFirst()) : text[...]
    return try checked(
      content.split(whereSeparator: \.isNewline).map { line in trimmed(line.prefix { $0 != "#" }) })
  }

  private static func checked(_ entries: [String]) throws(PartnerPolicyError) -> [String] {
    let named = entries.filter { !$0.isEmpty }
    guard !named.isEmpty else { throw .noEntries }
    return named
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }

  private static func isBlank(_ character: Character) -> Bool {
    character == " " || character == "\t"
  }
}
