import FoundationEssentials

/// When a token ends, as people write it.
public enum ExpiryText {
  private static let units: [Character: Int64] = ["h": 3_600, "d": 86_400, "w": 604_800]

  /// Reads `12h`, `30d` or `8w`, which count from now, or a date: `2030-12-31` (the midnight that
  /// it begins with, UTC) or `2030-12-31T12:00:00Z`.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: seconds since 1970; nil for anything else.
  public static func seconds(_ text: String, now: Int64) -> Int64? {
    if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()) {
      let (span, overflow) = count.multipliedReportingOverflow(by: unit)
      guard count > 0, !overflow, span < 100 * 366 * 86_400 else { return nil }
      return now + span
    }
    let whole = text.utf8.count == 10 ? text + "T00:00:00Z" : text
    guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
    return Int64(date.timeIntervalSince1970)
  }
}
