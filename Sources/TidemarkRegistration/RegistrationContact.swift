/// A person, an organization or a role account of a registration, with what is redacted marked.
public struct RegistrationContact: Sendable, Hashable, Codable {
  /// What the contact is for (RFC 9083 section 10.2.4).
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    /// Who registered it.
    case registrant
    /// For questions of administration.
    case administrative
    /// For questions of operation.
    case technical
    /// For invoices.
    case billing
    /// For complaints.
    case abuse
    /// Through whom it was registered.
    case registrar
    /// Who sold it for the registrar.
    case reseller
    /// Who answers for the registration in the registry.
    case sponsor
    /// Who stands in for the registrant.
    case proxy
    /// Who is told of changes.
    case notifications
    /// The operations centre of a network.
    case noc
  }

  /// A part of a contact.
  public enum Field: String, Sendable, Hashable, Codable, CaseIterable {
    /// ``RegistrationContact/handle``.
    case handle
    /// ``RegistrationContact/name``.
    case name
    /// ``RegistrationContact/organization``.
    case organization
    /// ``RegistrationContact/street``.
    case street
    /// ``RegistrationContact/city``.
    case city
    /// ``RegistrationContact/region``.
    case region
    /// ``RegistrationContact/postalCode``.
    case postalCode
    /// ``RegistrationContact/country``.
    case country
    /// ``RegistrationContact/countryCode``.
    case countryCode
    /// ``RegistrationContact/phones``.
    case phone
    /// ``RegistrationContact/faxes``.
    case fax
    /// ``RegistrationContact/emails``.
    case email
    /// ``RegistrationContact/contactURIs``.
    case contactURI
  }

  /// Sorted, each once.
  public var roles: [Role]
  /// The registry's identifier.
  public var handle: String?
  /// Of a person or a role.
  public var name: String?
  /// Lines are joined by line feeds.
  public var organization: String?
  /// Lines of the address in front of the city, or a whole address without parts.
  public var street: [String] = []
  /// City or town.
  public var city: String?
  /// State, province or county.
  public var region: String?
  /// As written.
  public var postalCode: String?
  /// A name, when the answer has one.
  public var country: String?
  /// Two letters, upper case.
  public var countryCode: String?
  /// As written; those of RDAP keep `tel:`.
  public var phones: [String] = []
  /// As written; those of RDAP keep `tel:`.
  public var faxes: [String] = []
  /// As written.
  public var emails: [String] = []
  /// Web addresses of forms that reach the contact (RFC 8605).
  public var contactURIs: [String] = []
  /// Lines of an answer that names no parts, in their order; the first one is ``name`` as well.
  public var lines: [String] = []
  /// Parts whose values were withheld. The stand-in text is not kept as a value. Sorted.
  public var redacted: [Field] = []

  /// Starts with what it is for.
  public init(roles: [Role]) { self.roles = roles }

  /// True when no part has a value and none is redacted.
  public var isEmpty: Bool {
    var bare = self
    bare.roles = []
    return bare == RegistrationContact(roles: [])
  }

  /// True when the name or the organization is that of a service that stands in for others.
  public var isProxy: Bool {
    roles.contains(.proxy)
      || [name, organization].contains { text in
        guard let text = text?.lowercased() else { return false }
        return RedactionWords.proxies.contains { text.has($0) }
      }
  }

  /// Sets a part, or marks it when the text only says that the value is withheld.
  mutating func set(_ field: Field, _ text: String) {
    guard let text = text.filledText, text != "-" else { return }
    if RedactionWords.isRedaction(text) {
      mark(field)
      return
    }
    switch field {
    case .handle: handle = handle ?? text
    case .name: name = name ?? text
    case .organization: RegistrationContact.join(text, to: &organization, by: "\n")
    case .street: RegistrationContact.add(text, to: &street)
    case .city: city = city ?? text
    case .region: region = region ?? text
    case .postalCode: postalCode = postalCode ?? text
    case .country: setCountry(text)
    case .countryCode: countryCode = countryCode ?? text.uppercased()
    case .phone: RegistrationContact.add(text, to: &phones)
    case .fax: RegistrationContact.add(text, to: &faxes)
    case .email: RegistrationContact.add(text, to: &emails)
    case .contactURI: RegistrationContact.add(text, to: &contactURIs)
    }
  }

  /// Puts the name of a family behind the given name.
  mutating func addFamilyName(_ text: String) {
    guard let text = text.filledText, text != "-", !RedactionWords.isRedaction(text) else { return }
    RegistrationContact.join(text, to: &name, by: " ")
  }

  /// Marks a part as withheld.
  mutating func mark(_ field: Field) {
    guard !redacted.contains(field) else { return }
    redacted.append(field)
    redacted.sort { $0.rawValue < $1.rawValue }
  }

  private mutating func setCountry(_ text: String) {
    let isCode = text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) }
    if isCode {
      countryCode = countryCode ?? text.uppercased()
    } else {
      country = country ?? text
    }
  }

  /// Puts a text behind another, up to a length that no name has.
  private static func join(_ text: String, to value: inout String?, by separator: String) {
    guard let length = value?.utf8.count else { return value = text }
    if length < RegistrationLimits.lineCharactersMax { value?.append(separator + text) }
  }

  private static func add(_ text: String, to values: inout [String]) {
    if values.count < RegistrationLimits.valuesMax { values.append(text) }
  }
}

/// Words by which answers say that something is withheld.
enum RedactionWords {
  /// Beginnings and parts of texts that stand in for a value, lower case.
  private static let redactions = [
    "redacted", "not disclosed", "data protected", "withheld for privacy", "gdpr masked",
    "hidden upon user request", "hidden!", "statutory masking", "non-public data",
    "information not disclosed", "personal data, can not be publicly disclosed",
    "not shown, please", "registration private", "masked",
  ]

  /// Names of services that stand in for registrants, lower case.
  static let proxies = [
    "privacy", "proxy", "whoisguard", "whois guard", "private registration", "identity protect",
    "data protected", "redacted", "withheld",
  ]

  static func isRedaction(_ text: String) -> Bool {
    let text = text.lowercased()
    return text.utf8.count <= 200 && redactions.contains { text.has($0) }
  }
}
