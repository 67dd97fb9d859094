import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel

/// `GET /api/v1/indicators/{type}/{value}`: what is known about an indicator, what can be asked
/// about it, and what was. One that is not in the library can be asked about, too.
struct IndicatorRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    try exchange.requireNoParameters()
    let service = try desk.service(exchange)
    guard case .indicator(let type, let value) = exchange.enrichmentPath else {
      throw Problem(.notFound, "there is no such indicator")
    }
    let key = try EnrichmentDesk.indicator(type, value)
    let json = try await desk.work {
      try IndicatorJSON.page(of: key, service.registry, service.library)
    }
    return EnrichmentDesk.answer(json, exchange)
  }
}

/// `GET /api/v1/indicators/export?format=…`: the whole library as a file.
struct IndicatorExportRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let library = try desk.service(exchange).library
    return try await IndicatorExportRoute.answer(library, desk, exchange)
  }

  /// The file that `format` of the query names.
  static func answer(
    _ library: Library, _ desk: EnrichmentDesk, _ exchange: Exchange
  ) async throws -> Response {
    var parameters = ParameterReader(try exchange.target.parameters())
    let known = LibraryFormat.allCases.map(\.rawValue).joined(separator: ", ")
    guard let format = parameters.take("format").flatMap(LibraryFormat.init) else {
      throw Problem(.badRequest, "format: one of \(known)")
    }
    try parameters.finish()
    var headers = HTTPFields()
    headers[.contentType] = format.mediaType
    headers[.vary] = RouteFamily.native.vary
    headers[.cacheControl] = "no-store"
    headers[.contentDisposition] = "attachment; filename=\"indicators.\(format.fileEnd)\""
    guard !exchange.isHead else { return Response(status: .ok, headers: headers) }
    let exporter = LibraryExporter(library, as: format, now: desk.clock())
    // Before the head is sent: a library that cannot be read is still a refusal.
    let first = try await desk.work { try exporter.next() ?? [] }
    let admission = exchange.admission
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        var piece = first
        while true {
          if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
          guard let next = try await desk.work({ try exporter.next() }) else { break }
          piece = next
        }
        try await writer.finish(nil)
        withExtendedLifetime(admission) {}
      })
  }
}

extension LibraryFormat {
  /// The end of a file's name.
  fileprivate var fileEnd: String {
    switch self {
    case .csv: "csv"
    case .ndjson: "ndjson"
    case .stix: "stix.json"
    case .misp: "misp.json"
    }
  }
}
