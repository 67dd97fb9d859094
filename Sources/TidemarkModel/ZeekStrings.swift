import DNSWire

/// The strings of TXT and SPF records, which Zeek joins: `TXT 5 hello TXT 5 world`.
enum ZeekStrings {
  /// Appends the rdata: whole when the lengths say where every string ends, otherwise lossy.
  ///
  /// - Parameters:
  ///   - text: starts with `TXT ` or `SPF `, escapes left in.
  /// - Returns: true when it is lossy.
  /// - Throws: ``TextRejection/badRData`` when there is not even a length.
  static func append(
    _ text: Span<UInt8>, scratch: inout [UInt8], to out: inout [UInt8]
  ) throws(TextRejection) -> Bool {
    scratch.removeAll(keepingCapacity: true)
    LoggedText.appendOctets(text, .octetsAndBackslash, to: &scratch)
    // Old versions do not escape backslashes, so what looks like an escape may be none.
    if appendStrings(scratch.span, to: &out) || appendStrings(text, to: &out) { return false }
    var at = 0
    guard length(scratch.span, at: &at) != nil else { throw .badRData }
    RDataText.appendQuoted(scratch.span.extracting(at..<scratch.count), to: &out)
    return true
  }

  private static func appendStrings(_ text: Span<UInt8>, to out: inout [UInt8]) -> Bool {
    let start = out.count
    var at = 0
    while let count = length(text, at: &at), count <= 255, text.count - at >= count {
      out.append(UInt8(count))
      for index in at..<(at + count) { out.append(text[index]) }
      at += count
      if at == text.count { return true }
      guard text[at] == ASCII.space else { break }
      at += 1
    }
    out.removeSubrange(start...)
    return false
  }

  /// Reads `TXT 5 ` or `SPF 5 `; nil when something else stands there.
  private static func length(_ text: Span<UInt8>, at: inout Int) -> Int? {
    guard text.count - at >= 6, text[at] == UInt8(ascii: "T") || text[at] == UInt8(ascii: "S"),
      text[at + 3] == ASCII.space
    else { return nil }
    var end = at + 4
    var value = 0
    while end < text.count, end < at + 10, ASCII.isDigit(text[end]) {
      value = value * 10 + Int(text[end] &- ASCII.zero)
      end += 1
    }
    guard end > at + 4, end < text.count, text[end] == ASCII.space else { return nil }
    at = end + 1
    return value
  }
}
