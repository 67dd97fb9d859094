import DNSWire
import TidemarkModel
import TidemarkQuery

/// Asks a server for records and reads them back from its lines, so that every output works.
struct RemoteSearch: RecordSearch {
  let server: RemoteServer
  /// Filters and limit.
  let parameters: [(String, String)]
  /// Most rows of a value; nil for all.
  let limit: Int?
  let bulkRoute = BulkRoute()

  /// - Parameters:
  ///   - template: filters and limit.
  ///   - dataset: nil asks for all that the server grants.
  init(_ server: RemoteServer, template: RecordQuery, dataset: String?) {
    self.server = server
    limit = template.limit
    parameters = RemoteSearch.parameters(template, dataset: dataset)
  }

  func search(
    _ value: SearchValue, into printer: inout RowPrinter
  ) async throws -> SearchOutcome {
    try await search([("value", value.text)] + parameters, RowLines(), into: &printer)
  }

  /// Asks for records.
  ///
  /// - Parameter lines: what read the rows before these.
  func search(
    _ parameters: [(String, String)], _ lines: RowLines, into printer: inout RowPrinter
  ) async throws -> SearchOutcome {
    var outcome = SearchOutcome(state: .complete)
    var lines = lines
    do {
      let end = try await server.rows("/api/v1/records", parameters) {
        try lines.read($0, into: &printer)
      }
      outcome.state = SearchOutcome.State(end)
    } catch let error as RemoteError {
      outcome.state = .failed("\(error)")
    }
    outcome.rows = lines.rows
    outcome.damaged = lines.unreadable
    return outcome
  }

  /// Asks for the sums of a value's rows, which the server makes.
  ///
  /// - Throws: ``RemoteError``.
  func sums(_ value: SearchValue) async throws -> (sums: LookupSums, outcome: SearchOutcome) {
    var asked = parameters.filter { $0.0 != "limit" } + [("hints", "false")]
    if let limit = parameters.first(where: { $0.0 == "limit" }) {
      asked.append(("max_rows", limit.1))
    }
    let text = try await server.text("/api/v1/summary", [("value", value.text)] + asked)
    guard let sums = LookupSums(json: Array(text.utf8).span) else { throw RemoteError.cutOff }
    let end = RemoteServer.End(line: text.split(separator: "\n").first.map(String.init) ?? "")
    return (sums, SearchOutcome(state: SearchOutcome.State(end), rows: Int(sums.total.rows)))
  }

  /// Filters as the native interface names them.
  static func parameters(_ query: RecordQuery, dataset: String?) -> [(String, String)] {
    func list(_ words: [String]) -> String? {
      words.isEmpty ? nil : words.sorted().joined(separator: ",")
    }
    let optional: [(String, String?)] = [
      ("rrtype", list(query.rrtypes.map(\.mnemonic))),
      ("vantage", list(query.vantages.map(\.description))), ("dataset", dataset),
      ("limit", query.limit.map(String.init)),
      ("first_after", query.times.firstAfter.map(String.init)),
      ("first_before", query.times.firstBefore.map(String.init)),
      ("last_after", query.times.lastAfter.map(String.init)),
      ("last_before", query.times.lastBefore.map(String.init)),
      ("merge", query.mergesTriples ? "true" : "false"),
    ]
    return optional.compactMap { name, text in text.map { (name, $0) } }
  }
}

extension SearchOutcome.State {
  /// What the last line of an answer says.
  init(_ end: RemoteServer.End) {
    switch end.state {
    case .complete: self = .complete
    case .limited: self = .limited
    case .stopped: self = .stopped
    case .failed: self = .failed("the server could not finish: \(end.line)")
    }
  }
}

/// Lines of a server as rows for a printer.
struct RowLines {
  /// Rows read.
  private(set) var rows = 0
  /// Lines that are no rows.
  private(set) var unreadable = 0
  // The server's clock is its own affair: no time of its records is in our future.
  private var reader = COFReader(now: .max, swapping: .never)
  private var observation = TextObservation()

  /// Adds the rows of whole lines; false when nobody reads the printer's any more.
  mutating func read(_ octets: [UInt8], into printer: inout RowPrinter) throws -> Bool {
    var at = 0
    while true {
      switch reader.next(octets.span, at: &at, into: &observation) {
      case .observation:
        guard try show(to: &printer) else { return false }
      case .rejected: unreadable += 1
      case .control: break
      case .needsInput: return true
      }
    }
  }

  private mutating func show(to printer: inout RowPrinter) throws -> Bool {
    for item in observation.items {
      rows += 1
      let row = TextRow(
        rrtype: observation.rrtype, timeFirst: observation.timeFirst,
        timeLast: observation.timeLast, count: observation.count,
        vantage: item.isLossy ? .text : observation.vantage, bailiwick: observation.bailiwick)
      let isRead = try printer.add(
        row, rrname: observation.rrname.span,
        rdata: observation.rdataOctets.span.extracting(item.range))
      guard isRead else { return false }
    }
    return true
  }
}
