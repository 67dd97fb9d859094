import DNSWire

/// Strings: the end is found eight octets at a time; escapes and UTF-8 are checked on the way.
extension JSONText {
  /// Reads the string whose opening quote is at `at`.
  @inline(__always)
  static func string(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) -> JSONValue {
    at += 1
    let start = at
    skipPlain(text, at: &at)
    if at < text.count, text[at] == ASCII.quote {
      at += 1
      return JSONValue(kind: .string, start: start, end: at - 1)
    }
    return try specialString(text, start: start, at: &at)
  }

  private static func specialString(
    _ text: Span<UInt8>, start: Int, at: inout Int
  ) throws(JSONFault) -> JSONValue {
    var kind = JSONValue.Kind.string
    while true {
      skipPlain(text, at: &at)
      guard at < text.count else { throw .incomplete }
      let octet = text[at]
      if octet == ASCII.quote {
        at += 1
        return JSONValue(kind: kind, start: start, end: at - 1)
      } else if octet == ASCII.backslash {
        kind = .escapedString
        _ = try escape(text, at: &at)
      } else if octet >= 0x80 {
        try multibyte(text, at: &at)
      } else {
        throw .malformed(at)
      }
    }
  }

  /// Moves over octets that mean themselves: printable ASCII but quote and backslash.
  @inline(__always)
  private static func skipPlain(_ text: Span<UInt8>, at: inout Int) {
    let octets = unsafe text.bytes
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while octets.byteCount &- at >= 8 {
      let word = unsafe UInt64(
        littleEndian: octets.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5C)
      // Borrows reach upwards only, so the lowest bit set always marks a true hit.
      let hits =
        (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
          | ((word &- ones &* 0x20) & ~word) | word) & highs
      if hits != 0 {
        at &+= hits.trailingZeroBitCount / 8
        return
      }
      at &+= 8
    }
    while at < text.count {
      let octet = text[at]
      if octet < 0x20 || octet >= 0x80 || octet == ASCII.quote || octet == ASCII.backslash {
        return
      }
      at += 1
    }
  }

  /// Reads one escape at `at`, a surrogate pair as one, and returns its scalar value.
  private static func escape(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) -> UInt32 {
    let start = at
    at += 1
    guard at < text.count else { throw .incomplete }
    let letter = text[at]
    at += 1
    switch letter {
    case ASCII.quote, ASCII.backslash, UInt8(ascii: "/"): return UInt32(letter)
    case UInt8(ascii: "b"): return 8
    case UInt8(ascii: "f"): return 12
    case UInt8(ascii: "n"): return 10
    case UInt8(ascii: "r"): return 13
    case UInt8(ascii: "t"): return 9
    case UInt8(ascii: "u"): break
    default: throw .malformed(start)
    }
    let first = try fourHexDigits(text, at: &at)
    guard first & 0xF800 == 0xD800 else { return first }
    // RFC 8259 allows lone surrogates, but no octets of UTF-8 stand for them.
    guard first < 0xDC00 else { throw .malformed(start) }
    for expected in [ASCII.backslash, UInt8(ascii: "u")] {
      guard at < text.count else { throw .incomplete }
      guard text[at] == expected else { throw .malformed(start) }
      at += 1
    }
    let second = try fourHexDigits(text, at: &at)
    guard second & 0xFC00 == 0xDC00 else { throw .malformed(start) }
    return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
  }

  private static func fourHexDigits(
    _ text: Span<UInt8>, at: inout Int
  ) throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard at < text.count else { throw .incomplete }
      guard let digit = ASCII.hexValue(text[at]) else { throw .malformed(at) }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }

  /// Moves over one scalar of two to four octets (Unicode table 3-7, well-formed UTF-8).
  static func multibyte(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) {
    let lead = text[at]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: throw .malformed(at)
    }
    for index in 1..<length {
      guard at + index < text.count else { throw .incomplete }
      let allowed = index == 1 ? second : 0x80...0xBF
      guard allowed.contains(text[at + index]) else { throw .malformed(at) }
    }
    at += length
  }

  /// Appends what a string says as UTF-8.
  ///
  /// - Parameter value: a string that ``string(_:at:)`` found in the same text.
  static func appendString(
    _ text: Span<UInt8>, _ value: JSONValue, to out: inout [UInt8]
  ) {
    var at = value.start
    while at < value.end {
      if text[at] == ASCII.backslash, let scalar = try? escape(text, at: &at) {
        appendUTF8(scalar, to: &out)
      } else {
        out.append(text[at])
        at += 1
      }
    }
  }

  private static func appendUTF8(_ scalar: UInt32, to out: inout [UInt8]) {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(scalar >> shift & 0x3F) | 0x80 }
    switch scalar {
    case 0..<0x80:
      out.append(UInt8(scalar))
    case 0x80..<0x800:
      out.append(UInt8(scalar >> 6) | 0xC0)
      out.append(tail(0))
    case 0x800..<0x1_0000:
      out.append(UInt8(scalar >> 12) | 0xE0)
      out.append(tail(6))
      out.append(tail(0))
    default:
      out.append(UInt8(scalar >> 18 & 7) | 0xF0)
      out.append(tail(12))
      out.append(tail(6))
      out.append(tail(0))
    }
  }
}
