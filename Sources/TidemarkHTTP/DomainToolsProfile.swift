import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration

/// `/v1/{domain}`: in short what is known of a domain. What is not known is an empty string.
struct DomainToolsProfile: DomainToolsWork {
  private let name: DomainName
  private let query: DomainToolsQuery
  private var snapshot: RegistrationSnapshot?
  private var snapshotCount = 0
  private var history: HostingHistory?
  private var hosts: DomainToolsHosts?
  private var address: PivotAddress?
  private var pivot: ReverseAddressPivot?

  init(_ name: DomainName, _ query: DomainToolsQuery) {
    self.name = name
    self.query = query
  }

  var hasAnswer: Bool { history != nil }

  mutating func step() throws -> Bool {
    let service = query.service
    if let pivot { return try pivot.step() }
    guard history == nil else { return false }
    snapshot = try service.registration(of: name)
    if let snapshot {
      snapshotCount = try service.library?.snapshotCount(of: snapshot.subject) ?? 0
    }
    let history = try query.hosting(of: name)
    hosts = try DomainToolsHosts(of: history.domain, query.scope, store: service.store)
    guard snapshot != nil || history.eventCount > 0 || hosts?.timeFirst != nil else {
      throw DomainToolsQuery.nothingKnown
    }
    self.history = history
    address = try PointedAddresses(of: name, query.scope, store: service.store).addresses.first
    guard let address else { return false }
    pivot = ReverseAddressPivot(
      address, query.scope, suffixes: try service.domains().suffixes, rows: 0,
      store: service.store)
    return true
  }

  func response() -> JSONLine {
    var json = JSONLine()
    let registration = snapshot?.registration
    json.add(
      "registrant",
      DomainToolsProfile.object([("name", registration?.registrantText ?? ""), ("domains", "")]))
    var server = JSONLine()
    server.add("ip_address", address?.text ?? "")
    if let count = pivot?.table.domainCount {
      // The domain itself is one of them.
      server.add("other_domains", UInt64(max(count - 1, 0)))
    } else {
      server.add("other_domains", "")
    }
    server.add("product_url", "")
    json.add("server", server)
    if let registration {
      json.add("registration", registration.datesJSON)
    } else {
      json.add("registration", JSONLine())
    }
    json.add("name_servers", nameServers.map { DomainToolsProfile.object([("server", $0)]) })
    json.add("history", historyJSON)
    json.add("seo", DomainToolsProfile.object([("score", "")]))
    var website = DomainToolsProfile.object(
      [("response_code", ""), ("title", ""), ("server", "")])
    website.add("meta", texts: [])
    json.add("website_data", website)
    return json
  }

  /// Those that were registered last, or those of records.
  private var nameServers: [String] {
    let registered = snapshot?.registration.nameServers.map { $0.name.uppercased() } ?? []
    guard registered.isEmpty else { return registered }
    return (hosts?.nameServers ?? []).map { $0.text(finalDot: false).uppercased() }
  }

  private var historyJSON: JSONLine {
    let addresses = history?.addressEvents ?? []
    let servers = history?.nameServers.events ?? []
    let registrars = history?.registrars ?? []
    var json = JSONLine()
    json.add(
      "registrar",
      DomainToolsProfile.events(
        registrars.count, earliest: registrars.first.map(\.firstChecked)))
    json.add(
      "name_server",
      DomainToolsProfile.events(servers.count, from: servers.first?.day, to: servers.last?.day))
    json.add(
      "ip_address",
      DomainToolsProfile.events(
        addresses.count, from: addresses.first?.day, to: addresses.last?.day))
    var whois = JSONLine()
    whois.add("records", UInt64(snapshotCount))
    whois.add(
      "earliest_event",
      registrars.first.map { DomainToolsTime.day(ofSeconds: $0.firstChecked) } ?? "")
    whois.add("product_url", "")
    json.add("whois", whois)
    return json
  }

  private static func events(_ count: Int, earliest: Int64?) -> JSONLine {
    var json = JSONLine()
    json.add("earliest_event", earliest.map { DomainToolsTime.day(ofSeconds: $0) } ?? "")
    json.add("events", UInt64(count))
    json.add("product_url", "")
    return json
  }

  private static func events(_ count: Int, from first: UnixDay?, to last: UnixDay?) -> JSONLine {
    var json = JSONLine()
    json.add("events", UInt64(count))
    if let first, let last, last >= first {
      json.add("timespan_in_years", UInt64((last - first) / 365))
    } else {
      json.add("timespan_in_years", "")
    }
    json.add("product_url", "")
    return json
  }

  /// Texts, and an empty address: there are no pages that an analyst could open.
  private static func object(_ texts: [(name: String, text: String)]) -> JSONLine {
    var json = JSONLine()
    for entry in texts { json.add(entry.name, entry.text) }
    json.add("product_url", "")
    return json
  }
}
