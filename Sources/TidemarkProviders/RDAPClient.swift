public import TidemarkEnrichment
public import TidemarkModel
public import TidemarkRegistration

/// Asks registries by RDAP (RFC 9082, RFC 9083), and for a domain the registrar too when the
/// registry points to it.
///
/// The servers are those of IANA's bootstrap files, https before http. Whatever they and their
/// redirects and links name must be public (``OutboundPolicy/Reach/publicOnly``); only a server
/// that an administrator sets may be anywhere.
public struct RDAPClient: Sendable {
  /// What a server must accept as the kind of an answer.
  static let mediaType = "application/rdap+json"
  /// Redirects of one question.
  static let redirectsMax = 5
  /// Servers that are asked the same question, one after another, while none answers.
  static let serversMax = 2
  /// Time for one server, seconds.
  static let serverSeconds = 15

  private let client: OutboundClient
  private let servers: RDAPServers
  private let base: String?
  private let now: @Sendable () -> UnixSeconds

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - servers: says whom to ask.
  ///   - base: a URL in front of every question instead, such as that of a service that forwards;
  ///     set by an administrator.
  ///   - now: the clock.
  public init(
    client: OutboundClient, servers: RDAPServers, base: String? = nil,
    now: @escaping @Sendable () -> UnixSeconds
  ) {
    self.client = client
    self.servers = servers
    self.base = base.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    self.now = now
  }

  /// Asks about a subject. Domains are registered ones, in A-labels: `example.com`, never a host.
  ///
  /// - Throws: ``TidemarkEnrichment/ActionFailure``: `notFound` for 404 and 400, which some
  ///   registries say for unknown names; `unavailable` when no server is known, none answers, one
  ///   was asked too often (429, with the wait it wishes), or what comes cannot be read.
  public func fetch(
    _ subject: Registration.Subject, limits: FetchLimits
  ) async throws(ActionFailure) -> FetchedRegistration {
    let budget = FetchBudget(limits)
    let question = try RDAPClient.question(of: subject)
    var last = ActionFailure(.unavailable, message: "no RDAP server is known for it")
    for url in await urls(for: question, limits) {
      do throws(ActionFailure) {
        var (registry, related) = try await ask(
          url, .rdapRegistry, base == nil ? .publicOnly : .anywhere, limits, budget)
        guard registry.registration.answers(subject) else {
          let host = registry.registration.source.server
          throw ActionFailure(.unavailable, message: "\(host): an answer about something else")
        }
        let registrar = await registrar(of: registry, related, limits, budget)
        return FetchedRegistration(registry: registry, registrar: registrar)
      } catch {
        // Another server of the same registry knows no more.
        guard error.kind == .unavailable, error.code != 429 else { throw error }
        last = error
      }
    }
    throw last
  }

  private func urls(for question: RDAPQuestion, _ limits: FetchLimits) async -> [String] {
    if let base { return [base + question.path] }
    return Array(await servers.urls(for: question, limits: limits).prefix(RDAPClient.serversMax))
  }

  /// The registrar's own answer. Without it the registry's is an answer all the same.
  private func registrar(
    of registry: RegistrationPart, _ related: [String], _ limits: FetchLimits,
    _ budget: FetchBudget
  ) async -> RegistrationPart? {
    guard case .domain(let name) = registry.registration.subject,
      let url = related.first(where: { $0 != registry.source }),
      let (part, _) = try? await ask(url, .rdapRegistrar, .publicOnly, limits, budget),
      part.registration.subject == .domain(name: name)
    else { return nil }
    return part
  }

  private func ask(
    _ url: String, _ kind: RegistrationSource.Kind, _ reach: OutboundPolicy.Reach,
    _ limits: FetchLimits, _ budget: FetchBudget
  ) async throws(ActionFailure) -> (part: RegistrationPart, related: [String]) {
    var request = OutboundRequest(url: url)
    request.headers = [("Accept", RDAPClient.mediaType)]
    var policy = OutboundPolicy(reach: reach)
    policy.verifiesTLS = limits.verifiesTLS
    policy.bypassesProxy = limits.bypassesProxy
    policy.timeoutSeconds = try budget.seconds(atMost: RDAPClient.serverSeconds)
    policy.octetsMax = RegistrationLimits.answerOctetsMax
    policy.redirectsMax = RDAPClient.redirectsMax
    let response = try await client.send(request, policy)
    let host = try OutboundURL(response.url).host
    let source = RegistrationSource(kind: kind, server: host, time: Int64(now()))
    guard response.status == 200 else { throw RDAPClient.refusal(response, source) }
    guard !response.isCut else {
      throw ActionFailure(.unavailable, message: "\(host): the answer is too long")
    }
    let answer: RDAPResponse
    do throws(RDAPError) {
      answer = try RDAPReader.read(response.body, source: source)
    } catch {
      throw ActionFailure(.unavailable, message: "\(host): \(error)")
    }
    if case .failure(let failure) = answer.body {
      throw RDAPClient.failure(failure.code, host, failure, nil)
    }
    guard let registration = answer.registration else {
      throw ActionFailure(.unavailable, message: "\(host): the answer has no object")
    }
    let text = RawAnswer(contentType: response.contentType, octets: response.body)
    return (
      RegistrationPart(registration: registration, text: text, source: response.url),
      answer.related
    )
  }

  // MARK: refusals

  private static func refusal(
    _ response: OutboundResponse, _ source: RegistrationSource
  ) -> ActionFailure {
    let answer = try? RDAPReader.read(response.body, source: source)
    var said: RDAPFailure?
    if case .failure(let failure)? = answer?.body { said = failure }
    return failure(response.status, source.server, said, response.retryAfterSeconds)
  }

  private static func failure(
    _ status: Int, _ host: String, _ said: RDAPFailure?, _ retryAfterSeconds: Int?
  ) -> ActionFailure {
    var message = "\(host): " + (said?.title ?? "HTTP status \(status)")
    if let retryAfterSeconds { message += "; again after \(retryAfterSeconds) s" }
    guard status != 400 else { return ActionFailure(.notFound, code: status, message: message) }
    return ActionFailure(httpStatus: status, message: message)
  }

  // MARK: questions

  /// What to ask for a subject.
  static func question(of subject: Registration.Subject) throws(ActionFailure) -> RDAPQuestion {
    switch subject {
    case .domain(let name): return .domain(name)
    case .nameServer(let name): return .nameServer(name)
    case .entity(let handle): return .entity(handle)
    case .autonomousSystems(let first, _): return .autonomousSystem(first)
    case .network(let first, let last):
      guard first != last, let length = AddressBlock.prefixLength(first: first, last: last) else {
        return .address(first)
      }
      return .network(first, length: length)
    }
  }
}
