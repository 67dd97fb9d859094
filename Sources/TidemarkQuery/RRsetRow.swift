public import DNSWire
public import TidemarkModel

/// One row as the DNSDB API shows it: rdata of one owner and type that were seen together.
public struct RRsetRow: Sendable, Equatable {
  /// Owner, canonical wire form.
  public internal(set) var rrname: [UInt8]
  /// Type.
  public internal(set) var rrtype: RRType
  /// Apex of the zone, as a number of labels of ``rrname``; unknown too when rows are grouped by
  /// rdata.
  public internal(set) var bailiwick: Bailiwick
  /// Canonical wire forms, or texts when ``isLossy``, in key order; at least one.
  public internal(set) var rdata: [[UInt8]]
  /// True when ``rdata`` is text of a feed that does not give rdata completely.
  public internal(set) var isLossy: Bool
  /// True when it was seen in zone files or transfers, false when in answers.
  public internal(set) var isZone: Bool
  /// First seen.
  public internal(set) var timeFirst: UnixSeconds
  /// Last seen.
  public internal(set) var timeLast: UnixSeconds
  /// How often it was seen; for zone data, in how many zone files.
  public internal(set) var count: UInt64
}

/// What rows of one owner and type agree on.
struct RRsetKey: Hashable {
  var bailiwick: Bailiwick
  var isLossy: Bool
  var isZone: Bool
  var timeFirst: UnixSeconds
  var timeLast: UnixSeconds
  var count: UInt64
}
