import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// `GET /query/<value>` and `GET /fquery/<value>`: the look-ups of the D4 project's passive DNS
/// analyzer, with all types and without its silent cut of large sets.
struct D4Route: Route {
  /// Which of the two.
  enum Lookup: Sendable {
    /// A name: its records. An address: all records of every owner that had it.
    case forward
    /// All records of every owner of a record with this rdata.
    case inverse
  }

  private(set) var lookup: Lookup
  let store: any RecordStore
  let registry: Registry
  let settings: CirclSettings
  let writers: CirclWriters

  init(
    store: any RecordStore, registry: Registry, settings: CirclSettings, writers: CirclWriters
  ) {
    lookup = .forward
    self.store = store
    self.registry = registry
    self.settings = settings
    self.writers = writers
  }

  /// The same for the other side.
  var inverse: D4Route {
    var route = self
    route.lookup = .inverse
    return route
  }

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let rest = exchange.target.rest(after: lookup == .forward ? "/query" : "/fquery") ?? []
    let value = try CirclValue.read(rest)
    var query = RecordQuery(.all)
    query.datasets = exchange.datasets(registry)
    let walk = CirclWalk(stages(value), like: query, resumeAt: nil, store: store)
    let collector = CirclCollector(
      walk,
      extent: .sets(rows: max(1, settings.setRowsMax), counted: settings.countRowsMax),
      record: value.text, writer: writers[CirclRequest.wantsNumbers(exchange.request.headers)],
      limits: exchange.caller.limits)
    try await collector.run()
    return Response(
      headers: CirclWriters.headers(.d4, errors: collector.errors, isPage: false),
      octets: collector.body, isHead: exchange.isHead, holding: exchange.admission)
  }

  private func stages(_ value: CirclValue) -> [CirclStage] {
    let subjects = value.subjects.map { (subject: $0, side: CirclStage.side($0)) }
    let owners = subjects.filter { lookup == .forward && $0.side == .owner }
      .map { CirclStage(subject: $0.subject, side: .owner) }
    // Text with blanks can be a name, but hardly ever is.
    guard owners.isEmpty || value.lookup.isText else { return owners }
    return owners
      + subjects.filter { $0.side == .rdata }
      .map { CirclStage(subject: $0.subject, side: .rdata, expands: true) }
  }
}

/// `GET /info` of the D4 analyzer: who answers, and about how much there is.
struct D4InfoRoute: Route {
  let store: any RecordStore
  let registry: Registry

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var json = JSONLine()
    json.add("version", TidemarkServer.version)
    json.add("software", "tidemark")
    // The number counts every dataset: it is for callers who may read them all.
    json.add("stats", exchange.caller.datasets == nil ? records : 0)
    var octets = Array(json.finished().dropLast(2))
    octets += ",\"sensors\":[".utf8
    for (index, sensor) in sensors(exchange).enumerated() {
      var element = JSONLine()
      element.add("sensor_id", sensor)
      if index > 0 { octets += ",".utf8 }
      // Nobody counts rows by sensor; a zero would say that it has sent nothing.
      octets += element.finished().dropLast(2) + Array(",\"count\":null}".utf8)
    }
    octets += "]}\n".utf8
    return Response(
      status: .ok, headers: [.contentType: "application/json", .vary: RouteFamily.d4.vary],
      octets: octets, isHead: exchange.isHead)
  }

  /// Records in the store, an estimate; 0 when it cannot be read: this page is looked at most when
  /// something is wrong.
  private var records: UInt64 {
    let families = (try? store.statistics())?.families ?? []
    return families.first { $0.family == .records }?.keys ?? 0
  }

  /// Names of sensors tell who takes part: only the administrator is shown them.
  private func sensors(_ exchange: Exchange) -> [String] {
    exchange.caller.may(.admin) ? registry.sensors.map(\.name) : []
  }
}
