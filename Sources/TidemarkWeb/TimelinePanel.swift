public import TidemarkModel

/// What `{{> timeline}}` shows: the chart, links to shorter spans of time for readers without
/// scripts, and where the script finds its data.
public struct TimelinePanel: Sendable {
  /// Years that links are given for, the newest; more would fill the page.
  public static let yearsMax = 12

  private let bars: [TimelineBar]
  private let hasMore: Bool
  private let asked: String
  private let filters: SearchFilters

  /// Makes a panel.
  ///
  /// - Parameters:
  ///   - bars: all that were found, in any order.
  ///   - hasMore: true when the look-up has further rows.
  ///   - asked: what was looked up, in its plain form: `example.com`, `192.0.2.1`.
  ///   - filters: those of the page; links are made of them.
  public init(
    _ bars: [TimelineBar], hasMore: Bool, asked: String, filters: SearchFilters
  ) {
    self.bars = bars
    self.hasMore = hasMore
    self.asked = asked
    self.filters = filters
  }

  /// Values of the template; all of their names begin with `timeline`.
  ///
  /// - Parameters:
  ///   - after: the look-up's bound; nil for none.
  ///   - before: the same.
  public func values(after: UnixSeconds?, before: UnixSeconds?, now: UnixSeconds) -> PageValues {
    let (trail, asked) = (filters.trail, self.asked)
    let chart = TimelineChart(bars, asked: asked, after: after, before: before, now: now) { value in
      trail.link(to: value, from: asked)
    }
    return [
      "timelineMarkup": bars.isEmpty ? "" : chart.markup().string,
      "timelineIsEmpty": bars.isEmpty,
      "timelineBars": WebFigures.grouped(UInt64(bars.count)),
      "timelineIsOne": bars.count == 1,
      "timelineDrawn": WebFigures.grouped(UInt64(chart.drawn)),
      "timelineIsCut": chart.drawn < bars.count,
      "timelineHasMore": hasMore,
      "timelineDataLink": dataLink,
      "timelineTableLink": filters.with("view", "").link(),
      "timelineZooms": zooms(),
    ]
  }

  private func zooms() -> [PageValues] {
    var zooms = [
      zoom("All", after: "", before: ""), zoom("Last 7 d", after: "-7d", before: ""),
      zoom("Last 30 d", after: "-30d", before: ""), zoom("Last 1 y", after: "-365d", before: ""),
    ]
    for year in years() {
      zooms.append(zoom("\(year)", after: "\(year)-01-01", before: "\(year + 1)-01-01"))
    }
    return zooms
  }

  /// Years in which bars lie, newest first.
  private func years() -> [UInt32] {
    guard let first = bars.lazy.map(\.first).min(), let last = bars.lazy.map(\.last).max() else {
      return []
    }
    let day = TimeLimits.secondsPerDay
    let years = ActivityDays.civil(first / day).year...ActivityDays.civil(last / day).year
    return Array(years.reversed().prefix(TimelinePanel.yearsMax))
  }

  private func zoom(_ label: String, after: String, before: String) -> PageValues {
    let zoomed = filters.with("after", after).with("before", before).with("view", "timeline")
    return [
      "label": label, "link": zoomed.link(),
      "isOn": filters["after"] == after && filters["before"] == before,
    ]
  }

  /// The bars of the same rows, for the script.
  private var dataLink: String {
    let pairs = filters.rowPairs.map { ($0.name, $0.value) }
    return WebLink("/ui/timeline", pairs + [("trail", filters["trail"])]).text
  }
}
