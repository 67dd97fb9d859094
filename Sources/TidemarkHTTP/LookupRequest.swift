import DNSWire
import HTTPTypes
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// What a native query asks for: a subject, and what narrows it.
struct LookupRequest: Sendable {
  /// Rows wanted, without the subject when ``value`` is given.
  private(set) var query = RecordQuery(.all)
  /// Set by `value`, which is looked up on both sides.
  private(set) var value: LookupValue?

  /// Takes the parameters of subject and filters.
  ///
  /// - Parameters:
  ///   - granted: datasets that the caller may read.
  ///   - now: what relative times count from.
  init(
    _ parameters: inout ParameterReader, granted: [DatasetNumber], now: UnixSeconds,
    _ service: NativeService
  ) throws(Problem) {
    try takeSubject(&parameters)
    query.times = try TimeFences(&parameters, now: now)
    query.rrtypes = try RRType.set(&parameters)
    query.vantages = try LookupRequest.vantages(&parameters)
    query.bailiwick = try parameters.name("bailiwick")
    query.datasets = try service.datasets(&parameters, granted)
    query.mergesTriples = try parameters.flag("merge")
  }

  /// True when every row met is shown, so that the first come at once.
  var isQuick: Bool {
    query.rrtypes.isEmpty && query.vantages.isEmpty && query.times == TimeFences()
      && query.bailiwick == nil
  }

  /// The rows asked for.
  ///
  /// - Parameters:
  ///   - limit: most rows; nil for all.
  ///   - position: ``LookupPosition/octets`` of an equal request, to go on behind it.
  func cursor(limit: Int?, after position: [UInt8]?, store: any RecordStore) -> AnswerCursor {
    var query = query
    query.limit = limit
    let place = position.flatMap(LookupPosition.init(octets:))
    if let value {
      return .lookup(LookupCursor(value, like: query, resumeAfter: place, store: store))
    }
    query.resumeAfter = place?.key
    return .records(RecordCursor(query, store: store))
  }

  /// Queries whose rows together are the answer, each row once.
  var queries: [RecordQuery] {
    guard let subjects = value?.subjects else { return [query] }
    return subjects.indices.map { index in
      var query = query
      query.subject = subjects[index]
      query.excluded = Array(subjects[..<index])
      return query
    }
  }

  private mutating func takeSubject(_ parameters: inout ParameterReader) throws(Problem) {
    var found = 0
    if let text = parameters.take("value") {
      found += 1
      do {
        value = try LookupValue(text)
      } catch {
        throw Problem(.badRequest, "value: \(error.description)")
      }
    }
    for (name, make) in LookupRequest.nameSubjects {
      guard let domain = try parameters.name(name) else { continue }
      found += 1
      query.subject = make(domain)
    }
    for (name, read) in LookupRequest.octetSubjects {
      guard let text = parameters.take(name) else { continue }
      found += 1
      query.subject = try read(text)
    }
    guard found == 1 else {
      throw Problem(
        .badRequest, "give exactly one of " + LookupRequest.subjectNames.joined(separator: ", "))
    }
  }

  /// Subjects that a domain name makes.
  private static let nameSubjects: [(String, @Sendable (DomainName) -> RecordQuery.Subject)] = [
    ("owner", { .owner($0) }), ("below", { .ownerAtOrBelow($0) }),
    ("one_below", { .ownerOneBelow($0) }), ("starting_with", { .ownerStartingWith($0) }),
    ("rdata_name", { .rdataName($0) }), ("rdata_name_below", { .rdataNameAtOrBelow($0) }),
    ("rdata_name_one_below", { .rdataNameOneBelow($0) }),
    ("rdata_name_starting_with", { .rdataNameStartingWith($0) }),
  ]

  /// Subjects that addresses and octets make.
  private static let octetSubjects:
    [(String, @Sendable (String) throws(Problem) -> RecordQuery.Subject)] = [
      (
        "network",
        { text throws(Problem) in
          guard let network = AddressPrefix(text: text) else {
            throw Problem(.badRequest, "network: neither an address nor a network")
          }
          return .network(network)
        }
      ),
      (
        "range",
        { text throws(Problem) in
          guard let range = AddressRange(text: text) else {
            throw Problem(
              .badRequest, "range: not two addresses, the lower first, as 192.0.2.1-192.0.2.9")
          }
          return .addresses(range)
        }
      ),
      (
        "rdata",
        { text throws(Problem) in
          guard let octets = ASCII.octets(hexadecimal: Array(text.utf8).span), !octets.isEmpty
          else {
            throw Problem(.badRequest, "rdata: not hexadecimal octets")
          }
          return .rdata(octets)
        }
      ),
    ]

  /// Every parameter that says what is looked up.
  static let subjectNames = ["value"] + nameSubjects.map(\.0) + octetSubjects.map(\.0)

  private static func vantages(
    _ parameters: inout ParameterReader
  ) throws(Problem) -> Set<Vantage> {
    var vantages: Set<Vantage> = []
    for word in parameters.words("vantage") ?? [] {
      guard let vantage = Vantage(name: word) else {
        let names = Vantage.allCases.map(\.description).joined(separator: ", ")
        throw Problem(.badRequest, "vantage: \(word) is none of \(names)")
      }
      vantages.insert(vantage)
    }
    return vantages
  }
}

extension TimeFences {
  /// Takes `first_after`, `first_before`, `last_after`, `last_before`.
  init(_ parameters: inout ParameterReader, now: UnixSeconds) throws(Problem) {
    self.init()
    let fields: [(String, WritableKeyPath<TimeFences, UnixSeconds?>)] = [
      ("first_after", \.firstAfter), ("first_before", \.firstBefore),
      ("last_after", \.lastAfter), ("last_before", \.lastBefore),
    ]
    for (name, field) in fields {
      self[keyPath: field] = try parameters.time(name, now: now)
    }
  }
}

extension ParameterReader {
  mutating func time(_ name: String, now: UnixSeconds) throws(Problem) -> UnixSeconds? {
    guard let text = take(name) else { return nil }
    guard let time = TimeText.parse(text, now: now) else {
      throw Problem(
        .badRequest,
        "\(name): neither seconds since 1970, nor an RFC 3339 time, nor an age such as 1w2d")
    }
    return time
  }
}

extension RRType {
  /// Takes `rrtype`; empty when it was not given.
  static func set(_ parameters: inout ParameterReader) throws(Problem) -> Set<RRType> {
    var types: Set<RRType> = []
    for word in parameters.words("rrtype") ?? [] {
      guard let type = RRType(mnemonic: word) else {
        throw Problem(.badRequest, "rrtype: no type is called \(word)")
      }
      types.insert(type)
    }
    return types
  }
}
