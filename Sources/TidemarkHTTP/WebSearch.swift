import DNSWire
import HTTPTypes
import TidemarkAccess
import TidemarkModel
import TidemarkPatterns
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// A look-up as a page asks for it: what was typed, what narrows it, and the search that they mean.
struct WebSearch: Sendable {
  /// Where rows come from.
  enum Rows: Sendable {
    /// Records of a value, through the same request as the native interface.
    case records(LookupRequest)
    case names(NameQuery)
    case rdata(RDataPatternQuery)
  }

  let input: SearchInput
  let filters: SearchFilters
  /// Only records that this sensor saw; nil for all. A name that no sensor has finds nothing.
  private(set) var sensor: SensorFilter?
  /// Sensors and datasets that the caller may see.
  let sensors: [(number: SensorNumber, name: String)]
  let datasets: [(number: DatasetNumber, name: String)]
  private let native: NativeService
  private let granted: Set<String>?

  /// A sensor that records are wanted of.
  struct SensorFilter: Sendable {
    let number: SensorNumber?

    func admits(_ row: borrowing RecordRow) -> Bool {
      guard let number else { return false }
      return row.value.sensors.contains(number)
    }
  }

  /// Reads the parameters of a page.
  ///
  /// - Parameter also: parameters of the page that are none of a look-up; others are refused.
  /// - Returns: also the parameters named by `also` that were given.
  /// - Throws: ``Problem``.
  static func read(
    _ exchange: Exchange, _ native: NativeService, also: Set<String> = []
  ) throws(Problem) -> (search: WebSearch, also: [String: String]) {
    try exchange.requireGet()
    var others: [String: String] = [:]
    var pairs: [(name: String, value: String)] = []
    for (name, value) in try exchange.target.parameters() {
      if SearchFilters.names.contains(name) {
        pairs.append((name, value))
      } else if also.contains(name) {
        if !value.isEmpty { others[name] = value }
      } else {
        throw Problem(.badRequest, "there is no parameter \(name)")
      }
    }
    do throws(SearchFilters.Fault) {
      return (WebSearch(try SearchFilters(pairs), exchange, native), others)
    } catch {
      throw Problem(.badRequest, error.description)
    }
  }

  init(_ filters: SearchFilters, _ exchange: Exchange, _ native: NativeService) {
    self.filters = filters
    self.native = native
    input = SearchInput(filters["q"], as: filters.reading)
    granted = exchange.caller.datasets
    let numbers = Set(exchange.datasets(native.registry))
    datasets = native.registry.datasets.filter { numbers.contains($0.number) }
    // Sensors serve several datasets: their names are for those who may read all of them.
    sensors = granted == nil ? native.registry.sensors : []
    if !filters["sensor"].isEmpty {
      let name = filters["sensor"]
      sensor = SensorFilter(number: granted == nil ? native.registry.sensor(name) : nil)
    }
  }

  /// What rows are of.
  var kind: RecordTable.Kind {
    switch input.kind {
    case .regex, .glob: .names
    case .rdata: .rdata
    default: .records
    }
  }

  /// Rows up to which a table is written where it is asked for: it takes less than a millisecond.
  private static let quickRowsMax = 100

  /// The rows as a table, written on the threads for searches when they are many.
  ///
  /// - Throws: ``ClientLeft``, and `CancellationError`.
  func table(of rows: [LookupRow]) async throws -> RecordTable {
    guard rows.count > WebSearch.quickRowsMax else { return written(rows) }
    return try await ScanPool.shared.turn { written(rows) }
  }

  private func written(_ rows: [LookupRow]) -> RecordTable {
    var table = RecordTable(
      kind, current: input.value, trail: filters.trail,
      sensors: Dictionary(uniqueKeysWithValues: sensors.map { ($0.number, $0.name) }),
      datasets: datasets.count > 1
        ? Dictionary(uniqueKeysWithValues: datasets.map { ($0.number, $0.name) }) : [:],
      capacity: rows.count)
    for row in rows { table.append(row) }
    return table
  }

  /// The page of the native interface that has the same records, from its start.
  func nativePage(asOf: UnixSeconds) -> NativePage {
    NativePage(RecordsRoute.name, nativePairs, asOf: asOf, granted: granted, native)
  }

  /// A page of the answer: what relative times count from, and where it begins.
  ///
  /// - Parameter cursor: one that an equal look-up gave; nil for the start.
  func page(cursor: String?) throws(Problem) -> NativePage {
    var parameters = ParameterReader(cursor.map { [("cursor", $0)] } ?? [])
    let bound = filters.rowPairs.map { pair in
      pair.name == "q" ? (name: "q", value: input.value) : pair
    }
    return try NativePage("ui", bound, &parameters, granted: granted, native)
  }

  /// The search.
  ///
  /// - Parameters:
  ///   - asOf: what relative times count from.
  ///   - position: where to go on, of an equal look-up.
  /// - Throws: ``Problem`` for what cannot be looked up, in words for the page.
  func rows(asOf: UnixSeconds, after position: [UInt8]? = nil) throws(Problem) -> Rows {
    if let problem = input.problem { throw Problem(.badRequest, problem) }
    switch input.kind {
    case .nothing: throw Problem(.badRequest, "nothing was typed")
    case .regex, .glob:
      var query = NameQuery(.pattern(try pattern(), excluding: nil))
      try narrow(asOf: asOf, &query.rrtypes, &query.times, &query.datasets)
      query.wantsValues = true
      query.resumeAfter = position
      return .names(query)
    case .rdata:
      var query = RDataPatternQuery(try pattern())
      try narrow(asOf: asOf, &query.rrtypes, &query.times, &query.datasets)
      query.resumeAfter = position
      return .rdata(query)
    default: return .records(try request(asOf: asOf))
    }
  }

  /// The request of the native interface that has the same records.
  ///
  /// - Throws: ``Problem`` with the names that parameters have here.
  func request(asOf: UnixSeconds) throws(Problem) -> LookupRequest {
    if let problem = input.problem { throw Problem(.badRequest, problem) }
    guard input.isLookup else {
      throw Problem(.badRequest, "a pattern finds names, which have no records of their own here")
    }
    var parameters = ParameterReader(nativePairs)
    do throws(Problem) {
      return try LookupRequest(
        &parameters, granted: datasets.map(\.number), now: asOf, native)
    } catch {
      throw WebSearch.reworded(error)
    }
  }

  /// The parameters of the native interface that mean the same.
  var nativePairs: [(name: String, value: String)] {
    var pairs = [(name: "value", value: input.lookupText), (name: "merge", value: "true")]
    for (name, nativeName) in WebSearch.nativeNames where !filters[name].isEmpty {
      pairs.append((nativeName, WebSearch.words(filters[name], name)))
    }
    return pairs
  }

  /// Bounds on when a record was seen, as the page means them: seen at some time between.
  private static let nativeNames = [
    ("rrtype", "rrtype"), ("after", "last_after"), ("before", "first_before"),
    ("vantage", "vantage"), ("dataset", "dataset"), ("bailiwick", "bailiwick"),
  ]

  /// People write blanks behind commas, and types in small letters.
  private static func words(_ value: String, _ name: String) -> String {
    guard name == "rrtype" || name == "vantage" else { return value }
    return value.split { $0 == "," || $0 == " " }.joined(separator: ",")
  }

  private static func reworded(_ problem: Problem) -> Problem {
    for (name, nativeName) in nativeNames + [("q", "value")] {
      let start = nativeName + ":"
      guard problem.text.hasPrefix(start) else { continue }
      let rest = problem.text.dropFirst(start.count)
      return Problem(problem.status, name == "q" ? String(rest.dropFirst()) : "\(name):\(rest)")
    }
    return problem
  }

  private func pattern() throws(Problem) -> Pattern {
    do throws(PatternError) {
      return input.kind == .glob
        ? try Pattern(glob: NamesRoute.withFinalDot(input.pattern))
        : try Pattern(regex: input.pattern)
    } catch {
      throw Problem(.badRequest, error.description)
    }
  }

  /// Takes the filters that searches by pattern have.
  private func narrow(
    asOf: UnixSeconds, _ rrtypes: inout Set<RRType>, _ times: inout TimeFences,
    _ datasets: inout [DatasetNumber]
  ) throws(Problem) {
    var parameters = ParameterReader(nativePairs)
    do throws(Problem) {
      rrtypes = try RRType.set(&parameters)
      times = try TimeFences(&parameters, now: asOf)
      datasets = try native.datasets(&parameters, self.datasets.map(\.number))
    } catch {
      throw WebSearch.reworded(error)
    }
  }

  /// Filters that are set and do not narrow a search by pattern, as a note; nil for none.
  var unusedFilters: String? {
    guard kind != .records else { return nil }
    let set = ["vantage", "bailiwick", "sensor"].filter { !filters[$0].isEmpty }
    guard !set.isEmpty else { return nil }
    return "Patterns are not narrowed by \(set.joined(separator: ", "))."
  }
}
