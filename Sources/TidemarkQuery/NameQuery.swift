public import DNSWire
public import TidemarkModel
public import TidemarkPatterns

/// A search for owner names, whatever their rdata.
public struct NameQuery: Sendable {
  /// Which names are searched for.
  public enum Match: Sendable {
    /// Every name.
    case all
    /// The names whose first labels are those of a name: `www.example` finds `www.example` and
    /// `www.example.com`.
    case startingWith(DomainName)
    /// A name and the names below it.
    case below(DomainName)
    /// The names in whose text, with the final dot, one pattern matches and the other does not.
    case pattern(Pattern, excluding: Pattern?)
  }

  /// Which names.
  public var match: Match
  /// Only names with records of these types, and only those records; empty for all.
  public var rrtypes: Set<RRType> = []
  /// Not records of these types, nor names that have no other records.
  public var excludedTypes: Set<RRType> = []
  /// Bounds on when a row was first and last seen, over all its records.
  public var times = TimeFences()
  /// Datasets to search; a name that is in several of them comes once.
  public var datasets: [DatasetNumber] = [.main]
  /// Most rows to return; nil for all.
  public var limit: Int?
  /// Rows to leave out before the first one that is shown.
  public var offset = 0
  /// Go on behind this position: ``NameCursor/position`` of an equal query.
  public var resumeAfter: [UInt8]?
  /// A row for each type of a name instead of one for the name.
  public var perType = false
  /// Rows say when and how often they were seen. Costs reading every record of the names found;
  /// otherwise nothing but names is read, unless types or times are asked for. Then the list may
  /// hold a name whose records a crash took away before they were written.
  public var wantsValues = false

  /// Makes a query for names.
  public init(_ match: Match) {
    self.match = match
  }

  /// True when the records of a name tell whether and how it is shown.
  var needsRecords: Bool {
    perType || wantsValues || !rrtypes.isEmpty || !excludedTypes.isEmpty
      || times != TimeFences()
  }
}

/// When and how often the records of a row were seen, all together.
public struct SeenSpan: Sendable, Equatable {
  /// Earliest `time_first`.
  public var timeFirst: UnixSeconds
  /// Latest `time_last`.
  public var timeLast: UnixSeconds
  /// Sum of the counts; saturates.
  public var count: UInt64

  /// Makes a span.
  public init(timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64) {
    self.timeFirst = timeFirst
    self.timeLast = timeLast
    self.count = count
  }

  /// What a record's value says of it.
  public init(_ value: RecordValue) {
    self.init(timeFirst: value.timeFirst, timeLast: value.timeLast, count: value.count)
  }

  /// Takes another one in.
  public mutating func merge(_ other: SeenSpan) {
    timeFirst = min(timeFirst, other.timeFirst)
    timeLast = max(timeLast, other.timeLast)
    let (sum, overflow) = count.addingReportingOverflow(other.count)
    count = overflow ? .max : sum
  }
}

/// One row of a search for names. The cursor reuses it: copy what must outlive the call.
public struct NameRow: Sendable {
  /// The name, canonical wire form.
  public internal(set) var rrname: [UInt8] = [0]
  /// The type, when there is a row for each.
  public internal(set) var rrtype: RRType?
  /// When and how often, if it was asked for.
  public internal(set) var seen: SeenSpan?
}
