/// A token in plain text: `tdm_` and 32 random octets in base64url (RFC 4648 section 5).
///
/// It is shown once, when it is made. It has no description, so that it cannot slip into a log.
public struct TokenSecret: Sendable {
  /// What every token starts with: scanners of leaked secrets find it by that.
  public static let prefix = "tdm_"
  /// Random octets.
  public static let octetCount = 32
  /// Characters of a token.
  public static let characterCount = 47

  /// The token. For its owner's eyes, once.
  public let text: String

  /// Makes a token of the system's random numbers.
  public init() {
    var source = SystemRandomNumberGenerator()
    self.init(from: &source)
  }

  /// Makes a token of random numbers.
  init(from source: inout some RandomNumberGenerator) {
    var octets: [UInt8] = []
    while octets.count < TokenSecret.octetCount {
      octets.append(UInt8(truncatingIfNeeded: source.next() as UInt64))
    }
    text = TokenSecret.prefix + TokenSecret.base64url(octets)
  }

  /// What is kept of the token.
  public var digest: TokenDigest { TokenDigest(of: text) }

  /// What is kept besides, when requests are to be signed with it.
  public var signingKey: SigningKey { SigningKey(text) }

  /// True for what may be a token by its looks.
  public static func hasShape(_ text: String) -> Bool {
    text.utf8.count == characterCount && text.hasPrefix(prefix)
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// Without padding.
  private static func base64url(_ octets: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for octet in octets {
      bits = bits << 8 | UInt32(octet)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(alphabet[Int(bits >> UInt32(count) & 63)])
      }
      bits &= (1 << UInt32(count)) - 1
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }
}

@available(*, unavailable, message: "a token is not for printing; use text where it must be shown")
extension TokenSecret: CustomStringConvertible {
  /// Not available.
  public var description: String { "" }
}
