import DNSWire
public import TidemarkModel

/// The bars of a timeline for the script that draws them, as one small JSON object.
///
/// Times are seconds since 1970. `after` and `before` are null without a filter; `more` is true
/// when the look-up has further rows. `groups` holds one object a type, in the order of the chart:
/// `rrtype`, `colour` and `bars`, newest last seen first. `unicode` has the names with letters of
/// other scripts, in the form in which people read them. A bar is an array:
///
/// | at | holds |
/// | --- | --- |
/// | 0 | rrname: text, or the number of an earlier text (counted from 0 over all bars) |
/// | 1 | rdata: the same |
/// | 2 | what a click looks up: the same; null for the rdata |
/// | 3 | side of the label: 0 rdata, 1 rrname, 2 both |
/// | 4 | last seen: seconds before that of the bar before; for the first of a group before `to` |
/// | 5 | seconds from first to last seen |
/// | 6 | count |
/// | 7… | days seen, not seen, seen, …, from the day of first seen; the last is left out |
public struct TimelineJSON: Sendable {
  /// Bars that are sent: the script stays smooth with them, and more are not looked through.
  public static let barsMax = 5_000

  /// The object, UTF-8.
  public private(set) var octets: [UInt8] = []
  /// Bars in it.
  public private(set) var count = 0

  /// What has a number already.
  private var texts: [[UInt8]: Int] = [:]
  private var unicode: [UnicodeName] = []

  /// Writes bars.
  ///
  /// - Parameters:
  ///   - bars: in any order; the newest ``barsMax`` are written.
  ///   - asked: what was looked up.
  ///   - after: where the axis begins, if the look-up says so.
  ///   - before: where it ends.
  ///   - hasMore: true when the look-up has further rows.
  ///   - trail: what links to further look-ups carry as `trail`.
  public init(
    _ bars: [TimelineBar], asked: String, after: UnixSeconds?, before: UnixSeconds?,
    now: UnixSeconds, hasMore: Bool, trail: String
  ) {
    octets.reserveCapacity(512 + min(bars.count, TimelineJSON.barsMax) * 64)
    let scale = TimelineScale(showing: bars, after: after, before: before, now: now, width: 1)
    ASCII.append("{\"from\":", to: &octets)
    add(UInt64(scale.from))
    ASCII.append(",\"to\":", to: &octets)
    add(UInt64(scale.to))
    ASCII.append(",\"after\":", to: &octets)
    add(after)
    ASCII.append(",\"before\":", to: &octets)
    add(before)
    ASCII.append(",\"more\":", to: &octets)
    octets += Array((hasMore || bars.count > TimelineJSON.barsMax ? "true" : "false").utf8)
    ASCII.append(",\"trail\":", to: &octets)
    add(quoted: trail)
    ASCII.append(",\"groups\":[", to: &octets)
    let labels = TimelineLabels(bars, asked: asked)
    let groups = TimelineGroup.newest(TimelineJSON.barsMax, of: TimelineGroup.groups(bars))
    for (index, group) in groups.enumerated() {
      if index > 0 { addComma() }
      add(group, labels, to: scale.to)
    }
    ASCII.append("],\"unicode\":{", to: &octets)
    for (index, name) in unicode.enumerated() {
      if index > 0 { addComma() }
      add(quoted: name.ascii)
      octets.append(UInt8(ascii: ":"))
      add(quoted: name.unicode)
    }
    ASCII.append("}}", to: &octets)
  }

  private mutating func add(_ group: TimelineGroup, _ labels: TimelineLabels, to end: UnixSeconds) {
    ASCII.append("{\"rrtype\":", to: &octets)
    add(quoted: group.rrtype.mnemonic)
    ASCII.append(",\"colour\":\"", to: &octets)
    ASCII.append(group.colour.word, to: &octets)
    ASCII.append("\",\"bars\":[", to: &octets)
    var last = Int(end)
    for (index, bar) in group.bars.enumerated() {
      if index > 0 { addComma() }
      add(bar, side: labels.side(bar), after: last)
      last = Int(bar.last)
    }
    ASCII.append("]}", to: &octets)
    count += group.bars.count
  }

  private mutating func add(_ bar: TimelineBar, side: TimelineLabels.Side, after last: Int) {
    octets.append(UInt8(ascii: "["))
    add(text: bar.rrname)
    addComma()
    add(text: bar.rdata)
    addComma()
    if bar.pivot == bar.rdata {
      ASCII.append("null", to: &octets)
    } else {
      add(text: bar.pivot)
    }
    addComma()
    add(UInt64(side.rawValue))
    addComma()
    // Negative for bars that were seen behind the end of a filter.
    let older = last - Int(bar.last)
    if older < 0 { octets.append(UInt8(ascii: "-")) }
    add(UInt64(older.magnitude))
    addComma()
    add(UInt64(bar.last - bar.first))
    addComma()
    // A script's numbers are exact to 2^53; nobody reads the digits behind.
    add(min(bar.count, 1 << 53))
    addRuns(bar.runs)
    octets.append(UInt8(ascii: "]"))
  }

  private mutating func addRuns(_ runs: [DayRun]) {
    guard runs.count > 1 else { return }
    for index in runs.indices.dropLast() {
      addComma()
      add(UInt64(runs[index].count))
      addComma()
      add(UInt64(runs[index + 1].first) - runs[index].end)
    }
  }

  private mutating func add(text: String) {
    // By octets: texts that Swift holds for equal may be two values.
    let key = Array(text.utf8)
    if let number = texts[key] {
      add(UInt64(number))
    } else {
      texts[key] = texts.count
      if let name = UnicodeName(text) { unicode.append(name) }
      add(quoted: text)
    }
  }

  private mutating func add(quoted text: String) {
    JSONText.appendQuoted(text.utf8.span, to: &octets)
  }

  private mutating func add(_ time: UnixSeconds?) {
    guard let time else { return ASCII.append("null", to: &octets) }
    add(UInt64(time))
  }

  private mutating func add(_ number: UInt64) {
    ASCII.appendDecimal(number, to: &octets)
  }

  private mutating func addComma() {
    octets.append(UInt8(ascii: ","))
  }
}
