import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// COF rows with what Tidemark knows besides, and one line at the end that says how it ended.
struct RecordsFormat: AnswerFormat {
  private var writer: COFWriter
  private let page: NativePage
  private let showsActivity: Bool
  private let isMerged: Bool
  /// Set when several datasets were asked for and rows belong to one each.
  private let registry: Registry?

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
    let vantage = row.isLossy ? .text : row.vantages.count == 1 ? row.vantages[0] : nil
    let text = TextRow(
      rrtype: row.rrtype, timeFirst: row.value.timeFirst, timeLast: row.value.timeLast,
      count: row.value.count, vantage: vantage, bailiwick: row.bailiwick)
    writer.append(text, rrname: row.rrname.span, rdata: row.rdata.span, to: &out)
    // The brace and the line end come back behind the members that COF does not have.
    out.removeLast(2)
    if vantage == nil { appendVantages(row.vantages, to: &out) }
    if let registry, let name = row.datasets.first.flatMap(registry.name(ofDataset:)) {
      out.append(contentsOf: ",\"dataset\":".utf8)
      JSONLine.append(name, to: &out)
    }
    out.append(contentsOf: ",\"sensors\":".utf8)
    ASCII.appendDecimal(UInt64(row.value.sensors.count), to: &out)
    let days = row.value.dayFirst == row.value.dayLast ? 1 : 2 + row.value.activity.count
    out.append(contentsOf: ",\"days\":".utf8)
    ASCII.appendDecimal(UInt64(days), to: &out)
    if showsActivity { RecordsFormat.appendDays(row.value.daysSeen, to: &out) }
    out.append(UInt8(ascii: "}"))
    out.append(ASCII.lineFeed)
  }

  mutating func finish(_ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]) -> Bool {
    var line = JSONLine()
    line.add(end)
    line.add("rows", UInt64(cursor.rows))
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
      out.append(contentsOf: index == 0 ? ",\"vantages\":[\"".utf8 : "\",\"".utf8)
      out.append(contentsOf: vantage.description.utf8)
    }
    out.append(contentsOf: "\"]".utf8)
  }

  private static func appendDays(_ days: [UnixDay], to out: inout [UInt8]) {
    out.append(contentsOf: ",\"activity\":[".utf8)
    for (index, day) in days.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(ASCII.quote)
      TextDay.append(day, to: &out)
      out.append(ASCII.quote)
    }
    out.append(UInt8(ascii: "]"))
  }
}
