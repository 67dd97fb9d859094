public import DNSWire
public import TidemarkModel

/// How responses of authoritative servers are read.
public struct AuthoritySettings: Sendable, Equatable {
  /// A record that is known from the start, of the root zone or a zone below it.
  public struct Hint: Sendable, Equatable {
    /// Canonical wire name.
    public var owner: [UInt8]
    /// Only NS, A and AAAA say anything.
    public var rrtype: RRType
    /// Canonical wire form.
    public var rdata: [UInt8]

    /// Makes a hint.
    public init(owner: [UInt8], rrtype: RRType, rdata: [UInt8]) {
      self.owner = owner
      self.rrtype = rrtype
      self.rdata = rdata
    }
  }

  /// Where the reconstruction of zones starts: the root's servers and their addresses, as
  /// `root.hints` has them, or a whole root zone. Never forgotten.
  public var hints: [Hint] = []
  /// True drops what cannot be tied to a zone; otherwise the queried name's own records are kept
  /// with ``Bailiwick/unknown``.
  public var isStrict = false
  /// True also takes RRSIG, NSEC and NSEC3 that nobody asked for. They are more than half of the
  /// volume above a validating resolver and say nothing about hosts.
  public var takesDNSSEC = false
  /// How long a response of an unknown server waits for its zone to become known, packet time.
  public var holdSeconds: UnixSeconds = 300
  /// Octets of all responses that wait. Beyond it the oldest are settled early.
  public var holdOctets = 16 << 20
  /// Zones remembered, beside the hints. One takes about 100 octets with its servers.
  public var zonesMax = 262_144
  /// Name servers remembered, beside the hints. One takes about 90 octets with its addresses.
  public var serversMax = 262_144

  /// Makes settings without hints.
  public init() {}
}
