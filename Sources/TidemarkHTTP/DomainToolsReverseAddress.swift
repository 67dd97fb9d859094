import DNSWire
import TidemarkPivots

/// `reverse-ip` and `host-domains`: the registered domains on the addresses of a name, or on one
/// address.
struct DomainToolsReverseAddress: DomainToolsWork {
  /// What the addresses are of.
  private enum Start {
    case name(DomainName)
    case addresses([PivotAddress])
  }

  private let query: DomainToolsQuery
  private let limit: Int
  private var start: Start
  private var tables: [(address: PivotAddress, table: DomainTable)] = []
  private var pivot: ReverseAddressPivot?

  /// - Throws: ``Problem`` for a limit that is none.
  init(of name: DomainName, _ query: DomainToolsQuery) throws(Problem) {
    try self.init(.name(name), query)
  }

  /// - Throws: ``Problem`` for a limit that is none.
  init(of address: PivotAddress, _ query: DomainToolsQuery) throws(Problem) {
    try self.init(.addresses([address]), query)
  }

  private init(_ start: Start, _ query: DomainToolsQuery) throws(Problem) {
    self.start = start
    self.query = query
    let most = DomainToolsLimits.namesMax
    limit = try query.form.number("limit", 1...most, default: most)
  }

  var rows: Int { tables.reduce(0) { $0 + $1.table.rows.count } }
  var hasAnswer: Bool { pivot != nil || !tables.isEmpty }

  mutating func step() throws -> Bool {
    let store = query.service.store
    switch start {
    case .name(let name):
      start = .addresses(try PointedAddresses(of: name, query.scope, store: store).addresses)
      return true
    case .addresses(let addresses):
      guard addresses.indices.contains(tables.count) else {
        guard tables.contains(where: { $0.table.domainCount > 0 }) else {
          throw DomainToolsQuery.nothingKnown
        }
        return false
      }
      let address = addresses[tables.count]
      let pivot =
        try self.pivot
        ?? ReverseAddressPivot(
          address, query.scope, suffixes: try query.service.domains().suffixes, rows: limit,
          store: store)
      self.pivot = pivot
      if try !pivot.step() {
        tables.append((address, pivot.table))
        self.pivot = nil
      }
      return true
    }
  }

  func response() -> JSONLine {
    var found = tables
    if case .addresses(let addresses) = start, let pivot, found.count < addresses.count {
      found.append((addresses[found.count], pivot.table))
    }
    let objects = found.map { entry in
      var json = JSONLine()
      json.add("ip_address", entry.address.text)
      json.add("domain_count", UInt64(entry.table.domainCount))
      json.add("domain_names", texts: entry.table.names)
      if entry.table.isTruncated { json.add("truncated", true) }
      return json
    }
    var json = JSONLine()
    // One address is no list.
    if objects.count == 1 {
      json.add("ip_addresses", objects[0])
    } else {
      json.add("ip_addresses", objects)
    }
    return json
  }
}

extension DomainTable {
  /// The domains as text.
  var names: [String] { rows.map { $0.name.text(finalDot: false) } }
}
