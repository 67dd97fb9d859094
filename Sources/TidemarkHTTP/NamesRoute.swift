import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkPatterns
import TidemarkQuery
import TidemarkStore

/// `GET /api/v1/names`: owner names by their first labels, by what they are below, or by a pattern.
struct NamesRoute: Route {
  let service: NativeService

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let all = try exchange.target.parameters()
    var parameters = ParameterReader(all)
    let page = try NativePage(
      "names", all, &parameters, granted: exchange.caller.datasets, service)
    var query = NameQuery(try NamesRoute.match(&parameters))
    query.rrtypes = try RRType.set(&parameters)
    query.times = try TimeFences(&parameters, now: page.asOf)
    query.datasets = try service.datasets(&parameters, exchange.datasets(service.registry))
    query.limit = try parameters.number("limit", ServerLimits.limitRange)
    query.perType = try parameters.flag("types")
    query.wantsValues = try parameters.flag("values")
    query.resumeAfter = page.position
    try parameters.finish()
    let source = NameAnswer(.names(NameCursor(query, store: service.store)), page)
    return try await Answer(source, exchange.admission).response(
      headers: NativeService.ndjson, isHead: exchange.isHead, isQuick: false)
  }

  private static func match(
    _ parameters: inout ParameterReader
  ) throws(Problem) -> NameQuery.Match {
    var found: [NameQuery.Match] = []
    if let name = try parameters.name("starting_with") { found.append(.startingWith(name)) }
    if let name = try parameters.name("below") { found.append(.below(name)) }
    let excluded = parameters.take("exclude")
    for (name, make) in patterns {
      guard let text = parameters.take(name) else { continue }
      let pattern = try NamesRoute.pattern(name, text, make)
      var other: Pattern?
      if let excluded { other = try NamesRoute.pattern("exclude", excluded, make) }
      found.append(.pattern(pattern, excluding: other))
    }
    guard found.count == 1 else {
      throw Problem(.badRequest, "give exactly one of starting_with, below, regex, glob")
    }
    switch found[0] {
    case .all, .startingWith, .below:
      if excluded != nil { throw Problem(.badRequest, "exclude: goes with regex or glob") }
    case .pattern: break
    }
    return found[0]
  }

  private static let patterns: [(String, @Sendable (String) throws(PatternError) -> Pattern)] = [
    ("regex", { text throws(PatternError) in try Pattern(regex: text) }),
    ("glob", { text throws(PatternError) in try Pattern(glob: withFinalDot(text)) }),
  ]

  /// Globs are for whole names, which end in a dot; people leave it out.
  static func withFinalDot(_ glob: String) -> String {
    guard let last = glob.last, !".*?]\\".contains(last) else { return glob }
    return glob + "."
  }

  private static func pattern(
    _ name: String, _ text: String, _ make: (String) throws(PatternError) -> Pattern
  ) throws(Problem) -> Pattern {
    do {
      return try make(text)
    } catch {
      throw Problem(.badRequest, "\(name): \(error)")
    }
  }
}
