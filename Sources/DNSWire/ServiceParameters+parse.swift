/// Presentation text of service parameters, read (RFC 9460 section 2.1 and appendix A).
extension ServiceParameters {
  /// Names of keys registered after RFC 9460 or in its drafts.
  private static let otherNames: [(name: String, key: UInt16)] = [
    ("dohpath", Key.dohPath), ("ohttp", Key.ohttp), ("docpath", Key.docPath),
    ("tls-supported-groups", Key.tlsSupportedGroups), ("echconfig", Key.ech),
  ]

  /// Reads the remaining words as parameters in any order and appends them in key order.
  static func parse(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, into out: inout [UInt8]
  ) throws(RDataTextError) {
    var values: [(key: UInt16, value: [UInt8])] = []
    while let token = try tokens.nextParameter(in: text) {
      values.append(try parameter(text, token.range))
    }
    values.sort { $0.key < $1.key }
    for (index, entry) in values.enumerated() {
      guard index == 0 || values[index - 1].key != entry.key else {
        throw .badServiceParameter
      }
      entry.key.appendBigEndian(to: &out)
      guard let length = UInt16(exactly: entry.value.count) else { throw .tooLong }
      length.appendBigEndian(to: &out)
      out.append(contentsOf: entry.value)
    }
  }

  private static func parameter(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(RDataTextError) -> (key: UInt16, value: [UInt8]) {
    var nameEnd = range.lowerBound
    while nameEnd < range.upperBound, text[nameEnd] != UInt8(ascii: "=") { nameEnd += 1 }
    let nameText = text.extracting(range.lowerBound..<nameEnd)
    guard let (key, isNamed) = key(named: nameText) else { throw .badServiceParameter }
    var decoded: [UInt8] = []
    if nameEnd < range.upperBound {
      try appendValue(text, (nameEnd + 1)..<range.upperBound, to: &decoded)
    }
    guard isNamed else { return (key, decoded) }
    var value: [UInt8] = []
    try encode(decoded, key: key, into: &value)
    return (key, value)
  }

  /// Appends the octets of `value`, `"a value"`, or a mixture.
  private static func appendValue(
    _ text: Span<UInt8>, _ range: Range<Int>, to out: inout [UInt8]
  ) throws(RDataTextError) {
    var at = range.lowerBound
    while at < range.upperBound {
      if text[at] == ASCII.quote {
        at += 1
      } else {
        out.append(
          try PresentationTokenizer.decodedOctet(text, at: &at, before: range.upperBound))
      }
    }
  }

  /// A key by name or as `keyNNN`; the value of the latter is octets without structure.
  static func key(named text: Span<UInt8>) -> (key: UInt16, isNamed: Bool)? {
    for key in Key.mandatory...Key.ipv6Hint {
      if let name = name(of: key), CodePoints.matches(text, name) { return (key, true) }
    }
    if let other = otherNames.first(where: { CodePoints.matches(text, $0.name) }) {
      return (other.key, true)
    }
    guard text.count > 3, text.count <= 8, CodePoints.matches(text.extracting(first: 3), "key")
    else { return nil }
    var key = 0
    for index in 3..<text.count {
      guard ASCII.isDigit(text[index]), index == 3 || key > 0 else { return nil }
      key = key * 10 + Int(text[index] &- ASCII.zero)
    }
    guard let number = UInt16(exactly: key), number != Key.invalid else { return nil }
    return (number, false)
  }

  private static func encode(
    _ decoded: [UInt8], key: UInt16, into value: inout [UInt8]
  ) throws(RDataTextError) {
    switch key {
    case Key.mandatory: try encodeKeys(decoded, into: &value)
    case Key.port:
      guard let port = RDataParser.decimal(decoded.span, max: 65_535) else {
        throw .badServiceParameter
      }
      UInt16(port).appendBigEndian(to: &value)
    case Key.ech:
      var decoder = BaseEncoding.Decoder()
      for octet in decoded where !decoder.addBase64(octet, to: &value) { throw .badBase64 }
      guard decoder.isCompleteBase64 else { throw .badBase64 }
    case Key.noDefaultALPN, Key.ohttp:
      guard decoded.isEmpty else { throw .badServiceParameter }
    case Key.dohPath: value = decoded
    case Key.docPath where decoded.isEmpty: break
    default: try encodeItems(decoded, key: key, into: &value)
    }
  }

  private static func encodeKeys(
    _ decoded: [UInt8], into value: inout [UInt8]
  ) throws(RDataTextError) {
    var keys: [UInt16] = []
    for item in decoded.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let name = Array(item)
      guard let (key, _) = key(named: name.span) else { throw .badServiceParameter }
      keys.append(key)
    }
    for key in keys.sorted() { key.appendBigEndian(to: &value) }
  }

  /// Splits at commas that no backslash precedes and encodes each item.
  private static func encodeItems(
    _ decoded: [UInt8], key: UInt16, into value: inout [UInt8]
  ) throws(RDataTextError) {
    var item: [UInt8] = []
    var isEscaped = false
    for octet in decoded {
      if !isEscaped, octet == UInt8(ascii: ",") {
        try encodeItem(item, key: key, into: &value)
        item.removeAll(keepingCapacity: true)
      } else if !isEscaped, octet == ASCII.backslash {
        isEscaped = true
      } else {
        item.append(octet)
        isEscaped = false
      }
    }
    guard !isEscaped else { throw .badServiceParameter }
    try encodeItem(item, key: key, into: &value)
  }

  private static func encodeItem(
    _ item: [UInt8], key: UInt16, into value: inout [UInt8]
  ) throws(RDataTextError) {
    switch key {
    case Key.alpn, Key.docPath:
      guard let length = UInt8(exactly: item.count), length > 0 else {
        throw .badServiceParameter
      }
      value.append(length)
      value.append(contentsOf: item)
    case Key.tlsSupportedGroups:
      guard let group = RDataParser.decimal(item.span, max: 65_535) else {
        throw .badServiceParameter
      }
      UInt16(group).appendBigEndian(to: &value)
    case Key.ipv4Hint:
      guard let address = IPAddressText.parseIPv4(item.span) else { throw .badAddress }
      address.appendBigEndian(to: &value)
    default:
      guard let address = IPAddressText.parseIPv6(item.span) else { throw .badAddress }
      address.appendBigEndian(to: &value)
    }
  }
}
