import TidemarkModel

/// Rows seen in each month as bars, each divided by what the types point to.
///
/// The picture stretches with the page, so it holds no text: years stand below it, figures in the
/// titles of the bars.
public struct TideChart: Sendable {
  /// Most months shown; earlier ones are left out.
  public static let monthsMax = 48

  /// First month shown, counted from January 1970.
  public let first: UInt32
  /// Months shown.
  public let count: Int
  private let months: [UInt32: [UInt64]]

  /// A chart of a survey's months; nil when there are none.
  public init?(_ survey: StoreSurvey) {
    guard let first = survey.months.keys.min(), let last = survey.months.keys.max() else {
      return nil
    }
    count = min(Int(last - first) + 1, TideChart.monthsMax)
    self.first = last - UInt32(count - 1)
    months = survey.months
  }

  /// The month with most rows; the later one of equals.
  public var highest: (month: UInt32, rows: UInt64) {
    var best: (month: UInt32, rows: UInt64) = (first, 0)
    for month in shown where total(month) >= best.rows { best = (month, total(month)) }
    return best
  }

  /// `2025-03`.
  public static func text(_ month: UInt32) -> String {
    let number = month % 12 + 1
    return "\(1970 + month / 12)-\(number < 10 ? "0" : "")\(number)"
  }

  /// The picture and the years below it.
  public var markup: HTMLText {
    var html = HTMLText(capacity: 8_192)
    let highest = highest
    html.markup("<svg class=\"home-tide\" role=\"img\" preserveAspectRatio=\"none\" viewBox=\"0 0 ")
    html.integer(count * TideChart.step)
    html.markup(" 100\" aria-label=\"")
    html.text(
      "Rows seen in each month from \(TideChart.text(first)) to "
        + "\(TideChart.text(first + UInt32(count - 1))); most in \(TideChart.text(highest.month)), "
        + WebFigures.grouped(highest.rows))
    html.markup("\">")
    for (index, month) in shown.enumerated() where total(month) > 0 {
      bar(month, at: index, most: highest.rows, to: &html)
    }
    html.markup("</svg>\n<div class=\"home-axis\" aria-hidden=\"true\">")
    for (index, month) in shown.enumerated() {
      html.markup("<span>")
      if index == 0 || month.isMultiple(of: 12) {
        // A year that begins in the next months would be written over the first one.
        let isCrowded = index == 0 && count > 12 && !month.isMultiple(of: 12) && month % 12 > 6
        if !isCrowded { html.integer(Int(1970 + month / 12)) }
      }
      html.markup("</span>")
    }
    html.markup("</div>\n")
    return html
  }

  private static let step = 10

  private var shown: Range<UInt32> { first..<(first + UInt32(count)) }

  private func total(_ month: UInt32) -> UInt64 { months[month]?.reduce(0, +) ?? 0 }

  private func bar(_ month: UInt32, at index: Int, most: UInt64, to html: inout HTMLText) {
    html.markup("<g><title>")
    html.text("\(TideChart.text(month)): \(WebFigures.grouped(total(month)))")
    html.markup("</title>")
    var below: UInt64 = 0
    for (number, rows) in (months[month] ?? []).enumerated() where rows > 0 {
      guard let colour = TimelineColour(rawValue: UInt8(truncatingIfNeeded: number)) else {
        continue
      }
      let bottom = TideChart.height(below, of: most)
      below += rows
      // What is there is seen, however little it is.
      let height = max(TideChart.height(below, of: most) - bottom, 1)
      html.markup("<rect class=\"t-")
      html.markup(colour.word)
      html.markup("\" x=\"")
      html.integer(index * TideChart.step + 1)
      html.markup("\" y=\"")
      html.integer(100 - bottom - height)
      html.markup("\" width=\"8\" height=\"")
      html.integer(height)
      html.markup("\"/>")
    }
    html.markup("</g>")
  }

  private static func height(_ rows: UInt64, of most: UInt64) -> Int {
    guard most > 0 else { return 0 }
    return Int((Double(rows) / Double(most) * 96).rounded())
  }
}
