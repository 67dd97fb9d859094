public import DNSWire
public import TidemarkModel
public import TidemarkPatterns

/// A search for rdata by its text, whoever owns it: DNSDB's flexible search of rdata.
///
/// The text of rdata is its presentation form in DNSDB's dialect: names end in a dot, strings stand
/// in double quotes. Lossy text gets the dot or the quotes that it lacks.
public struct RDataPatternQuery: Sendable {
  /// The types that are searched.
  public static let searchedTypes: Set<RRType> = [
    .cname, .hinfo, .mx, .naptr, .ns, .ptr, .rp, .soa, .spf, .srv, .txt,
  ]

  /// Rdata in whose text this matches.
  public var pattern: Pattern
  /// But not this.
  public var excluding: Pattern?
  /// Only these of ``searchedTypes``; empty for all of them.
  public var rrtypes: Set<RRType> = []
  /// Bounds on when a row was first and last seen, over all its records.
  public var times = TimeFences()
  /// Datasets to search; rdata that is in several of them comes once.
  public var datasets: [DatasetNumber] = [.main]
  /// Most rows to return; nil for all.
  public var limit: Int?
  /// Rows to leave out before the first one that is shown.
  public var offset = 0
  /// Go on behind this position: ``RDataPatternCursor/position`` of an equal query.
  public var resumeAfter: [UInt8]?

  /// Makes a query for all types.
  public init(_ pattern: Pattern, excluding: Pattern? = nil) {
    self.pattern = pattern
    self.excluding = excluding
  }
}

/// One rdata of a type, of all its owners together. The cursor reuses it: copy what must outlive
/// the call.
public struct RDataRow: Sendable {
  /// Canonical wire form, or text when ``isLossy``.
  public internal(set) var rdata: [UInt8] = []
  /// Type.
  public internal(set) var rrtype = RRType(rawValue: 0)
  /// True when ``rdata`` is text of a feed that does not give rdata completely.
  public internal(set) var isLossy = false
  /// When and how often it was seen, over all owners.
  public internal(set) var seen = SeenSpan(timeFirst: 0, timeLast: 0, count: 0)
}
