import Glibc

/// The system's clock, for packets.
public enum D4Clock {
  /// Seconds since 1970.
  public static func seconds() -> UInt64 { UInt64(clamping: time(nil)) }
}
