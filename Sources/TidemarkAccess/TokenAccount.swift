/// What is known of a token, for those who look after them. Nothing in it helps to use the token.
public struct TokenAccount: Sendable, Equatable {
  /// Its number, never given out again.
  public var id: Int64
  /// What it allows: name, scopes, datasets, limits, quotas and its end.
  public var grant: TokenGrant
  /// Whether it is good now.
  public var state: TokenRecord.State
  /// When it was made, seconds since 1970.
  public var created: Int64
  /// When it was revoked, seconds since 1970; nil while it was not.
  public var revoked: Int64?
  /// When it was last served, seconds since 1970; nil when it never was, as far as is known here.
  public var lastUsed: Int64?
  /// Requests of the day that runs (UTC) that count against quotas.
  public var usedToday: Int
  /// Queries that run now.
  public var running: Int
  /// What is left of each quota; empty without quota.
  public var quotas: [QuotaState]

  /// - Parameter meter: at the second `now`.
  init(_ record: TokenRecord, _ meter: TokenMeter, at now: Int64) {
    id = record.id
    grant = record.grant
    state = record.state(at: now)
    created = record.created
    revoked = record.revoked
    let used = max(record.lastUsed ?? 0, meter.lastUsed)
    lastUsed = used > 0 ? used : nil
    usedToday = meter.usedToday
    running = meter.running
    quotas = meter.quotas(record.grant)
  }
}
