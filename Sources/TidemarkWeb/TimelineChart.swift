import DNSWire
public import TidemarkModel

/// The timeline as a picture that needs no script: an SVG of at most ``barsMax`` bars, newest last
/// seen first in groups by type. A thin line reaches from first to last seen; thick pieces in it
/// are the days on which the record was really seen.
public struct TimelineChart: Sendable {
  /// Bars drawn. More would make the page heavy and are not read; scripts draw the others.
  public static let barsMax = 200

  private let groups: [TimelineGroup]
  private let totals: [TimelineGroup]
  private let labels: TimelineLabels
  private let scale: TimelineScale
  private let link: @Sendable (String) -> String

  /// Makes a chart.
  ///
  /// - Parameters:
  ///   - bars: all that were found, in any order.
  ///   - asked: what was looked up.
  ///   - after: where the axis begins; nil for the first bar.
  ///   - before: where it ends; nil for now.
  ///   - link: the address of the look-up of a value.
  public init(
    _ bars: [TimelineBar], asked: String, after: UnixSeconds?, before: UnixSeconds?,
    now: UnixSeconds, link: @escaping @Sendable (String) -> String
  ) {
    totals = TimelineGroup.groups(bars)
    groups = TimelineGroup.newest(TimelineChart.barsMax, of: totals)
    labels = TimelineLabels(bars, asked: asked)
    scale = TimelineScale(
      showing: bars, after: after, before: before, now: now, width: Place.lineWidth)
    self.link = link
  }

  /// Bars drawn.
  public var drawn: Int { groups.reduce(0) { $0 + $1.bars.count } }

  /// The chart as an `svg` element.
  public func markup() -> HTMLText {
    var html = HTMLText(capacity: 2_048 + drawn * 768)
    let height = Place.axis + groups.count * Place.head + drawn * Place.row + Place.foot
    html.markup("<svg class=\"tl-svg\" role=\"group\" aria-label=\"Bars from first to last seen\"")
    html.markup(" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
    html.integer(Place.width)
    html.markup(" ")
    html.integer(height)
    html.markup("\" width=\"")
    html.integer(Place.width)
    html.markup("\" height=\"")
    html.integer(height)
    html.markup("\">")
    addAxis(height: height, to: &html)
    var y = Place.axis
    for group in groups {
      addHead(group, y: y, to: &html)
      y += Place.head
      html.markup("<g class=\"tl-bars tl-")
      html.markup(group.colour.word)
      html.markup("\">")
      for bar in group.bars {
        add(bar, y: y, to: &html)
        y += Place.row
      }
      html.markup("</g>")
    }
    html.markup("</svg>")
    return html
  }

  /// Places in the picture, pixels.
  private enum Place {
    static let width = 1_040
    /// Room of the labels, and of the counts beside them.
    static let label = 292
    static let count = 356
    static let line = 372
    static let lineWidth = 660
    static let axis = 32
    static let head = 30
    static let row = 24
    static let foot = 8
    /// Shortest piece of a bar: a day among years would be too thin to be seen.
    static let pieceMin = 2
    /// Characters of a label, at 7.2 px each.
    static let characters = 40
  }

  private func addAxis(height: Int, to html: inout HTMLText) {
    html.markup("<g class=\"tl-axis\" aria-hidden=\"true\">")
    var lastEnd = 0
    for tick in scale.ticks(most: 8) {
      let x = Place.line + Int(scale.x(UInt64(tick.time)).rounded())
      html.markup(tick.isMajor ? "<path class=\"tl-major\" d=\"M" : "<path d=\"M")
      html.integer(x)
      html.markup(" 22V")
      html.integer(height)
      html.markup("\"/>")
      // Labels stand centred on their marks, within the picture and never over one another.
      let half = tick.label.utf8.count * 7 / 2
      guard x - half > lastEnd, x + half <= Place.width else { continue }
      lastEnd = x + half + 6
      html.markup("<text y=\"15\" text-anchor=\"middle\" x=\"")
      html.integer(x)
      html.markup("\">")
      html.text(tick.label)
      html.markup("</text>")
    }
    html.markup("</g>")
  }

  private func addHead(_ group: TimelineGroup, y: Int, to html: inout HTMLText) {
    let total = totals.first { $0.rrtype == group.rrtype }?.bars.count ?? group.bars.count
    html.markup("<g class=\"tl-head tl-")
    html.markup(group.colour.word)
    html.markup("\"><path d=\"M0 ")
    html.integer(y + 4)
    html.markup("H")
    html.integer(Place.width)
    html.markup("\"/><text x=\"0\" y=\"")
    html.integer(y + 22)
    html.markup("\">")
    html.text(group.rrtype.mnemonic)
    html.markup("<tspan class=\"tl-quiet\" dx=\"8\">")
    if group.bars.count < total {
      html.number(UInt64(group.bars.count))
      html.markup(" of ")
    }
    html.number(UInt64(total))
    html.markup("</tspan></text></g>")
  }

  private func add(_ bar: TimelineBar, y: Int, to html: inout HTMLText) {
    html.markup("<g>")
    switch labels.side(bar) {
    case .rdata: addLabel(bar.rdata, finds: bar.pivot, x: 0, width: Place.label, y: y, to: &html)
    case .rrname: addLabel(bar.rrname, finds: bar.rrname, x: 0, width: Place.label, y: y, to: &html)
    case .both:
      let half = Place.label / 2
      addLabel(bar.rrname, finds: bar.rrname, x: 0, width: half - 8, y: y, to: &html)
      addLabel(bar.rdata, finds: bar.pivot, x: half, width: half, y: y, to: &html)
    }
    html.markup("<text class=\"tl-count\" text-anchor=\"end\" x=\"")
    html.integer(Place.count)
    html.markup("\" y=\"")
    html.integer(y + 16)
    html.markup("\">")
    html.number(bar.count)
    html.markup("</text><g><title>")
    addTitle(bar, to: &html)
    html.markup("</title>")
    addPieces(bar, y: y + Place.row / 2, to: &html)
    html.markup("</g></g>")
  }

  private func addLabel(
    _ text: String, finds value: String, x: Int, width: Int, y: Int, to html: inout HTMLText
  ) {
    html.markup("<a href=\"")
    html.text(link(value))
    // The empty rectangle makes the whole row a target, as high as fingers need it.
    html.markup("\"><rect x=\"")
    html.integer(x)
    html.markup("\" y=\"")
    html.integer(y)
    html.markup("\" width=\"")
    html.integer(width)
    html.markup("\" height=\"")
    html.integer(Place.row)
    html.markup("\"/><text x=\"")
    html.integer(x)
    html.markup("\" y=\"")
    html.integer(y + 16)
    html.markup("\">")
    html.text(TimelineChart.cut(text, columns: Place.characters * width / Place.label))
    html.markup("</text></a>")
  }

  private func addTitle(_ bar: TimelineBar, to html: inout HTMLText) {
    addBoth(bar.rrname, to: &html)
    html.markup(" ")
    html.text(bar.rrtype.mnemonic)
    html.markup(" ")
    addBoth(bar.rdata, to: &html)
    html.markup(" · ")
    html.text(WebTime.minute(bar.first))
    html.markup(" to ")
    html.text(WebTime.minute(bar.last))
    html.markup(" · seen on ")
    html.number(bar.days)
    html.markup(bar.days == 1 ? " day, " : " days, ")
    html.number(bar.count)
    html.markup(bar.count == 1 ? " time" : " times")
  }

  /// A name with letters of other scripts in both forms.
  private func addBoth(_ text: String, to html: inout HTMLText) {
    html.text(text)
    guard let unicode = UnicodeName(text)?.unicode else { return }
    html.markup(" (")
    html.text(unicode)
    html.markup(")")
  }

  /// The line from first to last seen, and a piece for each run of days in it.
  private func addPieces(_ bar: TimelineBar, y: Int, to html: inout HTMLText) {
    guard bar.last >= scale.from, bar.first <= scale.to else { return }
    let start = column(UInt64(bar.first))
    html.markup("<path class=\"tl-span\" d=\"M")
    html.integer(Place.line + start)
    html.markup(" ")
    html.integer(y)
    html.markup("h")
    html.integer(max(column(UInt64(bar.last)) - start, Place.pieceMin))
    html.markup("\"/><path class=\"tl-days\" d=\"")
    var end: Int?
    for piece in pieces(of: bar) {
      if let end {
        html.markup("m")
        html.integer(piece.lowerBound - end)
        html.markup(" 0")
      } else {
        html.markup("M")
        html.integer(Place.line + piece.lowerBound)
        html.markup(" ")
        html.integer(y)
      }
      html.markup("h")
      html.integer(piece.count)
      end = piece.upperBound
    }
    html.markup("\"/>")
  }

  /// Columns in which days were seen; runs that touch are one. A first day begins and a last day
  /// ends with the times.
  private func pieces(of bar: TimelineBar) -> [Range<Int>] {
    let day = UInt64(TimeLimits.secondsPerDay)
    var pieces: [Range<Int>] = []
    for run in bar.runs {
      let from = max(UInt64(run.first) * day, UInt64(bar.first))
      let to = min(run.end * day, UInt64(bar.last))
      guard to >= UInt64(scale.from), from <= UInt64(scale.to) else { continue }
      let start = min(column(from), Place.lineWidth - Place.pieceMin)
      let end = max(column(to), start + Place.pieceMin)
      if let last = pieces.last, start <= last.upperBound {
        pieces[pieces.count - 1] = last.lowerBound..<max(end, last.upperBound)
      } else {
        pieces.append(start..<end)
      }
    }
    return pieces
  }

  private func column(_ time: UInt64) -> Int { Int(scale.x(time).rounded()) }

  /// The beginning of a text that is too long; wide characters take two columns.
  static func cut(_ text: String, columns: Int) -> String {
    var used = 0
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      used += scalar.value >= 0x1100 ? 2 : 1
      guard used <= columns else {
        while kept.count >= columns { kept.removeLast() }
        return String(kept) + "…"
      }
      kept.append(scalar)
    }
    return text
  }
}
