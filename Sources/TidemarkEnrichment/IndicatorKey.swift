/// The identity of an indicator: its type and its value in normal form. Two keys are equal exactly
/// when they mean the same thing.
///
/// | type | normal form |
/// | --- | --- |
/// | fqdn | lower case, no final dot, letters, digits, hyphens and underscores |
/// | ipv4, ipv6 | RFC 5952 |
/// | cidr | an address and a prefix length, no bits behind the prefix |
/// | url | scheme and host lower case, the rest as it is |
/// | email | domain lower case, the local part as it is |
/// | asn | `AS64496` |
/// | md5 … sha512 | lower case hexadecimal |
public struct IndicatorKey: Hashable, Sendable {
  /// Longest value, octets. URLs are the longest.
  public static let valueOctetsMax = 4_096

  /// What it names.
  public let type: IndicatorType
  /// The value in normal form, ASCII.
  public let value: String

  /// Reads a value and brings it into normal form. Blanks around it go.
  ///
  /// - Throws: ``IndicatorFault`` when the text is no value of this type.
  public init(_ type: IndicatorType, _ text: String) throws(IndicatorFault) {
    self.type = type
    value = try IndicatorText.normal(text, as: type)
  }

  /// Reads a value that may be of several types; the first type that fits counts.
  ///
  /// - Throws: ``IndicatorFault``; ``IndicatorFault/noType`` when none of several fits.
  public init(oneOf types: Set<IndicatorType>, _ text: String) throws(IndicatorFault) {
    if types.count == 1, let type = types.first {
      self = try IndicatorKey(type, text)
      return
    }
    for type in IndicatorType.allCases where types.contains(type) {
      if let key = try? IndicatorKey(type, text) {
        self = key
        return
      }
    }
    throw .noType
  }
}

extension IndicatorKey: Codable {
  private enum Member: String, CodingKey { case type, value }

  /// Reads `{"type": …, "value": …}` and brings the value into normal form.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    self = try IndicatorKey(
      members.decode(IndicatorType.self, forKey: .type),
      members.decode(String.self, forKey: .value))
  }

  /// Writes `{"type": …, "value": …}`.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Member.self)
    try members.encode(type, forKey: .type)
    try members.encode(value, forKey: .value)
  }
}

/// Why text is no indicator. Each prints as one line without the text.
public enum IndicatorFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// No text.
  case empty
  /// Longer than ``IndicatorKey/valueOctetsMax``.
  case tooLong
  /// Letters beyond ASCII.
  case notASCII
  /// Not a value of the type.
  case notA(IndicatorType)
  /// A network with bits set behind its prefix.
  case hostBits
  /// None of the types that were possible.
  case noType

  /// One line for people.
  public var description: String {
    switch self {
    case .empty: "the value is empty"
    case .tooLong: "the value has more than \(IndicatorKey.valueOctetsMax) octets"
    case .notASCII: "the value has letters beyond ASCII; write names as A-labels (xn--…)"
    case .notA(let type): "the value is no \(type.label)"
    case .hostBits: "the network has bits set behind its prefix length"
    case .noType: "the value is of no type that is possible here"
    }
  }
}
