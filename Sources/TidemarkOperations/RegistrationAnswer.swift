import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration

/// The actions `fqdn-whois` and `ip-whois`.
extension TidemarkSource {
  /// The registration of the domain that a registry knows.
  func nameRegistration(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    let domain = try name(of: request).folded(suffixes, registriesOnly: true)
    let subject = Registration.Subject.domain(name: domain.text(finalDot: false))
    let found = try await found(subject, request) { () throws(LibraryError) in
      try library.latestSnapshot(of: subject)
    }
    let registration = found.registration
    var attributes = request.table("attributes")
    attributes.append("WHOIS Domain", domain.text(finalDot: false))
    attributes.append("WHOIS Registrant", registration.registrantName)
    attributes.append("WHOIS Registrar", registration.registrar?.name)
    attributes.append("WHOIS Created", registration.created.cell)
    attributes.append("WHOIS Updated", registration.updated.cell)
    attributes.append("WHOIS Expires", registration.expires.cell)
    for status in registration.statuses { attributes.append("WHOIS Status", status) }
    for text in found.texts { attributes.append("WHOIS Record", text.string) }
    var nameServers = request.table("name-servers")
    for server in registration.nameServers {
      nameServers.append(["name_server": .text(server.name)], seen: found.seen)
    }
    var emails = request.table("emails")
    for email in registration.emails {
      emails.append(["email": .text(email)], seen: found.seen)
    }
    return found.answer([attributes, nameServers, emails])
  }

  /// The registration of the network that an address is in.
  func addressRegistration(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    let address = try address(of: request).text
    let subject = Registration.Subject.network(first: address, last: address)
    let found = try await found(subject, request) { () throws(LibraryError) in
      try library.snapshot(covering: address)
    }
    let registration = found.registration
    var attributes = request.table("attributes")
    attributes.append("WHOIS Registrant", registration.registrantName)
    for prefix in registration.network?.prefixes ?? [] { attributes.append("WHOIS CIDR", prefix) }
    attributes.append("WHOIS Network", registration.network?.name)
    for origin in registration.network?.origins ?? [] {
      attributes.append("WHOIS ASN", "AS\(origin)")
    }
    attributes.append("WHOIS Country", registration.network?.country)
    for text in found.texts { attributes.append("WHOIS Record", text.string) }
    var contacts = request.table("contacts")
    for contact in registration.contacts {
      for role in contact.roles {
        contacts.append(
          [
            "role": .text(role.rawValue),
            "name": (contact.name ?? contact.organization).map { .text($0) } ?? .empty,
            "email": contact.emails.first.map { .text($0) } ?? .empty,
          ], seen: found.seen)
      }
    }
    return found.answer([attributes, contacts])
  }

  /// Asks a registry and keeps what it says, or takes the newest snapshot.
  private func found(
    _ subject: Registration.Subject, _ request: ActionRequest,
    snapshot: () throws(LibraryError) -> RegistrationSnapshot?
  ) async throws(ActionFailure) -> FoundRegistration {
    if request.configuration.text(OperationCatalogue.registrationUse) == "live" {
      return try await fetched(subject, request)
    }
    guard let kept = try libraryWork(snapshot) else {
      throw ActionFailure(
        .notFound,
        message: "no registration is kept here: import some, or set "
          + "\(OperationCatalogue.registrationUse) to live")
    }
    return FoundRegistration(
      registration: kept.registration, texts: kept.texts, checkedAt: kept.checkedAt,
      source: "\(TidemarkSource.ownData), looked up at \(kept.registration.source.server)")
  }

  private func fetched(
    _ subject: Registration.Subject, _ request: ActionRequest
  ) async throws(ActionFailure) -> FoundRegistration {
    guard let fetcher else {
      throw ActionFailure(.notConfigured, message: "registries cannot be asked from here")
    }
    var limits = FetchLimits()
    limits.verifiesTLS = request.configuration.verifiesTLS
    limits.bypassesProxy = request.configuration.bypassesProxy
    limits.timeoutSeconds = request.configuration.timeoutSeconds
    let fetched = try await fetcher.fetch(subject, limits: limits)
    let time = now()
    try libraryWork { () throws(LibraryError) in
      try library.keep(fetched, of: subject, at: time)
    }
    return FoundRegistration(
      registration: fetched.merged, texts: fetched.texts, checkedAt: time, source: fetched.source)
  }
}

/// A registration, and where it was found.
private struct FoundRegistration {
  let registration: Registration
  let texts: [RawAnswer]
  let checkedAt: UnixSeconds
  let source: String

  /// What it says is known for the moment of the look-up only.
  var seen: ClosedRange<UnixSeconds> { checkedAt...checkedAt }

  func answer(_ tables: [ResultTable]) -> SourceAnswer {
    var answer = SourceAnswer(source: source, raw: raw)
    answer.tables = tables
    if let name = registration.registrantName {
      answer.notes.append(ResultNote("Registrant", name))
    }
    var date: [UInt8] = []
    TimeStyle.iso.append(checkedAt, to: &date)
    answer.notes.append(ResultNote("WHOIS Date", String(decoding: date, as: UTF8.self)))
    if registration.isPrivate {
      answer.notes.append(ResultNote("Registrant data", "withheld in the answer"))
    }
    return answer
  }

  /// One text as it came; several a line each, with their types.
  private var raw: RawAnswer {
    if texts.count == 1 { return texts[0] }
    var lines = AnswerLines()
    for text in texts { lines.append(text) }
    return lines.raw
  }
}

extension AnswerLines {
  fileprivate mutating func append(_ text: RawAnswer) {
    append([
      "content_type": .text(text.contentType), "cut": .flag(text.isCut),
      "text": .text(text.string),
    ])
  }
}

extension RawAnswer {
  /// The octets as text: UTF-8, else each octet a letter (ISO 8859-1), as WHOIS servers mean it.
  var string: String {
    String(validating: octets, as: UTF8.self)
      ?? String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
  }
}

extension Registration {
  /// Who registered it, as far as the answer shows.
  var registrantName: String? {
    let registrant = contact(.registrant)
    return registrant?.organization ?? registrant?.name
  }

  /// Addresses of all contacts, each once, in the order of the answer.
  fileprivate var emails: [String] {
    var emails: [String] = []
    for email in contacts.flatMap(\.emails) where !emails.contains(email) { emails.append(email) }
    return emails
  }
}

extension ResultTable {
  /// Adds a name and a value; nothing without a value.
  fileprivate mutating func append(_ name: String, _ value: Cell) {
    guard value.string != nil else { return }
    append(["name": .text(name), "value": value])
  }

  fileprivate mutating func append(_ name: String, _ value: String?) {
    append(name, value.map { Cell.text($0) } ?? .empty)
  }
}
