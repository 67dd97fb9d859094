import DNSWire
import TidemarkModel
import TidemarkStore

/// Puts rows of a search for names together, of one run or several, and shows those that are asked
/// for.
struct NameRowBuilder {
  /// Rows shown.
  private(set) var rows = 0
  /// Order key of the last row that was shown or turned out not to be asked for.
  var position: [UInt8]?

  private var row = NameRow()
  /// What the pending row has so far; nil when there is none.
  private var pending: SeenSpan?
  private var pendingKey: [UInt8] = []
  /// Rows to leave out.
  private var left: Int
  /// Rows up to this one were shown by an earlier cursor.
  private var resumed: [UInt8]?
  private let query: NameQuery

  init(_ query: NameQuery) {
    self.query = query
    position = query.resumeAfter
    resumed = query.resumeAfter
    left = query.resumeAfter == nil ? max(query.offset, 0) : 0
  }

  /// Adds a part of a row.
  ///
  /// - Parameters:
  ///   - key: the row's place in the order; parts of one row have the same.
  ///   - name: wire form.
  /// - Returns: why the walk should end behind the row before, if it should. The part is taken
  ///   all the same.
  mutating func add(
    key: [UInt8], name: [UInt8], rrtype: RRType?, _ span: SeenSpan,
    _ show: (borrowing NameRow) -> Bool
  ) -> RecordCursor.End? {
    if pending != nil, key == pendingKey {
      pending?.merge(span)
      return nil
    }
    let end = flush(show)
    guard end != .limited else { return end }
    pending = span
    pendingKey = key
    row.rrname = name
    row.rrtype = query.perType ? rrtype : nil
    return end
  }

  /// Shows the pending row, if there is one that is asked for.
  mutating func flush(_ show: (borrowing NameRow) -> Bool) -> RecordCursor.End? {
    guard let span = pending else { return nil }
    let isResumed = resumed.map { !KeyRange.precedes($0, pendingKey) } ?? false
    guard !isResumed, query.times.admit(first: span.timeFirst, last: span.timeLast) else {
      return drop()
    }
    guard left == 0 else {
      left -= 1
      return drop()
    }
    if let limit = query.limit, rows >= limit { return .limited }
    pending = nil
    row.seen = query.wantsValues ? span : nil
    rows += 1
    position = pendingKey
    return show(row) ? nil : .paused
  }

  private mutating func drop() -> RecordCursor.End? {
    pending = nil
    position = pendingKey
    return nil
  }
}
