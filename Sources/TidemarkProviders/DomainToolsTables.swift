import TidemarkEnrichment
import TidemarkModel
import TidemarkRegistration

/// Fills the tables of an action with what DomainTools answers.
///
/// What has another type than it should is left out and counted; only an answer without anything
/// of what was asked is a failure.
struct DomainToolsTables {
  /// Addresses whose names get a table of their own.
  static let addressTablesMax = 100
  /// Largest count that is believed; sums of such counts fit everywhere.
  static let countMax = 1 << 40

  let request: ActionRequest
  var notes: [ResultNote] = []
  var tables: [ResultTable] = []
  /// Rows that cannot be read.
  var unreadable = 0
  /// True when the service says that it has more.
  var hasMore = false
  /// Records of WHOIS history that came so far, readable or not.
  private(set) var historyCount = 0
  /// Records of WHOIS history that the service says it has.
  private var historyTotal: Int?
  private var informationServers: Set<String> = []

  /// Starts without rows.
  init(_ request: ActionRequest) { self.request = request }

  /// Takes an answer: the whole of it, or the next page.
  ///
  /// - Throws: ``ActionFailure`` of kind ``FailureKind/unavailable`` when nothing that the action
  ///   asks for is in it.
  mutating func fill(_ answer: DomainToolsAnswer) throws(ActionFailure) {
    let response = answer.response
    switch request.action.id {
    case "fqdn-whois": try fillNameWhois(response)
    case "ip-whois": try fillAddressWhois(response)
    case "reverse-ip" where request.indicator.type == .fqdn: try fillAddresses(response)
    case "reverse-ip": try fillDomains(response)
    case "whois-history": try fillHistory(response)
    case "reverse-name-server": try fillNameServer(response)
    case "hosting-history": try fillHosting(response)
    case "risk": try fillRisk(response)
    default: throw ActionFailure(.refused, message: "the action is none of DomainTools")
    }
    if answer.isIncomplete {
      notes.append(ResultNote("Incomplete", "the service could not parse its record"))
    }
  }

  /// Everything that came.
  func answer(source: String, raw: RawAnswer) -> SourceAnswer {
    var answer = SourceAnswer(source: source, raw: raw)
    answer.notes = notes
    if unreadable > 0 { answer.notes.append(ResultNote("Unreadable rows", String(unreadable))) }
    answer.tables = tables
    answer.isTruncated = hasMore || (historyTotal ?? 0) > historyCount
    return answer
  }

  /// Fails when none of the members is there.
  func need(_ names: String..., in response: JSONValue) throws(ActionFailure) {
    guard !names.contains(where: { response[$0] != nil && response[$0] != .null }) else { return }
    throw ActionFailure(
      .unavailable, message: "the answer has no \(names.joined(separator: ", no "))")
  }

  /// The day that a date means, for when something was so.
  static func seen(_ date: String?) -> ClosedRange<UnixSeconds>? {
    guard let date, let time = RegistrationTime.parse(date),
      let seconds = UnixSeconds(exactly: time.seconds)
    else { return nil }
    return seconds...seconds
  }

  /// A cell of text; empty for nothing.
  static func cell(_ text: String?) -> Cell { text.map { .text($0) } ?? .empty }

  /// A score from 0 to 100, also as text or with a fraction; nil for anything else.
  static func score(_ value: JSONValue?) -> Int64? {
    guard let text = value?.text, let score = Double(text), (0...100).contains(score) else {
      return nil
    }
    return Int64(score.rounded())
  }
}

/// Risk, and history of WHOIS.
extension DomainToolsTables {
  private mutating func fillRisk(_ response: JSONValue) throws(ActionFailure) {
    guard let score = DomainToolsTables.score(response["risk_score"]) else {
      throw ActionFailure(.unavailable, message: "the answer has no score from 0 to 100")
    }
    let domain = response["domain"]?.text?.lowercased()
    // A host name is judged by its registered domain.
    if let domain, domain != request.indicator.value {
      notes.append(ResultNote("Domain", domain))
    }
    var scores = request.table("score")
    scores.append(["score": .integer(score)])
    var components = request.table("components")
    for component in response["components"]?.items ?? [] {
      guard let name = component["name"]?.text,
        let score = DomainToolsTables.score(component["risk_score"])
      else {
        unreadable += 1
        continue
      }
      components.append(["component": .text(name), "score": .integer(score)])
    }
    tables = [scores, components]
  }

  private mutating func fillHistory(_ response: JSONValue) throws(ActionFailure) {
    try need("history", "record_count", in: response)
    if tables.isEmpty { tables = [request.table("servers"), request.table("records")] }
    historyTotal = response["record_count"]?.integer ?? historyTotal
    if historyCount == 0, let historyTotal {
      notes.append(ResultNote("Records", String(historyTotal)))
    }
    for entry in response["history"]?.items ?? [] {
      historyCount += 1
      let whois = entry["whois"]
      let date = entry["date"]?.text
      guard let record = whois?["record"]?.text ?? whois?.text, let date else {
        unreadable += 1
        continue
      }
      if let server = whois?["server"]?.text, informationServers.insert(server).inserted {
        tables[0].append(["server": .text(server)])
      }
      tables[1].append(
        ["date": .text(date), "record": .text(record)], seen: DomainToolsTables.seen(date))
    }
  }

  /// True when another page should be asked for.
  ///
  /// - Parameters:
  ///   - before: records before the page that was just taken.
  ///   - size: records that it was asked for.
  func hasMoreHistory(than before: Int, asked size: Int) -> Bool {
    guard historyCount > before else { return false }
    return historyTotal.map { historyCount < $0 } ?? (historyCount - before >= size)
  }

  /// Says why no further page was read.
  mutating func endHistory(_ reason: String) {
    notes.append(ResultNote("Incomplete", reason))
    hasMore = true
  }
}
