import TidemarkEnrichment
import TidemarkRegistration

/// `rdap/parsed`: a registration as RDAP has it.
extension Registration {
  /// Adds `domain_rdap` with the answers that are RDAP, and `parsed_domain_rdap`.
  func addRDAP(of snapshot: RegistrationSnapshot, to json: inout JSONLine) {
    let answers = snapshot.texts.enumerated().filter { $0.element.contentType.contains("json") }
    json.add(
      "domain_rdap",
      answers.map { place, answer in
        var json = JSONLine()
        json.add("source", place == 0 ? "registry" : "registrar")
        json.add("timestamp", DomainToolsTime.instant(Int64(snapshot.checkedAt), zone: "Z"))
        json.add("link", source.server)
        json.add("record", answer.text)
        return json
      })
    let conformance = answers.first.flatMap { answer in
      try? RDAPReader.read(answer.element.octets, source: source).conformance
    }
    json.add("parsed_domain_rdap", rdapJSON(conformance: conformance ?? []))
  }

  private func rdapJSON(conformance: [String]) -> JSONLine {
    // The registrar and whoever answers for abuse there are apart from the domain's own contacts.
    let ofRegistrar: Set<RegistrationContact.Role> = [.registrar, .abuse]
    let apart = contacts.filter { !ofRegistrar.isDisjoint(with: $0.roles) }
    let own = contacts.filter { ofRegistrar.isDisjoint(with: $0.roles) }
    var registrar = JSONLine()
    registrar.add("name", self.registrar?.name ?? "")
    registrar.add("iana_id", self.registrar?.ianaID.map { String($0) } ?? "")
    registrar.add("contacts", apart.map(\.rdapJSON))
    var dnssec = JSONLine()
    dnssec.add("signed", self.dnssec?.isDelegationSigned ?? false)
    let emails = contacts.flatMap(\.emails).uniqued
    var json = JSONLine()
    json.add("domain", subjectText)
    json.add("handle", handle ?? "")
    json.add("domain_statuses", texts: statuses)
    json.add("creation_date", Registration.instant(created))
    json.add("last_changed_date", Registration.instant(updated))
    json.add("expiration_date", Registration.instant(expires))
    json.add("registrar", registrar)
    json.add("contacts", own.map(\.rdapJSON))
    json.add("dnssec", dnssec)
    json.add("nameservers", texts: nameServers.map(\.name))
    json.add("conformance", texts: conformance)
    json.add("emails", texts: emails)
    json.add(
      "email_domains",
      texts: emails.compactMap { $0.split(separator: "@").last.map { $0.lowercased() } }.uniqued)
    json.add("unclassified_emails", texts: [])
    return json
  }
}

extension RegistrationContact {
  fileprivate var rdapJSON: JSONLine {
    var json = JSONLine()
    json.add("handle", handle ?? "")
    json.add("name", name ?? "")
    json.add("org", organization ?? "")
    json.add("email", emails.first ?? contactURIs.first ?? "")
    json.add("phone", phones.first ?? "")
    json.add("fax", faxes.first ?? "")
    json.add("street", street.joined(separator: ", "))
    json.add("city", city ?? "")
    json.add("postal", postalCode ?? "")
    json.add("region", region ?? "")
    json.add("country", countryText)
    json.add("roles", texts: roles.map(\.rawValue))
    return json
  }
}

extension [String] {
  /// Each text once, in their order.
  var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
