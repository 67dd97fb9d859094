import NIOCore
public import TidemarkEnrichment
public import TidemarkModel
public import TidemarkRegistration

/// Asks registries by WHOIS (RFC 3912), and registrars that they refer to: at most three servers
/// further, none twice (``WHOISReferralTrail``).
///
/// Every answer is foreign data, so servers must be at public addresses on port 43 or 4321
/// (``AddressGuard``), but for those that an administrator sets. Proxies are not used: they have
/// no WHOIS.
public struct WHOISClient: Sendable {
  /// Whom to ask, when not the servers of the world.
  public struct Settings: Sendable {
    /// Servers by the top-level domain in lower case; asked instead of its registry's.
    public var servers: [String: WHOISServer] = [:]
    /// Asked for everything else, instead of the servers of the world.
    public var root: WHOISServer?
    /// Refers to the server that knows, when no other is set: IANA's.
    public var referrer = WHOISServer(host: "whois.iana.org")
    /// Time without an octet after which a server is given up.
    public var idleMilliseconds: Int64 = 10_000

    /// The servers of the world.
    public init() {}
  }

  /// Time for one server, seconds.
  static let serverSeconds = 20

  private let settings: Settings
  private let addresses: AddressGuard
  private let now: @Sendable () -> UnixSeconds

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - addresses: says what is public.
  ///   - now: the clock.
  public init(
    _ settings: Settings = Settings(), addresses: AddressGuard = AddressGuard(),
    now: @escaping @Sendable () -> UnixSeconds
  ) {
    self.settings = settings
    self.addresses = addresses
    self.now = now
  }

  /// Asks about a registered domain in A-labels, a network or an autonomous system.
  ///
  /// A text that nothing is understood of is an answer too; it has the subject and no facts.
  ///
  /// - Throws: ``TidemarkEnrichment/ActionFailure``: `notFound`, `refused` when a server does not
  ///   answer us, `unavailable` when none is known, none answers, or one was asked too often.
  public func fetch(
    _ subject: Registration.Subject, limits: FetchLimits
  ) async throws(ActionFailure) -> FetchedRegistration {
    let budget = FetchBudget(limits)
    let query = try WHOISClient.query(of: subject)
    var (server, isRoot) = start(subject)
    var trail = WHOISReferralTrail(at: server.host)
    var registry: RegistrationPart?
    while true {
      let reply: WHOISExchange.Reply
      do throws(ActionFailure) {
        reply = try await ask(server, query, budget)
      } catch {
        // Without the registrar's answer the registry's is an answer all the same.
        guard let registry else { throw error }
        return FetchedRegistration(registry: registry, registrar: nil)
      }
      let next = trail.next(after: reply.octets).map {
        WHOISServer(host: $0.host, port: Int($0.port))
      }
      if isRoot, let next {
        // The root speaks of the top-level domain or the whole block.
        (server, isRoot) = (next, false)
        continue
      }
      if let registry {
        if let part = try? part(of: reply, from: server, subject), part.isUnderstood {
          guard case .domain = subject else {
            // The first registry only gave the block to this one, and knows no holder.
            return FetchedRegistration(registry: part.part, registrar: nil)
          }
          return FetchedRegistration(registry: registry, registrar: part.part)
        }
      } else {
        let part = try part(of: reply, from: server, subject)
        guard part.isUnderstood || !isRoot else { break }
        registry = part.part
      }
      guard let next else { break }
      server = next
    }
    guard let registry else {
      throw ActionFailure(.unavailable, message: "no WHOIS server is known for it")
    }
    return FetchedRegistration(registry: registry, registrar: nil)
  }

  /// The server to begin with, and whether it only knows others.
  private func start(_ subject: Registration.Subject) -> (WHOISServer, isRoot: Bool) {
    if case .domain(let name) = subject, let label = name.split(separator: ".").last {
      if let server = settings.servers[String(label)] { return (server, false) }
      if settings.root == nil, let server = WHOISServer.known(topLevel: label) {
        return (server, false)
      }
    }
    return (settings.root ?? settings.referrer, settings.root == nil)
  }

  private var configured: Set<WHOISServer> {
    Set(settings.servers.values).union(settings.root.map { [$0] } ?? [])
  }

  // MARK: one server

  private func ask(
    _ server: WHOISServer, _ query: String, _ budget: FetchBudget
  ) async throws(ActionFailure) -> WHOISExchange.Reply {
    guard let line = WHOISClient.line(for: query, to: server) else {
      throw ActionFailure(.refused, message: "WHOIS has no question for it")
    }
    let seconds = try budget.seconds(atMost: WHOISClient.serverSeconds)
    return try await TimeLimit.run(seconds: seconds) { () throws(ActionFailure) in
      var last = ActionFailure(.unavailable, message: "\(server.host): no address")
      for address in try await self.socketAddresses(of: server) {
        let exchange = WHOISExchange(
          host: server.host, address: address, line: line,
          idleTime: .milliseconds(self.settings.idleMilliseconds))
        do throws(ActionFailure) { return try await exchange.run() } catch { last = error }
        guard !Task.isCancelled else { break }
      }
      throw last
    }
  }

  /// Addresses that were checked, unless an administrator chose the server.
  private func socketAddresses(
    of server: WHOISServer
  ) async throws(ActionFailure) -> [SocketAddress] {
    let texts =
      configured.contains(server)
      ? try await addresses.anyAddresses(of: server.host)
      : try await addresses.addresses(of: server.host)
    return texts.compactMap { try? SocketAddress(ipAddress: $0, port: server.port) }
  }

  /// What an answer says.
  private func part(
    of reply: WHOISExchange.Reply, from server: WHOISServer, _ subject: Registration.Subject
  ) throws(ActionFailure) -> (part: RegistrationPart, isUnderstood: Bool) {
    let source = RegistrationSource(kind: .whois, server: server.host, time: Int64(now()))
    var found: Registration?
    switch WHOISAnswer.read(reply.octets, source: source) {
    case .registration(let registration): found = registration
    case .unrecognised: break
    case .noMatch:
      throw ActionFailure(.notFound, message: "\(server.host): no match")
    case .reserved:
      throw ActionFailure(.notFound, message: "\(server.host): not registered, but kept back")
    case .rateLimited(let seconds):
      let wait = seconds.map { "; again after \($0) s" } ?? ""
      throw ActionFailure(.unavailable, message: "\(server.host): asked too often\(wait)")
    case .denied:
      throw ActionFailure(.refused, message: "\(server.host): access denied")
    }
    guard !reply.octets.isEmpty else {
      throw ActionFailure(.unavailable, message: "\(server.host): an empty answer")
    }
    // An answer about something else is a text, not facts about this.
    if found?.subject.answers(subject) != true { found = nil }
    var bare = Registration(subject: subject, source: source)
    bare.source.texts = [AnswerReference(of: reply.octets)]
    let text = RawAnswer(contentType: "text/plain", octets: reply.octets, isCut: reply.isCut)
    return (
      RegistrationPart(registration: found ?? bare, text: text, source: server.host), found != nil
    )
  }

  // MARK: questions

  private static func query(of subject: Registration.Subject) throws(ActionFailure) -> String {
    switch subject {
    case .domain(let name): return name.lowercased()
    case .network(let first, _): return first
    case .autonomousSystems(let first, _): return "AS\(first)"
    case .nameServer, .entity:
      throw ActionFailure(.unavailable, message: "WHOIS is not asked about it")
    }
  }

  private static func line(for query: String, to server: WHOISServer) -> String? {
    // ARIN's form asks for networks.
    if server.host == "whois.arin.net", query.hasPrefix("AS") { return "a + \(query.dropFirst(2))" }
    return WHOISForm.of(server: server.host).line(for: query)
  }
}
