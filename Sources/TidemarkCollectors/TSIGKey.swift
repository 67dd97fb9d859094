public import DNSWire

/// A secret that two servers share (RFC 8945).
public struct TSIGKey: Sendable {
  /// Hash functions of TSIG that are in use. MD5 is not: it may no longer be relied upon.
  public enum Algorithm: String, Sendable, CaseIterable {
    /// Only for old servers.
    case sha1 = "hmac-sha1"
    /// The one that every server has.
    case sha256 = "hmac-sha256"
    /// HMAC with SHA-384.
    case sha384 = "hmac-sha384"
    /// HMAC with SHA-512.
    case sha512 = "hmac-sha512"

    /// Octets of a signature that is not cut.
    public var macOctets: Int {
      switch self {
      case .sha1: 20
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }
  }

  /// Why octets are not a key.
  public enum ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither `key "name" { algorithm …; secret …; };` nor `name algorithm secret`.
    case malformed
    /// The name is none.
    case badName
    /// An algorithm that is unknown, or MD5.
    case badAlgorithm(String)
    /// The secret is not base64.
    case badSecret

    /// One sentence for people. Never holds the secret.
    public var description: String {
      switch self {
      case .malformed: "not a TSIG key: neither BIND's key statement nor NAME ALGORITHM SECRET"
      case .badName: "the name of the TSIG key is no domain name"
      case .badAlgorithm(let name): "TSIG algorithm \(name) is not supported"
      case .badSecret: "the secret of the TSIG key is not base64"
      }
    }
  }

  /// Name of the key, which both sides must spell alike.
  public let name: DomainName
  /// Hash function.
  public let algorithm: Algorithm
  let secret: [UInt8]

  /// Makes a key.
  public init(name: DomainName, algorithm: Algorithm, secret: [UInt8]) {
    self.name = name
    self.algorithm = algorithm
    self.secret = secret
  }

  /// Reads a key statement as `tsig-keygen` writes it, or the three words name, algorithm, secret.
  ///
  /// - Parameter text: content of a key file.
  public init(parsing text: String) throws(ParseError) {
    let words = TSIGKey.words(of: text)
    if words.first == "key" {
      guard words.count > 1, let algorithm = TSIGKey.value(of: "algorithm", in: words),
        let secret = TSIGKey.value(of: "secret", in: words)
      else { throw .malformed }
      try self.init(name: words[1], algorithm: algorithm, secret: secret)
    } else {
      guard words.count == 3 else { throw .malformed }
      try self.init(name: words[0], algorithm: words[1], secret: words[2])
    }
  }

  private init(name: String, algorithm: String, secret: String) throws(ParseError) {
    guard let domain = try? DomainName(text: name) else { throw .badName }
    var spelled = algorithm.lowercased()
    if spelled.hasSuffix(".") { spelled.removeLast() }
    guard let known = Algorithm(rawValue: spelled) else { throw .badAlgorithm(algorithm) }
    var octets: [UInt8] = []
    do throws(RDataTextError) {
      // The rdata of OPENPGPKEY is one field of base64 and nothing else.
      try RDataParser.parse(Array(secret.utf8).span, type: .openpgpkey, into: &octets)
    } catch {
      throw .badSecret
    }
    self.init(name: domain, algorithm: known, secret: octets)
  }

  /// Words between blanks and punctuation, without comments. Base64 may hold `/`, so that a comment
  /// starts only where a word does.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let spaced = line.split { $0.isWhitespace || "{};\"".contains($0) }
      for word in spaced {
        if word.hasPrefix("#") || word.hasPrefix("//") { break }
        words.append(String(word))
      }
    }
    return words
  }

  private static func value(of key: String, in words: [String]) -> String? {
    guard let at = words.firstIndex(of: key), at + 1 < words.count else { return nil }
    return words[at + 1]
  }
}
