import DNSWire
import FoundationEssentials
import TidemarkEnrichment

/// A URL in one reading only: what is checked is what is connected to.
///
/// Forms that programs read differently are refused: userinfo, escapes in hosts, zone ids, final
/// dots, numbers for addresses in other forms than RFC 3986's, backslashes, blanks.
struct OutboundURL: Sendable, Hashable {
  /// Longest URL, octets. Servers refuse longer ones.
  static let octetsMax = 8_192

  let isSecure: Bool
  /// A name in lower case, or an address in canonical text without brackets.
  let host: String
  /// The address, when the host is one.
  let address: IPAddressText.Address?
  let port: Int
  /// Path and query; begins with a slash.
  let target: String

  /// Reads a URL; a fragment is left out.
  ///
  /// - Throws: a failure whose text has nothing of the URL, which may hold a secret.
  init(_ text: String) throws(ActionFailure) {
    guard text.utf8.count <= OutboundURL.octetsMax else { throw OutboundURL.malformed("too long") }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) })
    else { throw OutboundURL.malformed("characters that must be escaped") }
    let lower = text.lowercased()
    guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else {
      throw OutboundURL.malformed("neither http nor https")
    }
    isSecure = scheme == "https://"
    var rest = text.dropFirst(scheme.count)
    if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let tail = rest[end...]
    target = tail.hasPrefix("/") ? String(tail) : "/" + tail
    let authority = try OutboundURL.authority(rest[..<end])
    (host, address) = try OutboundURL.host(authority.host)
    port = authority.port ?? (isSecure ? 443 : 80)
  }

  private static func malformed(_ what: String) -> ActionFailure {
    ActionFailure(.refused, message: "the URL is not asked: \(what)")
  }

  private static func authority(
    _ text: Substring
  ) throws(ActionFailure) -> (host: Substring, port: Int?) {
    guard !text.contains("@") else { throw malformed("a user before the host") }
    var host = text
    var port: Int?
    let bracket = text.lastIndex(of: "]") ?? text.startIndex
    if let colon = text[bracket...].lastIndex(of: ":") {
      let digits = text[text.index(after: colon)...]
      guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(ASCII.isDigit),
        let number = Int(digits), (1...65_535).contains(number)
      else { throw malformed("no port behind the colon") }
      port = number
      host = text[..<colon]
    }
    return (host, port)
  }

  /// Reads a host as it stands in a URL.
  private static func host(
    _ text: Substring
  ) throws(ActionFailure) -> (String, IPAddressText.Address?) {
    if text.hasPrefix("[") {
      let inner = Array(text.dropFirst().dropLast().utf8)
      guard text.hasSuffix("]"), let value = IPAddressText.parseIPv6(inner.span) else {
        throw malformed("no address between the brackets")
      }
      return (canonical(.v6(value)), .v6(value))
    }
    let host = text.lowercased()
    let octets = Array(host.utf8)
    if let value = IPAddressText.parseIPv4(octets.span) {
      return (canonical(.v4(value)), .v4(value))
    }
    guard isName(host) else { throw malformed("the host is neither a name nor an address") }
    return (host, nil)
  }

  /// The text of an address (RFC 5952).
  static func canonical(_ address: IPAddressText.Address) -> String {
    var out: [UInt8] = []
    IPAddressText.append(address, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// True for a name that no program takes for an address.
  static func isName(_ host: String) -> Bool {
    guard (1...253).contains(host.utf8.count) else { return false }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let isEveryLabelGood = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.utf8.allSatisfy {
          ASCII.isDigit($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
    }
    guard isEveryLabelGood, let last = labels.last else { return false }
    // Programs that take 0x7f.1 and 2130706433 for addresses look at the last label.
    let isNumber = last.utf8.allSatisfy(ASCII.isDigit) || last.hasPrefix("0x")
    return !isNumber
  }

  /// The URL that is asked for, spelled from the parts that were checked.
  var text: String {
    let isStandardPort = port == (isSecure ? 443 : 80)
    return (isSecure ? "https://" : "http://") + bracketedHost + (isStandardPort ? "" : ":\(port)")
      + target
  }

  /// The host with brackets around an IPv6 address.
  var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

  /// True when credentials for one may be sent to the other.
  func hasOrigin(of other: OutboundURL) -> Bool {
    isSecure == other.isSecure && host == other.host && port == other.port
  }

  /// Where a `Location` leads (RFC 9110 section 10.2.2).
  func redirected(to location: String) throws(ActionFailure) -> OutboundURL {
    guard location.utf8.count <= OutboundURL.octetsMax,
      let base = URL(string: text), let url = URL(string: location, relativeTo: base)
    else { throw OutboundURL.malformed("a redirect to no URL") }
    // A URL with a scheme is read as it came, so that nothing is read twice in two ways.
    let lower = location.lowercased()
    let isWhole = lower.hasPrefix("http://") || lower.hasPrefix("https://")
    return try OutboundURL(isWhole ? location : url.absoluteString)
  }
}
