import DNSWire
import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// `GET /pdns/query/<value>`: the CIRCL passive DNS interface, version 1 without and version 2 with
/// its `dribble` headers, in the form that every known client reads.
struct CirclRoute: Route {
  let store: any RecordStore
  let registry: Registry
  let settings: CirclSettings
  let writers: CirclWriters
  let cursors: CirclCursors
  /// Asks the DNS of today before a search; nil when the server does not.
  let active: (any ActiveResolving)?

  private static let cursorField = HTTPField.Name("x-dribble-cursor")

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let rest = exchange.target.rest(after: "/pdns/query") ?? []
    let request = try CirclRequest(rest, exchange.request.headers)
    if let active, request.wantsActive, request.page?.cursor == nil, mayAsk(exchange.caller) {
      await active.refresh(request.value.lookup, for: exchange.caller.token)
    }
    return try await respond(to: request, exchange)
  }

  private func respond(
    to request: CirclRequest, _ exchange: Exchange
  ) async throws -> Response {
    let expands = settings.expandsAddresses && request.value.isAddress
    let binding = CirclCursors.Binding(
      value: request.value.text, filter: request.filter, expands: expands,
      datasets: exchange.caller.datasets)
    var place: CirclPlace?
    if let cursor = request.page?.cursor {
      place = try cursors.place(cursor, binding)
      guard place != nil else { throw CirclCursors.unknown }
    }
    let walk = CirclWalk(
      CirclRoute.stages(request, expands: expands), like: query(request, exchange),
      resumeAt: place, store: store)
    let collector = CirclCollector(
      walk, extent: extent(request), record: request.value.text,
      writer: writers[request.wantsNumbers], limits: exchange.caller.limits)
    try await collector.run()
    guard !collector.isStuck else {
      throw Problem(
        .serviceUnavailable, "the query costs more than it may before it finds a row; ask for less")
    }
    var headers = CirclWriters.headers(
      .circl, errors: collector.errors, isPage: request.page != nil)
    if let next = collector.next {
      let cursor = try await NIOThreadPool.singleton.runIfActive {
        try cursors.save(next, binding)
      }
      if let name = CirclRoute.cursorField { headers[name] = String(cursor) }
    }
    return Response(
      headers: headers, octets: collector.body, isHead: exchange.isHead,
      holding: exchange.admission)
  }

  /// Active answers go into the main dataset: whoever may not read that would ask for nothing.
  private func mayAsk(_ caller: Caller) -> Bool {
    caller.may(.active) && caller.datasets?.contains(Registry.mainDataset) ?? true
  }

  private func query(_ request: CirclRequest, _ exchange: Exchange) -> RecordQuery {
    var query = RecordQuery(.all)
    query.datasets = exchange.datasets(registry)
    if case .only(let type) = request.filter { query.rrtypes = [type] }
    return query
  }

  private func extent(_ request: CirclRequest) -> CirclCollector.Extent {
    if let page = request.page { return .page(rows: page.rows) }
    return .sets(rows: max(1, settings.setRowsMax), counted: settings.countRowsMax)
  }

  private static func stages(_ request: CirclRequest, expands: Bool) -> [CirclStage] {
    guard request.filter != .unknown else { return [] }
    let subjects = request.value.subjects
    return subjects.indices.map { index in
      CirclStage(
        subject: subjects[index], side: CirclStage.side(subjects[index]),
        excluded: Array(subjects[..<index]), expands: expands)
    }
  }
}

/// What the rows of CIRCL and D4 replies look like.
struct CirclWriters: Sendable {
  private let writer: COFWriter
  private let writerOfNumbers: COFWriter

  init(origin: String, settings: CirclSettings) {
    var options = COFWriter.Options(origin: origin)
    options.showsZoneTimes = true
    options.isSwapped = settings.orientation == .swapped
    options.repeatsRData = settings.repeatsRData
    options.numberMax = min(settings.numberMax, COFWriter.numberMax)
    writer = COFWriter(options: options)
    options.writesRareTypesAsNumbers = true
    writerOfNumbers = COFWriter(options: options)
  }

  /// - Parameter wantsNumbers: see ``CirclRequest/wantsNumbers``.
  subscript(wantsNumbers: Bool) -> COFWriter { wantsNumbers ? writerOfNumbers : writer }

  private static let errorsField = HTTPField.Name("x-dribble-errors")

  /// The headers of a reply. Without pages there is no empty list of errors: one client takes the
  /// header alone for a sign that rows are missing.
  static func headers(
    _ family: RouteFamily, errors: DribbleErrors, isPage: Bool
  ) -> HTTPFields {
    var headers: HTTPFields = [.contentType: "application/x-ndjson", .vary: family.vary]
    if let errorsField, isPage || !errors.isEmpty { headers[errorsField] = errors.json }
    return headers
  }
}
