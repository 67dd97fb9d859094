/// Presentation text of names (RFC 1035 section 5.1), without allocation beyond the caller's
/// buffer.
extension DomainName {
  /// Appends the canonical wire form of the name written in `text`.
  ///
  /// - Parameters:
  ///   - text: presentation text; `.` alone is the root.
  ///   - origin: a complete wire name that is put behind a name without a final dot and stands for
  ///     `@` (RFC 1035 section 5.1). Empty: there is none, and a final dot may be missing.
  ///   - out: receives 1–255 octets; unchanged when an error is thrown.
  /// - Throws: ``NameError``.
  public static func parse(
    _ text: Span<UInt8>, origin: [UInt8] = [], into out: inout [UInt8]
  ) throws(NameError) {
    let start = out.count
    do {
      try appendLabels(text, origin: origin, into: &out)
    } catch {
      out.removeSubrange(start...)
      throw error
    }
  }

  private static func appendLabels(
    _ text: Span<UInt8>, origin: [UInt8], into out: inout [UInt8]
  ) throws(NameError) {
    let end = text.count
    guard end > 0 else { throw .empty }
    let start = out.count
    var at = 0
    if end == 1, text[0] == ASCII.dot {
      out.append(0)
      return
    }
    if isOrigin(text), !origin.isEmpty { return appendOrigin(origin, to: &out) }
    var lengthAt = start
    out.append(0)
    while at < end {
      let octet = text[at]
      at += 1
      if octet == ASCII.dot {
        let length = out.count - lengthAt - 1
        guard length > 0 else { throw .emptyLabel }
        out[lengthAt] = UInt8(length)
        lengthAt = out.count
        out.append(0)
        continue
      }
      out.append(
        ASCII.lowered(octet == ASCII.backslash ? try escaped(text, at: &at) : octet))
      guard out.count - lengthAt - 1 <= DNSLimits.labelOctetsMax else { throw .labelTooLong }
    }
    let length = out.count - lengthAt - 1
    if length > 0 {
      out[lengthAt] = UInt8(length)
      appendOrigin(origin, to: &out)
    }
    guard out.count - start <= DNSLimits.nameOctetsMax else { throw .nameTooLong }
  }

  /// True for `@`, which stands for the origin where there is one.
  @inline(__always)
  static func isOrigin(_ text: Span<UInt8>) -> Bool {
    text.count == 1 && text[0] == UInt8(ascii: "@")
  }

  /// Appends the origin, lowered, or the root.
  private static func appendOrigin(_ origin: [UInt8], to out: inout [UInt8]) {
    guard !origin.isEmpty else { return out.append(0) }
    // Lengths are below the letters, so that lowering leaves them alone.
    for octet in origin { out.append(ASCII.lowered(octet)) }
  }

  /// Reads what follows a backslash: three decimal digits up to 255, or any one octet.
  private static func escaped(
    _ text: Span<UInt8>, at: inout Int
  ) throws(NameError) -> UInt8 {
    guard at < text.count else { throw .badEscape }
    let first = text[at]
    at += 1
    guard ASCII.isDigit(first) else { return first }
    guard at + 1 < text.count, ASCII.isDigit(text[at]), ASCII.isDigit(text[at + 1]) else {
      throw .badEscape
    }
    let zero = ASCII.zero
    let value =
      Int(first - zero) * 100 + Int(text[at] - zero) * 10 + Int(text[at + 1] - zero)
    at += 2
    guard value <= 255 else { throw .badEscape }
    return UInt8(value)
  }

  /// Appends presentation text of a wire name.
  ///
  /// - Parameters:
  ///   - wire: one complete uncompressed name; letters are printed as they are.
  ///   - finalDot: true for the DNSDB dialect, false for CIRCL's. The root is `.` either way.
  public static func appendText(
    of wire: Span<UInt8>, finalDot: Bool, to out: inout [UInt8]
  ) {
    var at = 0
    if isPlainName(wire) {
      // Nearly every name needs no escape: one copy, then the lengths become dots.
      let shift = out.count - 1
      unsafe wire.extracting(1..<(wire.count - 1)).withUnsafeBufferPointer {
        unsafe out.append(contentsOf: $0)
      }
      at = 1 + Int(wire[0])
      while at < wire.count - 1 {
        out[shift + at] = ASCII.dot
        at += 1 + Int(wire[at])
      }
    }
    while at < wire.count, wire[at] != 0 {
      if at > 0 { out.append(ASCII.dot) }
      let end = min(at + 1 + Int(wire[at]), wire.count)
      at += 1
      while at < end {
        let start = at
        while at < end, isPlain(wire[at]) { at += 1 }
        unsafe wire.extracting(start..<at).withUnsafeBufferPointer {
          unsafe out.append(contentsOf: $0)
        }
        guard at < end else { break }
        appendLabelOctet(wire[at], to: &out)
        at += 1
      }
    }
    if finalDot || at == 0 { out.append(ASCII.dot) }
  }

  /// True for a complete name of at least one label, with no octet that needs an escape.
  @inline(__always)
  private static func isPlainName(_ wire: Span<UInt8>) -> Bool {
    var at = 0
    while at < wire.count, wire[at] != 0 {
      let end = at + 1 + Int(wire[at])
      guard end < wire.count else { return false }
      at += 1
      while at < end {
        guard isPlain(wire[at]) else { return false }
        at += 1
      }
    }
    return at > 0 && at == wire.count - 1
  }

  /// True for octets that need no escape in a label.
  @inline(__always)
  private static func isPlain(_ octet: UInt8) -> Bool {
    octet &- 0x21 < 0x5E && octet != ASCII.dot && octet != ASCII.backslash
  }

  /// Appends one octet of a label, escaped when it must be.
  public static func appendLabelOctet(_ octet: UInt8, to out: inout [UInt8]) {
    switch octet {
    case ASCII.dot, ASCII.backslash:
      out.append(ASCII.backslash)
      out.append(octet)
    case 0x21...0x7E:
      out.append(octet)
    default:
      ASCII.appendDecimalEscape(octet, to: &out)
    }
  }

  /// Labels of a complete wire name, root not counted.
  public static func labelCount(ofWire wire: Span<UInt8>) -> Int {
    var at = 0
    var count = 0
    while at < wire.count, wire[at] != 0 {
      at += 1 + Int(wire[at])
      count += 1
    }
    return count
  }
}
