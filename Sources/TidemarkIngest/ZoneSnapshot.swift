public import DNSWire
public import TidemarkModel

/// One state of a zone: what a zone file or a zone transfer is a copy of.
public struct ZoneSnapshot: Sendable, Equatable {
  /// Name of the zone: the owner of its SOA record. The bailiwick of every record.
  public var apex: DomainName
  /// Serial of the SOA record; nil when the file has none.
  public var serial: UInt32?
  /// When the zone looked like this. First and last time of every record.
  public var time: UnixSeconds
  /// True keeps RRSIG, NSEC, NSEC3, NSEC3PARAM and DNSKEY: in a signed zone of delegations they are
  /// most of the octets, change with every signing and say nothing about hosts.
  public var takesDNSSEC = false

  /// Makes a snapshot without DNSSEC records.
  public init(apex: DomainName, serial: UInt32?, time: UnixSeconds) {
    self.apex = apex
    self.serial = serial
    self.time = time
  }
}

/// What the SOA record of a zone says.
public struct ZoneStart: Sendable, Equatable {
  /// Its owner.
  public let apex: DomainName
  /// Its serial.
  public let serial: UInt32

  /// Makes a value.
  public init(apex: DomainName, serial: UInt32) {
    self.apex = apex
    self.serial = serial
  }

  /// Reads an SOA record; nil when its rdata is none.
  public init?(owner: [UInt8], soa rdata: [UInt8]) {
    // Serial, refresh, retry, expire and minimum follow two names of at least one octet each.
    guard rdata.count >= 22, RDataSchema.isWellFormed(rdata.span, type: .soa) else { return nil }
    let at = rdata.count - 20
    serial = rdata[at..<(at + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    apex = DomainName(canonicalWire: owner)
  }
}
