/// What kind of thing an indicator names.
public enum IndicatorType: String, Sendable, CaseIterable, Codable {
  /// A domain name.
  case fqdn
  /// An IPv4 address.
  case ipv4
  /// An IPv6 address.
  case ipv6
  /// A network: address and prefix length.
  case cidr
  /// A URL with a host.
  case url
  /// A mail address.
  case email
  /// The number of an autonomous system.
  case asn
  /// An MD5 digest of a file.
  case md5
  /// A SHA-1 digest of a file.
  case sha1
  /// A SHA-256 digest of a file.
  case sha256
  /// A SHA-512 digest of a file.
  case sha512

  /// What others call "IP Address".
  public static let addresses: Set<IndicatorType> = [.ipv4, .ipv6]

  /// The name for people.
  public var label: String {
    switch self {
    case .fqdn: "FQDN"
    case .ipv4: "IPv4 Address"
    case .ipv6: "IPv6 Address"
    case .cidr: "CIDR Block"
    case .url: "URL"
    case .email: "Email Address"
    case .asn: "ASN"
    case .md5: "MD5"
    case .sha1: "SHA-1"
    case .sha256: "SHA-256"
    case .sha512: "SHA-512"
    }
  }

  /// Hexadecimal digits of a digest; nil for what is none.
  var digestDigits: Int? {
    switch self {
    case .md5: 32
    case .sha1: 40
    case .sha256: 64
    case .sha512: 128
    default: nil
    }
  }

  /// The types that a word of a file may mean, in any case; empty for words nobody uses.
  public static func named(_ word: String) -> Set<IndicatorType> {
    let word = word.lowercased()
    if let type = IndicatorType(rawValue: word) { return [type] }
    switch word {
    case "domain", "hostname", "domain name", "domain-name": return [.fqdn]
    case "ip", "ip address", "ip-src", "ip-dst": return addresses
    case "ipv4 address": return [.ipv4]
    case "ipv6 address": return [.ipv6]
    case "cidr block": return [.cidr]
    case "email address", "email-src", "email-dst", "email-addr": return [.email]
    case "as", "autonomous-system": return [.asn]
    case "sha-1": return [.sha1]
    case "sha-256": return [.sha256]
    case "sha-512": return [.sha512]
    default: return []
    }
  }
}
