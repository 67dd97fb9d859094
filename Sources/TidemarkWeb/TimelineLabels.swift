/// Which side of its record a bar is named after: the one that the reader did not ask for.
public struct TimelineLabels: Sendable {
  /// What stands beside a bar.
  public enum Side: UInt8, Sendable {
    case rdata, rrname, both
  }

  private let asked: String
  private let hasOneName: Bool
  private let hasOneValue: Bool

  /// - Parameter asked: what was looked up, as text; upper case and a final dot do not matter.
  public init(_ bars: [TimelineBar], asked: String) {
    self.asked = TimelineLabels.plain(asked)
    hasOneName = bars.allSatisfy { $0.rrname == bars[0].rrname }
    hasOneValue = bars.allSatisfy { $0.rdata == bars[0].rdata }
  }

  /// The side for a bar.
  public func side(_ bar: TimelineBar) -> Side {
    if TimelineLabels.plain(bar.rrname) == asked { return .rdata }
    if TimelineLabels.plain(bar.pivot) == asked { return .rrname }
    if hasOneName { return .rdata }
    return hasOneValue ? .rrname : .both
  }

  private static func plain(_ text: String) -> String {
    let lower = text.lowercased()
    return lower.count > 1 && lower.hasSuffix(".") ? String(lower.dropLast()) : lower
  }
}
