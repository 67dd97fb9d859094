import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// `GET /pdns/query/<value>`: the CIRCL passive DNS interface, version 1, in the form that every
/// known client reads.
struct CirclRoute: Sendable {
  let store: any RecordStore
  let registry: Registry
  private let headers: HTTPFields
  private let writer: COFWriter
  private let writerOfNumbers: COFWriter

  /// What a cache must tell apart. PyPDNS with its cache on reads page 1 for ever without it.
  private static let vary: HTTPFields = [
    .vary:
      "Authorization, Accept-Encoding, dribble-disable-active-query, dribble-filter-rrtype, "
      + "dribble-paginate-count, dribble-paginate-cursor"
  ]

  init(store: any RecordStore, registry: Registry, origin: String) {
    self.store = store
    self.registry = registry
    var headers = CirclRoute.vary
    headers[.contentType] = "application/x-ndjson"
    self.headers = headers
    var options = COFWriter.Options(origin: origin)
    writer = COFWriter(options: options)
    options.writesRareTypesAsNumbers = true
    writerOfNumbers = COFWriter(options: options)
  }

  /// Answers a request.
  ///
  /// - Parameter rest: the path behind `/pdns/query`, still percent-encoded.
  func respond(to request: Request, rest: ArraySlice<UInt8>) async -> Response {
    let isHead = request.method == .head
    do {
      guard isHead || request.method == .get else { throw Problem.method(allowed: "GET, HEAD") }
      var query = RecordQuery(.all)
      query.datasets = registry.datasets.map(\.number)
      let cursor = LookupCursor(try CirclRoute.value(rest), like: query, store: store)
      let wantsNumbers = request.headers[.userAgent]?.hasPrefix("PyPDNS") ?? false
      let format = CirclFormat(writer: wantsNumbers ? writerOfNumbers : writer)
      return try await Answer(.lookup(cursor), format: format)
        .response(headers: headers, isHead: isHead, isQuick: true)
    } catch let problem as Problem {
      return problem.plainResponse(isHead: isHead, headers: CirclRoute.vary)
    } catch let error as StoreError {
      return Problem(error).plainResponse(isHead: isHead, headers: CirclRoute.vary)
    } catch {
      return Problem(.internalServerError, "the server cannot answer")
        .plainResponse(isHead: isHead, headers: CirclRoute.vary)
    }
  }

  /// Reads the value from the path: clients send it raw, encoded, and encoded twice.
  static func value(_ rest: ArraySlice<UInt8>) throws(Problem) -> LookupValue {
    let slash = UInt8(ascii: "/")
    var raw = rest.drop { $0 == slash }
    if raw.last == slash { raw = raw.dropLast() }
    guard var octets = RequestTarget.decode(raw) else {
      throw Problem(.badRequest, "a percent sign in the value is not followed by two digits")
    }
    let isText = octets.contains(ASCII.space) || octets.contains(ASCII.quote)
    if !isText, octets.contains(UInt8(ascii: "%")), let again = RequestTarget.decode(octets[...]) {
      octets = again
    }
    guard !octets.contains(where: { $0 < ASCII.space || $0 == 0x7F }),
      var text = String(validating: octets, as: UTF8.self)
    else { throw Problem(.badRequest, "the value is not printable UTF-8") }
    if text.hasSuffix("."), AddressPrefix(text: String(text.dropLast())) != nil {
      text.removeLast()
    }
    do {
      return try LookupValue(text)
    } catch {
      throw Problem(.badRequest, error.description)
    }
  }
}

/// One COF object a line and nothing else.
struct CirclFormat: AnswerFormat {
  var writer: COFWriter

  mutating func append(_ row: borrowing RecordRow, to out: inout [UInt8]) {
    let text = TextRow(
      rrtype: row.rrtype, timeFirst: row.value.timeFirst, timeLast: row.value.timeLast,
      count: row.value.count, vantage: row.isLossy ? .text : nil)
    writer.append(text, rrname: row.rrname.span, rdata: row.rdata.span, to: &out)
  }

  mutating func finish(
    _ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]
  ) -> Bool {
    if case .failed = end { return false }
    return true
  }
}
