import DNSWire
public import TidemarkDomains
import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// The registered domains with a host on an address ("reverse IP").
///
/// Hosts are the owners of A or AAAA records; names with underscore labels and wildcards are none.
/// They are folded to registered domains by both parts of the public suffix list, so that what
/// people register below a hosting service stands by itself. A public suffix stays itself.
///
/// The work is cut into steps, and there is a table after each: an address with half a million
/// names gives its first table after the first step, truncated, and a better one after every
/// further step.
///
/// ```swift
/// let pivot = ReverseAddressPivot(address, scope, suffixes: list, store: store)
/// while clock.now < deadline, try pivot.step() {}
/// show(pivot.table)
/// ```
///
/// - Concurrency: one caller at a time; it may be handed from one to the next. It holds nothing of
///   the store between calls.
public final class ReverseAddressPivot: @unchecked Sendable {
  private let suffixes: PublicSuffixList
  private let cursor: RecordCursor
  private var finished = FirstDomains(limit: 0)
  /// Domains that the next host may be part of, each below the one before. Hosts come in the order
  /// of their labels from the root, so that a domain that was left does not come again.
  private var open: [OpenDomain]
  private var lastHost: DomainName?
  private var entriesLeft: Int
  private var isComplete = false

  /// Makes a pivot at the start of an address, or behind an earlier one's ``position``.
  ///
  /// - Parameters:
  ///   - rows: most rows of the table.
  ///   - entriesMax: index entries to read before the answer is truncated; rounded up to whole
  ///     steps.
  ///   - position: of an equal pivot; what is none is ignored.
  public init(
    _ address: PivotAddress, _ scope: PivotScope = PivotScope(), suffixes: PublicSuffixList,
    rows: Int = PivotLimits.tableRows, entriesMax: Int = PivotLimits.entriesMax,
    resumeAfter position: [UInt8]? = nil, store: any RecordStore
  ) {
    self.suffixes = suffixes
    let resumed = position.flatMap(ReversePosition.init(octets:))
    finished = FirstDomains(limit: rows)
    open = resumed?.open ?? []
    lastHost = resumed?.host
    entriesLeft = entriesMax
    var query = scope.query(ReverseAddressPivot.subject(address), [address.rrtype])
    query.resumeAfter = resumed?.key
    cursor = RecordCursor(query, store: store)
  }

  private static func subject(_ address: PivotAddress) -> RecordQuery.Subject {
    AddressPrefix(octets: address.octets).map { .network($0) } ?? .rdata(address.octets)
  }

  /// Reads on, through ``TidemarkQuery/RecordCursor/searchMax`` entries at most.
  ///
  /// - Returns: true when there is more to read and it may be read.
  /// - Throws: ``StoreError``; the table stays as good as it was.
  public func step() throws(StoreError) -> Bool {
    guard !isComplete, entriesLeft > 0 else { return false }
    entriesLeft -= RecordCursor.searchMax
    let end = try cursor.next { row in
      add(DomainName(canonicalWire: row.rrname), row.value)
      return true
    }
    isComplete = end != .paused
    return !isComplete && entriesLeft > 0
  }

  /// What was found so far; not truncated when everything was read.
  ///
  /// A domain stands in the table of the pivot that met it first, not in those that go on behind.
  public var table: DomainTable {
    var domains = finished
    for domain in open where !domain.isKnown { domains.add(domain.row) }
    return domains.table(isTruncated: !isComplete)
  }

  /// Where to go on later, by another pivot; nil before the first step and when all is read.
  public var position: [UInt8]? {
    guard !isComplete, let key = cursor.position, let lastHost else { return nil }
    return ReversePosition(open: open, host: lastHost, key: key).octets
  }

  private func add(_ host: DomainName, _ value: RecordValue) {
    guard host.isHost else { return }
    lastHost = host
    while let last = open.last, !host.isAtOrBelow(last.row.name) {
      open.removeLast()
      if !last.isKnown { finished.add(last.row) }
    }
    let seen = SeenSpan(value)
    let domain = host.folded(suffixes)
    if let last = open.indices.last, open[last].row.name == domain {
      open[last].row.seen.merge(seen)
      open[last].row.records += 1
    } else {
      open.append(OpenDomain(row: DomainRow(name: domain, seen: seen), isKnown: false))
    }
  }
}

/// A domain whose hosts are being read.
struct OpenDomain {
  var row: DomainRow
  /// An earlier pivot has it in its table.
  let isKnown: Bool
}

/// A place in the hosts of an address: the last host, the domains that are open there, and where
/// the cursor goes on.
struct ReversePosition {
  let open: [OpenDomain]
  let host: DomainName
  let key: [UInt8]

  init(open: [OpenDomain], host: DomainName, key: [UInt8]) {
    self.open = open
    self.host = host
    self.key = key
  }

  /// Number of open domains, their label counts, the host's octets and the key.
  var octets: [UInt8] {
    var out = [UInt8(truncatingIfNeeded: open.count)]
    for domain in open { out.append(UInt8(truncatingIfNeeded: domain.row.name.labelCount)) }
    out.append(UInt8(truncatingIfNeeded: host.wire.count))
    out += host.wire
    return out + key
  }

  /// Reads what ``octets`` gave; nil for anything else. Open domains are names above the host.
  init?(octets: [UInt8]) {
    guard let count = octets.first.map(Int.init), octets.count > 1 + count else { return nil }
    let start = 2 + count
    let end = start + Int(octets[1 + count])
    guard octets.count > end, let host = try? DomainName(wire: Array(octets[start..<end])) else {
      return nil
    }
    self.host = host
    key = Array(octets[end...])
    open = octets[1..<(1 + count)].map { labels in
      let none = SeenSpan(timeFirst: .max, timeLast: 0, count: 0)
      let row = DomainRow(name: host.lastLabels(Int(labels)), seen: none, records: 0)
      return OpenDomain(row: row, isKnown: true)
    }
  }
}
