import DNSWire
public import TidemarkModel
import TidemarkQuery

/// Where and when a pivot looks.
public struct PivotScope: Sendable, Equatable {
  /// Datasets to search, each once.
  public var datasets: [DatasetNumber]
  /// Only records that were seen then or later; nil for all.
  public var since: UnixSeconds?
  /// Only records that were seen then or earlier; nil for all.
  public var until: UnixSeconds?

  /// Makes a scope.
  public init(
    datasets: [DatasetNumber] = [.main], since: UnixSeconds? = nil, until: UnixSeconds? = nil
  ) {
    self.datasets = datasets
    self.since = since
    self.until = until
  }

  /// The query for records of some types whose time from first to last seen overlaps the scope.
  func query(_ subject: RecordQuery.Subject, _ rrtypes: Set<RRType>) -> RecordQuery {
    var query = RecordQuery(subject)
    query.datasets = datasets
    query.rrtypes = rrtypes
    // Fences are strict.
    if let since, since > 0 { query.times.lastAfter = since - 1 }
    if let until, until < .max { query.times.firstBefore = until + 1 }
    return query
  }
}

/// Bounds on the work and memory of one pivot.
public enum PivotLimits {
  /// Index entries that a reverse pivot reads before it says that its answer is truncated. A shared
  /// host has millions; more would take seconds.
  public static let entriesMax = 1_000_000
  /// Index entries searched for an NS record with a name before the name counts as no name server.
  public static let nameServerSearchMax = 262_144
  /// Domains in a table by default; analysts read some hundred.
  public static let tableRows = 500
  /// Zones of a name server that are told apart; bounds memory to some 40 MiB.
  public static let zonesMax = 250_000
  /// Aliases followed from one name, as resolvers do; more is a loop or a mistake.
  public static let aliasesMax = 8
  /// Records of one owner that are read; names that change every minute have more.
  public static let ownerRecordsMax = 20_000
  /// Addresses of a name that are looked up in turn: each is a pivot of its own.
  public static let addressesMax = 32
  /// Name servers of a domain that are looked up in turn (real delegations have up to 13).
  public static let nameServersMax = 13
  /// Zones that are asked for any SOA record before a missing one is believed.
  public static let zonesProbedMax = 64
  /// Pairs of value and day that a history looks at; bounds memory to some 8 MiB. Thirty values
  /// on every day of forty years are fewer.
  public static let historyDaysMax = 500_000
}
