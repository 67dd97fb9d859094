/// What the keys and headings of WHOIS answers mean, as data. Keys are normalized
/// (``WHOISLine/normalized(_:)``); a key that many registries share stands here, one of a single
/// server in ``WHOISForm``.
enum WHOISVocabulary {
  /// A field of a domain.
  enum Field: Hashable {
    case domain, handle, registrar, registrarName, registrarURL, registrarNumber
    case registrarHandle, registrarServer, created, updated, expires, transferred, status
    case nameServer, dnssec, signer
  }

  /// A part of a contact, or of a section about somebody.
  enum Attribute: Hashable {
    case field(RegistrationContact.Field)
    /// Behind the given name, where names come in two parts.
    case familyName
    case url
    /// When the contact was created or changed.
    case time
    /// Known, but not kept.
    case ignored
  }

  static let fields: [String: Field] = table([
    .domain: [
      "domain name", "domain", "domainname", "nombre de dominio", "dominio", "nom de domaine",
      "ace", "query",
    ],
    .handle: ["domain id", "registry domain id", "roid"],
    .registrar: [
      "registrar", "sponsoring registrar", "registrar name", "registrar organization",
      "registered by", "registration service provider", "registrado por", "current registrar",
      "current registar",
      "sponsoring registrar organization", "registered through", "authorized agency",
    ],
    .registrarURL: [
      "registrar url", "sponsoring registrar url", "registration service url",
      "registrar website", "registrar web", "registrar www",
      "registrar url registration services", "sponsoring registrar website",
    ],
    .registrarNumber: ["registrar iana id", "sponsoring registrar iana id"],
    .registrarHandle: ["registrar id", "sponsoring registrar id"],
    .registrarServer: ["registrar whois server", "whois server"],
    .created: [
      "domain created", "creation date", "created on", "created", "created date",
      "registered on", "registered", "registration date", "registration time",
      "domain record activated", "domain registration date", "domain name commencement date",
      "registered date", "record created", "record created on", "first registration date",
      "assigned", "fecha de creacion", "acivated", "activated", "domain registered",
      "create date", "date de creation", "date created", "creation", "reg date", "regdate",
      "record created at", "date registered", "registration", "created at",
    ],
    .updated: [
      "domain last updated", "updated date", "last updated on", "last updated", "last update",
      "last modified", "modified", "changed", "updated", "last updated date",
      "modification date", "last edited date", "ultima actualizacion", "ultima modificacion",
      "last modified date", "record last updated on", "record last updated", "update date",
      "domain last updated date", "last change", "date modified", "date updated", "updated on",
    ],
    .expires: [
      "domain currently expires", "expiration date", "registry expiry date", "expiry date",
      "expires on", "expires", "expiration", "expire date", "renewal date", "paid till",
      "registrar registration expiration date", "domain expiration date", "valid until",
      "validity", "expire", "record expires on", "record will expire on",
      "fecha de vencimiento", "fecha de expiracion", "expires at", "expiration time",
      "domain expires", "renewal", "date expires", "valid to", "exp date", "record expires at",
      "expiration on",
    ],
    .transferred: ["transferred", "transfer date", "last transferred date"],
    .status: [
      "domain status", "status", "state", "epp status", "eppstatus", "registration status",
      "estatus del dominio", "domain state", "domaintype",
    ],
    .nameServer: [
      "name server", "nserver", "nameserver", "nameservers", "name servers",
      "domain nameservers", "domain servers", "domain servers in listed order",
      "name servers information", "nservers", "nom serveur", "servidor de nombres",
      "servidores de nombre", "domain name servers", "domain name servers listed in order",
      "current nameservers", "name server ip", "dns servers", "dns",
      "servidores de nombre domain servers", "servidor es de nombres de dominio", "host name",
      "hostname", "primary server", "secondary server", "name servers in the listed order",
      "nameserver information", "host",
    ],
    .dnssec: ["dnssec", "signed", "dnssec status"],
    .signer: ["ds rdata", "dnssec ds data", "ds data", "ds record"],
  ])

  static let roles: [String: RegistrationContact.Role] = table([
    .registrant: [
      "registrant", "registered for", "owner s handle", "owner", "holder", "registrant contact",
      "holder of domain name", "domain holder", "titular", "organization using domain name",
      "registrant contact information", "owner contact", "domain owner", "proprietario",
      "holder c", "owner c", "organisation using domain name",
    ],
    .administrative: [
      "admin", "administrative", "administrative contact", "admin contact", "administrator",
      "administrative contacts", "contacto administrativo", "admin c",
      "administrative contact information", "administrative contact agent",
      "contacto administrativo administrative contact", "administrative contact s handle",
    ],
    .technical: [
      "tech", "technical", "technical contact", "tech contact", "technical contacts",
      "technical contact s", "technical contact information", "contacto tecnico", "tech c",
      "contacto tecnico technical contact", "technical contact s handle",
    ],
    .billing: [
      "billing", "bill", "billing contact", "billing contacts", "contacto de cobranza",
      "billing c", "billing contact information",
    ],
    .registrar: ["registrar", "registrar information", "sponsoring registrar"],
    .reseller: ["reseller", "reseller information"],
    .abuse: ["abuse contact", "registrar abuse contact", "abuse"],
  ])

  static let attributes: [String: Attribute] = {
    let fields: [RegistrationContact.Field: [String]] = [
      .handle: [
        "id", "nic hdl", "nic handle", "handle", "contact id", "contact", "pid", "nic hdl br",
      ],
      .name: [
        "name", "person", "personname", "contact name", "full name", "nombre", "given name",
        "role",
        // Hong Kong explains the key inside the key.
        "company english name it should be the same as the registered corporation name on "
          + "your business register certificate or relevant documents",
      ],
      .organization: [
        "organization", "organisation", "org", "company", "company name", "organization name",
        "organizacion", "organisation name", "org name",
      ],
      .street: [
        "address line", "address line 1", "address line 2", "address line 3", "street",
        "address", "street address", "addr", "postal address", "direccion",
      ],
      .city: ["city", "locality", "town", "ciudad"],
      .region: [
        "state", "province", "state province", "state or province", "region", "county",
        "province state",
      ],
      .postalCode: ["postal code", "zip", "postcode", "zip code", "postalcode", "zipcode"],
      .country: ["country", "location", "pais"],
      .countryCode: ["countrycode", "country code"],
      .phone: ["telephone number", "phone", "tel", "telephone", "phone number", "voice"],
      .fax: ["fax", "fax no", "fax number", "facsimile number", "facsimile"],
      .email: ["email", "e mail", "email address", "mail", "emailaddress", "contact email"],
    ]
    var attributes: [String: Attribute] = [:]
    for (field, keys) in fields {
      for key in keys { attributes[key] = .field(field) }
    }
    for key in ["family name", "last name"] { attributes[key] = .familyName }
    for key in ["url", "website", "www", "web"] { attributes[key] = .url }
    for key in ["phone ext", "fax ext", "type", "lang", "language"] { attributes[key] = .ignored }
    for key in [
      "created", "created on", "updated", "last modified", "changed", "modified",
      "last updated", "updated on", "last update",
    ] { attributes[key] = .time }
    return attributes
  }()

  /// Keys by which an object of its own begins: a person, a role, a contact, an organization.
  static let objectKeys: Set<String> = [
    "person", "role", "personname", "nic hdl", "nic handle", "contact", "nic hdl br",
    "organization", "organisation", "org",
  ]

  /// Beginnings of lines that have a value behind them without a colon, normalized.
  static let phrases: [(beginning: String, field: Field)] = [
    ("domain ", .domain), ("not found ", .domain), ("no such domain ", .domain),
    ("record expires on", .expires), ("record created on", .created),
    ("record last updated on", .updated), ("record last update on", .updated),
    ("domain expires on", .expires), ("record expires", .expires),
  ]

  /// A role and an attribute in one key: `registrant street`, `admin contact e mail`.
  static func roleAttribute(
    _ key: String
  ) -> (role: RegistrationContact.Role, attribute: Attribute)? {
    var words = key.split(separator: " ")
    if words.count > 1, words[0] == "registry" { words.removeFirst() }
    for count in stride(from: min(4, words.count - 1), to: 0, by: -1) {
      let name = words[..<count].joined(separator: " ")
      guard !isReference(name), let role = roles[name],
        let attribute = attributes[words[count...].joined(separator: " ")]
      else { continue }
      return (role, attribute)
    }
    return nil
  }

  /// The same for parts of a contact only.
  static func contactField(
    _ key: String
  ) -> (role: RegistrationContact.Role, field: RegistrationContact.Field)? {
    guard let (role, attribute) = roleAttribute(key), case .field(let field) = attribute else {
      return nil
    }
    return (role, field)
  }

  /// True for keys whose value is the handle of a contact: `admin-c`.
  static func isReference(_ key: String) -> Bool { key.hasSuffix(" c") }

  private static func table<Meaning: Hashable>(
    _ keys: [Meaning: [String]]
  ) -> [String: Meaning] {
    var table: [String: Meaning] = [:]
    for (meaning, keys) in keys {
      for key in keys { table[key] = meaning }
    }
    return table
  }
}
