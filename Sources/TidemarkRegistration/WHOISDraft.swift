/// What the lines of one WHOIS record said, before it is put together.
struct WHOISDraft {
  /// A contact, and the text behind its heading: a name, an organization or a handle.
  struct Contact {
    var contact: RegistrationContact
    var heading: String?

    var isEmpty: Bool { contact.isEmpty && heading == nil }
  }

  private(set) var fields: [WHOISVocabulary.Field: [String]] = [:]
  private(set) var contacts: [Contact] = []
  /// Objects of their own (person, role, contact), which other objects point to by handle.
  private(set) var objects: [RegistrationContact] = []
  private(set) var references: [(role: RegistrationContact.Role, handle: String)] = []

  func values(_ field: WHOISVocabulary.Field) -> [String] { fields[field] ?? [] }

  func has(_ field: WHOISVocabulary.Field) -> Bool { fields[field] != nil }

  mutating func add(_ text: String, to field: WHOISVocabulary.Field) {
    guard text != "-", fields[field, default: []].count < RegistrationLimits.nameServersMax else {
      return
    }
    fields[field, default: []].append(text)
  }

  mutating func addReference(_ handle: String, _ role: RegistrationContact.Role) {
    guard references.count < RegistrationLimits.contactsMax else { return }
    references.append((role, handle))
  }

  // MARK: contacts

  /// Begins another contact in a role.
  mutating func startContact(_ role: RegistrationContact.Role, heading: String? = nil) {
    guard contacts.count < RegistrationLimits.contactsMax else { return }
    contacts.append(
      Contact(contact: RegistrationContact(roles: [role]), heading: heading))
  }

  /// Sets a part of the newest contact in a role. Another handle begins another contact.
  mutating func set(
    _ field: RegistrationContact.Field, _ text: String, _ role: RegistrationContact.Role
  ) {
    edit(role) {
      $0.contact.set(field, text)
    } startingIf: { contact in
      guard field == .handle, let handle = contact.contact.handle else { return false }
      return handle != text
    }
  }

  /// Puts the name of a family behind the given name of the newest contact in a role.
  mutating func addFamilyName(_ text: String, _ role: RegistrationContact.Role) {
    edit(role) {
      $0.contact.addFamilyName(text)
    } startingIf: { _ in
      false
    }
  }

  /// Adds a line without a key to the newest contact in a role.
  mutating func addLine(_ text: String, _ role: RegistrationContact.Role) {
    edit(role) {
      $0.contact.addLine(text)
    } startingIf: { _ in
      false
    }
  }

  private mutating func edit(
    _ role: RegistrationContact.Role, _ change: (inout Contact) -> Void,
    startingIf isAnother: (Contact) -> Bool
  ) {
    let last = contacts.lastIndex { $0.contact.roles.first == role }
    if let last, !isAnother(contacts[last]) {
      change(&contacts[last])
      return
    }
    guard contacts.count < RegistrationLimits.contactsMax else { return }
    var contact = Contact(contact: RegistrationContact(roles: [role]))
    change(&contact)
    contacts.append(contact)
  }

  // MARK: objects

  /// Begins an object of its own.
  ///
  /// - Returns: false when there are enough.
  mutating func startObject() -> Bool {
    guard objects.count < RegistrationLimits.contactsMax else { return false }
    objects.append(RegistrationContact(roles: []))
    return true
  }

  /// Sets a part of the newest object.
  mutating func setInObject(_ field: RegistrationContact.Field, _ text: String) {
    guard !objects.isEmpty else { return }
    objects[objects.count - 1].set(field, text)
  }
}

extension RegistrationContact {
  /// Adds a line that has no key: kept as it is, and taken for what it looks like.
  mutating func addLine(_ text: String) {
    guard lines.count < RegistrationLimits.valuesMax else { return }
    if RedactionWords.isRedaction(text) {
      mark(.name)
      return
    }
    let isFirst = lines.isEmpty
    lines.append(text)
    let addresses = text.words.filter { word in
      let parts = word.split(separator: "@", omittingEmptySubsequences: false)
      return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".")
    }
    for address in addresses { set(.email, address.filter { !"<>(),;".contains($0) }) }
    if text.first == "+", text.allSatisfy({ $0.isNumber || "+-. ()".contains($0) }) {
      set(.phone, text)
    } else if isFirst, name == nil, addresses.count < text.words.count {
      name = text
    }
  }
}
