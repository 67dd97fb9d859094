/// A request that is served: who asks, and a place among the caller's running queries, which is
/// given back when the last reference to the admission goes away.
public final class Admission: Sendable {
  /// Who asks.
  public let caller: Caller
  /// The caller's quota after this request; nil without quota.
  public let quota: QuotaState?
  private let release: (@Sendable () -> Void)?

  /// Makes an admission.
  ///
  /// - Parameter release: called once, when the request is over.
  public init(
    caller: Caller, quota: QuotaState? = nil, release: (@Sendable () -> Void)? = nil
  ) {
    self.caller = caller
    self.quota = quota
    self.release = release
  }

  deinit { release?() }
}

/// How much of a quota is left: the tighter one of those per minute and per day.
public struct QuotaState: Sendable, Equatable {
  /// Requests in the period.
  public var limit: Int
  /// Requests left in it.
  public var remaining: Int
  /// When the period ends, seconds since 1970.
  public var reset: Int64

  /// Makes a state.
  public init(limit: Int, remaining: Int, reset: Int64) {
    self.limit = limit
    self.remaining = remaining
    self.reset = reset
  }
}
