/// Turns the topmost object of an RDAP answer into a ``Registration``.
struct RDAPObjectReader {
  let value: JSONValue
  let source: RegistrationSource
  private(set) var malformedCount = 0

  init(value: JSONValue, source: RegistrationSource) {
    self.value = value
    self.source = source
  }

  mutating func body() throws(RDAPError) -> RDAPResponse.Body {
    if let code = value["errorCode"]?.integer {
      return .failure(
        RDAPFailure(
          code: code, title: value["title"]?.text,
          descriptions: value["description"]?.texts ?? []))
    }
    guard let className = value["objectClassName"]?.text?.lowercased() else {
      // Help has notices and nothing else; RFC 9083 section 7.
      guard value["notices"] != nil, value["ldhName"] == nil, value["handle"] == nil else {
        throw .unknownObject(className: nil)
      }
      return .help
    }
    var registration = Registration(subject: try subject(className), source: source)
    fillCommon(&registration)
    switch registration.subject {
    case .domain: fillDomain(&registration)
    case .network, .autonomousSystems: registration.network = details()
    case .nameServer(let name):
      registration.nameServers = [nameServer(value) ?? NameServer(name: name)]
    case .entity: addContact(value, depth: 0, to: &registration)
    }
    return .registration(registration)
  }

  private func subject(_ className: String) throws(RDAPError) -> Registration.Subject {
    switch className {
    case "domain":
      guard let name = value["ldhName"]?.text ?? value["unicodeName"]?.text else {
        throw .unidentified
      }
      return .domain(name: RDAPObjectReader.name(name))
    case "ip network":
      guard let first = value["startAddress"]?.text.flatMap(HostText.address),
        let last = value["endAddress"]?.text.flatMap(HostText.address)
      else { throw .unidentified }
      return .network(first: first, last: last)
    case "autnum":
      let start = value["startAutnum"]?.integer.flatMap { UInt32(exactly: $0) }
      let last = value["endAutnum"]?.integer.flatMap { UInt32(exactly: $0) }
      guard let first = start ?? last else { throw .unidentified }
      return .autonomousSystems(first: first, last: max(first, last ?? first))
    case "nameserver":
      guard let name = value["ldhName"]?.text ?? value["unicodeName"]?.text else {
        throw .unidentified
      }
      return .nameServer(name: RDAPObjectReader.name(name))
    case "entity":
      guard let handle = value["handle"]?.text else { throw .unidentified }
      return .entity(handle: handle)
    default: throw .unknownObject(className: className)
    }
  }

  /// Lower case, without the final dot.
  private static func name(_ text: String) -> String {
    let name = text.lowercased()
    return name.hasSuffix(".") && name.count > 1 ? String(name.dropLast()) : name
  }

  // MARK: members of every object

  private mutating func fillCommon(_ registration: inout Registration) {
    registration.handle = value["handle"]?.text
    let isDomain = if case .domain = registration.subject { true } else { false }
    for text in value["status"]?.texts ?? [] {
      let status = RegistrationStatus.epp(fromRDAP: text, ofDomain: isDomain)
      if !registration.statuses.contains(status) { registration.statuses.append(status) }
    }
    for event in (value["events"]?.elements ?? []).prefix(RegistrationLimits.valuesMax) {
      fillEvent(event, &registration)
    }
    if case .entity = registration.subject { return addRedactions(to: &registration) }
    for entity in (value["entities"]?.elements ?? []).prefix(RegistrationLimits.contactsMax) {
      addContact(entity, depth: 0, to: &registration)
    }
    addRedactions(to: &registration)
  }

  /// RFC 9083 section 10.2.3.
  private mutating func fillEvent(_ event: JSONValue, _ registration: inout Registration) {
    guard let action = event["eventAction"]?.text?.lowercased(),
      let time = event["eventDate"]?.text.flatMap({ RegistrationTime.parse($0) })
    else {
      malformedCount += 1
      return
    }
    switch action {
    case "registration": registration.created = registration.created ?? time
    case "last changed": registration.updated = registration.updated ?? time
    case "expiration": registration.expires = registration.expires ?? time
    case "transfer": registration.transferred = registration.transferred ?? time
    default: break
    }
  }

  private mutating func addContact(
    _ entity: JSONValue, depth: Int, to registration: inout Registration
  ) {
    guard case .object = entity, registration.contacts.count < RegistrationLimits.contactsMax
    else {
      malformedCount += 1
      return
    }
    let names = entity["roles"]?.texts ?? []
    let roles = Set(names.compactMap { RegistrationContact.Role(rawValue: $0.lowercased()) })
    var contact = RegistrationContact(roles: roles.sorted { $0.rawValue < $1.rawValue })
    contact.handle = entity["handle"]?.text
    if let array = entity["vcardArray"] {
      let card = JCard(array)
      card?.fill(&contact)
      malformedCount += card?.malformedCount ?? 1
    }
    markWithheld(entity, &contact)
    var isContact = !contact.isEmpty
    if roles.contains(.registrar), registration.registrar == nil {
      registration.registrar = RDAPObjectReader.registrar(entity, contact)
      // A registrar may be the sponsor as well.
      isContact = isContact && roles.count > 1
    }
    if isContact { registration.contacts.append(contact) }
    guard depth < RegistrationLimits.entityDepthMax else { return }
    for inner in (entity["entities"]?.elements ?? []).prefix(RegistrationLimits.contactsMax) {
      addContact(inner, depth: depth + 1, to: &registration)
    }
  }

  /// The older way to say that something is withheld: a remark of the entity.
  private func markWithheld(_ entity: JSONValue, _ contact: inout RegistrationContact) {
    let isWithheld = RDAPNotice.list(entity["remarks"]).contains { remark in
      [remark.kind, remark.title?.lowercased()].contains { text in
        text?.contains("redacted") ?? false
      }
    }
    guard isWithheld else { return }
    if contact.name == nil { contact.mark(.name) }
    if contact.emails.isEmpty { contact.mark(.email) }
  }

  private static func registrar(
    _ entity: JSONValue, _ contact: RegistrationContact
  ) -> Registrar {
    var registrar = Registrar(name: contact.name ?? contact.organization)
    registrar.handle = contact.handle
    for identifier in entity["publicIds"]?.elements ?? []
    where identifier["type"]?.text?.lowercased() == "iana registrar id" {
      registrar.ianaID = registrar.ianaID ?? identifier["identifier"]?.integer
    }
    let links = entity["links"]?.elements ?? []
    let page =
      links.first { $0["rel"]?.text?.lowercased() == "about" }
      ?? links.first {
        $0["type"]?.text?.lowercased() == "text/html"
      }
    registrar.url = page?["href"]?.text ?? entity["url"]?.text
    return registrar
  }

  /// RFC 9537: what is left out, and of which contact.
  private func addRedactions(to registration: inout Registration) {
    for item in (value["redacted"]?.elements ?? []).prefix(RegistrationLimits.valuesMax * 2) {
      guard let name = item["name"]?["description"]?.text ?? item["name"]?["type"]?.text else {
        continue
      }
      let reason = item["reason"]?["description"]?.text ?? item["reason"]?["type"]?.text
      registration.redactions.append(
        Redaction(name: name, method: item["method"]?.text, reason: reason))
      guard let (role, field) = WHOISVocabulary.contactField(WHOISLine.normalized(name)),
        let index = registration.contacts.firstIndex(where: { $0.roles.contains(role) })
      else { continue }
      registration.contacts[index].mark(field)
    }
  }

  // MARK: members of one kind of object

  private mutating func fillDomain(_ registration: inout Registration) {
    registration.unicodeName = value["unicodeName"]?.text
    if registration.registrar?.whoisServer == nil, registration.registrar != nil {
      registration.registrar?.whoisServer = value["port43"]?.text?.lowercased()
    }
    for server in (value["nameservers"]?.elements ?? []).prefix(RegistrationLimits.nameServersMax) {
      guard let server = nameServer(server) else {
        malformedCount += 1
        continue
      }
      registration.nameServers.append(server)
    }
    guard let secure = value["secureDNS"] else { return }
    let signers = (secure["dsData"]?.elements ?? []).prefix(RegistrationLimits.valuesMax)
      .compactMap(RDAPObjectReader.signer)
    let isSigned = secure["delegationSigned"]?.flag
    registration.dnssec = DelegationSecurity(isDelegationSigned: isSigned, signers: signers)
  }

  private func nameServer(_ value: JSONValue) -> NameServer? {
    guard let name = value["ldhName"]?.text ?? value["unicodeName"]?.text else { return nil }
    let texts = ["v4", "v6"].flatMap { value["ipAddresses"]?[$0]?.texts ?? [] }
    var server = NameServer(name: RDAPObjectReader.name(name))
    for address in texts.compactMap(HostText.address) where !server.addresses.contains(address) {
      server.addresses.append(address)
    }
    return server
  }

  private static func signer(_ value: JSONValue) -> DelegationSecurity.Signer? {
    guard let tag = value["keyTag"]?.integer, let algorithm = value["algorithm"]?.integer,
      let type = value["digestType"]?.integer, let digest = value["digest"]?.text
    else { return nil }
    return DelegationSecurity.Signer(
      keyTag: tag, algorithm: algorithm, digestType: type,
      digest: digest.lowercased().filter { !$0.isWhitespace })
  }

  private func details() -> NetworkDetails {
    var details = NetworkDetails()
    details.name = value["name"]?.text
    details.kind = value["type"]?.text
    details.parentHandle = value["parentHandle"]?.text
    details.country = value["country"]?.text?.uppercased()
    for prefix in (value["cidr0_cidrs"]?.elements ?? []).prefix(RegistrationLimits.valuesMax) {
      guard let base = prefix["v4prefix"]?.text ?? prefix["v6prefix"]?.text,
        let address = HostText.address(base), let length = prefix["length"]?.integer,
        AddressRange("\(address)/\(length)") != nil
      else { continue }
      details.prefixes.append("\(address)/\(length)")
    }
    details.origins = (value["arin_originas0_originautnums"]?.elements ?? [])
      .prefix(RegistrationLimits.valuesMax)
      .compactMap { value in value.integer.flatMap { UInt32(exactly: $0) } }
    details.descriptions = Array(
      RDAPNotice.list(value["remarks"]).flatMap(\.descriptions)
        .prefix(RegistrationLimits.valuesMax))
    return details
  }
}
