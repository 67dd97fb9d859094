import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkPivots

/// Everything of the DomainTools interface that is answered from records, snapshots and lists.
struct DomainToolsRoute: Route {
  let service: DomainToolsService
  /// The method that the route has; HEAD goes with GET.
  var method = HTTPRequest.Method.get

  static let contentType = "application/json;charset=utf-8"

  func respond(to exchange: Exchange) async throws -> Response {
    if method == .get {
      try exchange.requireGet()
    } else if exchange.request.method != method {
      throw Problem.method(allowed: method.rawValue)
    }
    guard let path = DomainToolsPath(exchange.target) else { throw DomainToolsOtherRoute.problem }
    let query = try DomainToolsQuery(exchange, service)
    let source = DomainToolsSource(try DomainToolsRoute.work(path, query))
    let response = try await Answer(source, exchange.admission).response(
      headers: DomainToolsRoute.headers, isHead: exchange.isHead, isQuick: false)
    if let problem = source.problem {
      // Not thrown: it is an answer, and says what is left of the quota.
      return RouteFamily.domaintools.response(problem, isHead: exchange.isHead)
    }
    return response
  }

  /// Answers hold personal data, and addresses hold signatures.
  static let headers: HTTPFields = [
    .contentType: contentType, .cacheControl: "no-store", .vary: RouteFamily.domaintools.vary,
  ]

  /// What a path wants done.
  private static func work(
    _ path: DomainToolsPath, _ query: DomainToolsQuery
  ) throws(Problem) -> any DomainToolsWork {
    switch path {
    case .account, .other: throw DomainToolsOtherRoute.problem
    case .enrich:
      try query.requireAll()
      return try DomainToolsEnrichment(query)
    case .parameter(let parameter): return try work(parameter, query)
    case .subject(let subject, let text): return try work(subject, text, query)
    }
  }

  private static func work(
    _ parameter: DomainToolsPath.Parameter, _ query: DomainToolsQuery
  ) throws(Problem) -> any DomainToolsWork {
    guard let text = query.form["domain"] else { throw Problem(.badRequest, "domain: missing") }
    let name = try DomainToolsPath.name(text)
    if parameter != .domainHistory { try query.requireAll() }
    switch parameter {
    case .risk: return DomainToolsRisk(name, .score, query)
    case .riskEvidence: return DomainToolsRisk(name, .evidence, query)
    case .reputation:
      let wantsReasons = try query.form.flag("include_reasons")
      return DomainToolsRisk(name, wantsReasons ? .reasons : .reputation, query)
    case .domainHistory: return try DomainToolsChanges(name, query)
    }
  }

  private static func work(
    _ subject: DomainToolsPath.Subject, _ text: String, _ query: DomainToolsQuery
  ) throws(Problem) -> any DomainToolsWork {
    if [.whois, .parsedWHOIS, .parsedRDAP, .whoisHistory].contains(subject) {
      try query.requireAll()
    }
    let address = PivotAddress(text: text)
    switch (subject, address) {
    case (.whois, let address?): return DomainToolsAddressWHOIS(address, isParsed: false, query)
    case (.parsedWHOIS, let address?):
      return DomainToolsAddressWHOIS(address, isParsed: true, query)
    case (.hostDomains, let address?): return try DomainToolsReverseAddress(of: address, query)
    case (.hostDomains, nil): throw Problem(.badRequest, "this is not an address")
    default: break
    }
    let name = try DomainToolsPath.name(text)
    switch subject {
    case .profile: return DomainToolsProfile(name, query)
    case .whois: return DomainToolsWHOIS(name, .plain, query)
    case .parsedWHOIS: return DomainToolsWHOIS(name, .parsed, query)
    case .parsedRDAP: return DomainToolsWHOIS(name, .rdap, query)
    case .whoisHistory: return try DomainToolsWHOISHistory(name, query)
    case .reverseIP, .hostDomains: return try DomainToolsReverseAddress(of: name, query)
    case .nameServerDomains: return try DomainToolsNameServer(name, query)
    case .hostingHistory: return DomainToolsHosting(name, query)
    }
  }
}

/// A request of the DomainTools interface: its parameters, and what the caller may see.
struct DomainToolsQuery: Sendable {
  let form: DomainToolsForm
  let scope: PivotScope
  let now: UnixSeconds
  /// Without its library for those who may read some datasets only.
  let service: DomainToolsService
  private let seesAll: Bool

  /// - Throws: ``Problem`` for parameters that cannot be read, and for formats but JSON.
  init(_ exchange: Exchange, _ service: DomainToolsService) throws(Problem) {
    form = try DomainToolsForm(query: exchange.target.query, form: exchange.form)
    guard ["json", nil].contains(form["format"]?.lowercased()) else {
      throw Problem(.notAcceptable, "format: answers are JSON only")
    }
    scope = PivotScope(datasets: exchange.datasets(service.registry))
    now = service.clock()
    seesAll = exchange.caller.datasets == nil
    self.service = seesAll ? service : service.withoutLibrary
  }

  /// Registrations and lists are of no dataset: they are for those alone who may read them all.
  ///
  /// - Throws: ``Problem`` for others.
  func requireAll() throws(Problem) {
    guard seesAll else {
      throw Problem(.forbidden, "a token for some datasets only cannot use this product")
    }
  }

  static let nothingKnown = Problem(.notFound, "nothing is known here about this name or address")
}

/// What DomainTools may have and this server has not.
struct DomainToolsOtherRoute: Route {
  static let problem = Problem(.notFound, "this server has no such product")

  func respond(to exchange: Exchange) async throws -> Response {
    // Products that are asked by POST are not here either.
    if exchange.request.method != .post { try exchange.requireGet() }
    throw DomainToolsOtherRoute.problem
  }
}
