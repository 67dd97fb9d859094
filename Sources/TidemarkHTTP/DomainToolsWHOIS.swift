import DNSWire
import HTTPTypes
import TidemarkEnrichment
import TidemarkPivots
import TidemarkRegistration

/// `whois`, `whois/parsed` and `rdap/parsed` of a domain: the newest snapshot of its registration.
struct DomainToolsWHOIS: DomainToolsWork {
  /// What is told of it.
  enum Form {
    case plain, parsed, rdap
  }

  private let name: DomainName
  private let form: Form
  private let query: DomainToolsQuery
  private var snapshot: RegistrationSnapshot?

  init(_ name: DomainName, _ form: Form, _ query: DomainToolsQuery) {
    self.name = name
    self.form = form
    self.query = query
  }

  static let none = Problem(.notFound, "no WHOIS information is known here")

  mutating func step() throws -> Bool {
    snapshot = try query.service.registration(of: name)
    if snapshot == nil { throw DomainToolsWHOIS.none }
    return false
  }

  func response() -> JSONLine {
    var json = JSONLine()
    guard let snapshot else { return json }
    let registration = snapshot.registration
    if form == .rdap {
      registration.addRDAP(of: snapshot, to: &json)
    } else {
      json.add("registrant", registration.registrantText)
      json.add("registration", registration.datesJSON)
      json.add("name_servers", texts: registration.nameServers.map { $0.name.uppercased() })
      json.add("whois", snapshot.recordJSON)
      if form == .parsed { json.add("parsed_whois", registration.parsedJSON) }
    }
    json.add("record_source", registration.subjectText)
    return json
  }
}

/// `whois` and `whois/parsed` of an address: the newest snapshot of the smallest block around it.
struct DomainToolsAddressWHOIS: DomainToolsWork {
  private let address: PivotAddress
  private let isParsed: Bool
  private let query: DomainToolsQuery
  private var snapshot: RegistrationSnapshot?

  init(_ address: PivotAddress, isParsed: Bool, _ query: DomainToolsQuery) {
    self.address = address
    self.isParsed = isParsed
    self.query = query
  }

  mutating func step() throws -> Bool {
    snapshot = try query.service.library?.snapshot(covering: address.text)
    if snapshot == nil { throw DomainToolsWHOIS.none }
    return false
  }

  func response() -> JSONLine {
    var json = JSONLine()
    guard let snapshot else { return json }
    let registration = snapshot.registration
    json.add("registrant", registration.registrantText)
    json.add("whois", snapshot.recordJSON)
    if isParsed {
      json.add("source", registration.registryWord)
      json.add("parsed_whois", registration.parsedNetworkJSON)
    }
    json.add("record_source", address.text)
    return json
  }
}

/// `whois/history`: the snapshots of a domain's registration, a page of them.
struct DomainToolsWHOISHistory: DomainToolsWork {
  private enum Mode: String {
    case list, count, existence = "check_existence"
  }

  private let name: DomainName
  private let query: DomainToolsQuery
  private let mode: Mode
  private let oldestFirst: Bool
  private let offset: Int
  private let limit: Int
  private var subject: Registration.Subject?
  private var count = 0
  private var entries: [JSONLine] = []

  /// - Throws: ``Problem`` for parameters with other values than there are.
  init(_ name: DomainName, _ query: DomainToolsQuery) throws(Problem) {
    self.name = name
    self.query = query
    guard let mode = Mode(rawValue: query.form["mode"] ?? Mode.list.rawValue) else {
      throw Problem(.badRequest, "mode: none of list, count, check_existence")
    }
    self.mode = mode
    switch query.form["sort"] {
    case nil, "date_desc": oldestFirst = false
    case "date_asc": oldestFirst = true
    default: throw Problem(.badRequest, "sort: neither date_asc nor date_desc")
    }
    offset = try query.form.number("offset", 0...1_000_000, default: 0)
    let most = DomainToolsLimits.historyMax
    limit = try query.form.number("limit", 1...most, default: most)
  }

  var rows: Int { entries.count }

  mutating func step() throws -> Bool {
    guard let library = query.service.library else { return try end() }
    guard let subject else {
      for subject in try query.service.subjects(of: name) where count == 0 {
        count = try library.snapshotCount(of: subject)
        self.subject = subject
      }
      return try count > 0 && mode == .list ? true : end()
    }
    let page = try library.snapshots(
      of: subject, oldestFirst: oldestFirst, offset: offset + entries.count,
      limit: min(limit - entries.count, DomainToolsLimits.snapshotsAtOnce))
    entries += page.map(\.historyJSON)
    return !page.isEmpty && entries.count < limit
  }

  private func end() throws -> Bool {
    if count == 0, mode == .list { throw DomainToolsWHOIS.none }
    return false
  }

  func response() -> JSONLine {
    var json = JSONLine()
    switch mode {
    case .existence: json.add("has_history_entries", count > 0)
    case .count: json.add("record_count", UInt64(count))
    case .list:
      json.add("record_count", UInt64(count))
      json.add("history", entries)
    }
    return json
  }
}
