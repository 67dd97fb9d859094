import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// Rows as the files that the command line writes too.
struct WebExportFormat: AnswerFormat {
  private let format: SearchExport
  private var hasBegun = false
  private var cof = COFWriter()
  private var csv = CSVWriter()
  private var lines = TextLineWriter()
  private var stix = STIXRecordWriter()
  private var misp: MISPRecordWriter

  /// - Parameter now: the day of a MISP event.
  init(_ format: SearchExport, now: UnixSeconds) {
    self.format = format
    misp = MISPRecordWriter(now: now)
  }

  mutating func append(_ row: borrowing RecordRow, to out: inout [UInt8]) {
    begin(&out)
    // Text of a lossy feed is no wire form, also when rows of several vantages were merged.
    var text = row.textRow
    if row.isLossy { text.vantage = .text }
    let (rrname, rdata) = (row.rrname, row.rdata)
    switch format {
    case .csv: csv.append(text, rrname: rrname.span, rdata: rdata.span, to: &out)
    case .names: lines.appendName(rrname.span, to: &out)
    case .stix:
      // Never full: a document has ``WebLimits/documentRowsMax`` rows of a few objects each.
      try? stix.append(text, rrname: rrname.span, rdata: rdata.span, to: &out)
    case .misp: misp.append(text, rrname: rrname.span, rdata: rdata.span, to: &out)
    case .cof, .ndjson, .print:
      cof.append(text, rrname: rrname.span, rdata: rdata.span, to: &out)
    }
  }

  mutating func finish(_ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]) -> Bool {
    switch end {
    // None of these files can say that it is not whole: a broken connection can.
    case .exhausted, .failed: return false
    case .complete, .limited: break
    }
    begin(&out)
    if format == .stix { stix.finish(to: &out) }
    if format == .misp { misp.finish(to: &out) }
    return true
  }

  private mutating func begin(_ out: inout [UInt8]) {
    guard !hasBegun else { return }
    hasBegun = true
    if format == .csv { csv.appendHeader(to: &out) }
  }
}

/// Rows that a sensor saw, in another format.
struct SensorFormat<Base: AnswerFormat>: AnswerFormat {
  private var base: Base
  private let sensor: WebSearch.SensorFilter?

  init(_ base: Base, _ sensor: WebSearch.SensorFilter?) {
    self.base = base
    self.sensor = sensor
  }

  mutating func append(_ row: borrowing RecordRow, to out: inout [UInt8]) {
    if let sensor, !sensor.admits(row) { return }
    base.append(row, to: &out)
  }

  mutating func finish(_ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]) -> Bool {
    base.finish(end, cursor, to: &out)
  }
}
