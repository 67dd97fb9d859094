import TidemarkEnrichment
import TidemarkRegistration

/// Registration of a name and of the network of an address.
extension DomainToolsTables {
  /// Roles of contacts in the order of the answer's documentation; others follow.
  private static let roles = ["registrant", "admin", "tech", "billing"]

  /// Roles of one contact that are told; there are four.
  private static let rolesMax = 16

  mutating func fillNameWhois(_ response: JSONValue) throws(ActionFailure) {
    try need("whois", "registrant", "registration", "parsed_whois", in: response)
    let parsed = response["parsed_whois"] ?? .null
    let registration = response["registration"] ?? .null
    var facts = fillHead(response)
    facts.add("WHOIS Registrar", parsed["registrar"]?["name"], registration["registrar"])
    // What the record says comes first: the registry's view may lag behind.
    facts.add("WHOIS Created", parsed["created_date"], registration["created"])
    facts.add("WHOIS Updated", parsed["updated_date"], registration["updated"])
    facts.add("WHOIS Expires", parsed["expired_date"], registration["expires"])
    let statuses = (parsed["statuses"]?.strings ?? []) + (registration["statuses"]?.strings ?? [])
    for status in statuses { facts.add("WHOIS Status", .string(status)) }
    facts.add("WHOIS Record", response["whois"]?["record"])
    tables = [facts.table, nameServers(parsed, response), emails(parsed)]
  }

  /// The registrant and the day of the record: lines above, and the first attribute.
  private mutating func fillHead(_ response: JSONValue) -> WhoisFacts {
    let date = response["whois"]?["date"]?.text
    if let registrant = response["registrant"]?.text {
      notes.append(ResultNote("Registrant", registrant))
    }
    if let date { notes.append(ResultNote("WHOIS Date", date)) }
    var facts = WhoisFacts(request.table("attributes"), date: date)
    facts.add("WHOIS Registrant", response["registrant"])
    return facts
  }

  private func nameServers(_ parsed: JSONValue, _ response: JSONValue) -> ResultTable {
    var table = request.table("name-servers")
    var known: Set<String> = []
    let names = (parsed["name_servers"]?.strings ?? []) + (response["name_servers"]?.strings ?? [])
    for name in names.map({ $0.lowercased() }) where known.insert(name).inserted {
      table.append(["name_server": .text(name)])
    }
    return table
  }

  /// Mail addresses of all contacts and of the registrar; what stands in their place is left out.
  private func emails(_ parsed: JSONValue) -> ResultTable {
    var table = request.table("emails")
    var known: Set<String> = []
    var values = contacts(parsed["contacts"]).flatMap { $0.value["email"]?.strings ?? [] }
    values += parsed["registrar"]?["abuse_contact_email"]?.strings ?? []
    for email in values.flatMap(DomainToolsTables.mailAddresses)
    where known.insert(email).inserted {
      table.append(["email": .text(email)])
    }
    return table
  }

  /// Contacts by role, of an object, or of a list.
  private func contacts(_ value: JSONValue?) -> [(role: String, value: JSONValue)] {
    guard case .object(let members) = value else {
      return (value?.items ?? []).map { ($0["type"]?.text ?? "contact", $0) }
    }
    let others = members.keys.filter { !DomainToolsTables.roles.contains($0) }.sorted()
    return (DomainToolsTables.roles + others).compactMap { role in
      members[role].map { (role, $0) }
    }
  }

  /// Mail addresses in a text that may hold several, or a phrase instead.
  private static func mailAddresses(_ text: String) -> [String] {
    text.split { $0.isWhitespace || $0 == "," || $0 == ";" }.compactMap {
      (try? IndicatorKey(.email, String($0)))?.value
    }
  }

  mutating func fillAddressWhois(_ response: JSONValue) throws(ActionFailure) {
    try need("whois", "registrant", "parsed_whois", in: response)
    let parsed = response["parsed_whois"] ?? .null
    let networks = parsed["networks"]?.items ?? []
    var facts = fillHead(response)
    for network in networks {
      let range = network["range"] ?? .null
      for block in range["cidr"]?.strings ?? [] { facts.add("WHOIS CIDR", .string(block)) }
    }
    for network in networks { facts.add("WHOIS Network", network["name"], network["id"]) }
    for system in networks.flatMap({ $0["asn"]?.strings ?? [] }) {
      let number = try? IndicatorKey(.asn, system)
      facts.add("WHOIS ASN", .string(number?.value ?? system))
    }
    for network in networks {
      facts.add("WHOIS Country", (network["country"]?.text?.uppercased()).map { .string($0) })
    }
    facts.add("WHOIS Record", response["whois"]?["record"])
    tables = [facts.table, networkContacts(parsed["contacts"], of: networks)]
  }

  /// One row for each mail address of a contact, at least one for each contact.
  private func networkContacts(_ value: JSONValue?, of networks: [JSONValue]) -> ResultTable {
    var rolesByID: [String: [String]] = [:]
    for network in networks {
      guard case .object(let keys) = network["contact_keys"] else { continue }
      for role in keys.keys.sorted() {
        for id in keys[role]?.strings ?? [] {
          let known = rolesByID[id] ?? []
          guard known.count < DomainToolsTables.rolesMax, !known.contains(role) else { continue }
          rolesByID[id] = known + [role]
        }
      }
    }
    var table = request.table("contacts")
    for (type, contact) in contacts(value) {
      let roles = contact["id"]?.text.flatMap { rolesByID[$0] }
      let role = roles?.joined(separator: ", ") ?? type
      let values =
        (contact["email"]?.strings ?? []) + (contact["abuse_mailbox"]?.strings ?? [])
      let emails = values.flatMap(DomainToolsTables.mailAddresses)
      let name = contact["name"]?.text ?? contact["org"]?.text
      guard name != nil || !emails.isEmpty else { continue }
      for email in emails.isEmpty ? [nil] : emails.map({ Optional($0) }) {
        table.append([
          "role": .text(role), "name": DomainToolsTables.cell(name),
          "email": DomainToolsTables.cell(email),
        ])
      }
    }
    return table
  }
}

/// Rows of names and values, none of them twice.
private struct WhoisFacts {
  private(set) var table: ResultTable
  private let date: String?
  private var known: Set<[String]> = []

  /// Starts without rows.
  ///
  /// - Parameter date: of the record.
  init(_ table: ResultTable, date: String?) {
    self.table = table
    self.date = date
  }

  /// Adds the first of several values that is there.
  mutating func add(_ name: String, _ values: JSONValue?...) {
    guard let text = values.lazy.compactMap({ $0?.text }).first,
      known.insert([name, text]).inserted
    else { return }
    table.append(
      ["name": .text(name), "value": .text(text)], seen: DomainToolsTables.seen(date))
  }
}
