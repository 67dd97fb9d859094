public import DNSWire
public import TidemarkDomains
public import TidemarkModel

/// A search for names that were not seen before a time.
public struct NewNamesQuery: Sendable {
  /// What is new.
  public enum Kind: Sendable {
    /// Registered domains: none of the records at or below one was seen earlier.
    case domains(PublicSuffixList)
    /// Owner names: none of a name's own records was seen earlier.
    case hosts
  }

  /// What is new.
  public var kind: Kind
  /// A name is new when it was first seen then or later.
  public var since: UnixSeconds
  /// Only names at or below this one.
  public var below: DomainName
  /// Datasets to search; what any of them saw earlier is not new.
  public var datasets: [DatasetNumber] = [.main]
  /// Most rows to return; nil for all.
  public var limit: Int?
  /// Go on behind this position: ``NewNamesCursor/position`` of an equal query.
  public var resumeAfter: [UInt8]?

  /// Makes a query.
  public init(_ kind: Kind, since: UnixSeconds, below: DomainName = .root) {
    self.kind = kind
    self.since = since
    self.below = below
  }
}

/// A new name. The cursor reuses it: copy what must outlive the call.
public struct NewNameRow: Sendable {
  /// The registered domain or owner name, canonical wire form.
  public internal(set) var name: [UInt8] = [0]
  /// When and how often its records were seen: those at or below a domain, those of a host.
  public internal(set) var seen = SeenSpan(timeFirst: 0, timeLast: 0, count: 0)
}
