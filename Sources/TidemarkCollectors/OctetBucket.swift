/// Counts octets against a rate: a bucket that fills up second by second and may be overdrawn by
/// what had to be taken whole.
struct OctetBucket: Sendable {
  private let octetsPerSecond: Int64
  private var level: Int64
  private var filledAt: UInt64

  /// - Parameter now: nanoseconds of a clock that never goes back.
  init(octetsPerSecond: Int, now: UInt64) {
    self.octetsPerSecond = Int64(octetsPerSecond)
    level = self.octetsPerSecond
    filledAt = now
  }

  /// Takes octets out.
  ///
  /// - Returns: nanoseconds to wait before the next ones may be taken; 0 while the rate is kept.
  mutating func take(_ octets: Int, now: UInt64) -> UInt64 {
    let elapsed = now > filledAt ? now - filledAt : 0
    // More than a second fills it up whatever the rate; less cannot overflow.
    let whole = elapsed >= 1_000_000_000
    let gain =
      whole ? octetsPerSecond * 2 : octetsPerSecond * Int64(elapsed / 1_000) / 1_000_000
    if gain > 0 || whole { filledAt = now }
    level = min(octetsPerSecond, level + gain) - Int64(octets)
    guard level < 0 else { return 0 }
    let missing = UInt64(-level)
    return missing * 1_000_000 / UInt64(octetsPerSecond) * 1_000 + 1_000
  }
}
