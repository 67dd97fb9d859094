import TidemarkQuery
import TidemarkStore

/// Text that rows of an answer become.
protocol AnswerFormat: Sendable {
  /// Appends a row.
  mutating func append(_ row: borrowing RecordRow, to out: inout [UInt8])

  /// Appends what ends an answer; as ``AnswerSource/finish(_:into:)``.
  mutating func finish(_ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]) -> Bool
}

/// The rows of a look-up or of a single query.
enum AnswerCursor: Sendable {
  case lookup(LookupCursor)
  case records(RecordCursor)

  var rows: Int {
    switch self {
    case .lookup(let cursor): cursor.rows
    case .records(let cursor): cursor.rows
    }
  }

  var damaged: Int {
    switch self {
    case .lookup(let cursor): cursor.damaged
    case .records(let cursor): cursor.damaged
    }
  }

  var position: LookupPosition? {
    switch self {
    case .lookup(let cursor): cursor.position
    case .records(let cursor): cursor.position.map { LookupPosition(stage: 0, key: $0) }
    }
  }

  func next(
    _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> RecordCursor.End {
    switch self {
    case .lookup(let cursor): try cursor.next(show)
    case .records(let cursor): try cursor.next(show)
    }
  }
}

/// The rows of a cursor in one format.
final class RowSource<Format: AnswerFormat>: AnswerSource, @unchecked Sendable {
  private let cursor: AnswerCursor
  private var format: Format

  init(_ cursor: AnswerCursor, format: Format) {
    self.cursor = cursor
    self.format = format
  }

  var rows: Int { cursor.rows }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    guard piece.hasRoom else { return .paused }
    return try RowSource.advance(cursor, &format, &piece)
  }

  /// With the format as a parameter its access is checked once, not with every row.
  private static func advance(
    _ cursor: AnswerCursor, _ format: inout Format, _ piece: inout AnswerPiece
  ) throws(StoreError) -> RecordCursor.End {
    try cursor.next { row in
      format.append(row, to: &piece.octets)
      piece.rowsLeft -= 1
      return piece.hasRoom
    }
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    format.finish(end, cursor, to: &out)
  }
}
