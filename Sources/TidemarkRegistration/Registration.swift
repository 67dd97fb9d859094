/// What a registry or a registrar says of a domain, a block of addresses or a number of an
/// autonomous system at one time, whichever way it was asked.
///
/// Names are lower case without a final dot; addresses are in canonical text (RFC 5952); status
/// values are EPP's where there is one (RFC 8056). What an answer does not say is nil or empty.
public struct Registration: Sendable, Hashable, Codable {
  /// What is registered.
  public enum Subject: Sendable, Hashable, Codable {
    /// A domain by its name.
    case domain(name: String)
    /// Addresses from the first to the last one.
    case network(first: String, last: String)
    /// Numbers of autonomous systems from the first to the last one.
    case autonomousSystems(first: UInt32, last: UInt32)
    /// A name server by its name.
    case nameServer(name: String)
    /// A person, an organization or a role by its handle.
    case entity(handle: String)
  }

  /// What the rest is about.
  public var subject: Subject
  /// Where it comes from.
  public var source: RegistrationSource
  /// The registry's own identifier of the object.
  public var handle: String?
  /// A domain with its letters beyond ASCII, when the answer has it.
  public var unicodeName: String?
  /// Through whom a domain was registered.
  public var registrar: Registrar?
  /// When it was registered.
  public var created: RegistrationTime?
  /// When the object was changed last.
  public var updated: RegistrationTime?
  /// When the registration ends.
  public var expires: RegistrationTime?
  /// When it went to another registrar.
  public var transferred: RegistrationTime?
  /// Each once, in the order of the answer.
  public var statuses: [String] = []
  /// Each once, in the order of the answer.
  public var nameServers: [NameServer] = []
  /// In the order of the answer.
  public var contacts: [RegistrationContact] = []
  /// Whether the zone is signed.
  public var dnssec: DelegationSecurity?
  /// More of a block of addresses or of an autonomous system.
  public var network: NetworkDetails?
  /// What the answer says it left out (RFC 9537), in the order of the answer.
  public var redactions: [Redaction] = []

  /// Starts with what is always known.
  public init(subject: Subject, source: RegistrationSource) {
    self.subject = subject
    self.source = source
  }

  /// True when whoever registered the domain is not shown: something is redacted, or the
  /// registrant is a service that stands in for others.
  public var isPrivate: Bool {
    if redactions.contains(where: \.isOfRegistrant) { return true }
    return contacts.contains { contact in
      contact.roles.contains(.registrant) && (!contact.redacted.isEmpty || contact.isProxy)
    }
  }

  /// The first contact in a role.
  public func contact(_ role: RegistrationContact.Role) -> RegistrationContact? {
    contacts.first { $0.roles.contains(role) }
  }
}

/// Through whom a domain was registered.
public struct Registrar: Sendable, Hashable, Codable {
  /// As the answer has it.
  public var name: String?
  /// The number that IANA gave to registrars of generic top-level domains.
  public var ianaID: Int?
  /// The registry's identifier of the registrar.
  public var handle: String?
  /// Its web site.
  public var url: String?
  /// The host of its WHOIS server.
  public var whoisServer: String?

  /// Starts empty.
  public init(name: String? = nil) { self.name = name }

  /// True when nothing is known.
  public var isEmpty: Bool { self == Registrar() }

  /// What tells registrars apart: the number of IANA, else the name without case and marks.
  public var identity: String? {
    if let ianaID { return "iana:\(ianaID)" }
    let text = (name ?? "").lowercased().unicodeScalars.filter {
      $0.properties.isAlphabetic || ("0"..."9").contains($0)
    }
    return text.isEmpty ? nil : "name:\(String(String.UnicodeScalarView(text)))"
  }
}

/// A server that a domain is delegated to.
public struct NameServer: Sendable, Hashable, Codable {
  /// Its name in lower case, without the final dot.
  public var name: String
  /// Its addresses when the answer has them, in canonical text, each once.
  public var addresses: [String]

  /// Takes a server.
  public init(name: String, addresses: [String] = []) {
    self.name = name
    self.addresses = addresses
  }
}

/// What is known of the signatures of a zone.
public struct DelegationSecurity: Sendable, Hashable, Codable {
  /// A delegation signer record (RFC 4034 section 5).
  public struct Signer: Sendable, Hashable, Codable {
    /// Key tag.
    public var keyTag: Int
    /// Number of the key's algorithm.
    public var algorithm: Int
    /// Number of the digest's algorithm.
    public var digestType: Int
    /// Hexadecimal digits in lower case.
    public var digest: String
  }

  /// True when the parent has a DS record; nil when the answer does not say.
  public var isDelegationSigned: Bool?
  /// The DS records, when shown.
  public var signers: [Signer] = []

  /// Takes what the answer says.
  public init(isDelegationSigned: Bool?, signers: [Signer] = []) {
    self.isDelegationSigned = isDelegationSigned
    self.signers = signers
  }
}

/// More of a block of addresses or of an autonomous system.
public struct NetworkDetails: Sendable, Hashable, Codable {
  /// `netname`, `as-name`.
  public var name: String?
  /// The kind of allocation, in the words of the registry.
  public var kind: String?
  /// The handle of the block that this one is a part of.
  public var parentHandle: String?
  /// Two letters, upper case.
  public var country: String?
  /// The block as prefixes, `192.0.2.0/24`.
  public var prefixes: [String] = []
  /// Autonomous systems that may announce it.
  public var origins: [UInt32] = []
  /// Free lines.
  public var descriptions: [String] = []

  /// Starts empty.
  public init() {}
}

/// Something that an answer says it left out or changed (RFC 9537 section 4.2).
public struct Redaction: Sendable, Hashable, Codable {
  /// What it is, such as `Registrant Name`.
  public var name: String
  /// `removal`, `emptyValue`, `partialValue` or `replacementValue`.
  public var method: String?
  /// Why.
  public var reason: String?

  /// Takes a redaction.
  public init(name: String, method: String? = nil, reason: String? = nil) {
    self.name = name
    self.method = method
    self.reason = reason
  }

  /// True when it is about the registrant.
  var isOfRegistrant: Bool { name.lowercased().contains("registrant") }
}
