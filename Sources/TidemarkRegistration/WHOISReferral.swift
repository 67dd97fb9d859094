/// Another server that an answer points to. The answer is foreign data: the caller must still
/// refuse a name that resolves to a private address.
public struct WHOISReferral: Sendable, Hashable {
  /// Lower case, without the final dot; never an address.
  public var host: String
  /// 43, or 4321 for a server of RFC 2167.
  public var port: UInt16

  /// Ports that may be asked.
  static let ports: Set<UInt16> = [43, 4321]

  /// Keys whose value is a server, normalized, best first.
  private static let keys = [
    "registrar whois server", "whois server", "registrar whois", "refer", "whois",
    "referralserver", "referral server",
  ]
  /// Keys whose text may name a server.
  private static let hints: Set<String> = ["remarks", "comment"]

  /// Servers that an answer names, best first, each once, at most
  /// ``RegistrationLimits/referralsMax``.
  public static func find(in octets: [UInt8]) -> [WHOISReferral] {
    let lines = WHOISLine.lines(of: WHOISText.decode(octets))
    var found: [WHOISReferral] = []
    func add(_ text: String) {
      guard found.count < RegistrationLimits.referralsMax, let referral = WHOISReferral(text),
        !found.contains(referral)
      else { return }
      found.append(referral)
    }
    for key in keys {
      for line in lines where line.key == key { add(line.value) }
    }
    for line in lines where line.key.map(hints.contains) ?? false {
      for word in line.value.words where word.hasPrefix("whois.") { add(word) }
    }
    return found
  }

  /// Reads `whois.example.com`, `whois://whois.example.com:43`, `rwhois://rwhois.example.com`.
  ///
  /// - Returns: nil for addresses, names of one label, names that never leave a network, other
  ///   ports and schemes.
  public init?(_ text: String) {
    var rest = text.trimmedText.lowercased()[...]
    port = 43
    if let range = rest.firstRange(of: "://") {
      switch rest[..<range.lowerBound] {
      case "whois": port = 43
      case "rwhois": port = 4321
      default: return nil
      }
      rest = rest[range.upperBound...]
      if rest.hasSuffix("/") { rest.removeLast() }
    }
    if let colon = rest.lastIndex(of: ":") {
      guard let written = UInt16(rest[rest.index(after: colon)...]) else { return nil }
      port = written
      rest = rest[..<colon]
    }
    guard WHOISReferral.ports.contains(port), let name = HostText.hostName(rest),
      let last = name.split(separator: ".").last, !last.utf8.allSatisfy({ $0 & 0xF0 == 0x30 }),
      !WHOISReferral.local.contains(String(last)), HostText.address(name) == nil
    else { return nil }
    host = name
  }

  /// Top-level names that mean something inside a network only (RFC 6761, RFC 6762, RFC 8375).
  private static let local: Set<String> = [
    "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local",
    "localdomain", "localhost", "onion", "test",
  ]
}

/// The way of one question from server to server: bounded, no server twice.
public struct WHOISReferralTrail: Sendable {
  private var hosts: Set<String>
  private var count = 0

  /// Begins at a server.
  public init(at host: String) { hosts = [host.lowercased()] }

  /// The server to ask next.
  ///
  /// - Parameter octets: the answer of the server before.
  /// - Returns: nil when there is none, all were asked, or the trail is long enough.
  public mutating func next(after octets: [UInt8]) -> WHOISReferral? {
    guard count < RegistrationLimits.referralsMax else { return nil }
    let found = WHOISReferral.find(in: octets)
    guard let referral = found.first(where: { !hosts.contains($0.host) }) else { return nil }
    hosts.insert(referral.host)
    count += 1
    return referral
  }
}
