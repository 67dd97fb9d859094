import TidemarkQuery
import TidemarkStore

/// Text that rows of an answer become.
protocol AnswerFormat: Sendable {
  /// Appends a row.
  mutating func append(_ row: borrowing RecordRow, to out: inout [UInt8])

  /// Appends what ends an answer, if the format has such a thing.
  ///
  /// - Returns: false when the format cannot say that the answer failed: only a broken connection
  ///   can.
  mutating func finish(_ end: AnswerEnd, _ cursor: AnswerCursor, to out: inout [UInt8]) -> Bool
}

/// How an answer ended.
enum AnswerEnd {
  case complete
  case limited
  case failed(StoreError)
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

/// An answer on its way out, piece by piece.
///
/// - Concurrency: one user at a time; handed from the connection's task to the scanning threads and
///   back.
final class Answer<Format: AnswerFormat>: @unchecked Sendable {
  /// True when the last piece was made.
  private(set) var isDone = false
  private let cursor: AnswerCursor
  private var format: Format

  init(_ cursor: AnswerCursor, format: Format) {
    self.cursor = cursor
    self.format = format
  }

  /// Makes the next piece.
  ///
  /// - Returns: octets; may be empty.
  /// - Throws: ``StoreError`` when nothing was sent yet, or when the format has no words for it.
  func nextPiece(rowsMax: Int = .max) throws(StoreError) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(cursor.rows == 0 ? 2_048 : ServerLimits.pageOctets + 4_096)
    var shown = 0
    do throws(StoreError) {
      let end = try cursor.next { row in
        format.append(row, to: &out)
        shown += 1
        return out.count < ServerLimits.pageOctets && shown < rowsMax
      }
      switch end {
      case .paused: break
      case .complete: finish(.complete, &out)
      case .limited: finish(.limited, &out)
      }
    } catch {
      guard cursor.rows > 0, format.finish(.failed(error), cursor, to: &out) else { throw error }
      isDone = true
    }
    return out
  }

  private func finish(_ end: AnswerEnd, _ out: inout [UInt8]) {
    _ = format.finish(end, cursor, to: &out)
    isDone = true
  }
}
