import DNSWire

/// UTC times for people.
enum TextTime {
  /// Appends `YYYY-MM-DDThh:mm:ssZ` (RFC 3339), 20 octets.
  static func append(_ time: UnixSeconds, to out: inout [UInt8]) {
    TextDay.append(time / TimeLimits.secondsPerDay, to: &out)
    let second = time % TimeLimits.secondsPerDay
    out.append(UInt8(ascii: "T"))
    appendTwo(second / 3_600, to: &out)
    out.append(UInt8(ascii: ":"))
    appendTwo(second / 60 % 60, to: &out)
    out.append(UInt8(ascii: ":"))
    appendTwo(second % 60, to: &out)
    out.append(UInt8(ascii: "Z"))
  }

  private static func appendTwo(_ value: UInt32, to out: inout [UInt8]) {
    out.append(ASCII.zero + UInt8(value / 10))
    out.append(ASCII.zero + UInt8(value % 10))
  }
}
