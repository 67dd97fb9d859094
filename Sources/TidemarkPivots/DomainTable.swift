public import DNSWire
public import TidemarkQuery

/// A registered domain that a pivot found.
public struct DomainRow: Sendable, Equatable {
  /// The domain.
  public let name: DomainName
  /// First and last seen, and the summed count, of its records that the pivot met.
  public internal(set) var seen: SeenSpan
  /// Records that the pivot met.
  public internal(set) var records: Int

  init(name: DomainName, seen: SeenSpan, records: Int = 1) {
    self.name = name
    self.seen = seen
    self.records = records
  }
}

/// Domains in the order of their text's octets: the first few of all, and how many there are.
public struct DomainTable: Sendable, Equatable {
  /// Ascending by presentation text without final dot.
  public internal(set) var rows: [DomainRow] = []
  /// Domains, those beyond ``rows`` included. A lower bound when ``isTruncated``.
  public internal(set) var domainCount = 0
  /// True when the search did not come to its end: there may be more domains, and rows may have
  /// been seen earlier or later than they say.
  public internal(set) var isTruncated = false
}

/// Keeps the first domains of any number, in memory for twice as many.
struct FirstDomains: Sendable {
  private(set) var count = 0
  private let limit: Int
  private var kept: [(text: [UInt8], row: DomainRow)] = []

  init(limit: Int) { self.limit = min(max(limit, 0), PivotLimits.entriesMax) }

  /// Adds a domain that was not added before.
  mutating func add(_ row: DomainRow) {
    count += 1
    var text: [UInt8] = []
    DomainName.appendText(of: row.name.wire.span, finalDot: false, to: &text)
    kept.append((text, row))
    if kept.count >= 2 * limit + 64 { trim() }
  }

  /// The first domains and the number of all.
  func table(isTruncated: Bool) -> DomainTable {
    var copy = self
    copy.trim()
    var table = DomainTable()
    table.rows = copy.kept.map { $0.row }
    table.domainCount = count
    table.isTruncated = isTruncated
    return table
  }

  private mutating func trim() {
    kept.sort { $0.text.lexicographicallyPrecedes($1.text) }
    if kept.count > limit { kept.removeSubrange(limit...) }
  }
}
