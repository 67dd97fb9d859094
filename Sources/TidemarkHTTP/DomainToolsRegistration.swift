import TidemarkEnrichment
import TidemarkModel
import TidemarkRegistration

/// Snapshots in the words of the DomainTools interface.
extension RegistrationSnapshot {
  /// `whois`: the day of the look-up, and what the last server asked sent.
  var recordJSON: JSONLine {
    var json = JSONLine()
    json.add("date", DomainToolsTime.day(ofSeconds: Int64(checkedAt)))
    json.add("record", texts.last?.text ?? "")
    return json
  }

  /// An entry of `whois/history`.
  var historyJSON: JSONLine {
    var whois = JSONLine()
    whois.add("registrant", registration.registrantText)
    whois.add("registration", registration.datesJSON)
    whois.add("name_servers", texts: registration.nameServers.map { $0.name.uppercased() })
    whois.add("server", registration.registrar?.whoisServer ?? registration.source.server)
    let text = texts.last?.text ?? ""
    whois.add("record", String(text.prefix(DomainToolsLimits.historyTextMax)))
    var json = JSONLine()
    json.add("date", DomainToolsTime.day(ofSeconds: Int64(checkedAt)))
    json.add("is_private", UInt64(isPrivate ? 1 : 0))
    json.add("whois", whois)
    return json
  }
}

extension RawAnswer {
  /// The answer as text: UTF-8, else Latin-1, as old servers write.
  var text: String {
    String(validating: octets, as: UTF8.self)
      ?? String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
  }
}

/// Registrations in the words of the DomainTools interface. What is not known is an empty string or
/// an empty list.
extension Registration {
  /// Who registered it.
  var registrantText: String {
    let registrant = contact(.registrant)
    return registrant?.organization ?? registrant?.name ?? network?.name ?? ""
  }

  /// The domain, or the ends of the block.
  var subjectText: String {
    switch subject {
    case .domain(let name), .nameServer(let name): name
    case .network(let first, let last): "\(first) - \(last)"
    case .autonomousSystems(let first, let last): first == last ? "\(first)" : "\(first)-\(last)"
    case .entity(let handle): handle
    }
  }

  /// `registration`: days, registrar, status.
  var datesJSON: JSONLine {
    var json = JSONLine()
    for (name, time) in [("created", created), ("expires", expires), ("updated", updated)] {
      json.add(name, time.map { DomainToolsTime.day(ofSeconds: $0.seconds) } ?? "")
    }
    json.add("registrar", registrar?.name ?? "")
    json.add("statuses", texts: statuses)
    return json
  }

  /// `parsed_whois` of a domain.
  var parsedJSON: JSONLine {
    var json = JSONLine()
    json.add("domain", subjectText)
    json.add("created_date", Registration.instant(created))
    json.add("updated_date", Registration.instant(updated))
    json.add("expired_date", Registration.instant(expires))
    json.add("statuses", texts: statuses)
    json.add("name_servers", texts: nameServers.map(\.name))
    json.add("registrar", registrarJSON)
    var contacts = JSONLine()
    let roles: [(String, RegistrationContact.Role)] = [
      ("registrant", .registrant), ("admin", .administrative), ("tech", .technical),
      ("billing", .billing),
    ]
    for (name, role) in roles {
      contacts.add(name, (contact(role) ?? RegistrationContact(roles: [role])).json)
    }
    json.add("contacts", contacts)
    var properties = JSONLine()
    if let isSigned = dnssec?.isDelegationSigned {
      properties.add("dnssec", isSigned ? "signed" : "unsigned")
    }
    if let handle { properties.add("registry_domain_id", handle) }
    json.add("other_properties", properties)
    return json
  }

  private var registrarJSON: JSONLine {
    let abuse = contact(.abuse)
    var json = JSONLine()
    json.add("name", registrar?.name ?? "")
    json.add("abuse_contact_phone", abuse?.phones.first ?? "")
    json.add("abuse_contact_email", abuse?.emails.first ?? "")
    json.add("iana_id", registrar?.ianaID.map { String($0) } ?? "")
    json.add("url", registrar?.url ?? "")
    json.add("whois_server", registrar?.whoisServer ?? "")
    return json
  }

  static func instant(_ time: RegistrationTime?) -> String {
    time.map { DomainToolsTime.instant($0.seconds) } ?? ""
  }
}

extension RegistrationContact {
  /// A contact of a domain.
  fileprivate var json: JSONLine {
    var json = JSONLine()
    json.add("name", name ?? "")
    json.add("org", organization ?? "")
    json.add("street", texts: street)
    json.add("city", city ?? "")
    json.add("state", region ?? "")
    json.add("postal", postalCode ?? "")
    json.add("country", countryText)
    json.add("phone", phones.first ?? "")
    json.add("fax", faxes.first ?? "")
    json.add("email", emails.first ?? contactURIs.first ?? "")
    return json
  }

  /// Two letters, or a country's name where the answer has none.
  var countryText: String { countryCode ?? country ?? "" }
}
