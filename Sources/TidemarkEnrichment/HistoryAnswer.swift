import DNSWire
import FoundationEssentials
import TidemarkModel
import TidemarkRegistration

/// The answer of `whois/history` in DomainTools' interface: dated registrations of one domain.
///
/// What the WHOIS record says wins over the members beside it, which are the registry's view.
struct HistoryAnswer: Decodable {
  private let history: RowList<Entry>

  private enum CodingKeys: String, CodingKey { case response, history }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    let inner =
      members.contains(.response)
      ? try members.nestedContainer(keyedBy: CodingKeys.self, forKey: .response) : members
    history = try inner.decode(RowList<Entry>.self, forKey: .history)
  }

  private struct Entry: Decodable {
    let date: String
    let isPrivate: LooseFlag?
    let whois: Record

    private enum CodingKeys: String, CodingKey {
      case date, whois
      case isPrivate = "is_private"
    }
  }

  private struct Record: Decodable {
    let registrant: String?
    let registration: Facts?
    let nameServers: [String]?
    let server: String?
    let record: String?

    private enum CodingKeys: String, CodingKey {
      case registrant, registration, server, record
      case nameServers = "name_servers"
    }
  }

  private struct Facts: Decodable {
    let created: String?
    let expires: String?
    let updated: String?
    let registrar: String?
    let statuses: [String]?
  }

  /// True and false as the interface has them over the years: 1, "1", true.
  private struct LooseFlag: Decodable {
    let isSet: Bool

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        isSet = flag
      } else {
        isSet = ["1", "true"].contains(try value.decode(LooseText.self).text.lowercased())
      }
    }
  }

  /// Reads an answer.
  ///
  /// - Throws: ``ImportError/unreadable(_:)`` when it is no such answer.
  static func read(_ octets: [UInt8]) throws(ImportError) -> HistoryAnswer {
    guard let read = try? JSONDecoder().decode(HistoryAnswer.self, from: Data(octets)) else {
      throw .unreadable("it is no JSON object with a history")
    }
    return read
  }

  /// How many entries there are.
  var count: Int { history.elements.count }

  /// The registration of an entry.
  ///
  /// - Parameters:
  ///   - key: what the answer is about.
  ///   - last: no look-up was done later.
  func draft(
    _ index: Int, of key: SubjectKey, last: UnixSeconds
  ) throws(RowRefusal) -> SnapshotDraft {
    guard let entry = history.elements[index] else {
      throw RowRefusal("an entry without date and whois")
    }
    return try HistoryAnswer.draft(entry, of: key, last: last)
  }

  private static func draft(
    _ entry: Entry, of key: SubjectKey, last: UnixSeconds
  ) throws(RowRefusal) -> SnapshotDraft {
    guard let date = RegistrationTime.parse(entry.date),
      let time = UnixSeconds(exactly: date.seconds)
    else { throw RowRefusal("an entry without a date") }
    guard time <= last else { throw RowRefusal("a look-up in the future") }
    let record = Array((entry.whois.record ?? "").utf8)
    guard record.count <= RegistrationLimits.answerOctetsMax else {
      throw RowRefusal("a record of more than \(RegistrationLimits.answerOctetsMax) octets")
    }
    let source = RegistrationSource(
      kind: .whois, server: entry.whois.server ?? "", time: Int64(time))
    var registration = registration(entry.whois, of: key, source)
    let answer = WHOISAnswer.read(record, source: source)
    switch answer {
    case .registration(let read) where SubjectKey(read.subject)?.text == key.text:
      registration = registration.merged(withRegistrar: read)
      registration.source.kind = .whois
    case .rateLimited, .denied: throw RowRefusal("an entry that is the refusal of a server")
    case .registration, .noMatch, .reserved, .unrecognised: break
    }
    let text = RawAnswer(contentType: "text/plain; charset=utf-8", octets: record)
    return SnapshotDraft(
      key: key, checkedAt: time, registration: registration, texts: record.isEmpty ? [] : [text],
      isPrivate: entry.isPrivate?.isSet ?? registration.isPrivate)
  }

  /// The members beside the record.
  private static func registration(
    _ record: Record, of key: SubjectKey, _ source: RegistrationSource
  ) -> Registration {
    var registration = Registration(subject: key.subject, source: source)
    let facts = record.registration
    func time(_ text: String?) -> RegistrationTime? { text.flatMap { RegistrationTime.parse($0) } }
    registration.created = time(facts?.created)
    registration.updated = time(facts?.updated)
    registration.expires = time(facts?.expires)
    if let name = facts?.registrar, !name.isEmpty {
      registration.registrar = Registrar(name: name)
    }
    registration.statuses = Array((facts?.statuses ?? []).prefix(RegistrationLimits.valuesMax))
    let servers = (record.nameServers ?? []).prefix(RegistrationLimits.valuesMax)
    for case let server? in servers.map({ try? IndicatorKey(.fqdn, $0) })
    where !registration.nameServers.contains(where: { $0.name == server.value }) {
      registration.nameServers.append(NameServer(name: server.value))
    }
    if let name = record.registrant, !name.isEmpty {
      var contact = RegistrationContact(roles: [.registrant])
      contact.name = name
      registration.contacts = [contact]
    }
    return registration
  }
}
