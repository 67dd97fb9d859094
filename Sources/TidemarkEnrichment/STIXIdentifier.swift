import Crypto
import DNSWire
import FoundationEssentials
import TidemarkModel

/// Identifiers of STIX objects.
package enum STIXIdentifier {
  /// The namespace of observables (STIX 2.1 section 2.9).
  static let standardNamespace = "00abedb4-aa42-466c-9c01-fed23315a9b7"
  /// The namespace of our relationships and notes; never changes, so that exporting again gives the
  /// same objects.
  static let ownNamespace = "6fbffc78-12fc-455e-a930-b1eadb02bfe9"

  /// The kind of an indicator; nil for those that the standard cannot name.
  static func kind(of key: IndicatorKey) -> String? {
    switch key.type {
    // Validators want host names: no underscores.
    case .fqdn: HostNameText.normal(Array(key.value.utf8)) == nil ? nil : "domain-name"
    case .ipv4: "ipv4-addr"
    case .ipv6: "ipv6-addr"
    case .cidr: key.value.utf8.contains(UInt8(ascii: ":")) ? "ipv6-addr" : "ipv4-addr"
    case .url: "url"
    case .email: "email-addr"
    case .asn: "autonomous-system"
    case .md5, .sha1, .sha256, .sha512: "file"
    }
  }

  static func digestName(_ type: IndicatorType) -> String {
    switch type {
    case .sha1: "SHA-1"
    case .sha256: "SHA-256"
    case .sha512: "SHA-512"
    default: "MD5"
    }
  }

  /// The identifier of an observable: everybody's for the same value.
  static func observable(_ key: IndicatorKey) -> String? {
    guard let kind = kind(of: key) else { return nil }
    var text: [UInt8] = []
    switch key.type {
    case .asn: text.append(contentsOf: #"{"number":\#(key.value.dropFirst(2))}"#.utf8)
    case .md5, .sha1, .sha256, .sha512:
      text.append(
        contentsOf: #"{"hashes":{"\#(digestName(key.type))":"\#(key.value)"}}"#.utf8)
    default: return observable(kind, value: Array(value(of: key).utf8))
    }
    return "\(kind)--\(version5(text, namespace: standardNamespace))"
  }

  /// The identifier of an observable that is known by its value.
  static func observable(_ kind: String, value: [UInt8]) -> String {
    var text = Array(#"{"value":"#.utf8)
    JSONText.appendQuoted(value.span, to: &text)
    text.append(UInt8(ascii: "}"))
    return "\(kind)--\(version5(text, namespace: standardNamespace))"
  }

  /// The value of an observable that has one.
  package static func value(of key: IndicatorKey) -> String {
    guard key.type == .ipv6 || key.type == .cidr else { return key.value }
    let parts = key.value.split(separator: "/", omittingEmptySubsequences: false)
    let octets = Array(parts[0].utf8)
    guard case .v6(let address)? = IPAddressText.parse(octets.span) else { return key.value }
    let text = String(decoding: value(of: .v6(address)), as: UTF8.self)
    return ([text] + parts.dropFirst().map(String.init)).joined(separator: "/")
  }

  /// The text of an address. Dotted ends are written as groups: the validator of the standard does
  /// not take them, and others make their identifiers of groups too.
  static func value(of address: IPAddressText.Address) -> [UInt8] {
    if case .v6(let value) = address, value >> 32 == 0xFFFF {
      let groups = [value >> 16 & 0xFFFF, value & 0xFFFF].map { String($0, radix: 16) }
      return Array("::ffff:\(groups[0]):\(groups[1])".utf8)
    }
    var text: [UInt8] = []
    IPAddressText.append(address, to: &text)
    return text
  }

  /// The number that an identifier ends with.
  static func number(of id: String) -> UInt128 {
    id.utf8.suffix(36).reduce(0) { value, octet in
      ASCII.hexValue(octet).map { value << 4 | UInt128($0) } ?? value
    }
  }

  /// An identifier of ours: the same for an object of the same kind with the same parts.
  static func own(_ kind: String, _ parts: [String]) -> String {
    var text: [UInt8] = []
    for part in [kind] + parts {
      text.append(contentsOf: "\(part.utf8.count):".utf8)
      text.append(contentsOf: part.utf8)
    }
    return "\(kind)--\(version5(text, namespace: ownNamespace))"
  }

  /// A UUID of a name (RFC 9562 section 5.5).
  private static func version5(_ name: [UInt8], namespace: String) -> String {
    let space = ASCII.octets(hexadecimal: Array(namespace.utf8.filter { $0 != 0x2D }).span) ?? []
    var octets = Array(Insecure.SHA1.hash(data: Data(space + name)).prefix(16))
    octets[6] = octets[6] & 0x0F | 0x50
    octets[8] = octets[8] & 0x3F | 0x80
    let digits = Array("0123456789abcdef")
    var text = ""
    for (index, octet) in octets.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      text.append(digits[Int(octet >> 4)])
      text.append(digits[Int(octet & 15)])
    }
    return text
  }
}
