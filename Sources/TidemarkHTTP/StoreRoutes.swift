import HTTPTypes
import TidemarkAccess
import TidemarkIngest
import TidemarkMetrics
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// The routes that read or write a store.
struct StoreRoutes: Sendable {
  let store: any RecordStore
  private let circl: Endpoint
  private let d4Query: Endpoint
  private let d4FQuery: Endpoint
  /// Routes of exactly one path.
  private let exact: [String: Endpoint]

  init(
    store: any RecordStore, registry: Registry, origin: String, circl settings: CirclSettings,
    active: (any ActiveResolving)?, metrics: PrometheusRegistry, filter: RecordFilter?,
    clock: @escaping @Sendable () -> UnixSeconds
  ) {
    self.store = store
    let writers = CirclWriters(origin: origin, settings: settings)
    circl = Endpoint(
      CirclRoute(
        store: store, registry: registry, settings: settings, writers: writers,
        cursors: CirclCursors(store: store, clock: clock), active: active), .circl)
    let d4 = D4Route(store: store, registry: registry, settings: settings, writers: writers)
    d4Query = Endpoint(d4, .d4)
    d4FQuery = Endpoint(d4.inverse, .d4)
    let writer = BatchWriter(store: store)
    exact = [
      "/info": Endpoint(D4InfoRoute(store: store, registry: registry), .d4),
      "/api/v1/records": Endpoint(RecordsRoute(store: store, registry: registry), .native),
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
    if let rest = target.rest(after: "/pdns/query"), rest.first ?? 0x2F == 0x2F { return circl }
    // `/query` alone is left to others, who use POST.
    if target.rest(after: "/query/") != nil { return d4Query }
    if target.rest(after: "/fquery/") != nil { return d4FQuery }
    return exact[path]
  }
}
