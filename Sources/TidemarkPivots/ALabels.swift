import DNSWire
import Foundation

/// Names of other scripts as A-labels (RFC 5890 section 2.3.2.1): lower case, normalisation form C,
/// Punycode (RFC 3492). Which characters a registry allows is not asked: the question is only
/// whether two spellings mean the same name.
public enum ALabels {
  /// Longest label in characters that is encoded; one of 63 octets has fewer.
  private static let charactersMax = 63
  private static let prefix = "xn--"

  /// The name with every label in ASCII; nil when the octets are not UTF-8, or a label is too long.
  public static func ascii(_ name: ArraySlice<UInt8>) -> String? {
    guard let text = String(validating: name, as: UTF8.self) else { return nil }
    if name.allSatisfy({ $0 < 0x80 }) { return text }
    let normal = text.lowercased().precomposedStringWithCanonicalMapping
    var labels: [String] = []
    for label in normal.unicodeScalars.split(
      omittingEmptySubsequences: false, whereSeparator: isDot)
    {
      guard let ascii = encoded(Array(label)) else { return nil }
      labels.append(ascii)
    }
    return labels.joined(separator: ".")
  }

  /// The full stop and those that input methods of Chinese and Japanese give instead.
  private static func isDot(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || scalar == "\u{3002}" || scalar == "\u{FF0E}" || scalar == "\u{FF61}"
  }

  /// A label in ASCII: itself, or Punycode (RFC 3492 section 6.3).
  private static func encoded(_ label: [Unicode.Scalar]) -> String? {
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
    return prefix + out
  }

  /// A number of variable length, base 36 (RFC 3492 section 3.3).
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

  /// The bias for the next number (RFC 3492 section 6.1).
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
