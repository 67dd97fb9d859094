/// A token as the control database holds it. The token itself is not in it, unless requests are to
/// be signed with it.
public struct TokenRecord: Sendable, Equatable {
  /// Whether a token is good.
  public enum State: String, Sendable {
    case valid, expired, revoked
  }

  /// Its number, never given out again.
  public var id: Int64
  /// What is kept of the token.
  public var digest: TokenDigest
  /// What requests can be signed with; nil for tokens that are always sent themselves.
  public var signingKey: SigningKey?
  /// What it allows.
  public var grant: TokenGrant
  /// When it was made, seconds since 1970.
  public var created: Int64
  /// When it was revoked, seconds since 1970; nil while it was not.
  public var revoked: Int64?
  /// When it was last served, seconds since 1970; nil when it never was.
  public var lastUsed: Int64?

  /// Makes a record.
  public init(
    id: Int64, digest: TokenDigest, signingKey: SigningKey? = nil, grant: TokenGrant,
    created: Int64, revoked: Int64? = nil, lastUsed: Int64? = nil
  ) {
    self.id = id
    self.digest = digest
    self.signingKey = signingKey
    self.grant = grant
    self.created = created
    self.revoked = revoked
    self.lastUsed = lastUsed
  }

  /// Whether it is good at a time, seconds since 1970.
  public func state(at now: Int64) -> State {
    if revoked != nil { return .revoked }
    if let expires = grant.expires, now >= expires { return .expired }
    return .valid
  }
}
