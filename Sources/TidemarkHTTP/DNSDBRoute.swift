import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkPatterns
import TidemarkQuery
import TidemarkStore

/// The DNSDB interface, versions 1 and 2: look-ups, summaries and flexible searches.
struct DNSDBRoute: Route {
  let store: any RecordStore
  let registry: Registry
  let clock: @Sendable () -> UnixSeconds

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    guard let path = DNSDBPath(exchange.target.path) else {
      throw Problem(.notFound, "nothing is served under this path")
    }
    let request = try DNSDBRequest(path)
    let parameters = try DNSDBParameters(exchange.target.query, now: clock())
    let run = Run(exchange: exchange, version: path.version, parameters: parameters)
    switch request {
    case .lookup(let lookup): return try await rows(lookup, run)
    case .summary(let lookup): return try await summary(lookup, run)
    case .search(let search):
      return search.isInRData ? try await rdata(search, run) : try await names(search, run)
    }
  }

  /// A request that is well formed.
  private struct Run {
    let exchange: Exchange
    let version: DNSDBPath.Version
    let parameters: DNSDBParameters

    var isFramed: Bool { version == .v2 }
    var rowsMax: Int {
      parameters.rowsMax(DNSDBRoute.resultsMax(exchange.caller))
    }

    /// Sends a body. Version 1 has 404 for one without rows.
    func response(_ body: some DNSDBBody, isQuick: Bool) async throws -> Response {
      let source = DNSDBSource(body, version)
      let answer = Answer(source, exchange.admission)
      let response = try await answer.response(
        headers: DNSDBRoute.headers, isHead: exchange.isHead, isQuick: isQuick)
      if version == .v1, answer.isDone, source.isEmpty {
        // Not thrown: it is an answer, and says what is left of the quota.
        return RouteFamily.dnsdb.response(
          Problem(.notFound, "no results found for query."), isHead: exchange.isHead)
      }
      return response
    }
  }

  /// Rows that one answer can have for this caller.
  static func resultsMax(_ caller: Caller) -> Int {
    min(DNSDBLimits.resultsMax, caller.limits.rows)
  }

  private static let headers: HTTPFields = [
    .contentType: "application/x-ndjson", .vary: RouteFamily.dnsdb.vary,
    .accessControlAllowOrigin: "*",
  ]

  private func query(_ lookup: DNSDBLookup, _ run: Run) -> RecordQuery {
    var query = RecordQuery(lookup.subject)
    query.rrtypes = lookup.types.included
    query.excludedTypes = lookup.types.excluded
    query.bailiwick = lookup.bailiwick
    query.times = run.parameters.times
    query.datasets = run.exchange.datasets(registry)
    return query
  }

  private func rows(_ lookup: DNSDBLookup, _ run: Run) async throws -> Response {
    var query = query(lookup, run)
    query.limit = run.rowsMax
    let offset = run.parameters.offset
    let cursor = RRsetCursor(query, grouping: lookup.grouping, offset: offset, store: store)
    let writer = DNSDBRowWriter(
      DNSDBRowWriter.Options(
        isFramed: run.isFramed, showsTimesAsText: run.parameters.showsTimesAsText,
        rdataIsArray: run.isFramed || lookup.grouping == .rrsets))
    let isQuick = lookup.isQuick && offset == 0 && query.times == TimeFences()
    return try await run.response(DNSDBRows(cursor, writer: writer), isQuick: isQuick)
  }

  private func summary(_ lookup: DNSDBLookup, _ run: Run) async throws -> Response {
    var query = query(lookup, run)
    // A summary that stopped where a look-up stops of itself would say nothing.
    query.limit = run.parameters.limit.flatMap { $0 == 0 ? nil : $0 }
    let cursor = RRsetCursor(
      query, grouping: lookup.grouping, offset: run.parameters.offset, store: store)
    let body = DNSDBSummary(
      cursor, countMax: run.parameters.countMax, isFramed: run.isFramed,
      showsTimesAsText: run.parameters.showsTimesAsText)
    return try await run.response(body, isQuick: false)
  }

  private func names(_ search: DNSDBSearch, _ run: Run) async throws -> Response {
    let pattern = try DNSDBRoute.pattern(search.pattern, search)
    let excluded = try run.parameters.excluded.map { text throws(Problem) in
      try DNSDBRoute.pattern(text, search)
    }
    var query = NameQuery(.pattern(pattern, excluding: excluded))
    query.rrtypes = search.types.included
    query.excludedTypes = search.types.excluded
    query.times = run.parameters.times
    query.datasets = run.exchange.datasets(registry)
    query.limit = run.rowsMax
    query.offset = run.parameters.offset
    query.perType = true
    query.wantsValues = run.parameters.isVerbose
    return try await run.response(
      DNSDBRows(NameCursor(query, store: store), writer: DNSDBNameWriter(style: style(run))),
      isQuick: false)
  }

  private func rdata(_ search: DNSDBSearch, _ run: Run) async throws -> Response {
    let pattern = try DNSDBRoute.pattern(search.pattern, search)
    let excluded = try run.parameters.excluded.map { text throws(Problem) in
      try DNSDBRoute.pattern(text, search)
    }
    var query = RDataPatternQuery(pattern, excluding: excluded)
    query.rrtypes = search.types.included
    query.times = run.parameters.times
    query.datasets = run.exchange.datasets(registry)
    query.limit = run.rowsMax
    query.offset = run.parameters.offset
    return try await run.response(
      DNSDBRows(
        RDataPatternCursor(query, store: store), writer: DNSDBRDataWriter(style: style(run))),
      isQuick: false)
  }

  private func style(_ run: Run) -> DNSDBSearchStyle {
    DNSDBSearchStyle(
      isVerbose: run.parameters.isVerbose, showsTimesAsText: run.parameters.showsTimesAsText)
  }

  private static func pattern(
    _ text: String, _ search: DNSDBSearch
  ) throws(Problem) -> Pattern {
    do {
      switch search.method {
      case .regex: return try Pattern(regex: text)
      case .glob: return try Pattern(glob: text, over: search.isInRData ? .rdata : .names)
      }
    } catch {
      throw Problem(.badRequest, error.description)
    }
  }
}
