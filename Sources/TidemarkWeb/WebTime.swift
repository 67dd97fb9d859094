public import TidemarkModel

/// Times as pages show them: UTC, ISO order, no more than is needed.
public enum WebTime {
  /// `2026-11-22 02:40`.
  public static func minute(_ time: UnixSeconds) -> String {
    var out: [UInt8] = []
    appendMinute(time, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// `2026-11-22`.
  public static func day(_ time: UnixSeconds) -> String { String(minute(time).prefix(10)) }

  /// `2026-11-22T02:40:10Z`, for `datetime` attributes.
  public static func machine(_ time: UnixSeconds) -> String {
    var out: [UInt8] = []
    TimeStyle.iso.append(time, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Appends `2026-11-22 02:40`.
  public static func appendMinute(_ time: UnixSeconds, to out: inout [UInt8]) {
    let start = out.count
    TimeStyle.iso.append(time, to: &out)
    let letter = out[start...].firstIndex(of: UInt8(ascii: "T")) ?? out.endIndex
    guard letter + 6 <= out.endIndex else { return }
    out[letter] = UInt8(ascii: " ")
    out.removeSubrange((letter + 6)...)
  }

  /// How long ago in one unit: `now`, `2 min`, `3 h`, `12 d`, `2 y`; a time to come is `now`.
  public static func age(_ time: UnixSeconds, now: UnixSeconds) -> String {
    guard now > time else { return "now" }
    let seconds = UInt64(now) - UInt64(time)
    let unit = units.first { seconds >= $0.seconds }
    return unit.map { "\(seconds / $0.seconds) \($0.name)" } ?? "now"
  }

  private static let units: [(seconds: UInt64, name: String)] = [
    (365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "min"),
  ]
}
