import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// Names or rdata that a pattern found, as a file: lines of names, of JSON, or of CSV.
///
/// - Concurrency: one user at a time.
final class WebPatternExport: AnswerSource, @unchecked Sendable {
  private(set) var rows = 0
  private let source: WebRowSource
  private let format: SearchExport
  private let kind: RecordTable.Kind
  private var hasBegun = false
  private var cell: [UInt8] = []

  /// - Parameter format: one of ``SearchExport/all(for:)`` but for the page to print.
  init(_ source: WebRowSource, of kind: RecordTable.Kind, as format: SearchExport) {
    self.source = source
    self.kind = kind
    self.format = format
  }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    guard piece.hasRoom else { return .paused }
    begin(&piece.octets)
    return try source.next { row in
      append(row, to: &piece.octets)
      rows += 1
      piece.rowsLeft -= 1
      return piece.hasRoom
    }
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    begin(&out)
    guard format == .ndjson else {
      // Neither file can say that it is not whole: a broken connection can.
      switch end {
      case .complete, .limited: return true
      case .exhausted, .failed: return false
      }
    }
    var line = JSONLine()
    line.add(end)
    line.add("rows", UInt64(rows))
    if source.damaged > 0 { line.add("damaged", UInt64(source.damaged)) }
    out += line.finished()
    return true
  }

  private func begin(_ out: inout [UInt8]) {
    guard !hasBegun else { return }
    hasBegun = true
    guard format == .csv else { return }
    ASCII.append(kind == .names ? "rrname" : "rrtype,rdata", to: &out)
    ASCII.append(",time_first,time_last,count\r\n", to: &out)
  }

  private func append(_ row: LookupRow, to out: inout [UInt8]) {
    // A span of a property of a class would outlive the access to it.
    var text: [UInt8] = []
    swap(&text, &cell)
    defer { swap(&text, &cell) }
    text.removeAll(keepingCapacity: true)
    switch row {
    case .name(let row):
      DomainName.appendText(of: row.rrname.span, finalDot: false, to: &text)
      append(text, type: nil, row.seen, to: &out)
    case .rdata(let row):
      let record = TextRow(
        rrtype: row.rrtype, timeFirst: row.seen.timeFirst, timeLast: row.seen.timeLast,
        count: row.seen.count, vantage: row.isLossy ? .text : nil)
      record.appendRData(row.rdata.span, to: &text)
      append(text, type: row.rrtype, row.seen, to: &out)
    // A pattern finds no records.
    case .record: break
    }
  }

  private func append(
    _ text: [UInt8], type: RRType?, _ seen: SeenSpan?, to out: inout [UInt8]
  ) {
    switch format {
    case .csv: appendCells(text, type, seen, to: &out)
    case .ndjson: appendObject(text, type, seen, to: &out)
    default: out += text
    }
    ASCII.append(format == .csv ? "\r\n" : "\n", to: &out)
  }

  private func appendCells(
    _ text: [UInt8], _ type: RRType?, _ seen: SeenSpan?, to out: inout [UInt8]
  ) {
    if let type {
      type.appendMnemonic(to: &out)
      ASCII.append(",", to: &out)
    }
    CSVWriter.appendCell(text.span, to: &out)
    guard let seen else { return ASCII.append(",,,", to: &out) }
    ASCII.append(",", to: &out)
    TimeStyle.iso.append(seen.timeFirst, to: &out)
    ASCII.append(",", to: &out)
    TimeStyle.iso.append(seen.timeLast, to: &out)
    ASCII.append(",", to: &out)
    ASCII.appendDecimal(seen.count, to: &out)
  }

  private func appendObject(
    _ text: [UInt8], _ type: RRType?, _ seen: SeenSpan?, to out: inout [UInt8]
  ) {
    if let type {
      ASCII.append("{\"rrtype\":\"", to: &out)
      type.appendMnemonic(to: &out)
      ASCII.append("\",\"rdata\":", to: &out)
    } else {
      ASCII.append("{\"rrname\":", to: &out)
    }
    JSONText.appendQuoted(text.span, to: &out)
    if let seen {
      ASCII.append(",\"time_first\":", to: &out)
      ASCII.appendDecimal(UInt64(seen.timeFirst), to: &out)
      ASCII.append(",\"time_last\":", to: &out)
      ASCII.appendDecimal(UInt64(seen.timeLast), to: &out)
      ASCII.append(",\"count\":", to: &out)
      ASCII.appendDecimal(min(seen.count, COFWriter.numberMax), to: &out)
    }
    ASCII.append("}", to: &out)
  }
}
