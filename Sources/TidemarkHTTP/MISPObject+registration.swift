import TidemarkEnrichment
import TidemarkModel
import TidemarkRegistration

/// A registration as an object of MISP's template `whois`.
extension MISPObject {
  private static let whois = Template(
    name: "whois", uuid: "429faea1-34ff-47af-8a00-7c62d3be5a6a", version: "10",
    description: "Registration")
  /// Longest text of servers that is passed on, characters.
  private static let textMax = 16_384

  /// The object of a snapshot.
  ///
  /// - Parameter attribute: the UUID of the attribute that it is an answer to.
  init(_ snapshot: RegistrationSnapshot, relatedTo attribute: String) {
    self.init(
      MISPObject.whois, firstSeen: snapshot.checkedAt, lastSeen: snapshot.checkedAt,
      relatedTo: attribute)
    let registration = snapshot.registration
    add(registration.subject)
    add("registrar", registration.registrar?.name, "whois-registrar", "Attribution")
    if let registrant = registration.contact(.registrant) {
      add("registrant-name", registrant.name, "whois-registrant-name", "Attribution")
      add("registrant-org", registrant.organization, "whois-registrant-org", "Attribution")
      add("registrant-email", registrant.emails.first, "whois-registrant-email", "Attribution")
      add("registrant-phone", registrant.phones.first, "whois-registrant-phone", "Attribution")
    }
    add("creation-date", registration.created)
    add("modification-date", registration.updated)
    add("expiration-date", registration.expires)
    for server in registration.nameServers {
      add("nameserver", server.name, "hostname", "Network activity")
    }
    // Answers of RDAP are JSON, which nobody reads in an event.
    for text in snapshot.texts where text.contentType.hasPrefix("text/") {
      add("text", String(decoding: text.octets, as: UTF8.self), "text", "Other")
    }
  }

  private mutating func add(_ subject: Registration.Subject) {
    switch subject {
    case .domain(let name): add("domain", name, "domain", "Network activity")
    case .network(let first, let last):
      add("ip-address", first, "ip-src", "Network activity")
      add("comment", "\(first) to \(last)", "text", "Other")
    case .autonomousSystems, .nameServer, .entity: break
    }
  }

  private mutating func add(_ relation: String, _ time: RegistrationTime?) {
    add(relation, time.flatMap { MISPObject.text($0.seconds) }, "datetime", "Other")
  }

  private mutating func add(
    _ relation: String, _ value: String?, _ type: String, _ category: String
  ) {
    guard let value = value?.trimmed, !value.isEmpty else { return }
    add(relation, String(value.prefix(MISPObject.textMax)), type: type, category: category)
  }

  /// A time as MISP takes it (RFC 3339); nil before 1970 and behind 2106.
  private static func text(_ seconds: Int64) -> String? {
    guard let time = UnixSeconds(exactly: seconds) else { return nil }
    var text: [UInt8] = []
    TimeStyle.iso.append(time, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

extension String {
  /// Without white space at its ends: MISP takes it off, and refuses what is nothing else.
  fileprivate var trimmed: String {
    var text = self[...].drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
