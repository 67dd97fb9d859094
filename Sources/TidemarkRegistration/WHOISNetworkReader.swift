/// Reads answers about addresses and autonomous systems: objects of the Routing Policy
/// Specification Language (RIPE, APNIC, AFRINIC; RFC 2622 section 2), those of ARIN and of LACNIC.
struct WHOISNetworkReader {
  /// A paragraph.
  private struct Object {
    var pairs: [(key: String, value: String)] = []

    subscript(_ key: String) -> String? { pairs.first { $0.key == key }?.value }

    func all(_ key: String) -> [String] { pairs.filter { $0.key == key }.map(\.value) }

    func first(_ keys: [String]) -> String? {
      keys.lazy.compactMap { self[$0]?.filledText }.first
    }
  }

  private let objects: [Object]
  private let source: RegistrationSource

  /// Most paragraphs of an answer.
  private static let objectsMax = 500

  private static let rangeKeys: Set<String> = ["netrange", "inetnum", "inet6num", "ip network"]
  private static let systemKeys: Set<String> = ["asnumber", "aut num"]

  init(lines: [WHOISLine], source: RegistrationSource) {
    self.source = source
    var objects: [Object] = []
    var object = Object()
    for line in lines where !line.isComment {
      if line.text.isEmpty {
        if !object.pairs.isEmpty { objects.append(object) }
        object = Object()
        guard objects.count < WHOISNetworkReader.objectsMax else { break }
      } else if let key = line.key {
        object.pairs.append((key, line.value))
      } else if line.indentation > 0, let last = object.pairs.indices.last {
        // A line that goes on with the one before it (RFC 2622 section 2).
        object.pairs[last].value += "\n" + line.text
      }
    }
    if !object.pairs.isEmpty { objects.append(object) }
    self.objects = objects
  }

  /// - Returns: nil when the answer is about neither addresses nor an autonomous system.
  func registration() -> Registration? {
    guard let (object, subject) = main else { return nil }
    var registration = Registration(subject: subject, source: source)
    registration.handle = object.first(["nethandle", "ashandle"])
    registration.created = time(object, ["regdate", "created"], last: false)
    registration.updated = time(object, ["updated", "last modified", "changed"], last: true)
    registration.statuses = Array(
      object.all("status").compactMap(\.filledText).prefix(RegistrationLimits.valuesMax))
    registration.network = details(object)
    registration.contacts = contacts(object)
    return registration
  }

  /// The object with the smallest range, or the first autonomous system.
  private var main: (Object, Registration.Subject)? {
    var best: (object: Object, range: AddressRange)?
    for object in objects {
      guard let first = object.pairs.first, WHOISNetworkReader.rangeKeys.contains(first.key),
        let range = AddressRange(first.value)
      else { continue }
      if let found = best, found.range.span <= range.span { continue }
      best = (object, range)
    }
    if let best {
      let subject = Registration.Subject.network(
        first: best.range.firstText, last: best.range.lastText)
      return (best.object, subject)
    }
    for object in objects {
      guard let first = object.pairs.first, WHOISNetworkReader.systemKeys.contains(first.key)
      else { continue }
      let ends = first.value.split(separator: "-").compactMap {
        WHOISNetworkReader.systemNumber($0.trimmedText)
      }
      guard let low = ends.first, let high = ends.last, low <= high else { continue }
      return (object, .autonomousSystems(first: low, last: high))
    }
    return nil
  }

  /// `AS64496` or `64496`.
  private static func systemNumber(_ text: String) -> UInt32? {
    UInt32(text.uppercased().hasPrefix("AS") ? String(text.dropFirst(2)) : text)
  }

  private func time(_ object: Object, _ keys: [String], last: Bool) -> RegistrationTime? {
    for key in keys {
      let times = object.all(key).compactMap { RegistrationTime.parse($0) }
      if let time = last ? times.last : times.first { return time }
    }
    return nil
  }

  private func details(_ object: Object) -> NetworkDetails {
    var details = NetworkDetails()
    details.name = object.first(["netname", "asname", "as name", "network name"])
    details.kind = object.first(["nettype"])
    details.country = object.first(["country"])?.prefix(2).uppercased()
    // ARIN: `NET74 (NET-74-0-0-0-0)`.
    if let parent = object["parent"], let open = parent.lastIndex(of: "("),
      let handle = parent[parent.index(after: open)...].split(separator: ")").first
    {
      details.parentHandle = String(handle)
    }
    details.descriptions = Array(
      object.all("descr").compactMap(\.filledText).prefix(RegistrationLimits.valuesMax))
    if let first = object.pairs.first, let range = AddressRange(first.value) {
      let written = (object["cidr"] ?? "").split(separator: ",").map(\.trimmedText)
      let ranges = written.prefix(RegistrationLimits.valuesMax).compactMap { AddressRange($0) }
      details.prefixes =
        ranges.isEmpty
        ? range.prefixes
        : Array(ranges.flatMap(\.prefixes).prefix(RegistrationLimits.valuesMax))
    }
    let routes = objects.filter { ["route", "route6"].contains($0.pairs.first?.key) }
    let texts =
      (object.first(["originas"]) ?? "").split(separator: ",").map(\.trimmedText)
      + routes.compactMap { $0["origin"]?.trimmedText }
    for number in texts.prefix(RegistrationLimits.valuesMax)
      .compactMap(WHOISNetworkReader.systemNumber) where !details.origins.contains(number)
    {
      details.origins.append(number)
    }
    if details.country == nil, let organization = objects.first(where: { $0["orgname"] != nil }) {
      details.country = organization.first(["country"])?.prefix(2).uppercased()
    }
    return details
  }

  // MARK: contacts

  private func contacts(_ object: Object) -> [RegistrationContact] {
    var contacts: [RegistrationContact] = []
    if object["owner"] != nil { contacts.append(contact(object, [.registrant])) }
    for other in objects {
      guard let key = other.pairs.first?.key else { continue }
      if key == "orgname" || key == "custname" {
        contacts.append(contact(other, [.registrant]))
      } else if let role = WHOISNetworkReader.pointOfContact(key) {
        contacts.append(pointOfContact(other, key, role))
      }
    }
    var byHandle: [String: Object] = [:]
    for other in objects {
      let isOrganization = other.pairs.first?.key == "organisation"
      guard let handle = other["nic hdl"] ?? (isOrganization ? other["organisation"] : nil) else {
        continue
      }
      byHandle[handle.lowercased()] = byHandle[handle.lowercased()] ?? other
    }
    let references: [(key: String, role: RegistrationContact.Role)] = [
      ("org", .registrant), ("admin c", .administrative), ("tech c", .technical),
      ("abuse c", .abuse),
    ]
    for (key, role) in references {
      // An answer may refer to one long object again and again.
      for handle in object.all(key).prefix(RegistrationLimits.contactsMax) {
        guard contacts.count < RegistrationLimits.contactsMax else { break }
        guard let other = byHandle[handle.lowercased()] else { continue }
        contacts.append(contact(other, [role]))
      }
    }
    return Array(contacts.prefix(RegistrationLimits.contactsMax))
  }

  private func contact(
    _ object: Object, _ roles: [RegistrationContact.Role]
  ) -> RegistrationContact {
    var contact = RegistrationContact(roles: roles)
    let isOrganization = object.pairs.first?.key == "organisation"
    for (key, value) in object.pairs {
      if let field = WHOISNetworkReader.keys[key] {
        contact.set(field, value)
      } else if key == "organisation", isOrganization {
        contact.set(.handle, value)
      } else if case .field(let field)? = WHOISVocabulary.attributes[key] {
        contact.set(field, value)
      }
    }
    return contact
  }

  private static let keys: [String: RegistrationContact.Field] = [
    "orgname": .organization, "org name": .organization, "custname": .organization,
    "owner": .organization, "orgid": .handle, "ownerid": .handle, "responsible": .name,
    "stateprov": .region, "abuse mailbox": .email,
  ]

  /// ARIN's `OrgAbuseHandle`, `RTechHandle`.
  private static func pointOfContact(_ key: String) -> RegistrationContact.Role? {
    guard key.hasSuffix("handle") else { return nil }
    let roles: [(name: String, role: RegistrationContact.Role)] = [
      ("abuse", .abuse), ("tech", .technical), ("noc", .noc), ("admin", .administrative),
    ]
    for (name, role) in roles where key == "org\(name)handle" || key == "r\(name)handle" {
      return role
    }
    return nil
  }

  private func pointOfContact(
    _ object: Object, _ key: String, _ role: RegistrationContact.Role
  ) -> RegistrationContact {
    var contact = RegistrationContact(roles: [role])
    let beginning = key.dropLast("handle".count)
    let fields: [(String, RegistrationContact.Field)] = [
      ("handle", .handle), ("name", .name), ("phone", .phone), ("email", .email),
    ]
    for (ending, field) in fields {
      for value in object.all(beginning + ending) { contact.set(field, value) }
    }
    return contact
  }
}
