/// What a token allows, and for how long.
public struct TokenGrant: Sendable, Equatable {
  /// Longest name, octets.
  public static let nameOctetsMax = 255

  /// Whose it is. One valid token has a name at a time.
  public var name: String
  /// What it may do.
  public var scopes: Set<Scope>
  /// Datasets that it may read and write; nil for all, those of the future too.
  public var datasets: Set<String>?
  /// Limits of one query where they differ from the server's.
  public var limits: LimitOverrides
  /// Requests within any minute; nil without bound.
  public var perMinute: Int?
  /// Requests of a day, which begins at midnight UTC; nil without bound.
  public var perDay: Int?
  /// When it ends, seconds since 1970; nil never.
  public var expires: Int64?

  /// Makes a grant.
  public init(
    name: String, scopes: Set<Scope> = [.query], datasets: Set<String>? = nil,
    limits: LimitOverrides = LimitOverrides(), perMinute: Int? = nil, perDay: Int? = nil,
    expires: Int64? = nil
  ) {
    self.name = name
    self.scopes = scopes
    self.datasets = datasets
    self.limits = limits
    self.perMinute = perMinute
    self.perDay = perDay
    self.expires = expires
  }
}

/// Limits of a token's queries; nil where the server's apply.
public struct LimitOverrides: Sendable, Equatable {
  /// Rows sent.
  public var rows: Int?
  /// Octets of body sent, before compression.
  public var octets: Int?
  /// Seconds.
  public var seconds: Double?
  /// Queries at the same time.
  public var concurrent: Int?

  /// Makes overrides.
  public init(
    rows: Int? = nil, octets: Int? = nil, seconds: Double? = nil, concurrent: Int? = nil
  ) {
    self.rows = rows
    self.octets = octets
    self.seconds = seconds
    self.concurrent = concurrent
  }

  /// The server's limits with these in their places.
  public func applied(to limits: QueryLimits) -> QueryLimits {
    var limits = limits
    limits.rows = rows ?? limits.rows
    limits.octets = octets ?? limits.octets
    limits.seconds = seconds ?? limits.seconds
    limits.concurrent = concurrent ?? limits.concurrent
    return limits
  }
}
