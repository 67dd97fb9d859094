import DNSWire

/// A point in time as a feed writes it.
struct FeedTime: Equatable, Sendable {
  /// Seconds since 1970, before it negative.
  var seconds: Int64
  /// Below 1,000,000,000.
  var nanoseconds: UInt32 = 0

  /// The time after a span.
  func adding(nanoseconds span: UInt64) -> FeedTime {
    let sum = UInt64(nanoseconds) + span % 1_000_000_000
    // Both parts of the sum are bounded by what 64 bits of nanoseconds hold.
    return FeedTime(
      seconds: seconds + Int64(span / 1_000_000_000 + sum / 1_000_000_000),
      nanoseconds: UInt32(sum % 1_000_000_000))
  }

  /// The second, when a record may have it.
  func checked(now: UnixSeconds) throws(TextRejection) -> UnixSeconds {
    guard let time = UnixSeconds(exactly: seconds), time >= TimeLimits.timeMin,
      UInt64(time) <= UInt64(now) + UInt64(TimeLimits.futureMax)
    else { throw .timeOutOfRange }
    return time
  }
}

/// Reading RFC 3339 and what programs make of it.
extension FeedTime {
  /// Reads `YYYY-MM-DD`, then perhaps `T` or a blank and `hh:mm:ss` with a fraction, then perhaps
  /// `Z`, `±hh:mm`, `±hhmm` or `±hh`, which a blank may precede and the name of a zone follow.
  /// Without zone the time is UTC.
  init?(iso text: Span<UInt8>) {
    var at = 0
    var fields = CivilTime()
    guard fields.readDate(text, at: &at) else { return nil }
    if at < text.count {
      guard
        FeedTime.take(text, "T", at: &at) || FeedTime.take(text, "t", at: &at)
          || FeedTime.take(text, " ", at: &at),
        fields.readTimeOfDay(text, at: &at)
      else { return nil }
      let hasBlank = FeedTime.take(text, " ", at: &at)
      if at < text.count {
        guard fields.readOffset(text, at: &at) else { return nil }
        FeedTime.skipZoneName(text, at: &at)
      } else if hasBlank {
        return nil
      }
    }
    guard at == text.count, let time = fields.time else { return nil }
    self = time
  }

  /// Go writes the zone twice: ` +0000 UTC`.
  private static func skipZoneName(_ text: Span<UInt8>, at: inout Int) {
    guard at + 1 < text.count, text[at] == ASCII.space else { return }
    var end = at + 1
    while end < text.count, (text[end] | 0x20) &- 0x61 < 26 { end += 1 }
    if end == text.count { at = end }
  }

  /// Moves over one octet when it is this one.
  static func take(_ text: Span<UInt8>, _ scalar: Unicode.Scalar, at: inout Int) -> Bool {
    guard at < text.count, UInt32(text[at]) == scalar.value else { return false }
    at += 1
    return true
  }
}

/// The parts of a time, read one after another.
struct CivilTime: Sendable {
  var year: UInt32 = 0
  var month: UInt32 = 0
  var day: UInt32 = 0
  var hour: UInt32 = 0
  var minute: UInt32 = 0
  var second: UInt32 = 0
  var nanosecond: UInt32 = 0
  /// Seconds east of Greenwich.
  var offset: Int64 = 0

  /// The time; nil when there is no such date or time of day, or it lies before 1970.
  var time: FeedTime? {
    guard year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    let number = ActivityDays.day(year: year, month: month, day: day)
    let back = ActivityDays.civil(number)
    guard back.month == month, back.day == day else { return nil }
    // A leap second counts to the second before it.
    let ofDay = hour * 3_600 + minute * 60 + min(second, 59)
    return FeedTime(
      seconds: Int64(number) * 86_400 + Int64(ofDay) - offset, nanoseconds: nanosecond)
  }

  /// Reads `YYYY-MM-DD`.
  fileprivate mutating func readDate(_ text: Span<UInt8>, at: inout Int) -> Bool {
    guard let year = CivilTime.digits(text, at: &at, 4...4), FeedTime.take(text, "-", at: &at),
      let month = CivilTime.digits(text, at: &at), FeedTime.take(text, "-", at: &at),
      let day = CivilTime.digits(text, at: &at)
    else { return false }
    (self.year, self.month, self.day) = (year, month, day)
    return true
  }

  /// Reads `hh:mm:ss` and perhaps a fraction.
  fileprivate mutating func readTimeOfDay(_ text: Span<UInt8>, at: inout Int) -> Bool {
    guard let hour = CivilTime.digits(text, at: &at), FeedTime.take(text, ":", at: &at),
      let minute = CivilTime.digits(text, at: &at), FeedTime.take(text, ":", at: &at),
      let second = CivilTime.digits(text, at: &at)
    else { return false }
    (self.hour, self.minute, self.second) = (hour, minute, second)
    guard FeedTime.take(text, ".", at: &at) || FeedTime.take(text, ",", at: &at) else {
      return true
    }
    return readFraction(text, at: &at)
  }

  /// Reads as many digits as there are, within bounds.
  @inline(__always)
  static func digits(
    _ text: Span<UInt8>, at: inout Int, _ count: ClosedRange<Int> = 2...2
  ) -> UInt32? {
    let start = at
    var value: UInt32 = 0
    while at < text.count, at - start < count.upperBound, ASCII.isDigit(text[at]) {
      value = value * 10 + UInt32(text[at] &- ASCII.zero)
      at += 1
    }
    return at - start >= count.lowerBound ? value : nil
  }

  /// Reads the digits of a fraction; those beyond the ninth are cut off.
  mutating func readFraction(_ text: Span<UInt8>, at: inout Int) -> Bool {
    let start = at
    var scale: UInt32 = 100_000_000
    nanosecond = 0
    while at < text.count, ASCII.isDigit(text[at]) {
      nanosecond += UInt32(text[at] &- ASCII.zero) * scale
      scale /= 10
      at += 1
    }
    return at > start
  }

  /// Reads `Z`, `±hh:mm`, `±hhmm` or `±hh`.
  mutating func readOffset(_ text: Span<UInt8>, at: inout Int) -> Bool {
    if FeedTime.take(text, "Z", at: &at) || FeedTime.take(text, "z", at: &at) { return true }
    let isWest = FeedTime.take(text, "-", at: &at)
    guard isWest || FeedTime.take(text, "+", at: &at) else { return false }
    guard let hours = CivilTime.digits(text, at: &at) else { return false }
    var minutes: UInt32 = 0
    if FeedTime.take(text, ":", at: &at) || (at < text.count && ASCII.isDigit(text[at])) {
      guard let value = CivilTime.digits(text, at: &at) else { return false }
      minutes = value
    }
    guard hours < 24, minutes < 60 else { return false }
    let seconds = Int64(hours * 3_600 + minutes * 60)
    offset = isWest ? -seconds : seconds
    return true
  }
}
