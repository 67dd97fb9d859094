/// Presentation text of rdata, read.
///
/// All spellings of the common programs are taken: blanks in hexadecimal and base64, either case,
/// quotes or none, times as dates or seconds, mnemonics or numbers, RFC 3597 form for any type.
/// Names without a final dot are complete unless there is an origin. Comments and parentheses
/// belong to zone files and are not known here, but for the comment that ldns puts after keys.
public enum RDataParser {
  /// Appends the canonical, uncompressed wire form of `text`.
  ///
  /// RFC 3597 form of a known type is canonicalised when it is well formed, and kept octet by
  /// octet when it is not: so malformed rdata survives being written and read.
  ///
  /// - Parameters:
  ///   - origin: what a zone file puts behind names without a final dot and in place of `@`, as a
  ///     complete wire name, letters as written; empty outside zone files.
  ///   - out: receives 0–65535 octets; unchanged when an error is thrown.
  /// - Throws: ``RDataTextError``.
  public static func parse(
    _ text: Span<UInt8>, type: RRType, origin: [UInt8] = [], into out: inout [UInt8]
  ) throws(RDataTextError) {
    if let word = singleWord(text),
      parseWord(text.extracting(word), type: type, origin: origin, into: &out)
    {
      return
    }
    let start = out.count
    do throws(RDataTextError) {
      try parseTokens(text, type: type, origin: origin, into: &out)
      guard out.count - start <= DNSLimits.rdataOctetsMax else { throw .tooLong }
    } catch {
      out.removeSubrange(start...)
      throw error
    }
  }

  /// The canonical, uncompressed wire form of `text`, for callers that are not in a hurry.
  public static func octets(
    _ text: String, type: RRType
  ) throws(RDataTextError) -> [UInt8] {
    var out: [UInt8] = []
    let octets = Array(text.utf8)
    try parse(octets.span, type: type, into: &out)
    return out
  }

  /// The place of the only word; nil when blanks or quotes are left in it.
  private static func singleWord(_ text: Span<UInt8>) -> Range<Int>? {
    var start = 0
    var end = text.count
    while start < end, PresentationTokenizer.isBlank(text[start]) { start += 1 }
    while end > start, PresentationTokenizer.isBlank(text[end - 1]) { end -= 1 }
    for index in start..<end {
      let octet = text[index]
      if octet <= ASCII.quote, octet == ASCII.quote || PresentationTokenizer.isBlank(octet) {
        return nil
      }
    }
    return start..<end
  }

  /// The short way for the types that make up most of passive DNS. False leaves `out` unchanged
  /// and the text to the long way, which also finds the error.
  private static func parseWord(
    _ word: Span<UInt8>, type: RRType, origin: [UInt8], into out: inout [UInt8]
  ) -> Bool {
    switch type {
    case .a:
      guard let value = IPAddressText.parseIPv4(word) else { return false }
      value.appendBigEndian(to: &out)
      return true
    case .aaaa:
      guard let value = IPAddressText.parseIPv6(word) else { return false }
      value.appendBigEndian(to: &out)
      return true
    case .ns, .cname, .ptr, .dname:
      guard word.count != 2 || word[0] != ASCII.backslash else { return false }
      do {
        try DomainName.parse(word, origin: origin, into: &out)
        return true
      } catch {
        return false
      }
    default:
      return false
    }
  }

  /// Passes the word `\#`, if it is next.
  private static func skipGenericMark(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer
  ) -> Bool {
    guard !tokens.isAtEnd(of: text), text.count - tokens.at >= 2 else { return false }
    let at = tokens.at
    guard text[at] == ASCII.backslash, text[at + 1] == UInt8(ascii: "#") else { return false }
    guard text.count == at + 2 || PresentationTokenizer.isBlank(text[at + 2]) else {
      return false
    }
    tokens = PresentationTokenizer(at: at + 2)
    return true
  }

  private static func parseTokens(
    _ text: Span<UInt8>, type: RRType, origin: [UInt8], into out: inout [UInt8]
  ) throws(RDataTextError) {
    let start = out.count
    var tokens = PresentationTokenizer()
    if skipGenericMark(text, &tokens) {
      var octets: [UInt8] = []
      try parseGeneric(text, &tokens, into: &octets)
      RDataSchema.appendCanonical(octets.span, type: type, to: &out)
      return
    }
    let fields = RDataSchema.fields(of: type)
    guard !fields.isUnknown else { throw .noTextForm }
    for field in fields {
      try parse(field, text, &tokens, origin: origin, into: &out)
    }
    guard tokens.isAtEnd(of: text) else { throw .extraField }
    guard RDataSchema.isWellFormed(out.span.extracting(start..<out.count), type: type) else {
      throw .malformed
    }
  }

  /// Reads the length and the octets of RFC 3597 form.
  private static func parseGeneric(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, into out: inout [UInt8]
  ) throws(RDataTextError) {
    guard let token = try tokens.next(in: text) else { throw .missingField }
    let lengthText = text.extracting(token.range)
    guard let length = decimal(lengthText, max: UInt64(DNSLimits.rdataOctetsMax)) else {
      throw .badNumber
    }
    var decoder = BaseEncoding.Decoder()
    while let token = try tokens.next(in: text) {
      for index in token.range {
        guard decoder.addHex(text[index], to: &out) else { throw .badHex }
      }
      guard out.count <= length else { throw .wrongLength }
    }
    guard decoder.isCompleteHex else { throw .badHex }
    guard out.count == length else { throw .wrongLength }
  }

  /// A decimal number of up to 19 digits and nothing else.
  static func decimal(_ text: Span<UInt8>, max: UInt64) -> UInt64? {
    guard text.count > 0, text.count <= 19 else { return nil }
    var value: UInt64 = 0
    for index in 0..<text.count {
      guard ASCII.isDigit(text[index]) else { return nil }
      value = value * 10 + UInt64(text[index] &- ASCII.zero)
    }
    return value <= max ? value : nil
  }
}
