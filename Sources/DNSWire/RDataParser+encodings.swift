/// Names and encoded octets.
extension RDataParser {
  static func parseName(
    _ text: Span<UInt8>, _ range: Range<Int>, origin: [UInt8], into out: inout [UInt8]
  ) throws(RDataTextError) {
    do {
      try DomainName.parse(text.extracting(range), origin: origin, into: &out)
    } catch {
      throw .badName(error)
    }
  }

  /// Reads a name and keeps its letters: the canonical name, with each letter put back.
  static func parseKeptName(
    _ text: Span<UInt8>, _ range: Range<Int>, origin: [UInt8], into out: inout [UInt8]
  ) throws(RDataTextError) {
    // Each octet of text makes one of wire, after the first length octet, in the same order.
    var wireAt = out.count + 1
    try parseName(text, range, origin: origin, into: &out)
    var at = range.lowerBound
    var isRelative = !origin.isEmpty && !(range.count == 1 && text[at] == ASCII.dot)
    if isRelative, DomainName.isOrigin(text.extracting(range)) { at = range.upperBound }
    while at < range.upperBound, wireAt < out.count {
      let isSeparator = text[at] == ASCII.dot
      let octet = try PresentationTokenizer.decodedOctet(text, at: &at, before: range.upperBound)
      if !isSeparator { out[wireAt] = octet }
      wireAt += 1
      if at == range.upperBound, isSeparator { isRelative = false }
    }
    guard isRelative else { return }
    out.replaceSubrange((out.count - origin.count)..., with: origin)
  }

  /// Reads the remaining words up to a comment as one row of hexadecimal digits.
  static func parseHex(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, into out: inout [UInt8]
  ) throws(RDataTextError) {
    var decoder = BaseEncoding.Decoder()
    while let range = try encodedWord(text, &tokens) {
      for index in range {
        guard decoder.addHex(text[index], to: &out) else { throw .badHex }
      }
    }
    guard decoder.isCompleteHex else { throw .badHex }
  }

  /// Reads the remaining words up to a comment as one row of base64 digits.
  static func parseBase64(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, into out: inout [UInt8]
  ) throws(RDataTextError) {
    var decoder = BaseEncoding.Decoder()
    while let range = try encodedWord(text, &tokens) {
      for index in range {
        guard decoder.addBase64(text[index], to: &out) else { throw .badBase64 }
      }
    }
    guard decoder.isCompleteBase64 else { throw .badBase64 }
  }

  /// The next word, or nil at the end or at a comment, which is skipped.
  private static func encodedWord(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer
  ) throws(RDataTextError) -> Range<Int>? {
    guard let token = try tokens.next(in: text) else { return nil }
    guard token.range.isEmpty || text[token.range.lowerBound] != UInt8(ascii: ";") else {
      tokens = PresentationTokenizer(at: text.count)
      return nil
    }
    return token.range
  }

  /// Reads a length-prefixed salt in hexadecimal or hash in base32hex.
  static func parseHashed(
    _ field: RDataField, _ text: Span<UInt8>, _ range: Range<Int>, into out: inout [UInt8]
  ) throws(RDataTextError) {
    let lengthAt = out.count
    out.append(0)
    let isNone = range.count == 1 && text[range.lowerBound] == UInt8(ascii: "-")
    if field == .salt, isNone { return }
    var decoder = BaseEncoding.Decoder()
    for index in range {
      let octet = text[index]
      if field == .salt {
        guard decoder.addHex(octet, to: &out) else { throw .badHex }
      } else {
        guard decoder.addBase32(octet, to: &out) else { throw .badBase32 }
      }
    }
    if field == .salt, !decoder.isCompleteHex { throw .badHex }
    if field == .hash, !decoder.isCompleteBase32 { throw .badBase32 }
    guard let length = UInt8(exactly: out.count - lengthAt - 1) else { throw .stringTooLong }
    out[lengthAt] = length
  }

  static func parseEndpoint(
    _ field: RDataField, _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer,
    origin: [UInt8], into out: inout [UInt8]
  ) throws(RDataTextError) {
    let kind: UInt8
    if field == .gateway {
      kind = UInt8(try number(text.extracting(try word(text, &tokens)), max: 3))
      out.append(kind)
      try parse(.algorithm, text, &tokens, origin: origin, into: &out)
    } else {
      let discovery = UInt8(try number(text.extracting(try word(text, &tokens)), max: 1))
      kind = UInt8(try number(text.extracting(try word(text, &tokens)), max: 3))
      out.append(discovery << 7 | kind)
    }
    switch kind {
    case 1: try parse(.ipv4, text, &tokens, origin: origin, into: &out)
    case 2: try parse(.ipv6, text, &tokens, origin: origin, into: &out)
    case 3: try parse(.keptName, text, &tokens, origin: origin, into: &out)
    default:
      let range = try word(text, &tokens)
      guard range.count == 1, text[range.lowerBound] == ASCII.dot else { throw .badAddress }
    }
  }

  static func parseHostIdentity(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, origin: [UInt8],
    into out: inout [UInt8]
  ) throws(RDataTextError) {
    let start = out.count
    out.append(0)
    try parse(.algorithm, text, &tokens, origin: origin, into: &out)
    out.append(contentsOf: [0, 0])
    var decoder = BaseEncoding.Decoder()
    for index in try word(text, &tokens) {
      guard decoder.addHex(text[index], to: &out) else { throw .badHex }
    }
    guard decoder.isCompleteHex else { throw .badHex }
    guard let tagOctets = UInt8(exactly: out.count - start - 4) else { throw .tooLong }
    out[start] = tagOctets
    let keyStart = out.count
    decoder = BaseEncoding.Decoder()
    for index in try word(text, &tokens) {
      guard decoder.addBase64(text[index], to: &out) else { throw .badBase64 }
    }
    guard decoder.isCompleteBase64 else { throw .badBase64 }
    guard let keyOctets = UInt16(exactly: out.count - keyStart) else { throw .tooLong }
    out[start + 2] = UInt8(keyOctets >> 8)
    out[start + 3] = UInt8(truncatingIfNeeded: keyOctets)
    while let token = try tokens.nextName(in: text) {
      try parseKeptName(text, token.range, origin: origin, into: &out)
    }
  }
}
