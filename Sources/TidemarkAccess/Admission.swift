/// A request that is served: who asks, and a place among the caller's running queries, which is
/// given back when the last reference to the admission goes away.
public final class Admission: Sendable {
  /// Who asks.
  public let caller: Caller
  /// The caller's quotas after this request; empty without quota.
  public let quotas: [QuotaState]
  private let release: (@Sendable () -> Void)?

  /// Makes an admission.
  ///
  /// - Parameter release: called once, when the request is over.
  public init(
    caller: Caller, quotas: [QuotaState] = [], release: (@Sendable () -> Void)? = nil
  ) {
    self.caller = caller
    self.quotas = quotas
    self.release = release
  }

  /// The quota of which least is left; nil without quota.
  public var quota: QuotaState? { quotas.min { $0.remaining < $1.remaining } }

  deinit { release?() }
}

/// How much of a quota is left.
public struct QuotaState: Sendable, Equatable {
  /// What a quota is for.
  public enum Period: String, Sendable {
    /// Any minute.
    case minute
    /// A day, UTC.
    case day
  }

  /// What it is for.
  public var period: Period
  /// Requests in the period.
  public var limit: Int
  /// Requests left in it.
  public var remaining: Int
  /// When all of it is there again, if nothing more is asked; seconds since 1970.
  public var reset: Int64

  /// Makes a state.
  public init(_ period: Period, limit: Int, remaining: Int, reset: Int64) {
    self.period = period
    self.limit = limit
    self.remaining = remaining
    self.reset = reset
  }
}
