import Synchronization

/// Decides who is served.
///
/// Tokens are held in memory and looked up by their digest, so that a request costs no query.
/// Whoever makes an access control calls ``synchronize()`` about every second: by that, tokens that
/// another process made or revoked become known, and what was used is written down.
///
/// - Concurrency: any thread. Only ``synchronize()`` may wait.
public final class AccessControl: Sendable {
  /// Serves everybody who can reach the server.
  public static let open = AccessControl()

  private let directory: (any TokenDirectory)?
  private let limits: QueryLimits
  private let clock: @Sendable () -> Int64
  private let state = Mutex(State())
  /// Held for the time of ``synchronize()``.
  private let synchronizing = Mutex<Int64?>(nil)

  fileprivate struct State {
    var entries: [Int64: Entry] = [:]
    var ids: [TokenDigest: Int64] = [:]
    /// By name, the tokens with which requests can be signed.
    var signers: [String: (id: Int64, key: SigningKey)] = [:]
    /// Uses of past days that were not written yet.
    var overdue: [TokenUse] = []
    var counts = AccessCounts()
  }

  fileprivate struct Entry {
    var record: TokenRecord
    var caller: Caller
    var meter: TokenMeter
  }

  private init() {
    directory = nil
    limits = QueryLimits()
    clock = { 0 }
  }

  /// Serves those who hold a token.
  ///
  /// - Parameters:
  ///   - directory: where the tokens are.
  ///   - limits: of tokens that have none of their own.
  ///   - clock: seconds since 1970.
  /// - Throws: what the directory throws.
  public init(
    directory: any TokenDirectory, limits: QueryLimits = QueryLimits(),
    clock: @escaping @Sendable () -> Int64
  ) throws {
    self.directory = directory
    self.limits = limits
    self.clock = clock
    try synchronize()
  }

  /// False when everybody is served.
  public var requiresTokens: Bool { directory != nil }

  /// Numbers for metrics.
  public var counts: AccessCounts {
    let now = clock()
    return state.withLock { state in
      var counts = state.counts
      counts.running = state.entries.values.reduce(0) { $0 + $1.meter.running }
      counts.tokens = state.entries.values.count { $0.record.state(at: now) == .valid }
      return counts
    }
  }

  /// What is known of every token, by number, revoked ones too; empty when everybody is served.
  public var accounts: [TokenAccount] {
    let now = clock()
    return state.withLock { state in
      state.entries.values.map { entry in
        var meter = entry.meter
        _ = meter.advance(entry.record.id, to: now)
        return TokenAccount(entry.record, meter, at: now)
      }
    }.sorted { $0.id < $1.id }
  }

  /// Takes a request in, or says why not. Refused requests cost no quota.
  ///
  /// - Parameters:
  ///   - secret: the token as it was sent; nil when none was.
  ///   - need: what the request must show.
  /// - Throws: ``AccessDenial``.
  public func admit(secret: String?, for need: AccessNeed) throws(AccessDenial) -> Admission {
    try admit(secret.map { .token($0) } ?? .nothing, for: need)
  }

  /// Takes a request in, or says why not. Refused requests cost no quota.
  ///
  /// - Parameters:
  ///   - proof: what the request shows.
  ///   - need: what it must show.
  /// - Throws: ``AccessDenial``; ``AccessDenial/unknown`` also for a wrong name, and for a
  ///   signature that does not fit or is older than ``SignedRequest/ageMax``.
  public func admit(
    _ proof: AccessProof, for need: AccessNeed
  ) throws(AccessDenial) -> Admission {
    guard requiresTokens, need != .nothing else { return Admission(caller: .anonymous) }
    let now = clock()
    let claim = claim(of: proof, at: now)
    let result: Result<Admission, AccessDenial> = state.withLock { state in
      guard let claim else { return state.refuse(.missing) }
      guard let id = state.id(of: claim), let place = state.entries.index(forKey: id)
      else { return state.refuse(.unknown) }
      let use = state.entries.values[place].meter.advance(id, to: now)
      if let use { state.overdue.append(use) }
      // In its place: a copy of an entry would copy its counts for every request.
      let result = decide(&state.entries.values[place], need, now)
      switch result {
      case .success: state.counts.admitted += 1
      case .failure(let denial): state.counts.count(denial)
      }
      return result
    }
    return try result.get()
  }

  /// Whose token a request claims to hold, before it is looked up; nil when it shows nothing.
  /// Digests and signatures are computed here, while nobody waits.
  private func claim(of proof: AccessProof, at now: Int64) -> TokenClaim? {
    switch proof {
    case .nothing: nil
    case .token(let secret):
      TokenSecret.hasShape(secret) ? .digest(TokenDigest(of: secret)) : .nobody
    case .named(let name, let secret):
      TokenSecret.hasShape(secret) ? .digest(TokenDigest(of: secret), name: name) : .nobody
    case .signed(let request):
      if let (id, key) = state.withLock({ $0.signers[request.name] }),
        request.isValid(key, at: now)
      {
        .number(id)
      } else {
        .nobody
      }
    case .held(let id): .number(id)
    }
  }

  /// Who holds what is shown, if that is valid now; nil for nobody. It costs no quota and is not
  /// counted.
  public func holder(of proof: AccessProof) -> Caller? {
    let now = clock()
    guard requiresTokens, let claim = claim(of: proof, at: now) else { return nil }
    return state.withLock { state in
      guard let entry = state.id(of: claim).flatMap({ state.entries[$0] }),
        entry.record.state(at: now) == .valid
      else { return nil }
      return entry.caller
    }
  }

  /// Whether a token is valid now, whatever its scopes. It costs no quota and is not counted:
  /// nobody was refused anything.
  public func isValid(secret: String) -> Bool {
    holder(of: .token(secret)) != nil
  }

  private func decide(
    _ entry: inout Entry, _ need: AccessNeed, _ now: Int64
  ) -> Result<Admission, AccessDenial> {
    switch entry.record.state(at: now) {
    case .revoked: return .failure(.unknown)
    case .expired: return .failure(.expired)
    case .valid: break
    }
    guard case .scope(let scope) = need else {
      return .success(
        Admission(caller: entry.caller, quotas: entry.meter.quotas(entry.record.grant)))
    }
    guard entry.caller.may(scope) else { return .failure(.forbidden(scope)) }
    if let seconds = entry.meter.wait(entry.record.grant, at: now) {
      return .failure(.quota(retryAfter: seconds))
    }
    guard entry.meter.running < entry.caller.limits.concurrent else { return .failure(.busy) }
    entry.meter.count(at: now)
    entry.meter.running += 1
    let id = entry.record.id
    return .success(
      Admission(caller: entry.caller, quotas: entry.meter.quotas(entry.record.grant)) {
        self.state.withLock { $0.entries[id]?.meter.running -= 1 }
      })
  }

  /// Writes down what was used, and learns of tokens and uses of others.
  ///
  /// When this fails, callers are served by what was known before, and nothing is forgotten.
  ///
  /// - Throws: what the directory throws.
  public func synchronize() throws {
    guard let directory else { return }
    let now = clock()
    let day = TokenMeter.day(of: now)
    try synchronizing.withLock { version in
      state.withLock { $0.advance(to: now) }
      var uses: [TokenUse] = []
      do {
        // First what others decided: it must be known also where nothing can be written.
        try exchange([], with: directory, day: day, &version)
        uses = state.withLock { $0.takeUses() }
        if !uses.isEmpty { try exchange(uses, with: directory, day: day, &version) }
      } catch {
        state.withLock { $0.giveBack(uses) }
        throw error
      }
    }
  }

  private func exchange(
    _ uses: [TokenUse], with directory: any TokenDirectory, day: Int64, _ version: inout Int64?
  ) throws {
    let news = try directory.exchange(uses, day: day, since: version)
    state.withLock { $0.learn(news, day: day, limits: limits) }
    version = news.version
  }
}

/// Whose token a request claims to hold.
private enum TokenClaim {
  case digest(TokenDigest, name: String? = nil)
  case number(Int64)
  case nobody
}

extension AccessControl.State {
  /// The number of a token; nil when nobody has it.
  fileprivate func id(of claim: TokenClaim) -> Int64? {
    switch claim {
    case .nobody: return nil
    case .number(let id): return id
    case .digest(let digest, let name):
      guard let id = ids[digest] else { return nil }
      return name == nil || name == entries[id]?.record.grant.name ? id : nil
    }
  }

  mutating func refuse(_ denial: AccessDenial) -> Result<Admission, AccessDenial> {
    counts.count(denial)
    return .failure(denial)
  }

  /// Goes to the day that runs.
  mutating func advance(to now: Int64) {
    for id in entries.keys {
      if let use = entries[id]?.meter.advance(id, to: now) { overdue.append(use) }
    }
  }

  mutating func takeUses() -> [TokenUse] {
    var uses = overdue
    overdue = []
    for id in entries.keys {
      if let use = entries[id]?.meter.takeUse(of: id) { uses.append(use) }
    }
    return uses
  }

  mutating func giveBack(_ uses: [TokenUse]) {
    counts.failures += 1
    for use in uses where entries[use.token]?.meter.giveBack(use) != true { overdue.append(use) }
  }

  mutating func learn(_ news: DirectoryNews, day: Int64, limits: QueryLimits) {
    if let tokens = news.tokens {
      var fresh: [Int64: AccessControl.Entry] = [:]
      for record in tokens {
        fresh[record.id] = AccessControl.Entry(
          record: record, caller: Caller(record, limits: limits),
          meter: entries[record.id]?.meter ?? TokenMeter(day: day, stored: 0))
      }
      entries = fresh
      ids = Dictionary(tokens.map { ($0.digest, $0.id) }) { first, _ in first }
      // Names of revoked tokens may be given again.
      signers = [:]
      for record in tokens where record.revoked == nil {
        if let key = record.signingKey { signers[record.grant.name] = (record.id, key) }
      }
    }
    guard let usage = news.usage else { return }
    for id in entries.keys { entries[id]?.meter.learn(stored: usage[id] ?? 0, day: day) }
  }
}

extension Caller {
  fileprivate init(_ record: TokenRecord, limits: QueryLimits) {
    self.init(
      token: record.id, name: record.grant.name, scopes: record.grant.scopes,
      datasets: record.grant.datasets, limits: record.grant.limits.applied(to: limits),
      expires: record.grant.expires)
  }
}
