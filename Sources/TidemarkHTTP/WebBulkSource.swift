import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// The rows of each line of a list, counted: a status for each line, in the order of the list.
///
/// A line that cannot be read, and one whose rows cannot, refuse themselves only.
final class WebBulkSource: AnswerSource, @unchecked Sendable {
  /// What becomes of statuses.
  enum Form: Sendable {
    /// A JSON object a line, and a marker line.
    case json
    /// Comma-separated values.
    case csv
    /// They are kept in ``WebBulkSource/lines``.
    case kept
  }

  /// What every line is asked with.
  struct Question: Sendable {
    /// Parameters of a look-up besides `value`.
    let filters: [(name: String, value: String)]
    /// Most rows to meet for a line.
    let rowsMax: Int
    let granted: [DatasetNumber]
    let asOf: UnixSeconds
    let service: NativeService

    /// Makes the look-up of one value.
    func request(_ value: String) throws(Problem) -> LookupRequest {
      var parameters = ParameterReader([(name: "value", value: value)] + filters)
      let request = try LookupRequest(&parameters, granted: granted, now: asOf, service)
      try parameters.finish()
      return request
    }
  }

  /// Lines after which a slice ends, when none of them has rows.
  private static let sliceLines = 256
  /// Rows after which a slice ends: some milliseconds.
  private static let sliceRows = 16_384

  private(set) var rows = 0
  /// Statuses so far, where they are kept.
  private(set) var lines: [BulkLine] = []
  /// How it ended; nil before.
  private(set) var end: AnswerEnd?

  private var list: WebBulkList
  private let question: Question
  private let form: Form
  private var current: (line: BulkLine, search: RowSearch)?
  private var linesDone = 0
  private var linesMax: Int
  private var hasHead = false
  private let place: BulkPlaces.Place

  /// - Parameter linesMax: most lines to look up.
  init(
    _ list: WebBulkList, _ question: Question, as form: Form, linesMax: Int,
    place: BulkPlaces.Place
  ) {
    self.list = list
    self.question = question
    self.form = form
    self.linesMax = linesMax
    self.place = place
  }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    if form == .csv, !hasHead {
      hasHead = true
      piece.octets += Array(BulkLine.csvHeader.utf8)
    }
    var linesLeft = WebBulkSource.sliceLines
    let rowsBefore = rows
    while linesLeft > 0, rows - rowsBefore < WebBulkSource.sliceRows,
      piece.octets.count < ServerLimits.pageOctets
    {
      if current == nil {
        guard linesDone < linesMax else { return .limited }
        guard let (line, lookup) = list.next() else { return .complete }
        open(line, lookup, &piece.octets)
      } else if !goOn(&piece.octets) {
        return .paused
      }
      linesLeft -= 1
    }
    return .paused
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    self.end = end
    switch form {
    case .kept: break
    case .csv:
      // A table has no place for words about itself: the last line says that it is not whole.
      if case .complete = end { break }
      guard var line = current?.line ?? list.next()?.line else { break }
      line.reason = "not asked: the list was too long, or cost more than one request may"
      line.appendCSV(to: &out)
    case .json:
      var json = JSONLine()
      json.add(end)
      json.add("lines", UInt64(linesDone))
      json.add("rows", UInt64(rows))
      out += json.finished()
    }
    return true
  }

  /// Starts a line, or says why not.
  private func open(_ line: BulkLine, _ lookup: String?, _ out: inout [UInt8]) {
    guard let lookup else { return close(line, &out) }
    do throws(Problem) {
      let request = try question.request(lookup)
      current = (
        line, RowSearch(request, rowsMax: question.rowsMax, store: question.service.store)
      )
    } catch {
      var line = line
      line.state = .invalid
      line.reason = error.text
      close(line, &out)
    }
  }

  /// Meets rows of the line under way.
  ///
  /// - Returns: false when it goes on in the next slice.
  private func goOn(_ out: inout [UInt8]) -> Bool {
    guard let (opened, search) = current.take() else { return true }
    var line = opened
    let before = search.rows
    do throws(StoreError) {
      let end = try search.next { row, _ in
        line.add(first: row.value.timeFirst, last: row.value.timeLast)
      }
      rows += search.rows - before
      switch end {
      case .paused:
        current = (line, search)
        return false
      case .complete: line.state = line.rows > 0 ? .found : .nothing
      case .limited: line.state = .limited
      }
      if search.damaged > 0 { line.reason = "\(search.damaged) damaged rows were left out" }
    } catch {
      rows += search.rows - before
      line.state = .failed
      line.reason = error.description
    }
    close(line, &out)
    return true
  }

  private func close(_ line: BulkLine, _ out: inout [UInt8]) {
    linesDone += 1
    switch form {
    case .json: line.appendJSON(to: &out)
    case .csv: line.appendCSV(to: &out)
    case .kept: lines.append(line)
    }
  }
}
