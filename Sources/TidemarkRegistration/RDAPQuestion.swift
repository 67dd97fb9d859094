/// What is asked of an RDAP server (RFC 9082 section 3.1).
public enum RDAPQuestion: Sendable, Hashable {
  /// A domain by its name in A-labels.
  case domain(String)
  /// The network that holds an address.
  case address(String)
  /// The network that holds a prefix.
  case network(String, length: Int)
  /// An autonomous system by its number.
  case autonomousSystem(UInt32)
  /// A name server by its name in A-labels.
  case nameServer(String)
  /// A contact by its handle.
  case entity(String)

  /// The path behind a base URL, escaped.
  public var path: String {
    switch self {
    case .domain(let name): "domain/" + RDAPURL.escaped(name)
    case .address(let text): "ip/" + RDAPURL.escaped(text)
    case .network(let text, let length): "ip/\(RDAPURL.escaped(text))/\(length)"
    case .autonomousSystem(let number): "autnum/\(number)"
    case .nameServer(let name): "nameserver/" + RDAPURL.escaped(name)
    case .entity(let handle): "entity/" + RDAPURL.escaped(handle)
    }
  }
}

/// URLs of RDAP servers.
enum RDAPURL {
  /// A base URL of a bootstrap file with a slash behind it.
  ///
  /// - Returns: nil for another scheme than http and https, no host, octets that no URL has and
  ///   broken escapes.
  static func base(_ text: String) -> String? {
    let lower = text.lowercased()
    guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }),
      text.utf8.count <= 1_000
    else { return nil }
    let rest = Array(text.utf8.dropFirst(scheme.utf8.count))
    guard let first = rest.first, isUnreserved(first) || first == UInt8(ascii: "[") else {
      return nil
    }
    for (index, octet) in rest.enumerated() {
      guard octet > 0x20, octet < 0x7F, !"\"<>\\^`{|}?#@".utf8.contains(octet) else { return nil }
      if octet == UInt8(ascii: "%") {
        let digits = rest[(index + 1)...].prefix(2)
        guard digits.count == 2, digits.allSatisfy(isHexadecimal) else { return nil }
      }
    }
    let url = scheme + String(decoding: rest, as: UTF8.self)
    return url.hasSuffix("/") ? url : url + "/"
  }

  /// A segment of a path (RFC 3986 section 3.3).
  static func escaped(_ text: String) -> String {
    var out: [UInt8] = []
    for octet in text.utf8 {
      if isUnreserved(octet) || octet == UInt8(ascii: ":") {
        out.append(octet)
      } else {
        let digits = String(octet, radix: 16, uppercase: true)
        out.append(contentsOf: "%\(octet < 16 ? "0" : "")\(digits)".utf8)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func isUnreserved(_ octet: UInt8) -> Bool {
    switch octet {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._~".utf8.contains(octet)
    }
  }

  private static func isHexadecimal(_ octet: UInt8) -> Bool {
    (0x30...0x39).contains(octet) || (0x41...0x46).contains(octet & 0xDF)
  }
}
