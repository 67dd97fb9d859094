import HTTPTypes
import TidemarkAccess

/// The pages: `/` and everything below `/ui/`.
struct WebRoutes: Sendable {
  let desk: WebDesk
  private let exact: [String: Endpoint]
  private let below: [(path: StaticString, shown: String, endpoint: Endpoint)]

  init(_ desk: WebDesk) {
    self.desk = desk
    func endpoint(_ route: any Route, _ scope: Scope? = .query) -> Endpoint {
      Endpoint(route, .web, scope: scope)
    }
    exact = [
      "/": endpoint(WebHomeRoute(desk: desk)),
      "/ui": endpoint(WebStartRoute(desk: desk), nil),
      "/ui/": endpoint(WebStartRoute(desk: desk), nil),
      "/ui/search": endpoint(WebSearchRoute(desk: desk)),
      "/ui/rows": endpoint(WebRowsRoute(desk: desk)),
      "/ui/export": endpoint(WebExportRoute(desk: desk)),
      "/ui/timeline": endpoint(WebTimelineRoute(desk: desk)),
      "/ui/hints": endpoint(WebHintsRoute(desk: desk)),
      "/ui/pivots": endpoint(WebPivotsRoute(desk: desk)),
      "/ui/graph": endpoint(WebGraphRoute(desk: desk)),
      "/ui/graph/data": endpoint(WebGraphDataRoute(desk: desk)),
      "/ui/graph/export": endpoint(WebGraphExportRoute(desk: desk)),
      "/ui/bulk": endpoint(WebBulkRoute(desk: desk)),
      "/ui/bulk/run": endpoint(WebBulkRunRoute(desk: desk)),
      "/ui/help": endpoint(WebHelpRoute(desk: desk)),
      "/ui/service": endpoint(WebServiceRoute(desk: desk)),
      "/ui/indicators": endpoint(WebIndicatorsRoute(desk: desk), .enrich),
      "/ui/indicators/export": endpoint(WebIndicatorExportRoute(desk: desk), .enrich),
      "/ui/run": endpoint(WebRunRoute(desk: desk), .enrich),
      "/ui/operations": endpoint(WebOperationsRoute(desk: desk), .enrich),
      "/ui/sign-in": endpoint(WebSignInRoute(desk: desk), nil),
      "/ui/sign-out": endpoint(WebSignOutRoute(desk: desk), nil),
    ]
    let raw = endpoint(WebResultRawRoute(desk: desk), .enrich)
    below = [
      (WebAssetRoute.path, "/ui/assets/{version}/{name}", endpoint(WebAssetRoute(), nil)),
      (
        "/ui/indicators/", "/ui/indicators/{type}/{value}",
        endpoint(WebIndicatorRoute(desk: desk), .enrich)
      ),
      ("/ui/results/", "/ui/results/{id}", endpoint(WebResultRoute(desk: desk), .enrich)),
      ("/ui/results/", "/ui/results/{id}/raw", raw),
      (
        "/ui/operations/", "/ui/operations/{id}", endpoint(WebOperationRoute(desk: desk), .enrich)
      ),
    ]
  }

  /// The route of a path; nil for paths that are no page's.
  func endpoint(_ target: RequestTarget, path: String) -> Endpoint? {
    if let endpoint = exact[path] { return endpoint }
    let isRaw = path.hasSuffix("/raw")
    return below.first { prefix, shown, _ in
      guard let rest = target.rest(after: prefix), !rest.isEmpty else { return false }
      return prefix.description != "/ui/results/" || shown.hasSuffix("/raw") == isRaw
    }?.endpoint
  }

  /// Every route.
  var all: [(path: String, endpoint: Endpoint)] {
    exact.map { ($0.key, $0.value) } + below.map { ($0.shown, $0.endpoint) }
  }
}
