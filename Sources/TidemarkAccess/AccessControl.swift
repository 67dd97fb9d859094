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

  /// Takes a request in, or says why not. Refused requests cost no quota.
  ///
  /// - Parameters:
  ///   - secret: the token as it was sent; nil when none was.
  ///   - need: what the request must show.
  /// - Throws: ``AccessDenial``.
  public func admit(secret: String?, for need: AccessNeed) throws(AccessDenial) -> Admission {
    guard requiresTokens, need != .nothing else { return Admission(caller: .anonymous) }
    let digest = secret.flatMap { TokenSecret.hasShape($0) ? TokenDigest(of: $0) : nil }
    let now = clock()
    let result: Result<Admission, AccessDenial> = state.withLock { state in
      guard secret != nil else { return state.refuse(.missing) }
      guard let digest, let id = state.ids[digest], let place = state.entries.index(forKey: id)
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
      let uses = state.withLock { $0.takeUses(now) }
      do {
        let news = try directory.exchange(uses, day: day, since: version)
        state.withLock { $0.learn(news, day: day, limits: limits) }
        version = news.version
      } catch {
        state.withLock { $0.giveBack(uses) }
        throw error
      }
    }
  }
}

extension AccessControl.State {
  mutating func refuse(_ denial: AccessDenial) -> Result<Admission, AccessDenial> {
    counts.count(denial)
    return .failure(denial)
  }

  mutating func takeUses(_ now: Int64) -> [TokenUse] {
    var uses = overdue
    overdue = []
    for id in entries.keys {
      if let use = entries[id]?.meter.advance(id, to: now) { uses.append(use) }
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
