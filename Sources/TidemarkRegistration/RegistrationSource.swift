import Crypto

/// Where a ``Registration`` comes from: who was asked, how, when, and which text said so.
public struct RegistrationSource: Sendable, Hashable, Codable {
  /// Who answered, and in which form.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// The registry by RDAP (RFC 9082).
    case rdapRegistry = "rdap-registry"
    /// The registrar by RDAP.
    case rdapRegistrar = "rdap-registrar"
    /// A WHOIS server (RFC 3912).
    case whois
    /// An answer of the registry, with that of the registrar laid over it.
    case merged
  }

  /// Who answered.
  public var kind: Kind
  /// The host that answered; empty when unknown.
  public var server: String
  /// When the look-up was done, seconds since 1970.
  public var time: Int64
  /// The answers it was read from; the texts are kept elsewhere under their digests.
  public var texts: [AnswerReference]

  /// Describes a look-up.
  public init(kind: Kind, server: String, time: Int64, texts: [AnswerReference] = []) {
    self.kind = kind
    self.server = server
    self.time = time
    self.texts = texts
  }
}

/// Points to the text of an answer by its digest, so that a registration can be held without it.
public struct AnswerReference: Sendable, Hashable, Codable {
  /// SHA-256 of the octets as received, lower-case hexadecimal digits.
  public var sha256: String
  /// How many octets it has.
  public var octetCount: Int

  /// The reference to a text.
  public init(of octets: [UInt8]) {
    sha256 = AnswerDigest.hexadecimal(of: octets)
    octetCount = octets.count
  }
}

/// SHA-256 as text.
enum AnswerDigest {
  static func hexadecimal(of octets: [UInt8]) -> String {
    SHA256.hash(data: octets).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
