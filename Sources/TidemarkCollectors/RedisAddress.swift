/// A database of a Redis server, or of one that speaks its protocol.
public struct RedisAddress: Sendable, Equatable, CustomStringConvertible {
  /// Why a text is no address.
  public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line for people. Never holds the password.
    public let description: String
  }

  /// The port unless another is named.
  public static let portStandard: UInt16 = 6_379

  /// A name or an address.
  public let host: String
  /// The port.
  public let port: UInt16
  /// The number of the database.
  public let database: Int
  /// For servers that know users.
  public let user: String?
  /// Sent when there is one.
  public var password: String?

  /// Reads `redis://[[user]:password@]host[:port][/database]`; user and password may be
  /// percent-encoded.
  public init(url: String) throws(Fault) {
    let prefix = "redis://"
    guard url.lowercased().hasPrefix(prefix) else { throw RedisAddress.fault }
    var rest = url.dropFirst(prefix.utf8.count)
    var user: String?
    var password: String?
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at].split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard credentials.count == 2, let name = RedisAddress.decoded(credentials[0]),
        let secret = RedisAddress.decoded(credentials[1]), !secret.isEmpty
      else { throw RedisAddress.fault }
      user = name.isEmpty ? nil : name
      password = secret
      rest = rest[rest.index(after: at)...]
    }
    try self.init(place: rest, user: user, password: password)
  }

  /// Reads `host:port/database` as the D4 clients' file `redis_d4` has it.
  public init(place: some StringProtocol) throws(Fault) {
    try self.init(place: Substring(place), user: nil, password: nil)
  }

  private init(place: Substring, user: String?, password: String?) throws(Fault) {
    let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var database = 0
    if parts.count == 2, !parts[1].isEmpty {
      guard let number = Int(parts[1]), (0...65_535).contains(number) else {
        throw RedisAddress.fault
      }
      database = number
    }
    guard
      let (host, port) = HostAndPort.split(
        String(parts[0]), portStandard: RedisAddress.portStandard)
    else { throw RedisAddress.fault }
    self.host = host
    self.port = port
    self.database = database
    self.user = user
    self.password = password
  }

  private static let fault = Fault(
    description: "not a database; write redis://[:password@]host[:port][/number]")

  /// The address without user and password: for logs, and to tell servers apart.
  public var description: String {
    let host = host.contains(":") ? "[\(host)]" : host
    return "redis://\(host):\(port)/\(database)"
  }

  private static func decoded(_ text: Substring) -> String? {
    var octets: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let octet = rest.popFirst() {
      guard octet == UInt8(ascii: "%") else {
        octets.append(octet)
        continue
      }
      guard rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      octets.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: octets, as: UTF8.self)
  }
}

/// `host:port` in text: names, IPv4 addresses, and IPv6 addresses in brackets.
enum HostAndPort {
  /// - Parameter portStandard: the port of a text without one; nil when there must be one.
  static func split(_ text: String, portStandard: UInt16?) -> (host: String, port: UInt16)? {
    var host = text[...]
    var port = portStandard
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      if !rest.isEmpty {
        guard rest.hasPrefix(":") else { return nil }
        port = UInt16(rest.dropFirst())
      }
      guard host.contains(":") else { return nil }
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = UInt16(text[text.index(after: colon)...])
    }
    let isPlain = host.utf8.allSatisfy { octet in
      (0x30...0x3A).contains(octet) || (0x41...0x5A).contains(octet)
        || (0x61...0x7A).contains(octet) || octet == 0x2D || octet == 0x2E || octet == 0x5F
    }
    guard !host.isEmpty, isPlain, host.utf8.count <= 255, let port, port > 0 else { return nil }
    return (String(host), port)
  }
}
