/// Seconds since 1970-01-01T00:00:00Z. Thirty-two unsigned bits reach February 2106.
public typealias UnixSeconds = UInt32

/// Days since 1970-01-01, UTC.
public typealias UnixDay = UInt32

/// Bounds on the times that observations may carry.
public enum TimeLimits {
  /// Seconds of a day; leap seconds are ignored, as in Unix time.
  public static let secondsPerDay: UInt32 = 86_400
  /// 1990-01-01T00:00:00Z. Anything earlier is a broken clock: there was no passive DNS.
  public static let timeMin: UnixSeconds = 631_152_000
  /// How far beyond the collector's clock a time may lie before it is refused, seconds.
  public static let futureMax: UInt32 = 86_400
}
