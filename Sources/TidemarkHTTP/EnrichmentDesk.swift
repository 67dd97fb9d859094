import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkAccess
import TidemarkEnrichment
import TidemarkModel

/// What every route of enrichment begins with: whether there is a library, and whether the caller
/// may see all of it.
struct EnrichmentDesk: Sendable {
  /// Nil where none is open.
  let service: EnrichmentService?
  let clock: @Sendable () -> UnixSeconds
  let actions = EnrichmentPlaces(most: EnrichmentLimits.actionsMax, of: "actions")
  let imports = EnrichmentPlaces(most: EnrichmentLimits.importsMax, of: "imports")

  /// The service, for callers who may have it.
  ///
  /// - Throws: ``Problem``.
  func service(_ exchange: Exchange) throws(Problem) -> EnrichmentService {
    guard let service else {
      throw Problem(.serviceUnavailable, "there is no library of indicators here")
    }
    // Actions read all datasets, and the library does not remember which a row came from.
    guard exchange.caller.datasets == nil else {
      throw Problem(.forbidden, "a token for some datasets only cannot use the library")
    }
    return service
  }

  /// Works on the library off the event loops and off the threads of tasks.
  func work<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    do {
      return try await NIOThreadPool.singleton.runIfActive(body)
    } catch let error as LibraryError {
      throw Problem(error)
    } catch let error as OperationError {
      throw Problem(error)
    }
  }

  /// Reads a small JSON body.
  ///
  /// - Throws: ``Problem`` for one that is too long or not of that shape.
  func body<Body: Decodable>(_ type: Body.Type, _ exchange: Exchange) async throws -> Body {
    let octets = try await exchange.request.octets(most: EnrichmentLimits.bodyOctetsMax)
    do {
      return try JSONDecoder().decode(type, from: Data(octets))
    } catch {
      throw Problem(.badRequest, "the body is not the JSON object that is expected here")
    }
  }

  /// Reads the type and the value of an indicator.
  ///
  /// - Throws: ``Problem``: 400 for a word that no type has, 422 for a value that is none.
  static func indicator(_ word: String, _ value: String) throws(Problem) -> IndicatorKey {
    let types = IndicatorType.named(word)
    guard !types.isEmpty else {
      let known = IndicatorType.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.badRequest, "type: one of \(known)")
    }
    do {
      return try IndicatorKey(oneOf: types, value)
    } catch {
      throw Problem(.unprocessableContent, error.description)
    }
  }

  /// A JSON object that is the whole answer.
  static func answer(_ json: JSONLine, _ exchange: Exchange) -> Response {
    var headers = NativeService.json
    // Settings and results change under the same path.
    headers[.cacheControl] = "no-store"
    return Response(
      headers: headers, octets: json.finished(), isHead: exchange.isHead,
      holding: exchange.admission)
  }
}

extension Problem {
  init(_ error: LibraryError) {
    switch error {
    case .unknownResult: self.init(.notFound, error.description)
    // Its words name files of this machine.
    default: self.init(.internalServerError, "the library cannot be read or written")
    }
  }

  init(_ error: OperationError) {
    switch error {
    case .unknownOperation, .unknownAction: self.init(.notFound, error.description)
    case .library(let error): self.init(error)
    default: self.init(.unprocessableContent, error.description)
    }
  }
}

extension Request {
  /// The whole body.
  ///
  /// - Throws: ``Problem`` for one that is packed, or has more than `most` octets.
  func octets(most: Int) async throws -> [UInt8] {
    let tooLong = Problem(.contentTooLarge, "a body may have \(most) octets here")
    if let encoding = headers[.contentEncoding]?.lowercased(), encoding != "identity" {
      throw Problem(.unsupportedMediaType, "bodies are taken without Content-Encoding only here")
    }
    if let length = headers[.contentLength].flatMap({ Int($0) }), length > most { throw tooLong }
    var octets: [UInt8] = []
    for try await buffer in body {
      guard octets.count + buffer.readableBytes <= most else { throw tooLong }
      octets.append(contentsOf: buffer.readableBytesView)
    }
    return octets
  }
}
