import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// Runs queries for RRsets and copies what they show.
enum RRsetRun {
  struct Answer {
    var rows: [RRsetRow]
    var end: RecordCursor.End
  }

  /// The rows of an answer, with a pause behind each `pause` rows.
  static func all(
    _ query: RecordQuery, _ grouping: RRsetCursor.Grouping = .rrsets, offset: Int = 0,
    pause: Int = .max, store: any RecordStore
  ) throws(StoreError) -> Answer {
    let cursor = RRsetCursor(query, grouping: grouping, offset: offset, store: store)
    var rows: [RRsetRow] = []
    var end = RecordCursor.End.paused
    while end == .paused {
      end = try cursor.next { row in
        rows.append(copy row)
        return rows.count % pause != 0
      }
    }
    return Answer(rows: rows, end: end)
  }
}
