import DNSWire

/// Text of other scripts written with letters, digits and hyphens (RFC 3492).
public enum Punycode {
  /// Longest label in characters that is encoded; one of 63 octets has fewer.
  static let charactersMax = 63

  /// Writes a label behind `xn--`, where it has other characters than ASCII (section 6.3).
  ///
  /// - Parameter label: at most ``charactersMax`` characters.
  /// - Returns: the label itself when it is ASCII; nil when it is too long.
  static func encode(_ label: [Unicode.Scalar]) -> String? {
    guard label.count <= charactersMax else { return nil }
    var out = String(String.UnicodeScalarView(label.filter(\.isASCII)))
    let basic = out.utf8.count
    guard basic < label.count else { return out }
    if basic > 0 { out += "-" }
    var handled = basic
    var (code, delta, bias) = (UInt32(0x80), UInt32(0), UInt32(72))
    while handled < label.count {
      guard let next = label.lazy.map(\.value).filter({ $0 >= code }).min() else { return nil }
      // At most 63 characters and 21 bits: the product stays far below 32 bits.
      delta += (next - code) * UInt32(handled + 1)
      code = next
      for scalar in label {
        if scalar.value < code { delta += 1 }
        guard scalar.value == code else { continue }
        appendNumber(delta, bias: bias, to: &out)
        bias = adapted(delta, count: UInt32(handled + 1), isFirst: handled == basic)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return "xn--" + out
  }

  /// Reads what stands behind `xn--`.
  ///
  /// - Parameter text: at most 59 octets; more are no label.
  /// - Returns: nil for what is no Punycode, and for code points that do not exist.
  public static func decode(_ text: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
    guard text.count <= DNSLimits.labelOctetsMax - 4, text.allSatisfy({ $0 < 0x80 }) else {
      return nil
    }
    var out: [Unicode.Scalar] = []
    var rest = text
    if let end = text.lastIndex(of: UInt8(ascii: "-")) {
      out = text[..<end].map { Unicode.Scalar($0) }
      rest = text[(end + 1)...]
    }
    guard !rest.isEmpty else { return nil }
    var (code, index, bias) = (UInt32(0x80), UInt32(0), UInt32(72))
    while !rest.isEmpty {
      guard let delta = number(&rest, bias: bias) else { return nil }
      let (next, isTooLarge) = index.addingReportingOverflow(delta)
      guard !isTooLarge else { return nil }
      let count = UInt32(out.count + 1)
      bias = adapted(delta, count: count, isFirst: index == 0)
      code = code.addingReportingOverflow(next / count).partialValue
      index = next % count
      guard code >= 0x80, let scalar = Unicode.Scalar(code) else { return nil }
      out.insert(scalar, at: Int(index))
      index += 1
    }
    return out
  }

  /// A number of variable length (section 3.3); nil when it has no end, or is too large.
  private static func number(_ rest: inout ArraySlice<UInt8>, bias: UInt32) -> UInt32? {
    var (sum, weight, position) = (UInt64(0), UInt64(1), UInt32(36))
    while let octet = rest.popFirst() {
      guard let digit = digit(octet) else { return nil }
      sum += UInt64(digit) * weight
      guard sum <= UInt64(UInt32.max) else { return nil }
      let threshold = position <= bias ? 1 : min(position - bias, 26)
      if digit < threshold { return UInt32(sum) }
      weight *= UInt64(36 - threshold)
      guard weight <= UInt64(UInt32.max) else { return nil }
      position += 36
    }
    return nil
  }

  private static func digit(_ octet: UInt8) -> UInt32? {
    let lower = ASCII.lowered(octet)
    if lower &- UInt8(ascii: "a") < 26 { return UInt32(lower - UInt8(ascii: "a")) }
    return ASCII.isDigit(octet) ? UInt32(octet - ASCII.zero) + 26 : nil
  }

  /// A number of variable length, base 36 (section 3.3).
  private static func appendNumber(_ number: UInt32, bias: UInt32, to out: inout String) {
    var rest = number
    var position: UInt32 = 36
    while true {
      let threshold = position <= bias ? 1 : min(position - bias, 26)
      guard rest >= threshold else { break }
      appendDigit(threshold + (rest - threshold) % (36 - threshold), to: &out)
      rest = (rest - threshold) / (36 - threshold)
      position += 36
    }
    appendDigit(rest, to: &out)
  }

  private static func appendDigit(_ digit: UInt32, to out: inout String) {
    let octet = UInt8(truncatingIfNeeded: digit)
    out.unicodeScalars.append(
      Unicode.Scalar(octet < 26 ? UInt8(ascii: "a") + octet : ASCII.zero + octet - 26))
  }

  /// The bias for the next number (section 6.1).
  private static func adapted(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
    var rest = isFirst ? delta / 700 : delta / 2
    rest += rest / count
    var steps: UInt32 = 0
    while rest > 455 {
      rest /= 35
      steps += 36
    }
    return steps + 36 * rest / (rest + 38)
  }
}
