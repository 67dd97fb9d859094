import Crypto

/// What a token's holder signs requests with, instead of sending the token: the token's own text.
///
/// A signature cannot be checked with a digest of the key, so that a control database has to hold
/// it in the clear. It has no text of its own, so that it cannot slip into a log.
public struct SigningKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  /// The key. For the control database, nothing else.
  public let text: String

  /// Takes a key.
  public init(_ text: String) { self.text = text }

  /// Nothing of the key.
  public var description: String { "(signing key)" }

  /// Nothing of the key.
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Whether a signature is an HMAC (RFC 2104) of a message by this key: of SHA-256, SHA-1 or MD5,
  /// told apart by its octets. The time that it takes says nothing of where it goes wrong.
  public func hasSigned(_ message: [UInt8], as signature: [UInt8]) -> Bool {
    let key = SymmetricKey(data: Array(text.utf8))
    switch signature.count {
    case SHA256.byteCount:
      return HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: message, using: key)
    case Insecure.SHA1.byteCount:
      return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
        signature, authenticating: message, using: key)
    case Insecure.MD5.byteCount:
      return HMAC<Insecure.MD5>.isValidAuthenticationCode(
        signature, authenticating: message, using: key)
    default:
      return false
    }
  }
}
