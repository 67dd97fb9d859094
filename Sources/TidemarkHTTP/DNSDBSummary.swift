import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// Rows of a look-up, counted: one object at the end, or none without rows.
struct DNSDBSummary: DNSDBBody {
  /// First and last seen.
  private struct Span {
    var first: UnixSeconds
    var last: UnixSeconds
  }

  private let cursor: RRsetCursor
  private let isFramed: Bool
  private let showsTimesAsText: Bool
  private let countMax: UInt64?
  private var results: UInt64 = 0
  private var count: UInt64 = 0
  private var sensors: Span?
  private var zones: Span?

  /// - Parameter countMax: the row with which the count reaches this is the last one counted.
  init(_ cursor: RRsetCursor, countMax: UInt64?, isFramed: Bool, showsTimesAsText: Bool) {
    self.cursor = cursor
    self.countMax = countMax
    self.isFramed = isFramed
    self.showsTimesAsText = showsTimesAsText
  }

  /// Rows written: none before the end.
  var rows: Int { 0 }
  var isEmpty: Bool { results == 0 }
  var damaged: Int { cursor.damaged }

  mutating func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    var left = DNSDBLimits.summaryPieceRows
    var isBehind = false
    let end = try cursor.next { row in
      // One row behind the last one says that the numbers are not the whole.
      if let countMax, count >= countMax {
        isBehind = true
        return false
      }
      add(row)
      left -= 1
      return left > 0
    }
    return isBehind ? .limited : end
  }

  func appendLast(to out: inout [UInt8]) {
    guard results > 0 else { return }
    ASCII.append(isFramed ? "{\"obj\":{\"count\":" : "{\"count\":", to: &out)
    DNSDBText.append(count: count, to: &out)
    ASCII.append(",\"num_results\":", to: &out)
    DNSDBText.append(count: results, to: &out)
    for (span, isZone) in [(sensors, false), (zones, true)] {
      guard let span else { continue }
      DNSDBText.append(
        first: span.first, last: span.last, isZone: isZone, asText: showsTimesAsText, to: &out)
    }
    ASCII.append(isFramed ? "}}\n" : "}\n", to: &out)
  }

  private mutating func add(_ row: borrowing RRsetRow) {
    results += 1
    let (sum, overflow) = count.addingReportingOverflow(row.count)
    count = overflow ? .max : sum
    if row.isZone {
      DNSDBSummary.widen(&zones, row.timeFirst, row.timeLast)
    } else {
      DNSDBSummary.widen(&sensors, row.timeFirst, row.timeLast)
    }
  }

  private static func widen(_ span: inout Span?, _ first: UnixSeconds, _ last: UnixSeconds) {
    let known = span ?? Span(first: first, last: last)
    span = Span(first: min(known.first, first), last: max(known.last, last))
  }
}
