import DNSWire
import FoundationEssentials
import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel

/// `GET /api/v1/indicators`: indicators of the library, page by page.
/// `POST /api/v1/indicators`: adds one, or a file of them.
struct IndicatorsRoute: Route {
  let desk: EnrichmentDesk
  let native: NativeService

  func respond(to exchange: Exchange) async throws -> Response {
    if exchange.request.method == .post { return try await add(exchange) }
    guard exchange.isHead || exchange.request.method == .get else {
      throw Problem.method(allowed: "GET, HEAD, POST")
    }
    return try await list(exchange)
  }

  private func list(_ exchange: Exchange) async throws -> Response {
    let library = try desk.service(exchange).library
    let all = try exchange.target.parameters()
    var parameters = ParameterReader(all)
    let page = try NativePage(
      "indicators", all, &parameters, granted: exchange.caller.datasets, native)
    let filter = try IndicatorsRoute.filter(&parameters)
    let limit =
      try parameters.number("limit", 1...LibraryLimits.readMax) ?? EnrichmentLimits.pageStandard
    try parameters.finish()
    let last = page.position.map(IndicatorsRoute.number) ?? 0
    let found = try await desk.work {
      // One more says whether there is another page.
      try library.indicators(
        matching: filter, after: last, limit: min(limit + 1, LibraryLimits.readMax))
    }
    return IndicatorsRoute.answer(found, limit: limit, page, exchange)
  }

  private static func answer(
    _ found: [Indicator], limit: Int, _ page: NativePage, _ exchange: Exchange
  ) -> Response {
    let shown = found.prefix(limit)
    var out: [UInt8] = []
    for indicator in shown {
      var json = IndicatorJSON.key(indicator.key)
      IndicatorJSON.add(indicator, to: &json)
      out += json.finished()
    }
    let isLimited = found.count > limit || found.count == LibraryLimits.readMax
    var marker = JSONLine()
    marker.add(isLimited ? AnswerEnd.limited : .complete)
    marker.add("rows", count: shown.count)
    if isLimited, let last = shown.last, let cursor = page.cursor(octets(last.id)) {
      marker.add("cursor", cursor)
    }
    out += marker.finished()
    return Response(
      headers: NativeService.ndjson, octets: out, isHead: exchange.isHead,
      holding: exchange.admission)
  }

  private static func filter(
    _ parameters: inout ParameterReader
  ) throws(Problem) -> IndicatorFilter {
    var filter = IndicatorFilter()
    if let words = parameters.words("type") {
      let types = words.map(IndicatorType.named)
      guard types.allSatisfy({ !$0.isEmpty }) else {
        throw Problem(.badRequest, "type: there is no such type of indicator")
      }
      filter.types = Set(types.joined())
    }
    if let word = parameters.take("status") {
      filter.status = IndicatorStatus(rawValue: word)
      guard filter.status != nil else {
        let known = IndicatorStatus.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(.badRequest, "status: one of \(known)")
      }
    }
    filter.tag = parameters.take("tag")
    filter.source = parameters.take("source")
    filter.startingWith = parameters.take("starting_with")
    return filter
  }

  private static func octets(_ number: Int64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> Int64(56 - 8 * $0)) }
  }

  private static func number(_ octets: [UInt8]) -> Int64 {
    octets.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
  }

  // MARK: Adding

  private func add(_ exchange: Exchange) async throws -> Response {
    let service = try desk.service(exchange)
    var parameters = ParameterReader(try exchange.target.parameters())
    let file = try IndicatorImport(&parameters, exchange)
    try parameters.finish()
    let now = desk.clock()
    let report = try await desk.imports.work {
      let octets = try await exchange.request.octets(most: LibraryImport.octetsMax)
      return try await desk.work { try file.add(octets, to: service.library, now: now) }
    }
    service.noteImport(report, token: exchange.caller.token)
    if file.isSingle, let refusal = report.refusals.first {
      throw Problem(.unprocessableContent, refusal.reason)
    }
    return EnrichmentDesk.answer(IndicatorJSON.report(report), exchange)
  }
}

/// How a body of indicators is read.
struct IndicatorImport: Sendable {
  /// The label of additions by nobody in particular.
  static let sourceStandard = "Tidemark HTTP"

  let format: LibraryFormat
  /// True for a body that is one indicator.
  let isSingle: Bool
  let source: String

  /// Takes `format` and `source`; without a format the type of the body tells it.
  init(_ parameters: inout ParameterReader, _ exchange: Exchange) throws(Problem) {
    let type = exchange.request.headers[.contentType]?.lowercased()
      .split(separator: ";").first.map { $0.filter { $0 != " " } }
    let word = parameters.take("format")
    if let word {
      guard let format = LibraryFormat(rawValue: word) else {
        let known = LibraryFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(.badRequest, "format: one of \(known)")
      }
      self.format = format
    } else {
      switch type {
      case "text/csv": format = .csv
      case "application/x-ndjson", "application/json": format = .ndjson
      case "application/stix+json": format = .stix
      default:
        throw Problem(
          .unsupportedMediaType,
          "Content-Type: application/json for one indicator; or give format=csv, ndjson, stix"
            + " or misp")
      }
    }
    isSingle = word == nil && type == "application/json"
    source = parameters.take("source") ?? IndicatorImport.source(of: exchange.caller)
  }

  /// The label of what a caller adds.
  static func source(of caller: Caller) -> String {
    caller.token == nil ? sourceStandard : caller.name
  }

  /// Adds what a body says.
  ///
  /// - Throws: ``Problem``; rows before may have been added.
  func add(_ octets: [UInt8], to library: Library, now: UnixSeconds) throws -> AddReport {
    do throws(ImportError) {
      // A line feed is a blank between the members of an object, and is not allowed inside texts.
      let octets =
        isSingle ? octets.map { $0 == ASCII.lineFeed || $0 == 0x0D ? ASCII.space : $0 } : octets
      return try library.importFile(octets, as: format, source: source, now: now)
    } catch {
      switch error {
      case .tooLarge: throw Problem(.contentTooLarge, error.description)
      case .unreadable: throw Problem(.badRequest, error.description)
      case .library(let error): throw Problem(error)
      }
    }
  }
}
