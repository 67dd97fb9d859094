import FoundationEssentials
import HTTPTypes
import TidemarkAccess

/// What a request shows to be served. Clients have settled on many ways to send a token, and
/// Tidemark takes them all; none of them is the query, which ends up in logs.
enum Credentials: Equatable {
  /// Nothing.
  case none
  /// A token, or what is there in place of one.
  case token(String)
  /// Two tokens that differ. Nobody can say which one was meant.
  case contradicting

  static let apiKeyField = HTTPField.Name("X-API-Key")

  /// Reads the header.
  ///
  /// - Parameter field: a further field that may hold a token.
  init(_ headers: HTTPFields, field: HTTPField.Name? = nil) {
    var found = headers[values: .authorization].map { Credentials.token(inAuthorization: $0) }
    for name in [Credentials.apiKeyField, field].compactMap({ $0 }) {
      found += headers[values: name].map { .token(Credentials.trimmed($0[...])) }
    }
    self = found.reduce(.none) { sofar, next in
      sofar == .none || sofar == next ? next : .contradicting
    }
  }

  /// `Basic …`, `Bearer …` (RFC 7617, RFC 6750), or a token alone.
  private static func token(inAuthorization value: String) -> Credentials {
    let value = trimmed(value[...])
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return .token(value) }
    switch parts[0].lowercased() {
    case "basic": return token(inBasic: trimmed(parts[1]))
    case "bearer": return .token(trimmed(parts[1]))
    // Of a scheme that is not known here there can be no token that is.
    default: return .token("")
    }
  }

  /// The token may be the user, with any password, or the password of any user.
  private static func token(inBasic encoded: String) -> Credentials {
    let padding = String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
    guard let octets = Data(base64Encoded: encoded + padding),
      let text = String(validating: octets, as: UTF8.self)
    else { return .token("") }
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    let (user, password) = (String(text[..<colon]), String(text[colon...].dropFirst()))
    switch (TokenSecret.hasShape(user), TokenSecret.hasShape(password)) {
    case (true, true): return user == password ? .token(user) : .contradicting
    case (true, false): return .token(user)
    case (false, _): return .token(password)
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    return String(text)
  }
}
