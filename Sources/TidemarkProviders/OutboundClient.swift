import AsyncHTTPClient
public import TidemarkEnrichment

/// Asks services outside over HTTP and HTTPS: bounded in time and octets, by way of the proxies of
/// the environment, and never led into our own networks by foreign data.
///
/// ```swift
/// let client = OutboundClient(environment: ProcessInfo.processInfo.environment)
/// var policy = OutboundPolicy(reach: .publicOnly)
/// policy.redirectsMax = 5
/// let response = try await client.send(OutboundRequest(url: url), policy)
/// ```
///
/// With ``OutboundPolicy/Reach/publicOnly`` the host is looked up here, its addresses are checked,
/// and the connection goes to one that was (``AddressGuard``); so does each redirect. A proxy is
/// always asked for a tunnel (`CONNECT`), for http too, and with that reach for one to the very
/// address that was checked, so that it has no name to look up by itself.
public final class OutboundClient: Sendable {
  /// Headers of a request that a redirect to another origin keeps; others may hold a secret.
  private static let harmlessHeaders: Set<String> = ["accept", "accept-language", "user-agent"]
  private static let redirectStatuses: Set<Int> = [301, 302, 303, 307, 308]

  private let proxies: OutboundProxies
  private let addresses: AddressGuard

  /// Makes a client. There is nothing to close.
  ///
  /// - Parameters:
  ///   - environment: variables of the process; `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY` are read.
  ///   - addresses: says what is public.
  public init(environment: [String: String], addresses: AddressGuard = AddressGuard()) {
    proxies = OutboundProxies(environment: environment)
    self.addresses = addresses
  }

  /// Sends a request and reads the answer.
  ///
  /// Redirects are followed within the policy; to another origin without headers that may hold a
  /// secret, and never from https to http.
  ///
  /// - Throws: ``TidemarkEnrichment/ActionFailure``: `unavailable` for trouble on the way,
  ///   `refused` for a URL or an address that is not asked, `notConfigured` for a proxy setting
  ///   that means nothing. Messages hold no part of the request but hosts and addresses.
  public func send(
    _ request: OutboundRequest, _ policy: OutboundPolicy
  ) async throws(ActionFailure) -> OutboundResponse {
    let url = try OutboundURL(request.url)
    return try await TimeLimit.run(seconds: policy.timeoutSeconds) { () throws(ActionFailure) in
      try await self.follow(request, from: url, policy)
    }
  }

  private func follow(
    _ request: OutboundRequest, from start: OutboundURL, _ policy: OutboundPolicy
  ) async throws(ActionFailure) -> OutboundResponse {
    var (request, url, policy) = (request, start, policy)
    var redirectCount = 0
    while true {
      let response = try await ask(url, request, policy)
      guard policy.redirectsMax > 0, request.method == "GET",
        OutboundClient.redirectStatuses.contains(response.status),
        let location = response.header("Location")
      else { return response }
      guard redirectCount < policy.redirectsMax else {
        throw ActionFailure(
          .unavailable, code: response.status,
          message: "\(url.host): more than \(policy.redirectsMax) redirects")
      }
      redirectCount += 1
      let next = try url.redirected(to: location)
      guard next.isSecure || !url.isSecure else {
        throw ActionFailure(
          .refused, code: response.status, message: "\(url.host): a redirect from https to http")
      }
      if next.host != start.host { policy.reach = .publicOnly }
      if !next.hasOrigin(of: url) {
        request.headers.removeAll {
          !OutboundClient.harmlessHeaders.contains($0.name.lowercased())
        }
      }
      url = next
    }
  }

  /// One request, at up to a few addresses until one takes the connection.
  private func ask(
    _ url: OutboundURL, _ request: OutboundRequest, _ policy: OutboundPolicy
  ) async throws(ActionFailure) -> OutboundResponse {
    let proxy = policy.bypassesProxy ? nil : try proxies.proxy(for: url)
    var targets: [String?] = [nil]
    if policy.reach == .publicOnly {
      targets = try await addresses.addresses(of: url.host)
    }
    var last: ActionFailure?
    for target in targets {
      let exchange = OutboundExchange(
        url: url, address: target, request: request, policy: policy, proxy: proxy)
      do throws(OutboundExchange.Fault) {
        return try await exchange.run()
      } catch {
        guard error.isBeforeRequest, !Task.isCancelled else { throw error.failure }
        last = error.failure
      }
    }
    throw last ?? ActionFailure(.unavailable, message: "\(url.host): no address")
  }
}
