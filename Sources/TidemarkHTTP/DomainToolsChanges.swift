import HTTPTypes
import DNSWire
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration

/// `domain-history`: what changed about a domain, newest first, a page of it.
struct DomainToolsChanges: DomainToolsWork {
  /// Something that changed.
  struct Change: Sendable {
    let time: Int64
    let field: Field
    let before: String?
    let after: String?
  }

  /// What can change; the words are those of the interface.
  enum Field: String, CaseIterable, Sendable {
    case ip, mx
    case nameServer = "name_server"
    case firstSeen = "first_seen"
    case registrar
    case registrantOrganization = "registrant_org"
    case created = "create_date"
    case expires = "expiration_date"
  }

  private let name: DomainName
  private let query: DomainToolsQuery
  private let fields: Set<Field>
  private let offset: Int
  private let pageSize: Int
  private let wantsNext: Bool
  private var source = ""
  private var changes: [Change] = []

  /// - Throws: ``Problem`` for numbers and flags that are none, and for both lists of fields.
  init(_ name: DomainName, _ query: DomainToolsQuery) throws(Problem) {
    self.name = name
    self.query = query
    let (included, excluded) = (query.form["include_fields"], query.form["exclude_fields"])
    guard included == nil || excluded == nil else {
      throw Problem(.badRequest, "include_fields and exclude_fields are not taken together")
    }
    let all = Set(Field.allCases)
    fields =
      included.map(DomainToolsChanges.fields)
      ?? all.subtracting(excluded.map(DomainToolsChanges.fields) ?? [])
    offset = try query.form.number("offset", 0...1_000_000, default: 0)
    let most = DomainToolsLimits.changesMax
    pageSize = try query.form.number("page_size", 1...most, default: most)
    wantsNext = try query.form.flag("next")
  }

  /// Words that name no field of ours name one that nothing is known of. `all_ip` is `ip`.
  private static func fields(_ text: String) -> Set<Field> {
    Set(
      text.split(separator: ",").compactMap { word in
        Field(rawValue: String(word.hasPrefix("all_") ? word.dropFirst(4) : word))
      })
  }

  var rows: Int { page.count }

  private var page: ArraySlice<Change> { changes.dropFirst(offset).prefix(pageSize) }

  mutating func step() throws -> Bool {
    let service = query.service
    let history = try query.hosting(of: name)
    let hosts = try DomainToolsHosts(of: history.domain, query.scope, store: service.store)
    var registrations: [DatedRegistration] = []
    for subject in try service.subjects(of: name) where registrations.isEmpty {
      registrations = try service.registrations(of: subject)
    }
    var found = DomainToolsChanges.changes(history, firstSeen: hosts.timeFirst)
    found += DomainToolsChanges.changes(registrations)
    guard !found.isEmpty || !registrations.isEmpty else { throw DomainToolsQuery.nothingKnown }
    if let kind = registrations.first?.registration.source.kind {
      source = kind == .whois ? "whois" : "rdap"
    }
    // Of one time in the order of finding, so that pages fit together.
    changes = found.filter { fields.contains($0.field) }.enumerated().sorted { left, right in
      (left.element.time, right.offset) > (right.element.time, left.offset)
    }.map(\.element)
    return false
  }

  func response() -> JSONLine {
    let domain = name.text(finalDot: false)
    var json = JSONLine()
    json.add("domain", domain)
    json.add("count", UInt64(changes.count))
    json.add("registration_source", source)
    if wantsNext, offset + pageSize < changes.count {
      let place = "offset=\(offset + pageSize)&page_size=\(pageSize)&next=true"
      let wanted = fields.map(\.rawValue).sorted().joined(separator: ",")
      json.add("next", "/v1/domain-history?domain=\(domain)&include_fields=\(wanted)&\(place)")
    }
    json.add("changes", page.map(\.json))
    return json
  }

  /// What records tell.
  private static func changes(_ history: HostingHistory, firstSeen: UnixSeconds?) -> [Change] {
    let second = Int64(TimeLimits.secondsPerDay)
    var changes = history.addressEvents.map { event in
      Change(
        time: Int64(event.day) * second, field: .ip, before: event.before?.text,
        after: event.after?.text)
    }
    for (field, events) in [
      (Field.nameServer, history.nameServers.events), (.mx, history.mail.events),
    ] {
      changes += events.map { event in
        Change(
          time: Int64(event.day) * second, field: field,
          before: event.before?.text(finalDot: false), after: event.after.text(finalDot: false))
      }
    }
    let earliest = [changes.map(\.time).min(), firstSeen.map { Int64($0) }].compactMap(\.self).min()
    if let earliest {
      changes.append(
        Change(
          time: earliest, field: .firstSeen, before: nil,
          after: DomainToolsTime.instant(earliest, zone: "Z")))
    }
    return changes
  }

  /// What snapshots tell, each compared with the one before.
  private static func changes(_ registrations: [DatedRegistration]) -> [Change] {
    var changes: [Change] = []
    var known: [Field: String] = [:]
    for entry in registrations.reversed() {
      for (field, value) in entry.values {
        guard let value, !value.isEmpty, value != known[field] else { continue }
        changes.append(
          Change(time: Int64(entry.time), field: field, before: known[field], after: value))
        known[field] = value
      }
    }
    return changes
  }
}

extension DatedRegistration {
  /// What may change, in a fixed order.
  fileprivate var values: [(DomainToolsChanges.Field, String?)] {
    [
      (.registrar, registration.registrar?.name),
      (.registrantOrganization, registration.contact(.registrant)?.organization),
      (.created, registration.created.map { DomainToolsTime.day(ofSeconds: $0.seconds) }),
      (.expires, registration.expires.map { DomainToolsTime.day(ofSeconds: $0.seconds) }),
    ]
  }
}

extension DomainToolsChanges.Change {
  fileprivate var json: JSONLine {
    var json = JSONLine()
    json.add("timestamp", DomainToolsTime.instant(time, zone: "Z"))
    json.add("field", field.rawValue)
    for (name, value) in [("before", before), ("after", after)] {
      var state = JSONLine()
      if let value { state.add(field.rawValue, value) }
      json.add(name, state)
    }
    return json
  }
}
