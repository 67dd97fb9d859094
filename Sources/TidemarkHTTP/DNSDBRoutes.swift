import TidemarkAccess
import TidemarkModel
import TidemarkStore

/// The routes of the DNSDB interface.
struct DNSDBRoutes: Sendable {
  private let data: Endpoint
  /// Costs no quota.
  private let rateLimit = Endpoint(DNSDBRateLimitRoute(), .dnsdb, need: .token)
  /// Works with a wrong key and without one: it says whether the server can be reached.
  private let ping = Endpoint(DNSDBPingRoute(), .dnsdb, scope: nil)

  init(
    store: any RecordStore, registry: Registry, clock: @escaping @Sendable () -> UnixSeconds
  ) {
    data = Endpoint(DNSDBRoute(store: store, registry: registry, clock: clock), .dnsdb)
  }

  /// Every route.
  var all: [(path: String, endpoint: Endpoint)] {
    [
      ("/dnsdb/v2", data), ("/dnsdb/v1", data), ("/lookup", data), ("/summarize", data),
      ("/dnsdb/v2/rate_limit", rateLimit), ("/lookup/rate_limit", rateLimit),
      ("/dnsdb/v1/lookup/rate_limit", rateLimit), ("/dnsdb/v2/ping", ping),
    ]
  }

  /// The route of a path; nil when it belongs to no DNSDB interface.
  func endpoint(_ target: RequestTarget) -> Endpoint? {
    guard let path = DNSDBPath(target.path) else { return nil }
    if path.isPing { return ping }
    return path.isRateLimit ? rateLimit : data
  }
}
