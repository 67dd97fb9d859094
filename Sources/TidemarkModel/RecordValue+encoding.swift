/// The stored form of a value (docs/formats/storage.md, "Record value"):
/// varint timeFirst · varint (timeLast − timeFirst) · varint count ·
/// varint n · n octets of sensor bits · activity months until the end, each
/// varint (months since the previous entry, or since January 1970) · varint day bits.
extension RecordValue {
  /// Appends the stored form.
  public func encode(into out: inout [UInt8]) {
    Varint.append(UInt64(timeFirst), to: &out)
    Varint.append(UInt64(timeLast - timeFirst), to: &out)
    Varint.append(count, to: &out)
    if sensors.high.isEmpty, sensors.low < 256 {
      if sensors.low == 0 {
        out.append(0)
      } else {
        out.append(1)
        out.append(UInt8(truncatingIfNeeded: sensors.low))
      }
    } else {
      var octets: [UInt8] = []
      sensors.appendOctets(to: &octets)
      Varint.append(UInt64(octets.count), to: &out)
      out.append(contentsOf: octets)
    }
    var previous: UInt32 = 0
    for month in activity.months {
      Varint.append(UInt64(month.index - previous), to: &out)
      Varint.append(UInt64(month.days), to: &out)
      previous = month.index
    }
  }

  /// Reads the stored form.
  ///
  /// - Throws: ``RecordValueError/damaged`` unless the octets are exactly one value.
  public init(decoding octets: Span<UInt8>) throws(RecordValueError) {
    self.init(timeFirst: 0, timeLast: 0, count: 0)
    try decode(octets)
  }

  /// Takes over the stored form, without allocation unless it has many sensors or days.
  ///
  /// - Throws: ``RecordValueError/damaged`` unless the octets are exactly one value; the value is
  ///   of no use then.
  public mutating func decode(_ octets: Span<UInt8>) throws(RecordValueError) {
    var at = 0
    let first = try Varint.read(octets, at: &at)
    let (last, overflow) = first.addingReportingOverflow(try Varint.read(octets, at: &at))
    count = try Varint.read(octets, at: &at)
    guard !overflow, last <= UInt64(UInt32.max) else { throw .damaged }
    timeFirst = UnixSeconds(first)
    timeLast = UnixSeconds(last)
    let sensorOctets = try Varint.read(octets, at: &at)
    guard sensorOctets <= UInt64(octets.count - at), sensorOctets <= 8_192 else { throw .damaged }
    sensors.removeAll()
    for index in 0..<Int(sensorOctets) { sensors.insert(octet: octets[at + index], at: index) }
    at += Int(sensorOctets)
    if !activity.isEmpty { activity = ActivityDays() }
    var month: UInt64 = 0
    while at < octets.count {
      let step = try Varint.read(octets, at: &at)
      let days = try Varint.read(octets, at: &at)
      // 2106 is month 1,643: a larger number is damage, and would trap the calendar.
      guard step <= 1_643 - month, days > 0, days < 1 << 31 else { throw .damaged }
      month += step
      activity.insert(month: UInt32(month), days: UInt32(days))
    }
  }
}

/// Why octets are not a stored value.
public enum RecordValueError: Error, Equatable, Sendable {
  /// The octets end early, go on too long, or say something impossible.
  case damaged
}

/// Unsigned LEB128: seven bits an octet, least significant first, high bit on all but the last.
public enum Varint {
  /// Appends a number.
  public static func append(_ value: UInt64, to out: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  static func read(_ octets: Span<UInt8>, at: inout Int) throws(RecordValueError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < octets.count, shift < 64 {
      let octet = octets[at]
      at += 1
      value |= UInt64(octet & 0x7F) << shift
      if octet < 0x80 { return value }
      shift += 7
    }
    throw .damaged
  }
}
