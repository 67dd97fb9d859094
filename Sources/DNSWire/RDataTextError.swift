/// Why text is not the rdata of a type.
public enum RDataTextError: Error, Hashable, Sendable {
  /// The type has no text of its own, so its text must be RFC 3597 form.
  case noTextForm
  /// The text ends before the type's last field.
  case missingField
  /// Something follows the type's last field.
  case extraField
  /// A number has other octets than digits, or is too large for its field.
  case badNumber
  /// A name is not one.
  case badName(NameError)
  /// An IPv4, IPv6, EUI or locator address is not one.
  case badAddress
  /// A backslash is followed by nothing, or by a number above 255.
  case badEscape
  /// A quoted string has no closing quote.
  case unterminatedQuote
  /// A character-string has more than 255 octets.
  case stringTooLong
  /// Not hexadecimal digits, or an odd number of them.
  case badHex
  /// Not base64.
  case badBase64
  /// Not base32hex.
  case badBase32
  /// Neither seconds since 1970 nor a date before 2106-02-07.
  case badTime
  /// Not a mnemonic of a record type, `TYPEnnn`, or a number.
  case badType
  /// A service parameter is unknown, repeated, or has a value that its key does not take.
  case badServiceParameter
  /// Not a latitude, longitude, altitude or size.
  case badLocation
  /// The length of RFC 3597 form differs from the number of octets that follow.
  case wrongLength
  /// The rdata would be longer than ``DNSLimits/rdataOctetsMax``.
  case tooLong
  /// Each field reads, but together they are not well formed rdata of the type.
  case malformed
}
