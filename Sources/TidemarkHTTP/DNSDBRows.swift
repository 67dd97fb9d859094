import TidemarkQuery
import TidemarkStore

/// Rows of a look-up.
struct DNSDBRows: DNSDBBody {
  private let cursor: RRsetCursor
  private var writer: DNSDBRowWriter

  init(_ cursor: RRsetCursor, writer: DNSDBRowWriter) {
    self.cursor = cursor
    self.writer = writer
  }

  var rows: Int { cursor.rows }
  var damaged: Int { cursor.damaged }

  mutating func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    try cursor.next { row in
      writer.append(row, to: &piece.octets)
      piece.rowsLeft -= 1
      return piece.hasRoom
    }
  }

  func appendLast(to out: inout [UInt8]) {}
}
