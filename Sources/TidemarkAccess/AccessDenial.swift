/// Why a request is not served. Every API family has its own status and words for each.
public enum AccessDenial: Error, Sendable, Equatable {
  /// A token is needed, and none was sent.
  case missing
  /// The token is not known, or was revoked.
  case unknown
  /// The token's time is over.
  case expired
  /// The token does not hold this scope.
  case forbidden(Scope)
  /// The token's quota is used up; more in so many seconds.
  case quota(retryAfter: Int)
  /// As many queries of the caller are running as may run at once.
  case busy
}
