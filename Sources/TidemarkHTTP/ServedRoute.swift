public import TidemarkAccess

/// A route of a server, and what it asks for: the server's own table, for tests and documents that
/// must leave none out.
public struct ServedRoute: Sendable, Equatable {
  /// The path; for some routes also everything below it.
  public var path: String
  /// How refusals are worded: `circl`, `d4`, `d4-core`, `dnsdb` or `native`.
  public var family: String
  /// What a request must show.
  public var need: AccessNeed
}

extension ServedRoute {
  init(_ path: String, _ endpoint: Endpoint) {
    self.init(path: path, family: endpoint.family.rawValue, need: endpoint.need)
  }
}
