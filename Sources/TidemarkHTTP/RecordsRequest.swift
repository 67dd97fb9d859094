import DNSWire
import HTTPTypes
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// What the query of `/api/v1/records` asks for.
struct RecordsRequest {
  /// Rows wanted, without the subject when ``value`` is given.
  private(set) var query = RecordQuery(.all)
  /// Set by `value`, which is looked up on both sides.
  private(set) var value: LookupValue?
  /// True when rows list the days on which they were seen.
  private(set) var showsActivity = false
  /// Tells this query from others in cursors.
  let fingerprint: UInt64
  private var position: LookupPosition?
  private var subjects = 0

  /// Reads parameters.
  ///
  /// - Parameter granted: datasets that the caller may read.
  /// - Throws: ``Problem``, also for a name that is no parameter: a typing slip must not widen a
  ///   query.
  init(
    _ parameters: [(name: String, value: String)], registry: Registry, granted: [DatasetNumber]
  ) throws(Problem) {
    let shown: Set<String> = ["limit", "cursor", "activity"]
    fingerprint = PageCursor.fingerprint(parameters.filter { !shown.contains($0.name) })
    query.mergesTriples = false
    query.datasets = granted
    for parameter in parameters {
      // Operators that skip their right side cannot throw typed errors.
      if try readSubject(parameter.name, parameter.value) { continue }
      if try readTime(parameter.name, parameter.value) { continue }
      if try readFilter(parameter.name, parameter.value, registry, granted) { continue }
      if try readPaging(parameter.name, parameter.value) { continue }
      throw Problem(.badRequest, "there is no parameter \(parameter.name)")
    }
    guard subjects == 1 else {
      throw Problem(
        .badRequest,
        "give exactly one of value, owner, below, network, rdata_name, rdata_name_below")
    }
  }

  /// True when every row met is shown, so that the first come at once.
  var isQuick: Bool {
    query.rrtypes.isEmpty && query.vantages.isEmpty && query.times == TimeFences()
  }

  /// The rows asked for.
  func cursor(store: any RecordStore) -> AnswerCursor {
    if let value {
      return .lookup(LookupCursor(value, like: query, resumeAfter: position, store: store))
    }
    var query = query
    query.resumeAfter = position?.key
    return .records(RecordCursor(query, store: store))
  }

  private mutating func readSubject(_ name: String, _ text: String) throws(Problem) -> Bool {
    switch name {
    case "value":
      do {
        value = try LookupValue(text)
      } catch {
        throw Problem(.badRequest, "value: \(error.description)")
      }
    case "network":
      guard let network = AddressPrefix(text: text) else {
        throw Problem(.badRequest, "network: neither an address nor a network")
      }
      query.subject = .network(network)
    case "owner": query.subject = .owner(try domainName(name, text))
    case "below": query.subject = .ownerAtOrBelow(try domainName(name, text))
    case "rdata_name": query.subject = .rdataName(try domainName(name, text))
    case "rdata_name_below": query.subject = .rdataNameAtOrBelow(try domainName(name, text))
    default: return false
    }
    subjects += 1
    return true
  }

  private func domainName(_ name: String, _ text: String) throws(Problem) -> DomainName {
    do {
      return try DomainName(text: text)
    } catch {
      throw Problem(.badRequest, "\(name): not a domain name: \(error)")
    }
  }

  private mutating func readTime(_ name: String, _ text: String) throws(Problem) -> Bool {
    let field: WritableKeyPath<TimeFences, UnixSeconds?>
    switch name {
    case "first_after": field = \.firstAfter
    case "first_before": field = \.firstBefore
    case "last_after": field = \.lastAfter
    case "last_before": field = \.lastBefore
    default: return false
    }
    guard let time = TimeText.parse(text) else {
      throw Problem(.badRequest, "\(name): neither seconds since 1970 nor an RFC 3339 time")
    }
    query.times[keyPath: field] = time
    return true
  }

  private mutating func readFilter(
    _ name: String, _ text: String, _ registry: Registry, _ granted: [DatasetNumber]
  ) throws(Problem) -> Bool {
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    switch name {
    case "rrtype":
      for word in words {
        guard let type = RRType(mnemonic: word) else {
          throw Problem(.badRequest, "rrtype: no type is called \(word)")
        }
        query.rrtypes.insert(type)
      }
    case "vantage":
      for word in words {
        guard let vantage = Vantage(name: word) else {
          let names = Vantage.allCases.map(\.description).joined(separator: ", ")
          throw Problem(.badRequest, "vantage: \(word) is none of \(names)")
        }
        query.vantages.insert(vantage)
      }
    case "dataset":
      query.datasets = []
      for word in words {
        // A dataset that is not granted looks like one that does not exist.
        guard let number = registry.dataset(word), granted.contains(number) else {
          throw Problem(.badRequest, "dataset: there is no dataset \(word)")
        }
        if !query.datasets.contains(number) { query.datasets.append(number) }
      }
    case "merge": query.mergesTriples = try flag(name, text)
    default: return false
    }
    return true
  }

  private mutating func readPaging(_ name: String, _ text: String) throws(Problem) -> Bool {
    switch name {
    case "limit":
      guard text.utf8.allSatisfy(ASCII.isDigit), let limit = Int(text) else {
        throw Problem(.badRequest, "limit: not a whole number")
      }
      query.limit = limit
    case "cursor":
      guard let position = PageCursor.position(text, query: fingerprint) else {
        throw Problem(.badRequest, "cursor: not one that this query gave")
      }
      self.position = position
    case "activity": showsActivity = try flag(name, text)
    default: return false
    }
    return true
  }

  private func flag(_ name: String, _ text: String) throws(Problem) -> Bool {
    switch text {
    case "true", "1": return true
    case "false", "0": return false
    default: throw Problem(.badRequest, "\(name): neither true nor false")
    }
  }
}
