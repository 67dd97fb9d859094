import DNSWire

/// How times are written for people.
public enum TimeStyle: Sendable, Equatable {
  /// `2025-01-31T12:00:00Z` (RFC 3339).
  case iso
  /// Seconds since 1970.
  case epoch
  /// How long before a moment: `3d4h ago`, `now`; later times are `in 2h`.
  case relative(to: UnixSeconds)

  /// Appends a time.
  public func append(_ time: UnixSeconds, to out: inout [UInt8]) {
    switch self {
    case .iso: TextTime.append(time, to: &out)
    case .epoch: ASCII.appendDecimal(UInt64(time), to: &out)
    case .relative(let moment): TimeStyle.appendDistance(time, from: moment, to: &out)
    }
  }

  /// The two largest units that are not zero side by side: nobody reads the seconds of a year.
  private static func appendDistance(
    _ time: UnixSeconds, from moment: UnixSeconds, to out: inout [UInt8]
  ) {
    guard time != moment else { return out.append(contentsOf: "now".utf8) }
    if time > moment { out.append(contentsOf: "in ".utf8) }
    var rest = UInt64(time > moment ? time - moment : moment - time)
    var shown = 0
    for (seconds, letter) in units {
      let number = rest / seconds
      rest %= seconds
      if number > 0 {
        ASCII.appendDecimal(number, to: &out)
        out.append(letter)
        shown += 1
      } else if shown > 0 {
        break
      }
      if shown == 2 { break }
    }
    if time < moment { out.append(contentsOf: " ago".utf8) }
  }

  private static let units: [(seconds: UInt64, letter: UInt8)] = [
    (365 * 86_400, UInt8(ascii: "y")), (86_400, UInt8(ascii: "d")), (3_600, UInt8(ascii: "h")),
    (60, UInt8(ascii: "m")), (1, UInt8(ascii: "s")),
  ]
}
