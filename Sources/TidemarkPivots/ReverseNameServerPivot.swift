import DNSWire
import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// The zones that a name server serves ("reverse name server").
public struct NameServerTable: Sendable, Equatable {
  /// Zones whose SOA record names the server as the primary one (MNAME, RFC 1035 section 3.3.13).
  public internal(set) var primary = DomainTable()
  /// Other zones with an NS record for it.
  public internal(set) var secondary = DomainTable()
  /// False when no SOA record of these zones is known: then every zone stands in ``primary``.
  public internal(set) var hasSOAData = false

  /// Zones of both tables.
  public var total: Int { primary.domainCount + secondary.domainCount }
}

/// Finds the zones of a name server: the owners of NS records with it, and of SOA records that name
/// it. Zones are owners as they are, never folded: a delegation is a zone of its own, and a host
/// below a zone is none.
///
/// Like ``ReverseAddressPivot`` it works in steps, and has a table after each.
///
/// - Concurrency: one caller at a time; it may be handed from one to the next.
public final class ReverseNameServerPivot: @unchecked Sendable {
  private struct Zone {
    var seen: SeenSpan
    var records: Int
    var isPrimary: Bool
  }

  private let target: NameServerTarget
  private let scope: PivotScope
  private let store: any RecordStore
  private let rows: Int
  /// SOA before NS, so that a table cut short does not take every zone for a secondary one.
  private var cursors: [RecordCursor]
  private var zones: [DomainName: Zone] = [:]
  private var entriesLeft: Int
  private var hasSOAData = false
  private var isFull = false

  /// Makes a pivot.
  ///
  /// - Parameters:
  ///   - rows: most rows of each table.
  ///   - entriesMax: index entries to read before the answer is truncated; rounded up to whole
  ///     steps.
  public init(
    _ target: NameServerTarget, _ scope: PivotScope = PivotScope(),
    rows: Int = PivotLimits.tableRows, entriesMax: Int = PivotLimits.entriesMax,
    store: any RecordStore
  ) {
    self.target = target
    self.scope = scope
    self.store = store
    self.rows = rows
    entriesLeft = entriesMax
    // A target with hosts below has one range for all types: one walk serves both.
    let walks: [Set<RRType>] = target.takesHostsBelow ? [[.soa, .ns]] : [[.soa], [.ns]]
    cursors = walks.map { RecordCursor(scope.query(target.subject, $0), store: store) }
  }

  /// Reads on, through ``TidemarkQuery/RecordCursor/searchMax`` entries at most.
  ///
  /// - Returns: true when there is more to read and it may be read.
  /// - Throws: ``StoreError``.
  public func step() throws(StoreError) -> Bool {
    guard let cursor = cursors.first, entriesLeft > 0, !isFull else { return false }
    entriesLeft -= RecordCursor.searchMax
    let end = try cursor.next { row in
      add(row)
      return !isFull
    }
    if end != .paused { cursors.removeFirst() }
    let goesOn = !cursors.isEmpty && entriesLeft > 0 && !isFull
    if !goesOn, !hasSOAData { hasSOAData = try findsSOA() }
    return goesOn
  }

  /// What was found so far.
  public var table: NameServerTable {
    var primary = FirstDomains(limit: rows)
    var secondary = FirstDomains(limit: rows)
    for (name, zone) in zones {
      let row = DomainRow(name: name, seen: zone.seen, records: zone.records)
      if zone.isPrimary || !hasSOAData { primary.add(row) } else { secondary.add(row) }
    }
    var table = NameServerTable()
    table.primary = primary.table(isTruncated: !cursors.isEmpty)
    table.secondary = secondary.table(isTruncated: !cursors.isEmpty)
    table.hasSOAData = hasSOAData
    return table
  }

  private func add(_ row: borrowing RecordRow) {
    guard !row.isLossy, let host = DomainName(in: row.rdata, from: 0), target.takes(host) else {
      // Also SOA records whose other name, the contact, is at the target.
      return
    }
    let name = DomainName(canonicalWire: row.rrname)
    let seen = SeenSpan(
      timeFirst: row.value.timeFirst, timeLast: row.value.timeLast, count: row.value.count)
    let isPrimary = row.rrtype == .soa
    hasSOAData = hasSOAData || isPrimary
    if var zone = zones[name] {
      zone.seen.merge(seen)
      zone.records += 1
      zone.isPrimary = zone.isPrimary || isPrimary
      zones[name] = zone
    } else if zones.count < PivotLimits.zonesMax {
      zones[name] = Zone(seen: seen, records: 1, isPrimary: isPrimary)
    } else {
      isFull = true
    }
  }

  /// Whether any SOA record of the zones is known, though none names the target.
  private func findsSOA() throws(StoreError) -> Bool {
    var first = FirstDomains(limit: PivotLimits.zonesProbedMax)
    for (name, zone) in zones { first.add(DomainRow(name: name, seen: zone.seen)) }
    for zone in first.table(isTruncated: false).rows {
      var query = scope.query(.owner(zone.name), [.soa])
      query.limit = 1
      let cursor = RecordCursor(query, store: store)
      var isFound = false
      _ = try cursor.next { _ in
        isFound = true
        return false
      }
      if isFound { return true }
    }
    return false
  }
}
