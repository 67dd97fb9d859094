import DNSWire
import TidemarkPivots
import TidemarkRegistration

/// `hosting-history`: where a name pointed, who served it and where it was registered, as changes.
struct DomainToolsHosting: DomainToolsWork {
  private let name: DomainName
  private let query: DomainToolsQuery
  private var history: HostingHistory?

  init(_ name: DomainName, _ query: DomainToolsQuery) {
    self.name = name
    self.query = query
  }

  var rows: Int { history?.eventCount ?? 0 }

  mutating func step() throws -> Bool {
    let history = try query.hosting(of: name)
    guard history.eventCount > 0 else { throw DomainToolsQuery.nothingKnown }
    self.history = history
    return false
  }

  func response() -> JSONLine {
    let domain = name.text(finalDot: false)
    var json = JSONLine()
    json.add("domain_name", domain)
    json.add("ip_history", (history?.addressEvents ?? []).map { $0.json(domain) })
    json.add("registrar_history", (history?.registrars ?? []).map { $0.json(domain) })
    json.add("nameserver_history", (history?.nameServers.events ?? []).map { $0.json(domain) })
    return json
  }
}

extension DomainToolsQuery {
  /// The hosting history of a name; its registrars are those of the snapshots of its registration.
  ///
  /// - Throws: ``Problem``, `StoreError`, `LibraryError`.
  func hosting(of name: DomainName) throws -> HostingHistory {
    var registrations: [DatedRegistration] = []
    for subject in try service.subjects(of: name) where registrations.isEmpty {
      registrations = try service.registrations(of: subject)
    }
    return try HostingHistory(
      of: name, scope, suffixes: try service.domains().suffixes,
      registrations: registrations.map(\.registration), now: now, store: service.store)
  }
}

extension HostingHistory {
  /// Changes of every kind but mail, which the interface does not tell.
  var eventCount: Int {
    ipv4.events.count + ipv6.events.count + nameServers.events.count + registrars.count
  }

  /// Changes of both families, oldest first.
  var addressEvents: [AddressEvent] {
    // A stable order: of one day IPv4 first, each family in its own order.
    (ipv4.events + ipv6.events).enumerated().sorted { left, right in
      (left.element.day, left.offset) < (right.element.day, right.offset)
    }.map(\.element)
  }
}

extension AddressEvent {
  fileprivate func json(_ domain: String) -> JSONLine {
    var json = JSONLine()
    json.add("domain", domain)
    json.add("pre_ip", optional: before?.text)
    json.add("post_ip", optional: after?.text)
    json.add("action", action.rawValue)
    json.add("actiondate", DomainToolsTime.day(day))
    json.add("action_in_words", action.words)
    return json
  }
}

extension ProviderEvent {
  fileprivate func json(_ domain: String) -> JSONLine {
    var json = JSONLine()
    json.add("domain", domain)
    json.add("pre_mns", optional: before.map(ProviderEvent.text))
    json.add("post_mns", ProviderEvent.text(after))
    json.add("action", action.rawValue)
    json.add("actiondate", DomainToolsTime.day(day))
    json.add("action_in_words", action.words)
    return json
  }
}

extension RegistrarPeriod {
  fileprivate func json(_ domain: String) -> JSONLine {
    func day(_ time: RegistrationTime?) -> String {
      time.map { DomainToolsTime.day(ofSeconds: $0.seconds) } ?? ""
    }
    var json = JSONLine()
    json.add("domain", domain)
    json.add("date_created", day(created))
    json.add("date_updated", day(updated))
    json.add("date_expires", day(expires))
    json.add("date_lastchecked", DomainToolsTime.day(ofSeconds: lastChecked))
    json.add("registrar", registrar.name ?? "")
    json.add("registrartag", registrar.name ?? "")
    return json
  }
}
