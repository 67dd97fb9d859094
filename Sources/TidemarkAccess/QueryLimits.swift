/// What one query may cost, and how many of a caller may run at once.
public struct QueryLimits: Sendable, Equatable {
  /// Rows sent.
  public var rows = 10_000_000
  /// Octets of body sent, before compression.
  public var octets = 4 << 30
  /// Time from the first row searched to the last one sent, seconds.
  public var seconds = 120.0
  /// Queries of one caller that run at the same time.
  public var concurrent = 16

  /// What a caller without limits of its own may spend.
  public init() {}
}
