/// Puts what was read of one WHOIS record together.
struct WHOISRecordBuilder {
  let draft: WHOISDraft
  let form: WHOISForm

  /// - Returns: nil when the record does not name a domain.
  func registration(_ source: RegistrationSource) -> Registration? {
    guard let name = domainName else { return nil }
    var registration = Registration(subject: .domain(name: name), source: source)
    registration.handle = draft.values(.handle).first
    registration.registrar = registrar
    registration.created = time(.created)
    registration.updated = time(.updated)
    registration.expires = time(.expires)
    registration.transferred = time(.transferred)
    for text in draft.values(.status) {
      for status in RegistrationStatus.values(fromWHOIS: text)
      where registration.statuses.count < RegistrationLimits.valuesMax
        && !registration.statuses.contains(status)
      {
        registration.statuses.append(status)
      }
    }
    registration.nameServers = nameServers
    registration.contacts = contacts
    registration.dnssec = dnssec
    return registration
  }

  /// The first word of the first value; lower case, without the final dot.
  private var domainName: String? {
    guard var name = draft.values(.domain).lazy.compactMap(\.words.first).first?.lowercased()
    else { return nil }
    if name.hasSuffix(".") { name.removeLast() }
    return name.filledText
  }

  private func time(_ field: WHOISVocabulary.Field) -> RegistrationTime? {
    draft.values(field).lazy
      .compactMap { RegistrationTime.parse($0, order: form.order) }.first
  }

  private var registrar: Registrar? {
    var registrar = Registrar()
    registrar.name = filled(.registrarName) ?? filled(.registrar)
    registrar.ianaID = filled(.registrarNumber).flatMap { Int($0) }
    registrar.handle = filled(.registrarHandle)
    registrar.url = filled(.registrarURL)
    registrar.whoisServer = filled(.registrarServer).flatMap { HostText.hostName($0) }
    // A server alone is that of the registry.
    var known = registrar
    known.whoisServer = nil
    return known.isEmpty ? nil : registrar
  }

  private func filled(_ field: WHOISVocabulary.Field) -> String? {
    draft.values(field).lazy.compactMap(\.filledText).first
  }

  // MARK: name servers

  /// Lines have a name and addresses in any order; lines of addresses alone belong to the server
  /// before them.
  private var nameServers: [NameServer] {
    var servers: [NameServer] = []
    for text in draft.values(.nameServer) {
      let words = text.split { character in
        character.isWhitespace || ",;|()[]".contains(character)
      }
      var addresses: [String] = []
      var name: String?
      for word in words {
        // `200.1.116.10/32`, `ns1.example.com.`
        let bare = word.prefix { $0 != "/" }
        if let address = HostText.address(String(bare)) {
          addresses.append(address)
        } else if name == nil {
          name = HostText.hostName(bare)
        }
      }
      WHOISRecordBuilder.add(name, addresses, to: &servers)
    }
    return servers
  }

  private static func add(_ name: String?, _ addresses: [String], to servers: inout [NameServer]) {
    var found = servers.indices.last
    if let name {
      found = servers.firstIndex { $0.name == name }
      if found == nil, servers.count < RegistrationLimits.nameServersMax {
        servers.append(NameServer(name: name))
        found = servers.indices.last
      }
    }
    guard let index = found else { return }
    for address in addresses
    where servers[index].addresses.count < RegistrationLimits.valuesMax
      && !servers[index].addresses.contains(address)
    {
      servers[index].addresses.append(address)
    }
  }

  // MARK: security

  private var dnssec: DelegationSecurity? {
    let signers = draft.values(.signer).compactMap(WHOISRecordBuilder.signer)
    let text = draft.values(.dnssec).first?.lowercased()
    guard text != nil || !signers.isEmpty else { return nil }
    let isSigned = text.flatMap(WHOISRecordBuilder.isSigned) ?? (signers.isEmpty ? nil : true)
    return DelegationSecurity(isDelegationSigned: isSigned, signers: signers)
  }

  private static func isSigned(_ text: String) -> Bool? {
    if ["unsigned", "no", "n", "inactive", "disabled", "none"].contains(where: text.hasPrefix) {
      return false
    }
    let words = ["signed", "yes", "y", "active", "enabled"]
    return words.contains(where: text.hasPrefix) ? true : nil
  }

  /// `36322 8 2 201DF9...`.
  private static func signer(_ text: String) -> DelegationSecurity.Signer? {
    let words = text.words
    guard words.count >= 4, let tag = Int(words[0]), let algorithm = Int(words[1]),
      let type = Int(words[2])
    else { return nil }
    return DelegationSecurity.Signer(
      keyTag: tag, algorithm: algorithm, digestType: type,
      digest: words[3...].joined().lowercased())
  }

  // MARK: contacts

  private var contacts: [RegistrationContact] {
    var contacts: [RegistrationContact] = []
    var objectOfHandle: [String: RegistrationContact] = [:]
    for object in draft.objects {
      guard let handle = object.handle else { continue }
      objectOfHandle[handle] = objectOfHandle[handle] ?? object
    }
    for contact in draft.contacts where !contact.isEmpty {
      // The object behind a handle says more than the handle.
      if let text = contact.heading ?? contact.contact.handle, objectOfHandle[text] != nil,
        draft.references.contains(where: { $0.handle == text })
      {
        continue
      }
      contacts.append(WHOISRecordBuilder.finished(contact))
    }
    for (role, handle) in draft.references {
      guard var object = objectOfHandle[handle] else { continue }
      object.roles = [role]
      if !contacts.contains(object) { contacts.append(object) }
    }
    for index in contacts.indices { contacts[index].takePostalLine() }
    return Array(contacts.prefix(RegistrationLimits.contactsMax))
  }

  /// What stands behind a heading is the name, or the organization when a name is given too.
  private static func finished(_ draft: WHOISDraft.Contact) -> RegistrationContact {
    var contact = draft.contact
    guard let heading = draft.heading else { return contact }
    if RedactionWords.isRedaction(heading) {
      contact.mark(.name)
    } else if contact.name == nil || contact.name == contact.lines.first {
      // `Some Body <some@example.com>`
      let name = heading.prefix { $0 != "<" }.trimmedText
      contact.name = name.isEmpty ? heading : name
      let address = heading.split { "<> ".contains($0) }.first { $0.contains("@") }
      if let address, contact.emails.isEmpty { contact.set(.email, String(address)) }
    } else if contact.organization == nil {
      contact.organization = heading
    }
    return contact
  }
}
