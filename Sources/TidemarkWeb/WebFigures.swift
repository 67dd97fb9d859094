/// Figures as pages show them.
public enum WebFigures {
  /// `1,234,567`.
  public static func grouped(_ number: UInt64) -> String {
    var html = HTMLText()
    html.number(number)
    return html.string
  }

  /// `512 B`, `12.3 MiB`: binary units, one digit behind the point.
  public static func octets(_ count: UInt64) -> String {
    guard count >= 1_024 else { return "\(count) B" }
    var value = Double(count)
    var unit = 0
    while value >= 1_023.95, unit < units.count {
      value /= 1_024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit - 1])"
  }

  private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
}
