/// The octets of a WHOIS answer as text. RFC 3912 names no character set: UTF-8 is tried, else
/// every octet is a character of ISO 8859-1, which never fails.
public enum WHOISText {
  /// Decodes an answer; octets beyond ``RegistrationLimits/answerOctetsMax`` are left out.
  public static func decode(_ octets: [UInt8]) -> String {
    var octets = octets.prefix(RegistrationLimits.answerOctetsMax)
    if octets.starts(with: [0xEF, 0xBB, 0xBF]) { octets.removeFirst(3) }
    if let text = String(validating: octets, as: UTF8.self) { return text }
    var scalars = String.UnicodeScalarView()
    for octet in octets { scalars.append(Unicode.Scalar(octet)) }
    return String(scalars)
  }
}
