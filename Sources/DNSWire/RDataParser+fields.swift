/// Reading one field, except those with a file of their own.
extension RDataParser {
  static func parse(
    _ field: RDataField, _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer,
    origin: [UInt8], into out: inout [UInt8]
  ) throws(RDataTextError) {
    switch field {
    case .u8, .u16, .u32, .seconds, .time, .algorithm, .algorithmName, .certificateType,
      .typeNumber:
      try parseNumber(field, text.extracting(try word(text, &tokens)), into: &out)
    case .ipv4, .ipv6, .eui48, .eui64, .locator64:
      try parseAddress(field, text.extracting(try word(text, &tokens)), into: &out)
    case .name, .keptName:
      guard let token = try tokens.nextName(in: text) else { throw .missingField }
      if field == .keptName {
        return try parseKeptName(text, token.range, origin: origin, into: &out)
      }
      try parseName(text, token.range, origin: origin, into: &out)
    case .string, .tag, .strings, .optionalString:
      try parseStrings(field, text, &tokens, into: &out)
    case .text, .nonEmptyText:
      try PresentationTokenizer.appendDecoded(text, try word(text, &tokens), to: &out)
    case .hex: try parseHex(text, &tokens, into: &out)
    case .base64, .optionalBase64: try parseBase64(text, &tokens, into: &out)
    case .salt, .hash: try parseHashed(field, text, try word(text, &tokens), into: &out)
    case .typeBitmap: try parseTypes(text, &tokens, into: &out)
    case .serviceParameters: try ServiceParameters.parse(text, &tokens, into: &out)
    case .location:
      try GeoLocation(text: text, tokens: &tokens).appendWire(to: &out)
    case .gateway, .relay: try parseEndpoint(field, text, &tokens, origin: origin, into: &out)
    case .hostIdentity: try parseHostIdentity(text, &tokens, origin: origin, into: &out)
    case .addressPrefixes:
      while let token = try tokens.next(in: text) {
        try AddressPrefixes.parse(text.extracting(token.range), into: &out)
      }
    case .a6, .octets: throw .noTextForm
    }
  }

  /// The next token, which must be there.
  static func word(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer
  ) throws(RDataTextError) -> Range<Int> {
    guard let token = try tokens.next(in: text) else { throw .missingField }
    return token.range
  }

  static func number(_ text: Span<UInt8>, max: UInt64) throws(RDataTextError) -> UInt64 {
    guard let value = decimal(text, max: max) else { throw .badNumber }
    return value
  }

  private static func parseNumber(
    _ field: RDataField, _ text: Span<UInt8>, into out: inout [UInt8]
  ) throws(RDataTextError) {
    switch field {
    case .u8, .algorithm, .algorithmName:
      if let value = decimal(text, max: 255) { return out.append(UInt8(value)) }
      // The one small number with mnemonics besides algorithms is the scheme of DSYNC.
      let named =
        field == .u8
        ? CodePoints.synchronisationScheme(named: text) : CodePoints.algorithm(named: text)
      guard let named else { throw .badNumber }
      out.append(named)
    case .u16: UInt16(try number(text, max: 65_535)).appendBigEndian(to: &out)
    case .certificateType:
      if let value = decimal(text, max: 65_535) {
        return UInt16(value).appendBigEndian(to: &out)
      }
      guard let named = CodePoints.certificateType(named: text) else { throw .badNumber }
      named.appendBigEndian(to: &out)
    case .typeNumber:
      guard let type = RRType(mnemonic: text) else { throw .badType }
      type.rawValue.appendBigEndian(to: &out)
    case .seconds: try seconds(text).appendBigEndian(to: &out)
    case .time:
      guard let time = SignatureTime.parse(text) else { throw .badTime }
      time.appendBigEndian(to: &out)
    default: UInt32(try number(text, max: UInt64(UInt32.max))).appendBigEndian(to: &out)
    }
  }

  /// Seconds, or spans such as `1w2d3h4m5s` as BIND writes and reads them.
  static func seconds(_ text: Span<UInt8>) throws(RDataTextError) -> UInt32 {
    if let value = decimal(text, max: UInt64(UInt32.max)) { return UInt32(value) }
    var total: UInt64 = 0
    var start = 0
    for index in 0..<text.count where !ASCII.isDigit(text[index]) {
      let count = try number(text.extracting(start..<index), max: UInt64(UInt32.max))
      switch ASCII.lowered(text[index]) {
      case UInt8(ascii: "w"): total += count * 604_800
      case UInt8(ascii: "d"): total += count * 86_400
      case UInt8(ascii: "h"): total += count * 3_600
      case UInt8(ascii: "m"): total += count * 60
      case UInt8(ascii: "s"): total += count
      default: throw .badNumber
      }
      guard total <= UInt64(UInt32.max) else { throw .badNumber }
      start = index + 1
    }
    guard start == text.count, start > 0 else { throw .badNumber }
    return UInt32(total)
  }

  private static func parseAddress(
    _ field: RDataField, _ text: Span<UInt8>, into out: inout [UInt8]
  ) throws(RDataTextError) {
    switch field {
    case .ipv4:
      guard let value = IPAddressText.parseIPv4(text) else { throw .badAddress }
      value.appendBigEndian(to: &out)
    case .ipv6:
      guard let value = IPAddressText.parseIPv6(text) else { throw .badAddress }
      value.appendBigEndian(to: &out)
    case .eui48: try parseGroups(text, count: 6, octets: 1, separator: "-", into: &out)
    case .eui64: try parseGroups(text, count: 8, octets: 1, separator: "-", into: &out)
    default: try parseGroups(text, count: 4, octets: 2, separator: ":", into: &out)
    }
  }

  /// Groups of hexadecimal digits; EUI groups are complete, locator groups may lack zeros.
  private static func parseGroups(
    _ text: Span<UInt8>, count: Int, octets: Int, separator: Unicode.Scalar,
    into out: inout [UInt8]
  ) throws(RDataTextError) {
    var at = 0
    for index in 0..<count {
      if index > 0 {
        guard at < text.count, text[at] == UInt8(ascii: separator) else { throw .badAddress }
        at += 1
      }
      let start = at
      var value: UInt16 = 0
      while at < text.count, at - start < 2 * octets, let digit = ASCII.hexValue(text[at]) {
        value = value << 4 | UInt16(digit)
        at += 1
      }
      guard at > start, octets == 2 || at - start == 2 else { throw .badAddress }
      if octets == 2 { out.append(UInt8(value >> 8)) }
      out.append(UInt8(truncatingIfNeeded: value))
    }
    guard at == text.count else { throw .badAddress }
  }

  private static func parseStrings(
    _ field: RDataField, _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer,
    into out: inout [UInt8]
  ) throws(RDataTextError) {
    if field == .optionalString, tokens.isAtEnd(of: text) { return }
    repeat {
      let lengthAt = out.count
      out.append(0)
      try PresentationTokenizer.appendDecoded(text, try word(text, &tokens), to: &out)
      guard let length = UInt8(exactly: out.count - lengthAt - 1) else { throw .stringTooLong }
      out[lengthAt] = length
    } while field == .strings && !tokens.isAtEnd(of: text)
  }

  private static func parseTypes(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, into out: inout [UInt8]
  ) throws(RDataTextError) {
    var types: [RRType] = []
    while let token = try tokens.next(in: text) {
      guard let type = RRType(mnemonic: text.extracting(token.range)) else { throw .badType }
      types.append(type)
    }
    TypeBitmap.append(types, to: &out)
  }
}
