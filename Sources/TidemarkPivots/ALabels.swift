import Foundation

/// Names of other scripts as A-labels (RFC 5890 section 2.3.2.1): lower case, normalisation form C,
/// Punycode (RFC 3492). Which characters a registry allows is not asked: the question is only
/// whether two spellings mean the same name.
public enum ALabels {
  /// The name with every label in ASCII; nil when the octets are not UTF-8, or a label is too long.
  public static func ascii(_ name: ArraySlice<UInt8>) -> String? {
    guard let text = String(validating: name, as: UTF8.self) else { return nil }
    if name.allSatisfy({ $0 < 0x80 }) { return text }
    let normal = text.lowercased().precomposedStringWithCanonicalMapping
    var labels: [String] = []
    for label in normal.unicodeScalars.split(
      omittingEmptySubsequences: false, whereSeparator: isDot)
    {
      guard let ascii = Punycode.encode(Array(label)) else { return nil }
      labels.append(ascii)
    }
    return labels.joined(separator: ".")
  }

  /// The full stop and those that input methods of Chinese and Japanese give instead.
  private static func isDot(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || scalar == "\u{3002}" || scalar == "\u{FF0E}" || scalar == "\u{FF61}"
  }
}
