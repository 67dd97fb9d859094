/// Splits presentation text (RFC 1035 section 5.1) into words and quoted strings.
///
/// It holds only a position, so that a caller can keep it beside text that it does not own. Blanks
/// are space, tab and line ends; a caller that cares about lines gives it one line at a time.
public struct PresentationTokenizer: Sendable {
  /// A word or the inside of a quoted string. Escapes are still in it.
  public struct Token: Sendable, Equatable {
    /// Offsets into the text, without the quotes.
    public let range: Range<Int>
    /// True when the text stood between quotes: `""` is an empty string, never a missing field.
    public let isQuoted: Bool
  }

  /// Offset of the next octet to read.
  public private(set) var at: Int

  /// Starts at an offset of the text.
  public init(at: Int = 0) {
    self.at = at
  }

  @inline(__always)
  static func isBlank(_ octet: UInt8) -> Bool {
    octet == ASCII.space || octet == ASCII.tab || octet == ASCII.lineFeed
      || octet == ASCII.carriageReturn
  }

  /// Skips blanks and tells whether nothing is left.
  public mutating func isAtEnd(of text: Span<UInt8>) -> Bool {
    while at < text.count, Self.isBlank(text[at]) { at += 1 }
    return at >= text.count
  }

  /// Takes the next token.
  ///
  /// - Returns: nil at the end.
  /// - Throws: ``RDataTextError/unterminatedQuote``, ``RDataTextError/badEscape``.
  public mutating func next(in text: Span<UInt8>) throws(RDataTextError) -> Token? {
    guard !isAtEnd(of: text) else { return nil }
    if text[at] == ASCII.quote { return try quoted(in: text) }
    let start = at
    while at < text.count, !Self.isBlank(text[at]), text[at] != ASCII.quote {
      try step(in: text)
    }
    return Token(range: start..<at, isQuoted: false)
  }

  /// Takes the next word as a name, in which a quote is an octet like others: names are written
  /// with quotes as they are.
  ///
  /// - Returns: nil at the end.
  /// - Throws: ``RDataTextError/badEscape``.
  public mutating func nextName(in text: Span<UInt8>) throws(RDataTextError) -> Token? {
    guard !isAtEnd(of: text) else { return nil }
    let start = at
    while at < text.count, !Self.isBlank(text[at]) { try step(in: text) }
    return Token(range: start..<at, isQuoted: false)
  }

  /// Takes the next word together with quoted parts in it, as in `key="a value"`.
  ///
  /// - Returns: nil at the end.
  /// - Throws: ``RDataTextError/unterminatedQuote``, ``RDataTextError/badEscape``.
  public mutating func nextParameter(in text: Span<UInt8>) throws(RDataTextError) -> Token? {
    guard !isAtEnd(of: text) else { return nil }
    let start = at
    while at < text.count, !Self.isBlank(text[at]) {
      if text[at] == ASCII.quote { _ = try quoted(in: text) } else { try step(in: text) }
    }
    return Token(range: start..<at, isQuoted: false)
  }

  private mutating func quoted(in text: Span<UInt8>) throws(RDataTextError) -> Token {
    at += 1
    let start = at
    while at < text.count, text[at] != ASCII.quote { try step(in: text) }
    guard at < text.count else { throw .unterminatedQuote }
    at += 1
    return Token(range: start..<(at - 1), isQuoted: true)
  }

  /// Passes one octet, or a backslash and the octet after it.
  @inline(__always)
  private mutating func step(in text: Span<UInt8>) throws(RDataTextError) {
    if text[at] == ASCII.backslash {
      guard at + 1 < text.count else { throw .badEscape }
      at += 1
    }
    at += 1
  }

  /// Appends the octets that a token stands for.
  ///
  /// - Throws: ``RDataTextError/badEscape``.
  public static func appendDecoded(
    _ text: Span<UInt8>, _ range: Range<Int>, to out: inout [UInt8]
  ) throws(RDataTextError) {
    var at = range.lowerBound
    while at < range.upperBound {
      out.append(try decodedOctet(text, at: &at, before: range.upperBound))
    }
  }

  /// Reads one octet, escaped or not.
  @inline(__always)
  static func decodedOctet(
    _ text: Span<UInt8>, at: inout Int, before end: Int
  ) throws(RDataTextError) -> UInt8 {
    let octet = text[at]
    at += 1
    guard octet == ASCII.backslash else { return octet }
    guard at < end else { throw .badEscape }
    let first = text[at]
    at += 1
    guard ASCII.isDigit(first) else { return first }
    guard at + 1 < end, ASCII.isDigit(text[at]), ASCII.isDigit(text[at + 1]) else {
      throw .badEscape
    }
    let high = Int(first &- ASCII.zero) * 100
    let value = high + Int(text[at] &- ASCII.zero) * 10 + Int(text[at + 1] &- ASCII.zero)
    at += 2
    guard let decoded = UInt8(exactly: value) else { throw .badEscape }
    return decoded
  }
}
