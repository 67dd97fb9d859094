import DNSWire
import TidemarkRegistration

/// Registrations of blocks of addresses in the words of the DomainTools interface.
extension Registration {
  /// The registry of the region, by the host that answered; empty for others.
  var registryWord: String {
    let host = source.server.lowercased()
    return ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE"].first { word in
      host.split(separator: ".").contains { $0 == word.lowercased() }
    } ?? ""
  }

  /// `parsed_whois` of an address.
  var parsedNetworkJSON: JSONLine {
    var json = JSONLine()
    json.add("networks", [networkJSON])
    json.add("contacts", contacts.map { $0.networkJSON(source: registryWord) })
    for name in ["routes", "referral_servers", "other_properties"] { json.add(name, texts: []) }
    return json
  }

  private var networkJSON: JSONLine {
    var json = JSONLine()
    json.add("id", handle ?? "")
    json.add("range", rangeJSON)
    json.add("asn", texts: (network?.origins ?? []).map { String($0) })
    json.add("name", network?.name ?? "")
    json.add("org", contact(.registrant)?.organization ?? contact(.registrant)?.name ?? "")
    json.add("parent", network?.parentHandle ?? "")
    json.add("parent_id", network?.parentHandle ?? "")
    json.add("customer", "")
    json.add("country", network?.country ?? "")
    json.add("phone", texts: contact(.registrant)?.phones ?? [])
    json.add("descr", texts: network?.descriptions ?? [])
    json.add("contact_keys", contactKeys)
    json.add("status", statuses.first ?? network?.kind ?? "")
    json.addNetworkEnd(created: created, updated: updated, source: registryWord)
    return json
  }

  private var rangeJSON: JSONLine {
    var json = JSONLine()
    guard case .network(let first, let last) = subject else { return json }
    json.add("from", first)
    json.add("to", last)
    json.add("cidr", texts: network?.prefixes ?? [])
    json.add("count", Registration.count(first, last))
    return json
  }

  /// Addresses of a block, as text: blocks of IPv6 have more than a number can say.
  private static func count(_ first: String, _ last: String) -> String {
    func value(_ text: String) -> UInt128? {
      let octets = Array(text.utf8)
      switch IPAddressText.parse(octets.span) {
      case .v4(let value)?: return UInt128(value)
      case .v6(let value)?: return value
      case nil: return nil
      }
    }
    guard let low = value(first), let high = value(last), high >= low,
      high - low < UInt128.max
    else { return "" }
    return String(high - low + 1)
  }

  /// Identifiers of contacts by role.
  private var contactKeys: JSONLine {
    var json = JSONLine()
    for role in RegistrationContact.Role.allCases {
      let handles = contacts.filter { $0.roles.contains(role) }.compactMap(\.handle)
      if !handles.isEmpty { json.add(role.rawValue, texts: handles) }
    }
    return json
  }
}

extension RegistrationContact {
  /// A contact of a block.
  fileprivate func networkJSON(source: String) -> JSONLine {
    var json = JSONLine()
    json.add("id", handle ?? "")
    json.add("type", name == nil && organization != nil ? "organization" : "person")
    json.add("name", name ?? organization ?? "")
    let place = [city, region, postalCode].compactMap(\.self)
    json.add("address", texts: street + place)
    json.add("country", countryText.lowercased())
    json.add("phone", texts: phones)
    json.add("fax", texts: faxes)
    json.add("email", texts: emails)
    json.add("descr", texts: [])
    json.add("contact_keys", JSONLine())
    if roles.contains(.abuse) {
      json.add("abuse_mailbox", texts: emails)
    } else {
      json.add("abuse_mailbox", texts: [])
    }
    json.addNetworkEnd(created: nil, updated: nil, source: source)
    return json
  }
}

extension JSONLine {
  /// Adds what blocks and their contacts end with.
  fileprivate mutating func addNetworkEnd(
    created: RegistrationTime?, updated: RegistrationTime?, source: String
  ) {
    add("remarks", texts: [])
    add("notify_email", texts: [])
    add("mnt_keys", JSONLine())
    add("created_date", Registration.instant(created))
    add("updated_date", Registration.instant(updated))
    add("changed_by", texts: [])
    add("source", source)
    add("ref", "")
    add("other", JSONLine())
  }
}
