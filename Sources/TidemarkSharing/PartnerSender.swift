/// What sends a partner's rows somewhere without being asked for: it takes chunks from a
/// ``PartnerFeed`` and says which positions the other side has.
public protocol PartnerSender: Sendable {
  /// Sends until the task is cancelled; waits for the other side, and connects again, as long as it
  /// takes.
  ///
  /// - Throws: an error whose text is one line for people, when sending can never succeed.
  func run() async throws

  /// The feed may have something, or its rate may let something out. Called every second, too.
  func arrived()
}

/// The position of a partner's push in the state family of a store: what was sent up to where.
public enum PartnerPosition {
  /// The key of a partner's position: `u` and the first 16 octets of the digest of its token.
  /// Numbers of partners begin anew with another control database, whose partners are others.
  public static func key(of partner: Partner) -> [UInt8] {
    [UInt8(ascii: "u")] + partner.tokenDigest.prefix(16)
  }

  /// The sequence number of the last chunk sent, eight octets, big-endian.
  public static func octets(_ sequence: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: sequence >> (56 - 8 * UInt64($0))) }
  }

  /// Reads what ``octets(_:)`` made; nil for anything but eight octets.
  public static func sequence(_ octets: [UInt8]) -> UInt64? {
    octets.count == 8 ? octets.reduce(0) { $0 << 8 | UInt64($1) } : nil
  }
}
