/// Who asks, and what that caller may see and spend.
public struct Caller: Sendable, Equatable {
  /// The token's number in the control database; nil when no token is asked for.
  public var token: Int64?
  /// The token's name, for logs and `whoami`.
  public var name: String
  /// What the caller may do.
  public var scopes: Set<Scope>
  /// Names of the datasets that the caller may read and write; nil for all, those of the future
  /// too.
  public var datasets: Set<String>?
  /// What one of the caller's queries may cost.
  public var limits: QueryLimits
  /// When the token ends, seconds since 1970; nil never.
  public var expires: Int64?

  /// Makes a caller.
  public init(
    token: Int64? = nil, name: String, scopes: Set<Scope>, datasets: Set<String>? = nil,
    limits: QueryLimits = QueryLimits(), expires: Int64? = nil
  ) {
    self.token = token
    self.name = name
    self.scopes = scopes
    self.datasets = datasets
    self.limits = limits
    self.expires = expires
  }

  /// Whoever asks a server that wants no tokens. Active look-ups must be allowed by the server's
  /// own settings besides.
  public static let anonymous = Caller(name: "anonymous", scopes: Set(Scope.allCases))

  /// True when the caller holds a scope.
  public func may(_ scope: Scope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}
