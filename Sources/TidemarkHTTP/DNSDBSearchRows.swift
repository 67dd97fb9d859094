import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// Names, or names and types, that a pattern fits.
struct DNSDBNames: DNSDBBody {
  private let cursor: NameCursor
  private let writer: DNSDBSearchWriter

  init(_ cursor: NameCursor, writer: DNSDBSearchWriter) {
    self.cursor = cursor
    self.writer = writer
  }

  var rows: Int { cursor.rows }
  var damaged: Int { cursor.damaged }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    try cursor.next { row in
      writer.append(row, to: &piece.octets)
      piece.rowsLeft -= 1
      return piece.hasRoom
    }
  }

  func appendLast(to out: inout [UInt8]) {}
}

/// Rdata that a pattern fits.
struct DNSDBRData: DNSDBBody {
  private let cursor: RDataPatternCursor
  private let writer: DNSDBSearchWriter

  init(_ cursor: RDataPatternCursor, writer: DNSDBSearchWriter) {
    self.cursor = cursor
    self.writer = writer
  }

  var rows: Int { cursor.rows }
  var damaged: Int { cursor.damaged }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    try cursor.next { row in
      writer.append(row, to: &piece.octets)
      piece.rowsLeft -= 1
      return piece.hasRoom
    }
  }

  func appendLast(to out: inout [UInt8]) {}
}

/// Writes rows of flexible searches in the frame of version 2, the only one that has them.
struct DNSDBSearchWriter: Sendable {
  /// Rows have a count and times.
  let isVerbose: Bool
  let showsTimesAsText: Bool

  /// Appends `rrname` and `rrtype`.
  func append(_ row: borrowing NameRow, to out: inout [UInt8]) {
    DNSDBText.append("{\"obj\":{\"rrname\":", to: &out)
    DNSDBText.append(name: row.rrname.span, to: &out)
    if let type = row.rrtype { append(type, to: &out) }
    if isVerbose, let seen = row.seen { append(seen, to: &out) }
    DNSDBText.append("}}\n", to: &out)
  }

  /// Appends `rdata`, `rrtype`, and `raw_rdata`, with which clients go on to a look-up.
  func append(_ row: borrowing RDataRow, to out: inout [UInt8]) {
    DNSDBText.append("{\"obj\":{\"rdata\":", to: &out)
    let isLossy = row.isLossy
    DNSDBText.append(rdata: row.rdata.span, type: row.rrtype, isLossy: isLossy, to: &out)
    append(row.rrtype, to: &out)
    DNSDBText.append(",\"raw_rdata\":\"", to: &out)
    DNSDBText.append(hexadecimal: row.rdata.span, to: &out)
    out.append(ASCII.quote)
    if isVerbose { append(row.seen, to: &out) }
    DNSDBText.append("}}\n", to: &out)
  }

  private func append(_ type: RRType, to out: inout [UInt8]) {
    DNSDBText.append(",\"rrtype\":\"", to: &out)
    type.appendMnemonic(to: &out)
    out.append(ASCII.quote)
  }

  private func append(_ seen: SeenSpan, to out: inout [UInt8]) {
    DNSDBText.append(",\"count\":", to: &out)
    DNSDBText.append(count: seen.count, to: &out)
    DNSDBText.append(
      first: seen.timeFirst, last: seen.timeLast, isZone: false, asText: showsTimesAsText,
      to: &out)
  }
}
