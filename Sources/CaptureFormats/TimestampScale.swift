/// How the 64-bit timestamps of a pcapng interface become nanoseconds (options `if_tsresol` and
/// `if_tsoffset`, draft-ietf-opsawg-pcapng section 4.2).
struct TimestampScale: Equatable, Sendable {
  /// The option's octet: bit 7 set means units of 2^-n seconds, clear means 10^-n.
  var resolution: UInt8 = 6
  /// Seconds added to every timestamp.
  var offsetSeconds: Int64 = 0

  /// Nanoseconds since the epoch; nil when negative or beyond the year 2262.
  func nanoseconds(ticks: UInt64) -> Int64? {
    let exponent = Int(resolution & 0x7F)
    let absolute =
      resolution & 0x80 == 0
      ? Self.decimal(ticks, exponent: exponent) : Self.binary(ticks, exponent: exponent)
    guard let absolute, let signed = Int64(exactly: absolute) else { return nil }
    let (offset, tooFar) = offsetSeconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow) = signed.addingReportingOverflow(offset)
    return tooFar || overflow || sum < 0 ? nil : sum
  }

  private static func decimal(_ ticks: UInt64, exponent: Int) -> UInt64? {
    if exponent <= 9 {
      let (product, overflow) = ticks.multipliedReportingOverflow(by: powerOfTen(9 - exponent))
      return overflow ? nil : product
    }
    // 10^19 is the largest power of ten in 64 bits; dividing by more leaves nothing.
    return exponent - 9 > 19 ? 0 : ticks / powerOfTen(exponent - 9)
  }

  private static func binary(_ ticks: UInt64, exponent: Int) -> UInt64? {
    // Smart shifts by 64 or more give zero.
    let seconds = ticks >> exponent
    let fraction = ticks &- (seconds << exponent)
    let (high, low) = fraction.multipliedFullWidth(by: 1_000_000_000)
    let nanoseconds =
      exponent < 64 ? high << (64 - exponent) | low >> exponent : high >> (exponent - 64)
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(nanoseconds)
    return overflow || carry ? nil : sum
  }

  private static func powerOfTen(_ exponent: Int) -> UInt64 {
    var power: UInt64 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
  }
}
