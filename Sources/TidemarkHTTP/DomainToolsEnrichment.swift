import DNSWire
import HTTPTypes
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration
import TidemarkStore

/// `iris-enrich`: what is known of up to a hundred domains, one domain a turn.
struct DomainToolsEnrichment: DomainToolsWork {
  private let query: DomainToolsQuery
  private let domains: [DomainName]
  private var next = 0
  private var results: [JSONLine] = []
  private var missing: [String] = []

  /// - Throws: ``Problem`` for no domain, too many, and what is none.
  init(_ query: DomainToolsQuery) throws(Problem) {
    self.query = query
    let words = (query.form["domain"] ?? "").split(separator: ",", omittingEmptySubsequences: true)
    guard !words.isEmpty, words.count <= DomainToolsLimits.enrichDomainsMax else {
      throw Problem(
        .badRequest, "domain: 1 to \(DomainToolsLimits.enrichDomainsMax) names, with commas")
    }
    var domains: [DomainName] = []
    for word in words {
      let name = try DomainToolsPath.name(word.split(separator: " ").joined())
      if !domains.contains(name) { domains.append(name) }
    }
    self.domains = domains
  }

  var rows: Int { results.count }

  mutating func step() throws -> Bool {
    guard domains.indices.contains(next) else { return false }
    let name = domains[next]
    next += 1
    if let result = try query.enriched(name) {
      results.append(result)
    } else {
      missing.append(name.text(finalDot: false))
    }
    return domains.indices.contains(next)
  }

  func response() -> JSONLine {
    var json = JSONLine()
    json.add("limit_exceeded", false)
    json.add("has_more_results", false)
    json.add("message", "")
    json.add("results_count", UInt64(results.count))
    json.add("total_count", UInt64(results.count))
    json.add("results", results)
    json.add("missing_domains", texts: missing)
    return json
  }
}

extension DomainToolsQuery {
  /// What is known of a domain; nil when nothing is.
  ///
  /// - Throws: ``Problem``, `StoreError`, `LibraryError`.
  fileprivate func enriched(_ name: DomainName) throws -> JSONLine? {
    let registration = try service.registration(of: name)?.registration
    let pointed = try PointedAddresses(of: name, scope, store: service.store)
    let suffixes = try service.domains().suffixes
    let domain = name.folded(suffixes)
    let hosts = try DomainToolsHosts(of: domain, scope, store: service.store)
    guard registration != nil || !pointed.records.isEmpty || hosts.timeFirst != nil else {
      return nil
    }
    let report = try risk(of: name)
    var json = JSONLine()
    json.add("domain", name.text(finalDot: false))
    json.add("ip", pointed.addresses.map { DomainToolsQuery.address($0.text) })
    json.add(
      "mx",
      try hosts.mail.map { mail in
        var json = try host(mail.host, folded: mail.host.folded(suffixes))
        json.add("priority", UInt64(mail.preference))
        return json
      })
    json.add(
      "name_server", try hosts.nameServers.map { try host($0, folded: $0.folded(suffixes)) })
    json.add("soa_email", hosts.contacts.map { JSONLine(value: $0) })
    var risk = JSONLine()
    risk.add("risk_score", UInt64(report.score))
    risk.add("components", report.components.map { $0.json(wantsEvidence: true) })
    json.add("domain_risk", risk)
    json.add(registration)
    json.add("ssl_info", texts: [])
    json.add("tags", texts: [])
    return json
  }

  /// A host with its addresses.
  private func host(_ name: DomainName, folded: DomainName) throws -> JSONLine {
    let pointed = try PointedAddresses(of: name, scope, store: service.store)
    var json = JSONLine()
    json.add("host", JSONLine(value: name.text(finalDot: false)))
    json.add("domain", JSONLine(value: folded.text(finalDot: false)))
    json.add("ip", pointed.addresses.map { JSONLine(value: $0.text) })
    return json
  }

  /// An address. Where it is and who announces it is not known here.
  private static func address(_ text: String) -> JSONLine {
    var json = JSONLine()
    json.add("address", JSONLine(value: text))
    json.add("asn", texts: [])
    json.add("country_code", JSONLine(value: ""))
    json.add("isp", JSONLine(value: ""))
    return json
  }
}

extension JSONLine {
  /// `{"value":…,"count":0}`: how many other domains have the value is not counted.
  fileprivate init(value: String) {
    self.init()
    add("value", value)
    add("count", 0)
  }

  /// Adds what a registration tells; empty values without one.
  fileprivate mutating func add(_ registration: Registration?) {
    for (name, time) in [
      ("create_date", registration?.created), ("expiration_date", registration?.expires),
    ] {
      let day = time.map { DomainToolsTime.day(ofSeconds: $0.seconds) } ?? ""
      add(name, JSONLine(value: day))
    }
    add("registrar", JSONLine(value: registration?.registrar?.name ?? ""))
    add("registrant_name", JSONLine(value: registration?.contact(.registrant)?.name ?? ""))
    add("registrant_org", JSONLine(value: registration?.contact(.registrant)?.organization ?? ""))
    let roles: [(String, RegistrationContact.Role)] = [
      ("registrant_contact", .registrant), ("admin_contact", .administrative),
      ("technical_contact", .technical), ("billing_contact", .billing),
    ]
    for (name, role) in roles {
      let contact = registration?.contact(role)
      var json = JSONLine()
      for (field, text) in [
        ("name", contact?.name), ("org", contact?.organization), ("city", contact?.city),
        ("street", contact?.street.joined(separator: ", ")), ("state", contact?.region),
        ("postal", contact?.postalCode), ("country", contact?.countryText),
        ("phone", contact?.phones.first), ("fax", contact?.faxes.first),
      ] {
        json.add(field, JSONLine(value: text ?? ""))
      }
      json.add("email", (contact?.emails ?? []).map { JSONLine(value: $0) })
      add(name, json)
    }
  }
}
