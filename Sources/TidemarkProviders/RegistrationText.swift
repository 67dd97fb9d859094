import FoundationEssentials
public import TidemarkRegistration

/// A registration as WHOIS text, `Key: value` a line, as registries of generic top-level domains
/// write it. For answers that came in another form.
public struct RegistrationText: Sendable {
  private var lines: [String] = []

  /// Writes a registration.
  public init(_ registration: Registration) {
    addSubject(registration)
    add("Updated Date", registration.updated)
    add("Creation Date", registration.created)
    add("Registry Expiry Date", registration.expires)
    if let registrar = registration.registrar {
      add("Registrar", registrar.name)
      add("Registrar IANA ID", registrar.ianaID.map { String($0) })
      add("Registrar URL", registrar.url)
      add("Registrar WHOIS Server", registrar.whoisServer)
    }
    for status in registration.statuses { add("Domain Status", status) }
    for contact in registration.contacts {
      for role in contact.roles { add(contact, as: role) }
    }
    for server in registration.nameServers {
      add("Name Server", ([server.name] + server.addresses).joined(separator: " "))
    }
    if let isSigned = registration.dnssec?.isDelegationSigned {
      add("DNSSEC", isSigned ? "signedDelegation" : "unsigned")
    }
  }

  /// The lines, each with its end.
  public var text: String { lines.map { $0 + "\n" }.joined() }

  private mutating func add(_ key: String, _ value: String?) {
    let words = (value ?? "").split {
      $0.isWhitespace || ($0.unicodeScalars.first?.value ?? 0) < 32
    }
    guard !words.isEmpty else { return }
    lines.append("\(key): \(words.joined(separator: " "))")
  }

  private mutating func add(_ key: String, _ time: RegistrationTime?) {
    guard let time else { return }
    add(key, RegistrationText.date(time.seconds))
  }

  /// A time in UTC (RFC 3339).
  static func date(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  private mutating func addSubject(_ registration: Registration) {
    switch registration.subject {
    case .domain(let name):
      add("Domain Name", name)
      add("Registry Domain ID", registration.handle)
    case .network(let first, let last):
      add("NetRange", "\(first) - \(last)")
      add("CIDR", registration.network?.prefixes.joined(separator: ", "))
      add("NetHandle", registration.handle)
    case .autonomousSystems(let first, let last):
      add("ASNumber", first == last ? "\(first)" : "\(first) - \(last)")
      add("ASHandle", registration.handle)
    case .nameServer(let name): add("Server Name", name)
    case .entity(let handle): add("Handle", handle)
    }
    guard let network = registration.network else { return }
    var isSystem = false
    if case .autonomousSystems = registration.subject { isSystem = true }
    add(isSystem ? "ASName" : "NetName", network.name)
    add("NetType", network.kind)
    add("Country", network.country)
    for origin in network.origins { add("OriginAS", "AS\(origin)") }
    for line in network.descriptions { add("Comment", line) }
  }

  private mutating func add(_ contact: RegistrationContact, as role: RegistrationContact.Role) {
    guard let name = RegistrationText.roles[role] else { return }
    add("Registry \(name) ID", contact.handle)
    add("\(name) Name", contact.name)
    add("\(name) Organization", contact.organization)
    for line in contact.street { add("\(name) Street", line) }
    add("\(name) City", contact.city)
    add("\(name) State/Province", contact.region)
    add("\(name) Postal Code", contact.postalCode)
    add("\(name) Country", contact.countryCode ?? contact.country)
    for phone in contact.phones { add("\(name) Phone", phone) }
    for fax in contact.faxes { add("\(name) Fax", fax) }
    for email in contact.emails { add("\(name) Email", email) }
  }

  private static let roles: [RegistrationContact.Role: String] = [
    .registrant: "Registrant", .administrative: "Admin", .technical: "Tech", .billing: "Billing",
    .abuse: "Registrar Abuse Contact",
  ]
}
