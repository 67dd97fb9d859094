/// A WHOIS server by host and port.
public struct WHOISServer: Sendable, Hashable {
  /// A name in lower case, or an address in canonical text.
  public let host: String
  /// 43 unless said otherwise.
  public let port: Int

  /// Takes a host and a port.
  public init(host: String, port: Int = 43) {
    self.host = host
    self.port = port
  }

  /// Reads `whois.example.net`, `192.0.2.43:4343`, `[2001:db8::43]`.
  ///
  /// - Returns: nil for anything else.
  public init?(_ text: String) {
    let isBare = text.hasPrefix("[") ? text.hasSuffix("]") : !text.contains(":")
    guard let url = try? OutboundURL("http://\(text)\(isBare ? ":43" : "")"), url.target == "/",
      !text.contains("/"), !text.contains("#")
    else { return nil }
    self.init(host: url.host, port: url.port)
  }

  /// Registries that are asked most, so that the root need not be asked for them.
  private static let registries: [String: String] = [
    "com": "whois.verisign-grs.com", "net": "whois.verisign-grs.com", "de": "whois.denic.de",
    "org": "whois.publicinterestregistry.org", "jp": "whois.jprs.jp", "fr": "whois.nic.fr",
    "uk": "whois.nic.uk", "nl": "whois.domain-registry.nl", "eu": "whois.eu",
    "info": "whois.nic.info",
  ]

  /// The server of a top-level domain, when it is well known.
  static func known(topLevel: Substring) -> WHOISServer? {
    registries[String(topLevel)].map { WHOISServer(host: $0) }
  }
}
