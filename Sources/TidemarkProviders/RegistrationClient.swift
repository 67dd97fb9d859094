public import TidemarkEnrichment
public import TidemarkRegistration

/// What registries and registrars say now: by RDAP, and by WHOIS when RDAP has no answer.
///
/// Domains are registered ones in A-labels, reduced by the ICANN section of the public suffix list;
/// that is the caller's part.
///
/// ```swift
/// let addresses = AddressGuard()
/// let outbound = OutboundClient(environment: environment, addresses: addresses)
/// let servers = RDAPServers(folder: folder, client: outbound, now: now)
/// let client = RegistrationClient(
///   rdap: RDAPClient(client: outbound, servers: servers, now: now),
///   whois: WHOISClient(addresses: addresses, now: now))
/// ```
public struct RegistrationClient: RegistrationFetching {
  private let rdap: RDAPClient
  private let whois: WHOISClient?

  /// Makes a client.
  ///
  /// - Parameter whois: nil never asks by WHOIS.
  public init(rdap: RDAPClient, whois: WHOISClient?) {
    self.rdap = rdap
    self.whois = whois
  }

  /// Asks by RDAP first, then by WHOIS. A registry that does not know the object (404) is
  /// believed; one that takes the question for malformed (400) is not.
  public func fetch(
    _ subject: Registration.Subject, limits: FetchLimits
  ) async throws(ActionFailure) -> FetchedRegistration {
    let first: ActionFailure
    do throws(ActionFailure) {
      return try await rdap.fetch(subject, limits: limits)
    } catch {
      first = error
    }
    guard let whois, first.code != 404, !Task.isCancelled else { throw first }
    do throws(ActionFailure) {
      return try await whois.fetch(subject, limits: limits)
    } catch {
      if error.kind == .notFound { throw error }
      if first.kind == .notFound { throw first }
      throw ActionFailure(
        .unavailable, code: first.code,
        message: "RDAP: \(first.message); WHOIS: \(error.message)")
    }
  }
}
