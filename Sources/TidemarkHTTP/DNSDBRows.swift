import TidemarkQuery
import TidemarkStore

/// A search that shows rows of one kind, a slice at a time.
protocol DNSDBCursor: Sendable {
  /// A row.
  associatedtype Row

  /// Rows shown.
  var rows: Int { get }
  /// Damaged rows of the store that were left out.
  var damaged: Int { get }

  /// Shows rows until the callback returns false, much was searched, or none is left.
  func next(_ show: (borrowing Row) -> Bool) throws(StoreError) -> RecordCursor.End
}

extension RRsetCursor: DNSDBCursor {}
extension NameCursor: DNSDBCursor {}
extension RDataPatternCursor: DNSDBCursor {}

/// Text that rows of one kind become.
protocol DNSDBWriter: Sendable {
  /// A row.
  associatedtype Row

  /// Appends a row.
  mutating func append(_ row: borrowing Row, to out: inout [UInt8])
}

/// The rows of a search.
struct DNSDBRows<Cursor: DNSDBCursor, Writer: DNSDBWriter>: DNSDBBody
where Writer.Row == Cursor.Row {
  private let cursor: Cursor
  private var writer: Writer

  init(_ cursor: Cursor, writer: Writer) {
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
