import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// COF rows with what Tidemark knows besides, and one line at the end that says how it ended.
struct RecordsFormat: AnswerFormat {
  /// Room for the two members that every row has besides those of the writer, and for its end.
  private static let countsOctetsMax = 21 + 2 * OutputSpan<UInt8>.decimalOctetsMax

  private var writer: COFWriter
  private let page: NativePage
  private let showsActivity: Bool
  private let isMerged: Bool
  /// Set when several datasets were asked for and rows belong to one each.
  private let registry: Registry?
  private var rows: UInt64 = 0

  init(_ request: LookupRequest, _ page: NativePage, showsActivity: Bool, registry: Registry) {
    var options = COFWriter.Options()
    options.showsBailiwick = true
    options.showsVantage = true
    writer = COFWriter(options: options)
    self.page = page
    self.showsActivity = showsActivity
    isMerged = request.query.mergesTriples
    self.registry = request.query.datasets.count > 1 && !isMerged ? registry : nil
  }

  mutating func append(_ row: borrowing RecordRow, to out: inout [UInt8]) {
    rows += 1
    let vantage = row.isLossy ? .text : row.vantages.count == 1 ? row.vantages[0] : nil
    let text = TextRow(
      rrtype: row.rrtype, timeFirst: row.value.timeFirst, timeLast: row.value.timeLast,
      count: row.value.count, vantage: vantage, bailiwick: row.bailiwick)
    // Members that COF does not have follow.
    writer.append(
      text, rrname: row.rrname.span, rdata: row.rdata.span, isOpen: true, to: &out)
    if vantage == nil { appendVantages(row.vantages, to: &out) }
    if let registry, let name = row.datasets.first.flatMap(registry.name(ofDataset:)) {
      ASCII.append(",\"dataset\":", to: &out)
      JSONLine.append(name, to: &out)
    }
    let sensors = row.value.sensors.count
    let days = row.value.dayFirst == row.value.dayLast ? 1 : 2 + row.value.activity.count
    out.append(addingCapacity: RecordsFormat.countsOctetsMax) { text in
      text.append(",\"sensors\":")
      text.appendDecimal(UInt64(sensors))
      text.append(",\"days\":")
      text.appendDecimal(UInt64(days))
      if !showsActivity { text.append("}\n") }
    }
    guard showsActivity else { return }
    RecordsFormat.appendDays(row.value.daysSeen, to: &out)
    ASCII.append("}\n", to: &out)
  }

  mutating func finish(_ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]) -> Bool {
    var line = JSONLine()
    line.add(end)
    // Not the cursor's: a filter may stand between.
    line.add("rows", rows)
    if cursor.damaged > 0 { line.add("damaged", UInt64(cursor.damaged)) }
    if case .complete = end {
    } else if let text = cursor.position.flatMap({ page.cursor($0.octets) }) {
      line.add("cursor", text)
    }
    out.append(contentsOf: line.finished())
    return true
  }

  private func appendVantages(_ vantages: [Vantage], to out: inout [UInt8]) {
    for (index, vantage) in vantages.enumerated() {
      ASCII.append(index == 0 ? ",\"vantages\":[\"" : "\",\"", to: &out)
      ASCII.append(vantage.text, to: &out)
    }
    ASCII.append("\"]", to: &out)
  }

  private static func appendDays(_ days: [UnixDay], to out: inout [UInt8]) {
    ASCII.append(",\"activity\":[", to: &out)
    for (index, day) in days.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(ASCII.quote)
      TextDay.append(day, to: &out)
      out.append(ASCII.quote)
    }
    out.append(UInt8(ascii: "]"))
  }
}
