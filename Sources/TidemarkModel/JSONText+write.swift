import DNSWire

/// Strings, written as pure ASCII.
extension JSONText {
  /// Appends a JSON string with its quotes.
  ///
  /// - Parameter octets: UTF-8. An octet that is not becomes the four characters `\DDD` of master
  ///   files, since JSON has no way to write it.
  @inline(__always)
  package static func appendQuoted(_ octets: Span<UInt8>, to out: inout [UInt8]) {
    out.append(ASCII.quote)
    var at = 0
    while at < octets.count {
      let start = at
      while at < octets.count, isPlain(octets[at]) { at += 1 }
      unsafe octets.extracting(start..<at).withUnsafeBufferPointer {
        unsafe out.append(contentsOf: $0)
      }
      if at < octets.count { appendSpecial(octets, at: &at, to: &out) }
    }
    out.append(ASCII.quote)
  }

  /// Appends a JSON string of the text that `write` appends. Hardly any text needs an escape, so it
  /// is written in place.
  @inline(__always)
  package static func appendString(
    to out: inout [UInt8], _ write: (inout [UInt8]) -> Void
  ) {
    let start = out.count
    out.append(ASCII.quote)
    write(&out)
    var at = start + 1
    while at < out.count, isPlain(out[at]) { at += 1 }
    guard at < out.count else { return out.append(ASCII.quote) }
    let text = Array(out[(start + 1)...])
    out.removeSubrange(start...)
    appendQuoted(text.span, to: &out)
  }

  @inline(__always)
  private static func isPlain(_ octet: UInt8) -> Bool {
    octet &- 0x20 < 0x5F && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
  }

  private static func appendSpecial(
    _ octets: Span<UInt8>, at: inout Int, to out: inout [UInt8]
  ) {
    let octet = octets[at]
    if octet < 0x80 {
      at += 1
      if octet == ASCII.quote || octet == ASCII.backslash {
        out.append(ASCII.backslash)
        out.append(octet)
      } else {
        appendUnit(UInt16(octet), to: &out)
      }
      return
    }
    let start = at
    guard (try? multibyte(octets, at: &at)) != nil else {
      at = start + 1
      out.append(ASCII.backslash)
      ASCII.appendDecimalEscape(octet, to: &out)
      return
    }
    var scalar = UInt32(octet) & (0xFF >> UInt32(at - start + 1))
    for index in (start + 1)..<at { scalar = scalar << 6 | UInt32(octets[index] & 0x3F) }
    if scalar < 0x1_0000 {
      appendUnit(UInt16(scalar), to: &out)
    } else {
      appendUnit(UInt16(0xD800 + (scalar - 0x1_0000) >> 10), to: &out)
      appendUnit(UInt16(0xDC00 + (scalar - 0x1_0000) & 0x3FF), to: &out)
    }
  }

  /// Appends `\uXXXX`.
  private static func appendUnit(_ unit: UInt16, to out: inout [UInt8]) {
    out.append(ASCII.backslash)
    out.append(UInt8(ascii: "u"))
    for shift in [UInt16(12), 8, 4, 0] {
      let digit = UInt8(unit >> shift & 15)
      out.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
