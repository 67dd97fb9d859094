/// A JSON value of an answer whose shape nobody vouches for. Asking for another kind than the
/// value has gives nil or nothing, never an error.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction or exponent that an `Int` holds.
  case whole(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads one JSON text (RFC 8259) within bounds.
  package static func parse(
    _ octets: [UInt8], octetsMax: Int = RegistrationLimits.answerOctetsMax
  ) throws(RDAPError) -> JSONValue {
    guard octets.count <= octetsMax else { throw .tooLong(octets: octets.count) }
    var reader = JSONReader(octets)
    return try reader.read()
  }

  /// A member of an object.
  package subscript(_ name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  /// Elements of an array; none for anything else.
  package var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// A string that is not blank, without blanks around it; a number as text.
  package var text: String? {
    switch self {
    case .string(let text): text.filledText
    case .whole(let number): String(number)
    case .number(let number): Int(exactly: number).map { String($0) } ?? String(number)
    default: nil
    }
  }

  /// A whole number, also as a string.
  package var integer: Int? {
    switch self {
    case .whole(let number): number
    case .number(let number): Int(exactly: number)
    case .string(let text): Int(text.trimmedText)
    default: nil
    }
  }

  /// True or false, also as a string.
  package var flag: Bool? {
    switch self {
    case .bool(let flag): flag
    case .string("true"): true
    case .string("false"): false
    default: nil
    }
  }

  /// Texts of an array of strings, or of a lone string.
  package var texts: [String] {
    if case .array(let elements) = self {
      elements.prefix(RegistrationLimits.valuesMax).compactMap(\.text)
    } else {
      text.map { [$0] } ?? []
    }
  }
}
