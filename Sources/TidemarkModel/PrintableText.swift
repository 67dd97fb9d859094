import DNSWire

/// Text of strangers, made safe to print.
///
/// Names, rdata and messages come from whoever runs a server somewhere. Octets that a terminal
/// might obey are escaped, so that nothing put into the DNS by an attacker moves the cursor or
/// hides text.
public enum PrintableText {
  /// Appends text with everything but printable ASCII and UTF-8 above the C1 controls as `\DDD`:
  /// C0 controls, DEL, C1 controls, invalid UTF-8, and marks that turn the direction of text.
  public static func append(_ text: Span<UInt8>, to out: inout [UInt8]) {
    var at = 0
    while at < text.count {
      let start = at
      let isPlain = takeScalar(text, at: &at)
      for index in start..<at {
        if isPlain {
          out.append(text[index])
        } else {
          ASCII.appendDecimalEscape(text[index], to: &out)
        }
      }
    }
  }

  /// The text with ``append(_:to:)``'s escapes.
  public static func string(_ text: String) -> String {
    var out: [UInt8] = []
    append(Array(text.utf8).span, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Moves behind a character, or behind one octet that is none; true when it may be printed.
  static func takeScalar(_ text: Span<UInt8>, at: inout Int) -> Bool {
    let start = at
    let octet = text[at]
    if octet < 0x80 {
      at += 1
      return octet >= 0x20 && octet != 0x7F
    }
    guard (try? JSONText.multibyte(text, at: &at)) != nil else {
      at = start + 1
      return false
    }
    return !isInvisible(text.extracting(start..<at))
  }

  /// C1 controls (U+0080–U+009F), and the marks and overrides that turn the direction of text
  /// (U+200B–U+200F, U+2028–U+202E, U+2060–U+206F, U+FEFF).
  private static func isInvisible(_ scalar: Span<UInt8>) -> Bool {
    if scalar.count == 2 { return scalar[0] == 0xC2 && scalar[1] < 0xA0 }
    guard scalar.count == 3 else { return false }
    switch (scalar[0], scalar[1]) {
    case (0xE2, 0x80): return (0x8B...0x8F).contains(scalar[2]) || (0xA8...0xAE).contains(scalar[2])
    case (0xE2, 0x81): return scalar[2] >= 0xA0 && scalar[2] <= 0xAF
    case (0xEF, 0xBB): return scalar[2] == 0xBF
    default: return false
    }
  }
}
