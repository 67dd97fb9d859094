/// A credential. It does not show itself in descriptions, dumps or logs, and cannot be encoded.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The credential itself: for the request that needs it, and for nothing else.
  public let revealed: String

  /// Takes a credential.
  public init(_ revealed: String) { self.revealed = revealed }

  /// Says that it is a secret.
  public var description: String { "(secret)" }
  /// Says that it is a secret.
  public var debugDescription: String { description }
  /// Has no members.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Takes credentials out of text and octets that come from outside: a server may send back what it
/// was sent.
public struct SecretRemover: Sendable {
  /// Stands where a credential stood.
  public static let mark = "(removed)"

  private let patterns: [Pattern]

  private struct Pattern: Sendable {
    let octets: [UInt8]
    /// For each length matched, the longest shorter match that may go on (Knuth, Morris, Pratt):
    /// the work is linear whatever the server sends.
    let fallbacks: [Int]
  }

  /// Removes these credentials, also as they stand in URLs and JSON, and `user:password` in Base64.
  public init(_ secrets: [Secret]) {
    var texts: Set<[UInt8]> = []
    for secret in secrets where !secret.revealed.isEmpty {
      let octets = Array(secret.revealed.utf8)
      texts.formUnion(SecretRemover.forms(octets))
      texts.insert(SecretRemover.base64(octets))
      // Basic credentials carry the password apart as well.
      if let colon = octets.firstIndex(of: UInt8(ascii: ":")) {
        let password = Array(octets[(colon + 1)...])
        if password.count >= ParameterSpec.secretOctetsMin {
          texts.formUnion(SecretRemover.forms(password))
        }
      }
    }
    // Longer ones first: one may stand inside another.
    patterns = texts.sorted { $0.count > $1.count }.map {
      Pattern(octets: $0, fallbacks: SecretRemover.fallbacks($0))
    }
  }

  /// Length of the longest credential in any of its forms, octets.
  var octetsMax: Int { patterns.first?.octets.count ?? 0 }

  /// The octets without the credentials.
  public func clean(_ octets: [UInt8]) -> [UInt8] {
    patterns.reduce(octets) { SecretRemover.clean($0, $1) }
  }

  /// The text without the credentials.
  public func clean(_ text: String) -> String {
    patterns.isEmpty ? text : String(decoding: clean(Array(text.utf8)), as: UTF8.self)
  }

  private static func clean(_ octets: [UInt8], _ pattern: Pattern) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(octets.count)
    var matched = 0
    for octet in octets {
      while matched > 0, pattern.octets[matched] != octet {
        matched = pattern.fallbacks[matched - 1]
      }
      if pattern.octets[matched] == octet { matched += 1 }
      out.append(octet)
      if matched == pattern.octets.count {
        out.removeLast(matched)
        out.append(contentsOf: mark.utf8)
        matched = 0
      }
    }
    return out
  }

  private static func fallbacks(_ octets: [UInt8]) -> [Int] {
    var fallbacks = [Int](repeating: 0, count: octets.count)
    var matched = 0
    for at in octets.indices.dropFirst() {
      while matched > 0, octets[matched] != octets[at] { matched = fallbacks[matched - 1] }
      if octets[matched] == octets[at] { matched += 1 }
      fallbacks[at] = matched
    }
    return fallbacks
  }

  private static func percentEncoded(_ octets: [UInt8], digits: String) -> [UInt8] {
    let digits = Array(digits.utf8)
    return octets.flatMap { octet -> [UInt8] in
      let isPlain =
        octet < 0x80 && (Unicode.Scalar(octet).properties.isAlphabetic)
        || octet >= 0x30 && octet <= 0x39 || "-._~".utf8.contains(octet)
      return isPlain
        ? [octet] : [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
    }
  }

  /// As it stands in text, in URLs and in JSON.
  private static func forms(_ octets: [UInt8]) -> [[UInt8]] {
    [
      octets, percentEncoded(octets, digits: "0123456789ABCDEF"),
      percentEncoded(octets, digits: "0123456789abcdef"), jsonEscaped(octets, "\\\""),
      jsonEscaped(octets, "\\\"/"),
    ]
  }

  /// As it stands in JSON; some servers escape slashes as well, which is allowed.
  private static func jsonEscaped(_ octets: [UInt8], _ escaped: String) -> [UInt8] {
    octets.flatMap { octet -> [UInt8] in
      escaped.utf8.contains(octet) ? [UInt8(ascii: "\\"), octet] : [octet]
    }
  }

  private static func base64(_ octets: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for start in stride(from: 0, to: octets.count, by: 3) {
      let group = octets[start..<min(start + 3, octets.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        let letter = letters[Int(bits >> UInt32(18 - 6 * index) & 63)]
        out.append(index <= group.count ? letter : UInt8(ascii: "="))
      }
    }
    return out
  }
}
