/// How often a service may be asked.
public struct RequestRate: Sendable, Equatable {
  /// Requests a second, in the long run.
  public let perSecond: Double
  /// Requests at once after a while without any.
  public let burst: Int

  /// Makes a rate.
  ///
  /// - Parameters:
  ///   - perSecond: is brought between one in a day and 100,000 a second.
  ///   - burst: is brought to 1 or more.
  public init(perSecond: Double, burst: Int = 1) {
    self.perSecond = perSecond.isNaN ? 1 : min(max(perSecond, 1.0 / 86_400), 100_000)
    self.burst = min(max(burst, 1), 1_000_000)
  }
}

/// Spreads requests over time: a bucket that fills at a rate, of which each request takes one
/// token.
///
/// It decides and does not wait: time is passed in.
public struct TokenBucket: Sendable {
  private let rate: RequestRate
  /// Tokens at ``filled``; below 0 when requests wait already.
  private var tokens: Double
  /// Milliseconds of the caller's clock.
  private var filled: Int64?

  /// Makes a full bucket.
  public init(_ rate: RequestRate) {
    self.rate = rate
    tokens = Double(rate.burst)
  }

  /// Takes a token.
  ///
  /// - Parameter now: milliseconds of a clock that never goes back.
  /// - Returns: milliseconds to wait before the request; requests that take tokens at the same time
  ///   wait one behind the other.
  public mutating func take(at now: Int64) -> Int64 {
    if let filled, now > filled {
      let gained = Double(now - filled) / 1_000 * rate.perSecond
      tokens = min(Double(rate.burst), tokens + gained)
    }
    filled = max(now, filled ?? now)
    tokens -= 1
    guard tokens < 0 else { return 0 }
    return Int64((-tokens / rate.perSecond * 1_000).rounded(.up))
  }
}
