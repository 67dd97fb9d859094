import HTTPTypes
import TidemarkAccess
import TidemarkIngest
import TidemarkMetrics
import TidemarkModel
import TidemarkQuery
import TidemarkSharing
import TidemarkStore

/// The routes that read or write a store.
struct StoreRoutes: Sendable {
  let store: any RecordStore
  /// Routes of exactly one path.
  private let exact: [String: Endpoint]
  /// Routes of a path and of all paths below it; the first that fits is taken.
  private let below: [(path: StaticString, endpoint: Endpoint)]
  private let dnsdb: DNSDBRoutes
  private let share: ShareRoutes
  private let domainTools: DomainToolsRoutes
  private let enrichment: EnrichmentRoutes
  private let misp: MISPRoutes?
  /// The pages.
  let web: WebRoutes

  init(
    store: any RecordStore, registry: Registry, origin: String, circl settings: CirclSettings,
    active: (any ActiveResolving)?, metrics: PrometheusRegistry, filter: RecordFilter?,
    sharing: PartnerHub? = nil, domainTools data: DomainToolsData = DomainToolsData(),
    enrichment service: EnrichmentService? = nil, mispGate: Gate? = nil, gate: Gate,
    sensors: (any SensorDirectory)? = nil, hasTLS: Bool = false,
    times: PageTimes = PageTimes(),
    clock: @escaping @Sendable () -> UnixSeconds
  ) throws(StoreError) {
    self.store = store
    let writers = CirclWriters(origin: origin, settings: settings)
    let cursors = CirclCursors(store: store, clock: clock)
    let circl = CirclRoute(
      store: store, registry: registry, settings: settings, writers: writers, cursors: cursors,
      active: active)
    let d4 = D4Route(store: store, registry: registry, settings: settings, writers: writers)
    below = [
      ("/pdns/query", Endpoint(circl, .circl)), ("/query/", Endpoint(d4, .d4)),
      ("/fquery/", Endpoint(d4.inverse, .d4)),
    ]
    share = ShareRoutes(hub: sharing)
    if let sharing { metrics.addCollector { ShareMetrics.families(sharing) } }
    domainTools = DomainToolsRoutes(
      DomainToolsService(store: store, registry: registry, data: data, clock: clock))
    dnsdb = DNSDBRoutes(store: store, registry: registry, clock: clock)
    let writer = BatchWriter(store: store)
    let native = NativeService(
      store: store, registry: registry, cursors: try PageCursor(store: store), clock: clock)
    let desk = EnrichmentDesk(service: service, clock: clock)
    enrichment = EnrichmentRoutes(desk, native: native)
    web = WebRoutes(
      WebDesk(
        native: native, enrichment: desk, access: gate.access, sessions: gate.sessions,
        sensors: sensors, sharing: sharing, metrics: metrics, data: data, started: .now,
        hasTLS: hasTLS, times: times, clock: clock))
    misp = mispGate.map { gate in
      let desk = MISPDesk(store: store, data: data, clock: clock)
      return MISPRoutes(MISPQueryRoute(desk: desk, registry: registry, gate: gate))
    }
    exact = [
      "/info": Endpoint(D4InfoRoute(store: store, registry: registry), .d4),
      "/api/v1/records": Endpoint(RecordsRoute(service: native), .native),
      "/api/v1/summary": Endpoint(SummaryRoute(service: native), .native),
      "/api/v1/activity": Endpoint(ActivityRoute(service: native), .native),
      "/api/v1/bulk": Endpoint(BulkRoute(service: native), .native),
      "/api/v1/names": Endpoint(NamesRoute(service: native), .native),
      "/api/v1/new": Endpoint(NewNamesRoute(service: native), .native),
      "/api/v1/observations": Endpoint(
        ObservationsRoute(registry: registry, writer: writer, clock: clock), .native,
        scope: .ingest),
      "/submit": Endpoint(
        SubmitRoute(store: store, registry: registry, writer: writer, filter: filter, clock: clock),
        .native, scope: .ingest),
    ]
    metrics.addCollector {
      AccountingMetrics.families([(source: StoreRoutes.sourceName, writer.accounting)])
    }
  }

  /// What posted records are called in metrics. No configured source can have a capital letter.
  static let sourceName = "HTTP"

  /// The route of a path; nil when there is none.
  func endpoint(
    _ target: RequestTarget, path: String, method: HTTPRequest.Method
  ) -> Endpoint? {
    for (path, endpoint) in below {
      guard let rest = target.rest(after: path) else { continue }
      // A path with a slash at its end is not served without one: POST /query is somebody else's.
      if rest.first ?? 0x2F == 0x2F || "\(path)".hasSuffix("/") { return endpoint }
    }
    return exact[path] ?? share.endpoint(target) ?? dnsdb.endpoint(target)
      ?? domainTools.endpoint(target) ?? enrichment.endpoint(target) ?? misp?.endpoint(path)
      ?? web.endpoint(target, path: path)
  }

  /// Every route. What is not in here is not served.
  var all: [(path: String, endpoint: Endpoint)] {
    below.map { ("\($0.path)", $0.endpoint) } + exact.map { ($0.key, $0.value) }
      + share.all + dnsdb.all + domainTools.all + enrichment.all + (misp?.all ?? []) + web.all
  }
}
