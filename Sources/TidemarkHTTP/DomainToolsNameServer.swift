import DNSWire
import TidemarkPivots

/// `name-server-domains`: the zones of a name server; for a name that is none, those of the name
/// server of its domain that was seen last.
struct DomainToolsNameServer: DomainToolsWork {
  private let name: DomainName
  private let query: DomainToolsQuery
  private let limit: Int
  private var target: NameServerTarget?
  private var pivot: ReverseNameServerPivot?

  /// - Throws: ``Problem`` for a limit that is none.
  init(_ name: DomainName, _ query: DomainToolsQuery) throws(Problem) {
    self.name = name
    self.query = query
    let most = DomainToolsLimits.namesMax
    limit = try query.form.number("limit", 1...most, default: most)
  }

  var hasAnswer: Bool { pivot != nil }

  mutating func step() throws -> Bool {
    let store = query.service.store
    guard let pivot else {
      let found = try NameServerTarget.targets(
        of: name, query.scope, suffixes: try query.service.domains().suffixes, store: store)
      guard let target = found.first else { throw DomainToolsQuery.nothingKnown }
      self.target = target
      pivot = ReverseNameServerPivot(target, query.scope, rows: limit, store: store)
      return true
    }
    if try pivot.step() { return true }
    guard pivot.table.total > 0 else { throw DomainToolsQuery.nothingKnown }
    return false
  }

  func response() -> JSONLine {
    var json = JSONLine()
    guard let table = pivot?.table else { return json }
    var server = JSONLine()
    server.add("hostname", (target?.name ?? name).text(finalDot: false))
    server.add("primary", UInt64(table.primary.domainCount))
    server.add("secondary", UInt64(table.secondary.domainCount))
    server.add("total", UInt64(table.total))
    json.add("name_server", server)
    json.add("primary_domains", texts: table.primary.names)
    json.add("secondary_domains", texts: table.secondary.names)
    if table.primary.isTruncated || table.secondary.isTruncated { json.add("truncated", true) }
    return json
  }
}
