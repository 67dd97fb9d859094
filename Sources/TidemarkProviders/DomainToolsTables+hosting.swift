import TidemarkEnrichment
import TidemarkRegistration

/// Who shares an address or a name server, and what was where.
extension DomainToolsTables {
  /// Names on one address.
  mutating func fillDomains(_ response: JSONValue) throws(ActionFailure) {
    try need("ip_addresses", in: response)
    var table = request.table("domains")
    var count = 0
    for entry in response["ip_addresses"]?.items ?? [] {
      let names = entry["domain_names"]?.strings ?? []
      for name in names { table.append(["domain": .text(name.lowercased())]) }
      count += note(entry["domain_count"], of: names.count)
    }
    notes.append(ResultNote("Total Domains", String(count)))
    tables = [table]
  }

  /// Addresses of a name, and the names on each.
  mutating func fillAddresses(_ response: JSONValue) throws(ActionFailure) {
    try need("ip_addresses", in: response)
    var addresses = request.table("addresses")
    var onAddresses: [ResultTable] = []
    var known: Set<String> = []
    for entry in response["ip_addresses"]?.items ?? [] {
      guard let text = entry["ip_address"]?.text,
        let address = (try? IndicatorKey(oneOf: IndicatorType.addresses, text))?.value,
        known.insert(address).inserted
      else {
        unreadable += 1
        continue
      }
      let names = entry["domain_names"]?.strings ?? []
      let count = note(entry["domain_count"], of: names.count)
      addresses.append(["address": .text(address), "domain_count": .integer(Int64(count))])
      guard onAddresses.count < DomainToolsTables.addressTablesMax else {
        hasMore = true
        continue
      }
      var table = request.table("domains-on", word: address)
      for name in names { table.append(["domain": .text(name.lowercased())]) }
      onAddresses.append(table)
    }
    tables = [addresses] + onAddresses
  }

  /// The count that a service gives, which may be smaller than its list; notes when it is larger.
  private mutating func note(_ count: JSONValue?, of listed: Int) -> Int {
    let count = max(min(count?.integer ?? 0, DomainToolsTables.countMax), listed)
    hasMore = hasMore || count > listed
    return count
  }

  /// Names that a name server serves.
  mutating func fillNameServer(_ response: JSONValue) throws(ActionFailure) {
    try need("name_server", "primary_domains", "secondary_domains", in: response)
    let server = response["name_server"] ?? .null
    if let host = server["hostname"]?.text ?? server.text {
      notes.append(ResultNote("Name Server", host.lowercased()))
    }
    for (label, name) in [("Primary", "primary"), ("Secondary", "secondary"), ("Total", "total")] {
      guard let count = server[name]?.integer else { continue }
      notes.append(ResultNote(label, String(count)))
    }
    tables = []
    for id in ["primary", "secondary"] {
      var table = request.table(id)
      let names = response["\(id)_domains"]?.strings ?? []
      for name in names { table.append(["domain": .text(name.lowercased())]) }
      _ = note(server[id], of: names.count)
      tables.append(table)
    }
  }

  /// Changes of address, name server and registrar. Rows are taken as they come: the service's own
  /// data is no chain in which each change begins where the one before ended.
  mutating func fillHosting(_ response: JSONValue) throws(ActionFailure) {
    try need("ip_history", "nameserver_history", "registrar_history", in: response)
    var addresses = request.table("addresses")
    for event in response["ip_history"]?.items ?? [] {
      guard let change = Change(event, "ip") else {
        unreadable += 1
        continue
      }
      addresses.append(
        [
          "type": .text(change.words), "action": .text(change.text),
          "date": DomainToolsTables.cell(change.date),
          "address": DomainToolsTables.cell(change.after),
        ], seen: DomainToolsTables.seen(change.date))
    }
    var servers = request.table("name-servers")
    for event in response["nameserver_history"]?.items ?? [] {
      guard let change = Change(event, "mns") else {
        unreadable += 1
        continue
      }
      servers.append(
        [
          "type": .text("WHOIS \(change.words)"), "action": .text(change.text),
          "date": DomainToolsTables.cell(change.date),
          "name_server": DomainToolsTables.cell(change.after),
        ], seen: DomainToolsTables.seen(change.date))
    }
    tables = [addresses, servers, registrars(response["registrar_history"])]
  }

  private mutating func registrars(_ value: JSONValue?) -> ResultTable {
    var table = request.table("registrars")
    for row in value?.items ?? [] {
      guard let registrar = row["registrar"]?.text ?? row["registrartag"]?.text else {
        unreadable += 1
        continue
      }
      let checked = row["date_lastchecked"]?.text
      table.append(
        [
          "registrar": .text(registrar),
          "created": DomainToolsTables.cell(row["date_created"]?.text),
          "updated": DomainToolsTables.cell(row["date_updated"]?.text),
          "expires": DomainToolsTables.cell(row["date_expires"]?.text),
          "checked": DomainToolsTables.cell(checked),
        ], seen: DomainToolsTables.seen(checked))
    }
    return table
  }

  /// One change of address or name server.
  private struct Change {
    /// What happened, such as `New`.
    let words: String
    /// What is there afterwards; nil when nothing is.
    let after: String?
    let date: String?
    private let before: String?

    /// What it is about and when, as the guide shows it.
    var text: String {
      let subject = after ?? before ?? ""
      return date.map { "\(subject) on \($0)" } ?? subject
    }

    /// Reads a row; nil without anything before or after.
    init?(_ event: JSONValue, _ member: String) {
      before = event["pre_\(member)"]?.text
      after = event["post_\(member)"]?.text
      guard before != nil || after != nil else { return nil }
      date = event["actiondate"]?.text
      words = event["action_in_words"]?.text ?? event["action"]?.text ?? "Change"
    }
  }
}
