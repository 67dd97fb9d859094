import DNSWire
import TidemarkPivots

/// A name with labels of other scripts as people read them (RFC 5890), beside the A-labels that the
/// DNS has: `xn--bcher-kva.example` is `bücher.example`.
///
/// A label is shown in its own script only when it is exactly what its A-label stands for and all
/// its characters are visible; otherwise it stays as it is.
public struct UnicodeName: Sendable, Equatable {
  /// Longest text that is looked at, octets: a name of 255 octets has less without escapes.
  public static let octetsMax = 1_024

  /// The name as the DNS has it.
  public let ascii: String
  /// The name as people read it.
  public let unicode: String
  /// What may deceive: scripts that are mixed in one label, letters that look like Latin ones. One
  /// line each; empty for nearly all names.
  public let warnings: [String]

  /// Reads a name in presentation form; nil when it has no label of another script.
  public init?(_ name: String) {
    let octets = Array(name.utf8)
    guard octets.count <= UnicodeName.octetsMax, UnicodeName.mayBe(octets.span),
      !octets.contains(ASCII.backslash)
    else { return nil }
    var labels: [String] = []
    var warnings: [String] = []
    var isChanged = false
    for label in octets.split(separator: ASCII.dot, omittingEmptySubsequences: false) {
      guard let text = UnicodeName.label(label) else {
        labels.append(String(decoding: label, as: UTF8.self))
        continue
      }
      isChanged = true
      labels.append(text)
      if let warning = LetterScript.warning(text), !warnings.contains(warning) {
        warnings.append(warning)
      }
    }
    guard isChanged else { return nil }
    ascii = name
    unicode = labels.joined(separator: ".")
    self.warnings = warnings
  }

  /// True for text that may have an A-label: quick, for many names.
  public static func mayBe(_ text: Span<UInt8>) -> Bool {
    guard text.count >= 5 else { return false }
    for at in 0..<(text.count - 4) where text[at + 2] == hyphen && text[at + 3] == hyphen {
      guard ASCII.lowered(text[at]) == UInt8(ascii: "x"),
        ASCII.lowered(text[at + 1]) == UInt8(ascii: "n")
      else { continue }
      if at == 0 || text[at - 1] == ASCII.dot { return true }
    }
    return false
  }

  private static let hyphen = UInt8(ascii: "-")

  /// The U-label of an A-label; nil for every other label.
  private static func label(_ label: ArraySlice<UInt8>) -> String? {
    let lower = label.map(ASCII.lowered)
    guard lower.count <= DNSLimits.labelOctetsMax, lower.starts(with: "xn--".utf8),
      let scalars = Punycode.decode(lower[4...]), scalars.allSatisfy(isVisible)
    else { return nil }
    let text = String(String.UnicodeScalarView(scalars))
    // Another spelling of the same label would be a second name for one thing.
    guard ALabels.ascii(Array(text.utf8)[...]) == String(decoding: lower, as: UTF8.self) else {
      return nil
    }
    return text
  }

  /// Letters, marks, digits, hyphens, pictures, and the few signs that labels have (RFC 5892);
  /// nothing that hides or turns text, or that looks like a dot, a slash or a hyphen.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    // Fillers of Hangul are letters, selectors of variants are marks, and none of them is seen.
    if scalar.properties.isDefaultIgnorableCodePoint { return false }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .decimalNumber, .otherSymbol:
      true
    default:
      scalar == "-" || scalar == "_" || scalar == "\u{B7}" || scalar == "\u{30FB}"
        || scalar == "\u{375}" || scalar == "\u{5F3}" || scalar == "\u{5F4}"
    }
  }
}
