/// One statement of a registration as text: which field, what value.
struct RegistrationFact: Hashable, Comparable {
  let field: String
  let value: String

  static func < (one: RegistrationFact, other: RegistrationFact) -> Bool {
    (one.field, one.value) < (other.field, other.value)
  }
}

extension Registration {
  /// Everything the registration states, but not where and when it was asked, nor how times were
  /// written, nor the order of lists, nor case where it means nothing.
  var facts: Set<RegistrationFact> {
    var facts: Set<RegistrationFact> = []
    func add(_ field: String, _ value: String?) {
      if let value = value?.words.joined(separator: " "), !value.isEmpty {
        facts.insert(RegistrationFact(field: field, value: value))
      }
    }
    func addTime(_ field: String, _ time: RegistrationTime?) {
      add(field, time.map { String($0.seconds) })
    }
    add("handle", handle)
    add("registrar", registrar?.name)
    add("registrar.ianaID", registrar?.ianaID.map { String($0) })
    add("registrar.url", registrar?.url)
    addTime("created", created)
    addTime("updated", updated)
    addTime("expires", expires)
    addTime("transferred", transferred)
    for status in statuses { add("status", status.lowercased()) }
    for server in nameServers {
      add("nameServer", server.name)
      for address in server.addresses { add("nameServer.address", "\(server.name) \(address)") }
    }
    add("dnssec", dnssec?.isDelegationSigned.map { $0 ? "signed" : "unsigned" })
    for signer in dnssec?.signers ?? [] {
      let numbers = "\(signer.keyTag) \(signer.algorithm) \(signer.digestType)"
      add("dnssec.signer", "\(numbers) \(signer.digest)")
    }
    add("network.name", network?.name)
    add("network.kind", network?.kind)
    add("network.parent", network?.parentHandle)
    add("network.country", network?.country)
    for prefix in network?.prefixes ?? [] { add("network.prefix", prefix) }
    for origin in network?.origins ?? [] { add("network.origin", String(origin)) }
    for contact in contacts {
      for (field, value) in contact.facts { add(field, value) }
    }
    return facts
  }

  /// SHA-256 of what the registration states, lower-case hexadecimal digits. Two look-ups with
  /// nothing changed between them give the same, whatever the order of their lists, the time of
  /// the look-up and the legal text.
  public var contentDigest: String {
    var octets: [UInt8] = []
    // Lengths in front: no two sets of facts give the same octets.
    func append(_ text: String) {
      octets.append(contentsOf: "\(text.utf8.count):".utf8)
      octets.append(contentsOf: text.utf8)
    }
    append(subjectText)
    for fact in facts.sorted() {
      append(fact.field)
      append(fact.value)
    }
    return AnswerDigest.hexadecimal(of: octets)
  }

  private var subjectText: String {
    switch subject {
    case .domain(let name): "domain \(name)"
    case .network(let first, let last): "network \(first) \(last)"
    case .autonomousSystems(let first, let last): "autnum \(first) \(last)"
    case .nameServer(let name): "nameserver \(name)"
    case .entity(let handle): "entity \(handle)"
    }
  }
}

extension RegistrationContact {
  /// What the contact states, once for each of its roles.
  fileprivate var facts: [(field: String, value: String)] {
    var values: [(Field, [String])] = [
      (.street, [street.joined(separator: " ")]), (.phone, phones), (.fax, faxes),
      (.email, emails.map { $0.lowercased() }), (.contactURI, contactURIs),
    ]
    let single: [(Field, String?)] = [
      (.handle, handle), (.name, name), (.organization, organization), (.city, city),
      (.region, region), (.postalCode, postalCode), (.country, country),
      (.countryCode, countryCode),
    ]
    for (field, value) in single { values.append((field, value.map { [$0] } ?? [])) }
    var facts: [(field: String, value: String)] = []
    for role in roles.isEmpty ? ["other"] : roles.map(\.rawValue) {
      for (field, texts) in values {
        for text in texts { facts.append(("contact.\(role).\(field.rawValue)", text)) }
      }
      for field in redacted { facts.append(("contact.\(role).redacted", field.rawValue)) }
      let rest = lines.joined(separator: " ")
      if !rest.isEmpty { facts.append(("contact.\(role).lines", rest)) }
    }
    return facts
  }
}
