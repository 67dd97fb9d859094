/// Reads the lines of one record of a WHOIS answer into a ``WHOISDraft``.
///
/// All forms are read by the same few rules: `key: value`; headings with values or keys below
/// them; values that go on in more indented lines; paragraphs that are objects. What a key means
/// is data (``WHOISVocabulary``, ``WHOISForm``).
struct WHOISRecordReader {
  /// What lines without a key of their own belong to.
  enum Section: Equatable {
    case role(RegistrationContact.Role)
    case field(WHOISVocabulary.Field)
  }

  /// What more indented lines below a key go on with.
  enum Continuation {
    case field(WHOISVocabulary.Field)
    case object(RegistrationContact.Field)
    case contact(RegistrationContact.Role, RegistrationContact.Field?)
  }

  let form: WHOISForm
  var draft = WHOISDraft()
  var section: Section?
  /// True until the section has got something: a blank line does not end it before.
  var isSectionFresh = false
  /// True when the heading of the section had a value behind it.
  var hasHeadingValue = false
  /// True in a paragraph about the registrar itself.
  private var isRegistrarObject = false
  var continuation: Continuation?
  var continuationIndentation = 0
  var isInObject = false
  private var isSkipping = false
  private var isAfterBlank = true

  init(form: WHOISForm) { self.form = form }

  /// Reads a line.
  ///
  /// - Returns: false when the record ends here; the rest is for lawyers.
  mutating func read(_ line: WHOISLine) -> Bool {
    guard !line.text.isEmpty else {
      endParagraph()
      return true
    }
    guard !line.isComment else { return true }
    if WHOISRecordReader.isEnd(line.text) { return !(draft.has(.domain) || draft.has(.status)) }
    let opensParagraph = isAfterBlank
    isAfterBlank = false
    guard !isSkipping else { return true }
    if let key = line.key {
      // Name servers whose names begin like the domain stand in front of it in old answers.
      if key == "server name", opensParagraph {
        isSkipping = true
        return true
      }
      if readKey(key, line, opensParagraph) { return true }
    }
    readText(line)
    return true
  }

  private mutating func endParagraph() {
    isAfterBlank = true
    isSkipping = false
    isInObject = false
    guard !isSectionFresh else { return }
    section = nil
    continuation = nil
  }

  private static func isEnd(_ text: String) -> Bool {
    text.hasPrefix(">>>") || text == "--" || text.hasPrefix("-- ")
      || text.lowercased().hasPrefix("last update of whois database")
  }

  // MARK: lines with a key

  /// - Returns: false when the key means nothing here.
  private mutating func readKey(
    _ key: String, _ line: WHOISLine, _ opensParagraph: Bool
  ) -> Bool {
    // Austria leaves the name of an organization's object empty.
    if opensParagraph, section == nil, draft.has(.domain),
      !line.value.isEmpty || key == "personname", WHOISVocabulary.objectKeys.contains(key)
    {
      startObject(key, line)
      return true
    }
    if isInObject, readInObject(key, line) { return true }
    if readInSection(key, line) { return true }
    if let field = WHOISVocabulary.fields[key],
      !(WHOISVocabulary.roles[key] != nil && line.value.isEmpty)
    {
      readField(field, line, opensParagraph)
      return true
    }
    if let role = WHOISVocabulary.roles[key] {
      readRole(role, key, line)
      return true
    }
    guard let (role, attribute) = WHOISVocabulary.roleAttribute(key) else { return false }
    set(attribute, line.value, role)
    continueContact(role, attribute, line)
    isSectionFresh = false
    if case .field? = section { section = nil }
    return true
  }

  private mutating func startObject(_ key: String, _ line: WHOISLine) {
    section = nil
    // IANA's answers: `contact: administrative`.
    if key == "contact", let role = WHOISVocabulary.roles[line.value.lowercased()] {
      draft.startContact(role)
      section = .role(role)
      hasHeadingValue = false
      return
    }
    guard draft.startObject() else { return }
    isInObject = true
    _ = readInObject(key, line)
  }

  private mutating func readInObject(_ key: String, _ line: WHOISLine) -> Bool {
    if WHOISVocabulary.fields[key] == .nameServer { return false }
    guard case .field(let field)? = WHOISVocabulary.attributes[key] else { return true }
    draft.setInObject(field, line.value)
    continuation = .object(field)
    continuationIndentation = line.indentation
    return true
  }

  /// A key that means something because of the heading above it.
  private mutating func readInSection(_ key: String, _ line: WHOISLine) -> Bool {
    guard case .role(let role)? = section, let attribute = WHOISVocabulary.attributes[key] else {
      return false
    }
    if role == .registrar {
      guard attribute == .url || attribute == .field(.name) || attribute == .field(.organization)
      else { return WHOISVocabulary.fields[key] == nil }
      // `Registrar: X` followed by `Person: Y` is about the registrant.
      guard attribute == .url || !hasHeadingValue || isRegistrarObject else { return false }
    } else if hasHeadingValue, attribute == .time || attribute == .url {
      return false
    }
    set(attribute, line.value, role)
    continueContact(role, attribute, line)
    isSectionFresh = false
    return true
  }

  private mutating func set(
    _ attribute: WHOISVocabulary.Attribute, _ text: String, _ role: RegistrationContact.Role
  ) {
    guard let text = text.filledText else { return }
    if role == .registrar {
      switch attribute {
      case .field(.name), .field(.organization): draft.add(text, to: .registrarName)
      case .field(.handle): draft.add(text, to: .registrarHandle)
      case .url: draft.add(text, to: .registrarURL)
      default: break
      }
    } else if case .field(let field) = attribute {
      draft.set(field, text, role)
    } else if attribute == .familyName {
      draft.addFamilyName(text, role)
    }
  }

  private mutating func continueContact(
    _ role: RegistrationContact.Role, _ attribute: WHOISVocabulary.Attribute, _ line: WHOISLine
  ) {
    continuationIndentation = line.indentation
    if case .field(let field) = attribute {
      continuation = .contact(role, field)
    } else {
      continuation = nil
    }
  }

  private mutating func readField(
    _ field: WHOISVocabulary.Field, _ line: WHOISLine, _ opensParagraph: Bool
  ) {
    continuation = .field(field)
    continuationIndentation = line.indentation
    if field == .registrar {
      isRegistrarObject = opensParagraph && draft.has(.domain)
      hasHeadingValue = true
      if !draft.has(.registrar) { draft.add(line.value, to: field) }
      section = .role(.registrar)
      isSectionFresh = false
      return
    }
    guard line.value.isEmpty else {
      draft.add(line.value, to: field)
      if line.key == form.expiryKey, !draft.has(.expires) { addExpiry(line.value) }
      section = nil
      isSectionFresh = false
      return
    }
    section = .field(field)
    isSectionFresh = true
  }

  /// The last word of `OK-UNTIL 20131218000000`.
  private mutating func addExpiry(_ text: String) {
    guard let last = text.words.last, RegistrationTime.parse(last) != nil else { return }
    draft.add(last, to: .expires)
  }

  private mutating func readRole(
    _ role: RegistrationContact.Role, _ key: String, _ line: WHOISLine
  ) {
    guard !line.value.isEmpty else { return startSection(role) }
    guard line.value != "-" else { return }
    if !WHOISVocabulary.isReference(key) {
      if WHOISRecordReader.isHandle(line.value) {
        draft.set(.handle, line.value, role)
      } else {
        draft.startContact(role, heading: line.value)
      }
    }
    draft.addReference(line.value, role)
    section = .role(role)
    isSectionFresh = false
    hasHeadingValue = true
    continuation = .contact(role, nil)
    continuationIndentation = line.indentation
  }

  mutating func startSection(_ role: RegistrationContact.Role) {
    section = .role(role)
    isSectionFresh = true
    hasHeadingValue = false
    isRegistrarObject = false
    continuation = nil
    if role != .registrar { draft.startContact(role) }
  }

  /// One word with a digit in it.
  private static func isHandle(_ text: String) -> Bool {
    text.utf8.contains { (0x30...0x39).contains($0) }
      && text.utf8.allSatisfy { octet in
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }
}
