import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// `GET /pdns/query/<value>`: the CIRCL passive DNS interface, version 1, in the form that every
/// known client reads.
struct CirclRoute: Route {
  let store: any RecordStore
  let registry: Registry
  private let headers: HTTPFields
  private let writer: COFWriter
  private let writerOfNumbers: COFWriter

  init(store: any RecordStore, registry: Registry, origin: String) {
    self.store = store
    self.registry = registry
    headers = [.contentType: "application/x-ndjson", .vary: RouteFamily.circl.vary]
    var options = COFWriter.Options(origin: origin)
    writer = COFWriter(options: options)
    options.writesRareTypesAsNumbers = true
    writerOfNumbers = COFWriter(options: options)
  }

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let rest = exchange.target.rest(after: "/pdns/query") ?? []
    var query = RecordQuery(.all)
    query.datasets = exchange.datasets(registry)
    let cursor = LookupCursor(try CirclRoute.value(rest), like: query, store: store)
    let wantsNumbers = exchange.request.headers[.userAgent]?.hasPrefix("PyPDNS") ?? false
    let format = CirclFormat(writer: wantsNumbers ? writerOfNumbers : writer)
    return try await Answer(RowSource(.lookup(cursor), format: format), exchange.admission)
      .response(headers: headers, isHead: exchange.isHead, isQuick: true)
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
    switch end {
    case .complete, .limited: true
    case .failed, .exhausted: false
    }
  }
}
